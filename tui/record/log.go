package record

import (
	"net/netip"
	"strings"
	"time"

	"github.com/hookwalk/hookwalk/lab/path"
)

// Event is one step of one packet as a row of the list of events. Its number is its place in the log, from 1.
type Event struct {
	Packet *Packet
	Step   int // index into Packet.Path.Steps
}

// At is the step of an event.
func (e Event) At() *path.Step { return &e.Packet.Path.Steps[e.Step] }

// Time is when the event was read.
func (e Event) Time() time.Time { return e.Packet.Sent.Add(e.At().At) }

// Bad reports whether the packet ended here without arriving.
func (e Event) Bad() bool {
	return e.Step == len(e.Packet.Path.Steps)-1 && Ended(e.Packet.Path)
}

// Text is all of the event that a filter looks at.
func (e Event) Text() string {
	s := e.At()
	parts := []string{e.Packet.Name(), s.Node, s.Station.Name(), s.Event, s.Packet.String(), s.Detail}
	if s.Rule != nil {
		parts = append(parts, s.Rule.Where(), s.Rule.Text)
	}
	return strings.Join(parts, " ")
}

// Log is all packets of a session and their steps, oldest first. It only grows.
type Log struct {
	Packets []*Packet
	Events  []Event
	Drops   int
	Lost    int // trace events that were lost while recording
	chains  map[ChainKey]Count
	drops   map[string]int
	owner   func(netip.Addr) string
	probes  int
	texts   []string // of the events, in lower case; made when they are searched first
}

// ChainKey names a base chain of a node.
type ChainKey struct{ Node, Hook, Family, Table, Chain string }

// Count is what was recorded at one chain.
type Count struct{ Packets, Drops int }

// NewLog makes an empty log. owner names the node that has an address; it may be nil.
func NewLog(owner func(netip.Addr) string) *Log {
	return &Log{chains: map[ChainKey]Count{}, drops: map[string]int{}, owner: owner}
}

// Add appends a path, and after it the path of its answer. It returns the packet that was sent.
func (l *Log) Add(p *path.Path, sent time.Time) *Packet {
	l.probes++
	l.Lost += p.Lost
	packet := NewPacket(l.probes, p, p.Probe, false, sent, l.owner)
	l.append(packet)
	if p.Reply != nil {
		l.append(NewPacket(l.probes, p.Reply, p.Probe, true, sent, l.owner))
	}
	return packet
}

func (l *Log) append(p *Packet) {
	p.index, p.event = len(l.Packets), len(l.Events)
	l.Packets = append(l.Packets, p)
	for i := range p.Path.Steps {
		e := Event{p, i}
		l.Events = append(l.Events, e)
		st := &p.Path.Steps[i].Station
		if e.Bad() {
			l.Drops++
			l.drops[p.Path.Steps[i].Node]++
		}
		if st.Chain != "" {
			key := ChainKey{p.Path.Steps[i].Node, st.Hook, st.Family, st.Table, st.Chain}
			n := l.chains[key]
			n.Packets++
			if e.Bad() {
				n.Drops++
			}
			l.chains[key] = n
		}
	}
}

// Chain is what was recorded at a chain.
func (l *Log) Chain(k ChainKey) Count { return l.chains[k] }

// DropsAt counts the packets that ended on each node without arriving. The map belongs to the log.
func (l *Log) DropsAt() map[string]int { return l.drops }

// Find is the index of a step of one of the log's packets among the events, -1 if the packet has no such step.
func (l *Log) Find(p *Packet, step int) int {
	if step < 0 || step >= len(p.Path.Steps) {
		return -1
	}
	return p.event + step
}

// Index is the place of a packet in Packets.
func (l *Log) Index(p *Packet) int { return p.index }

// Has reports whether the text of an event has all words in it, in any order, regardless of case.
func (e Event) Has(words string) bool {
	return has(strings.ToLower(e.Text()), strings.Fields(strings.ToLower(words)))
}

func has(text string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

// Filter lists the events that have all words. An empty filter gives nil: everything.
func (l *Log) Filter(words string) []int {
	want := strings.Fields(strings.ToLower(words))
	if len(want) == 0 {
		return nil
	}
	for i := len(l.texts); i < len(l.Events); i++ {
		l.texts = append(l.texts, strings.ToLower(l.Events[i].Text()))
	}
	out := []int{}
	for i, text := range l.texts {
		if has(text, want) {
			out = append(out, i)
		}
	}
	return out
}
