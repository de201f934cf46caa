package lab

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Fault is something that was done to a running lab on purpose, and is in force. It is also the JSON of `hookwalk
// fault`: fields are only ever added. One of Link, Node and Partition is there.
type Fault struct {
	Link      *LinkFault      `json:"link,omitempty"`
	Node      *NodeFault      `json:"node,omitempty"`
	Partition *PartitionFault `json:"partition,omitempty"`
}

// LinkFault is one cable that is not as the file has it.
type LinkFault struct {
	A     string     `json:"a"`               // node:iface
	B     string     `json:"b"`               // node:iface
	Down  bool       `json:"down,omitempty"`  // right now
	Flap  *FlapFault `json:"flap,omitempty"`  // it goes down and up by itself
	SendA *string    `json:"sendA,omitempty"` // what becomes of the frames that A sends, if it is not what the file says
	SendB *string    `json:"sendB,omitempty"`
}

// FlapFault is what is left of a flap.
type FlapFault struct {
	Left  int           `json:"left,omitempty"` // times that it will go down yet; 0: until somebody ends it
	Every time.Duration `json:"everyNs"`
}

// NodeFault is a node that is stopped or paused.
type NodeFault struct {
	Name      string `json:"name"`
	State     string `json:"state"`     // stopped, paused
	Processes int    `json:"processes"` // that are held
}

// PartitionFault are sets of nodes without a link between them.
type PartitionFault struct {
	Sets  [][]string `json:"sets"`
	Links []string   `json:"links"` // that are down because of it: "a:eth0 -- b:eth0"
}

// String is the fault in a line.
func (f Fault) String() string {
	switch {
	case f.Link != nil:
		return f.Link.String()
	case f.Node != nil:
		text := f.Node.Name + "  " + f.Node.State
		if f.Node.Processes > 0 {
			text += ", " + count(f.Node.Processes, "process") + " held"
		}
		return text
	case f.Partition != nil:
		sets := make([]string, len(f.Partition.Sets))
		for i, s := range f.Partition.Sets {
			sets[i] = strings.Join(s, ",")
		}
		return fmt.Sprintf("partition %s  down: %s", strings.Join(sets, " | "), strings.Join(f.Partition.Links, ", "))
	}
	return ""
}

func (f *LinkFault) String() string {
	var what []string
	switch {
	case f.Flap != nil && f.Flap.Left > 0:
		what = append(what, fmt.Sprintf("flaps every %v, %d left", f.Flap.Every, f.Flap.Left))
	case f.Flap != nil:
		what = append(what, fmt.Sprintf("flaps every %v", f.Flap.Every))
	}
	if f.Down {
		what = append(what, "down")
	}
	send := func(end string, s *string) {
		switch {
		case s == nil:
		case *s == "":
			what = append(what, end+" sends unimpaired")
		default:
			what = append(what, end+" sends with "+*s)
		}
	}
	if f.SendA != nil && f.SendB != nil && *f.SendA == *f.SendB {
		send("each", f.SendA)
	} else {
		send(f.A, f.SendA)
		send(f.B, f.SendB)
	}
	return fmt.Sprintf("%s -- %s  %s", f.A, f.B, strings.Join(what, "; "))
}

// FaultRequest is a change of the faults of a lab. One of Link, Node, Partition, Heal and Clear is there; without any
// of them nothing is changed.
type FaultRequest struct {
	Link      *LinkRequest `json:"link,omitempty"`
	Node      *NodeRequest `json:"node,omitempty"`
	Partition [][]string   `json:"partition,omitempty"` // sets of nodes
	Heal      bool         `json:"heal,omitempty"`      // ends all partitions
	Clear     bool         `json:"clear,omitempty"`     // ends all faults
}

// What is done to a link or a node.
const (
	FaultDown   = "down"
	FaultUp     = "up"
	FaultFlap   = "flap"
	FaultImpair = "impair"
	FaultClear  = "clear"
	FaultStop   = "stop"
	FaultStart  = "start"
	FaultPause  = "pause"
	FaultResume = "resume"
)

// LinkRequest does something to the cable between A and B, each a node or node:interface.
type LinkRequest struct {
	A      string        `json:"a"`
	B      string        `json:"b"`
	Do     string        `json:"do"`               // FaultDown, FaultUp, FaultFlap, FaultImpair, FaultClear
	Times  int           `json:"times,omitempty"`  // of FaultFlap; 0: until somebody ends it
	Every  time.Duration `json:"every,omitempty"`  // of FaultFlap
	Impair []string      `json:"impair,omitempty"` // of FaultImpair, as topology.Impairment.Apply reads them
	OneWay bool          `json:"oneWay,omitempty"` // of FaultImpair: only what A sends
}

// NodeRequest does something to a node.
type NodeRequest struct {
	Name string `json:"name"`
	Do   string `json:"do"` // FaultStop, FaultStart, FaultPause, FaultResume
}

// FaultReport is what a change did, and what is in force afterwards.
type FaultReport struct {
	Faults []Fault `json:"faults"`
	Said   string  `json:"said,omitempty"` // what the change was, in a line
}

// Fault changes the faults of the lab. When it returns, the kernel has done it: a link that is to carry packets does,
// one that is not has no carrier.
func (l *Lab) Fault(ctx context.Context, r FaultRequest) (*FaultReport, error) {
	out := new(FaultReport)
	if _, err := l.query(ctx, msgFault, r, out); err != nil {
		return nil, err
	}
	return out, nil
}

// badFault is an error of somebody who asked for what this lab has not got, or nobody has.
func badFault(op, text string) error {
	return &OpError{Op: op, Err: fmt.Errorf("%s", text), Bad: true}
}
