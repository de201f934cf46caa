// Package step is the screen on which one packet is followed, station by station: the netfilter path of the node
// it is on, the rules it met, its headers, and the strip of all its steps.
//
//	┌ fw: netfilter path ─────────────────────────┐
//	│ wan━━●━━━●━━━━◆━━━●━━━✗┄┄┄○┄┄ dmz            │
//	└─────────────────────────────────────────────┘
//	┌ rules looked at here ──┐┌ packet ───────────┐
//	└────────────────────────┘└───────────────────┘
//	┌ steps ──────────────────────────────────────┐
//	└─────────────────────────────────────────────┘
package step

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/tui/canvas"
	"github.com/hookwalk/hookwalk/tui/record"
	"github.com/hookwalk/hookwalk/tui/theme"
)

// Pane is one of the panes of the screen.
type Pane int

// The panes, in the order of the tab key.
const (
	PanePath Pane = iota
	PaneRules
	PanePacket
	PaneSteps
	panes
)

// String is the pane's name on its tab.
func (p Pane) String() string { return [...]string{"path", "rules", "packet", "steps"}[p] }

// Model is the state of the screen.
type Model struct {
	Keys   Keys
	Zoom   bool // the pane with the keys has the screen for itself
	glyphs *theme.Glyphs
	packet *record.Packet // nil: there is none yet
	step   int            // index into the packet's steps
	rule   int            // index into the rules of the step
	pane   Pane
	size   canvas.Size // of the screen, as drawn last
}

// New makes the screen without a packet.
func New(g *theme.Glyphs) *Model { return &Model{Keys: NewKeys(), glyphs: g} }

// Show puts a packet on the screen at one of its steps; -1 is the last, where it ended.
func (m *Model) Show(p *record.Packet, step int) {
	m.packet = p
	if step < 0 {
		step = len(p.Path.Steps) - 1
	}
	m.goTo(step)
}

// Packet is the packet on the screen, nil if there is none.
func (m *Model) Packet() *record.Packet { return m.packet }

// Step is the number of the current step, from 1, and how many there are.
func (m *Model) Step() (n, of int) {
	if m.packet == nil || len(m.packet.Path.Steps) == 0 {
		return 0, 0
	}
	return m.step + 1, len(m.packet.Path.Steps)
}

// Node is the node the packet is on, "" without a packet.
func (m *Model) Node() string {
	if s := m.current(); s != nil {
		return s.Node
	}
	return ""
}

// current is the step the packet is at, nil if there is none.
func (m *Model) current() *path.Step {
	if m.packet == nil || m.step >= len(m.packet.Path.Steps) {
		return nil
	}
	return &m.packet.Path.Steps[m.step]
}

// goTo moves to a step, and to the rule that decided there.
func (m *Model) goTo(step int) {
	m.step = max(min(step, len(m.packet.Path.Steps)-1), 0)
	m.rule = 0
	if s := m.current(); s != nil {
		m.rule = decided(s)
	}
}

// decided is the index of the rule that decided at a step, 0 if none did.
func decided(s *path.Step) int {
	for i := len(s.Rules) - 1; i > 0; i-- {
		if s.Rules[i].Match == path.Yes {
			return i
		}
	}
	return 0
}

// Update handles a key and reports whether it is one of the screen's.
func (m *Model) Update(msg tea.KeyPressMsg) bool {
	k := &m.Keys
	switch {
	case key.Matches(msg, k.Pane):
		m.pane = (m.pane + 1) % panes
		return true
	case key.Matches(msg, k.PaneBack):
		m.pane = (m.pane + panes - 1) % panes
		return true
	}
	if !key.Matches(msg, k.All()...) {
		return false
	}
	if m.packet == nil {
		return true
	}
	switch {
	case key.Matches(msg, k.Next, k.Right):
		m.goTo(m.step + 1)
	case key.Matches(msg, k.Back, k.Left):
		m.goTo(m.step - 1)
	case key.Matches(msg, k.NextRule):
		m.nextRule()
	case key.Matches(msg, k.BackRule):
		m.backRule()
	case key.Matches(msg, k.NextNode):
		m.node(1)
	case key.Matches(msg, k.BackNode):
		m.node(-1)
	case key.Matches(msg, k.First):
		m.goTo(0)
	case key.Matches(msg, k.Last):
		m.goTo(len(m.packet.Path.Steps) - 1)
	case key.Matches(msg, k.Up, k.Down):
		m.vertical(key.Matches(msg, k.Down))
	}
	return true
}

func (m *Model) vertical(down bool) {
	switch {
	case m.size == canvas.List && down:
		m.goTo(m.step + 1)
	case m.size == canvas.List:
		m.goTo(m.step - 1)
	case m.pane == PaneSteps && down:
		m.node(1)
	case m.pane == PaneSteps:
		m.node(-1)
	case down:
		m.nextRule()
	default:
		m.backRule()
	}
}

// nextRule goes to the next rule, and behind the last one to the first of the next station.
func (m *Model) nextRule() {
	if s := m.current(); s != nil && m.rule+1 < len(s.Rules) {
		m.rule++
		return
	}
	if m.step+1 < len(m.packet.Path.Steps) {
		m.goTo(m.step + 1)
		m.rule = 0
	}
}

func (m *Model) backRule() {
	if m.rule > 0 {
		m.rule--
		return
	}
	if m.step > 0 {
		m.goTo(m.step - 1)
		m.rule = max(len(m.current().Rules)-1, 0)
	}
}

// node goes to where the packet enters the next node, or the one before.
func (m *Model) node(by int) {
	if len(m.packet.Visits) == 0 {
		return
	}
	to := m.packet.VisitOf(m.step) + by
	switch {
	case to < 0:
		m.goTo(0)
	case to >= len(m.packet.Visits):
		m.goTo(len(m.packet.Path.Steps) - 1)
	default:
		m.goTo(m.packet.Visits[to].First)
	}
}

// Find goes to the next step, from the current one on and round the end, whose text has all words in it.
func (m *Model) Find(words string) bool {
	if m.packet == nil {
		return false
	}
	n := len(m.packet.Path.Steps)
	for i := range n {
		at := (m.step + i) % n
		if (record.Event{Packet: m.packet, Step: at}).Has(words) {
			m.goTo(at)
			return true
		}
	}
	return false
}

// What the mouse can hit.
type (
	stepZone int
	ruleZone int
	paneZone Pane
)

// Click handles a click on a zone and reports whether it is one of the screen's.
func (m *Model) Click(zone any) bool {
	switch z := zone.(type) {
	case stepZone:
		if m.packet != nil {
			m.goTo(int(z))
		}
	case ruleZone:
		m.rule, m.pane = int(z), PaneRules
	case paneZone:
		m.pane = Pane(z)
	default:
		return false
	}
	return true
}

// Wheel goes some stations on, or back.
func (m *Model) Wheel(by int) {
	if m.packet != nil {
		m.goTo(m.step + by)
	}
}
