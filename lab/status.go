package lab

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hookwalk/hookwalk/lab/link"
	"github.com/hookwalk/hookwalk/lab/netns"
)

// State is what a lab is doing.
type State string

// The states.
const (
	Starting State = "starting" // up has not returned yet
	Running  State = "up"
	Broken   State = "broken" // a change failed half way, and what was done of it could not be undone
)

// Status is what a lab says about itself. It is also the JSON of `hookwalk status`: fields are only ever added.
type Status struct {
	Name    string       `json:"name"`
	State   State        `json:"state"`
	File    string       `json:"file"` // the topology file, absolute
	Holder  HolderStatus `json:"holder"`
	Started time.Time    `json:"started"`
	Nodes   []NodeStatus `json:"nodes"`
	Links   []LinkStatus `json:"links"`
	Faults  []Fault      `json:"faults"` // in force
}

// HolderStatus is the process that owns the lab.
type HolderStatus struct {
	Pid int `json:"pid"` // in the pid namespace of whoever asks
}

// NodeStatus is one node.
type NodeStatus struct {
	Name     string   `json:"name"`
	Kind     string   `json:"kind"`
	Alive    bool     `json:"alive"` // its network namespace is there
	Addrs    []string `json:"addrs"`
	Services []string `json:"services"`
}

// LinkStatus is one link.
type LinkStatus struct {
	A  string `json:"a"` // node:iface
	B  string `json:"b"`
	Up bool   `json:"up"` // both ends are up and have carrier
}

// Status asks the lab, which looks at its links just then.
func (l *Lab) Status(ctx context.Context) (*Status, error) {
	s := new(Status)
	p, err := l.query(ctx, msgStatus, nil, s)
	if err != nil {
		return nil, err
	}
	s.Name, s.Holder.Pid = l.Name(), p.pid
	return s, nil
}

// NodesUp and LinksUp count what works.
func (s *Status) NodesUp() int {
	n := 0
	for _, node := range s.Nodes {
		if node.Alive {
			n++
		}
	}
	return n
}

// LinksUp counts the links that carry packets.
func (s *Status) LinksUp() int {
	n := 0
	for _, l := range s.Links {
		if l.Up {
			n++
		}
	}
	return n
}

// answerStatus is the holder's part.
func (h *holder) answerStatus(w *wire) error {
	h.mu.Lock()
	s := Status{State: h.state, File: h.order.File, Faults: h.inForce}
	if h.broken != "" {
		s.State = Broken
	}
	h.mu.Unlock()
	p := h.plan()
	s.Name, s.Started = p.Name, h.started
	up := make([]map[string]bool, len(p.Nodes))
	s.Nodes = make([]NodeStatus, len(p.Nodes))
	index := map[string]int{}
	for i, n := range p.Nodes {
		index[n.Name] = i
		s.Nodes[i] = NodeStatus{Name: n.Name, Kind: string(n.Kind), Addrs: []string{}, Services: []string{}}
		for _, a := range p.AddrsOf(n.Name) {
			s.Nodes[i].Addrs = append(s.Nodes[i].Addrs, a.String())
		}
		for _, v := range n.Services {
			s.Nodes[i].Services = append(s.Nodes[i].Services, fmt.Sprintf("%s:%d/%s", v.Name, v.Port, v.Proto))
		}
	}
	_ = each(len(p.Nodes), func(hop *netns.Hopper, todo func() (int, bool)) error { // what cannot be seen is not alive
		for i, ok := todo(); ok; i, ok = todo() {
			up[i], s.Nodes[i].Alive = devicesUp(hop, p.Nodes[i].Name)
		}
		return nil
	})
	s.Links = make([]LinkStatus, len(p.Links))
	for i, l := range p.Links {
		s.Links[i] = LinkStatus{A: l.A.Name(), B: l.B.Name(),
			Up: up[index[l.A.Node]][l.A.Iface] && up[index[l.B.Node]][l.B.Iface]}
	}
	return w.send(msgStatus, s)
}

// devicesUp lists the devices of a node; false if there is no such namespace yet.
func devicesUp(hop *netns.Hopper, node string) (map[string]bool, bool) {
	if hop.Enter(node) != nil {
		return nil, false
	}
	c, err := link.Open()
	if err != nil {
		return nil, false
	}
	defer c.Close()
	states, err := c.States()
	if err != nil {
		return nil, false
	}
	up := map[string]bool{}
	for _, s := range states {
		up[s.Name] = s.Up
	}
	return up, true
}

// FormatAge writes a duration as in "2m14s" or "3d04h".
func FormatAge(d time.Duration) string {
	d = d.Truncate(time.Second)
	if d < time.Hour*24 {
		s := d.String() // 2m14s, 1h0m5s
		if d >= time.Hour {
			s = strings.TrimSuffix(d.Truncate(time.Minute).String(), "0s")
		}
		return s
	}
	return fmt.Sprintf("%dd%02dh", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
}
