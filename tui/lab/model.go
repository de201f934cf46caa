// Package lab is the screen of the whole lab: the map, the selected node, and the events of all packets.
//
//	┌ map ──────────────────────┐┌ node ────────────┐
//	│  client ── isp ── fw      ││ addresses, hooks │
//	└───────────────────────────┘└──────────────────┘
//	┌ events ──────────────────────────────────────┐
//	│ >14 fw forward/filter DROP ...               │
//	└──────────────────────────────────────────────┘
package lab

import (
	"sort"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/hookwalk/hookwalk/topology"
	"github.com/hookwalk/hookwalk/tui/canvas"
	"github.com/hookwalk/hookwalk/tui/netmap"
	"github.com/hookwalk/hookwalk/tui/record"
	"github.com/hookwalk/hookwalk/tui/theme"
)

// Pane is one of the panes of the screen.
type Pane int

// The panes, in the order of the tab key.
const (
	PaneMap Pane = iota
	PaneNode
	PaneEvents
	panes
)

// String is the pane's name on its tab.
func (p Pane) String() string { return [...]string{"map", "node", "events"}[p] }

// Model is the state of the screen.
type Model struct {
	Keys   Keys
	Zoom   bool // the pane with the keys has the screen for itself
	Frozen bool // new events do not move the cursor

	plan   *topology.Plan
	log    *record.Log
	glyphs *theme.Glyphs
	pane   Pane

	size   canvas.Size // of the screen, as drawn last
	node   string      // the selected one
	zoom   int         // of the map
	scroll int         // of the node pane
	page   int         // rows of the list of events, as drawn last

	filter string
	match  []int // indexes of the events that pass the filter; nil: all
	cursor int   // index into what is shown of the events
	top    int   // likewise, of the first row on the screen
	seen   int   // how many events there were when the list was last followed

	down, impaired map[string]bool // ends of links; replaced, never changed

	maps   mapCache
	chains map[string][]chain // of each node that was looked at
}

// New makes the screen. The log may grow; Refresh says that it did.
func New(plan *topology.Plan, log *record.Log, g *theme.Glyphs) *Model {
	m := &Model{Keys: NewKeys(), plan: plan, log: log, glyphs: g, chains: map[string][]chain{}}
	if len(plan.Nodes) > 0 {
		m.node = plan.Nodes[0].Name
	}
	m.Refresh()
	if len(log.Events) > 0 {
		m.pane = PaneEvents
	}
	return m
}

// SetLinks says which ends of links are down, and which impair what they send.
func (m *Model) SetLinks(down, impaired map[string]bool) {
	m.down, m.impaired = down, impaired
	m.maps.drops = -1 // so that it is drawn anew
}

// Refresh takes note of new events: the cursor goes to the last one, unless the screen is frozen.
func (m *Model) Refresh() {
	m.match = m.log.Filter(m.filter)
	if !m.Frozen {
		m.seen = len(m.log.Events)
		m.move(m.rows() - 1)
	}
}

// Thaw ends freezing.
func (m *Model) Thaw() {
	m.Frozen = false
	m.Refresh()
}

// Unseen is how many events came since the screen was frozen.
func (m *Model) Unseen() int { return len(m.log.Events) - m.seen }

// SetFilter shows only events that have all these words. On the map it selects the first node that has the word in
// its name.
func (m *Model) SetFilter(words string) {
	m.filter = words
	m.match = m.log.Filter(words)
	m.move(m.rows() - 1)
}

// Find selects the first node whose name begins with what is written, or else has it anywhere.
func (m *Model) Find(name string) bool {
	for _, match := range []func(string, string) bool{strings.HasPrefix, strings.Contains} {
		for i := range m.plan.Nodes {
			if name != "" && match(m.plan.Nodes[i].Name, name) {
				m.Select(m.plan.Nodes[i].Name)
				return true
			}
		}
	}
	return false
}

// Filter is what the list of events is filtered by.
func (m *Model) Filter() string { return m.filter }

// Pane is the pane that has the keys.
func (m *Model) Pane() Pane { return m.pane }

// Node is the selected node.
func (m *Model) Node() string { return m.node }

// Select selects a node.
func (m *Model) Select(node string) {
	if node != "" && node != m.node {
		m.node, m.scroll = node, 0
	}
}

// rows is how many events the list has.
func (m *Model) rows() int {
	if m.match != nil {
		return len(m.match)
	}
	return len(m.log.Events)
}

// event is row i of the list, with its index in the log.
func (m *Model) event(i int) (record.Event, int) {
	if m.match != nil {
		i = m.match[i]
	}
	return m.log.Events[i], i
}

// Event is the event under the cursor; false if there is none.
func (m *Model) Event() (record.Event, bool) {
	if m.cursor < 0 || m.cursor >= m.rows() {
		return record.Event{}, false
	}
	e, _ := m.event(m.cursor)
	return e, true
}

// GoTo moves the cursor to an event of the log, and drops the filter if it hides it.
func (m *Model) GoTo(index int) {
	if m.match == nil {
		m.move(index)
		return
	}
	if i := sort.SearchInts(m.match, index); i < len(m.match) && m.match[i] == index {
		m.move(i)
		return
	}
	m.filter, m.match = "", nil
	m.move(index)
}

// NextDrop moves to the next event at which a packet ended without arriving, from the first on after the last.
func (m *Model) NextDrop() bool {
	start := -1
	if m.cursor >= 0 && m.cursor < m.rows() {
		_, start = m.event(m.cursor)
	}
	for i := range len(m.log.Events) {
		at := (start + 1 + i) % len(m.log.Events)
		if m.log.Events[at].Bad() {
			m.GoTo(at)
			m.pane = PaneEvents
			return true
		}
	}
	return false
}

// move puts the cursor on a row, and selects the node of that event.
func (m *Model) move(row int) {
	m.cursor = max(min(row, m.rows()-1), 0)
	if e, ok := m.Event(); ok {
		m.Select(e.At().Node)
	}
}

// Update handles a key and reports whether it is one of the screen's.
func (m *Model) Update(msg tea.KeyPressMsg) bool {
	k := &m.Keys
	switch {
	case key.Matches(msg, k.Pane):
		m.pane = (m.pane + 1) % panes
	case key.Matches(msg, k.PaneBack):
		m.pane = (m.pane + panes - 1) % panes
	case key.Matches(msg, k.Up):
		m.arrow(0, -1)
	case key.Matches(msg, k.Down):
		m.arrow(0, 1)
	case key.Matches(msg, k.Left):
		m.arrow(-1, 0)
	case key.Matches(msg, k.Right):
		m.arrow(1, 0)
	case key.Matches(msg, k.PageUp):
		m.arrow(0, -max(m.page-1, 1))
	case key.Matches(msg, k.PageDown):
		m.arrow(0, max(m.page-1, 1))
	case key.Matches(msg, k.First):
		m.move(0)
	case key.Matches(msg, k.Last):
		m.move(m.rows() - 1)
	case key.Matches(msg, k.Closer):
		if m.maps.picture.Level > netmap.Detail {
			m.zoom++
		}
	case key.Matches(msg, k.Wider):
		if m.maps.picture.Level < netmap.List {
			m.zoom--
		}
	case key.Matches(msg, k.Fit):
		m.zoom = 0
	default:
		return false
	}
	return true
}

func (m *Model) arrow(dx, dy int) {
	pane := m.pane
	if m.size == canvas.List {
		pane = PaneEvents
	}
	switch pane {
	case PaneMap:
		m.Select(m.maps.next(m.node, sign(dx), sign(dy)))
	case PaneNode:
		m.scroll = max(m.scroll+dy, 0)
		if dx != 0 {
			m.Select(m.maps.next(m.node, dx, 0))
		}
	case PaneEvents:
		if dx == 0 {
			m.move(m.cursor + dy)
		}
	}
}

func sign(n int) int { return max(min(n, 1), -1) }

// Wheel scrolls the pane at a place by some rows.
func (m *Model) Wheel(zone any, rows int) bool {
	switch z := zone.(type) {
	case rowZone:
		m.move(m.cursor + rows)
		return true
	case paneZone:
		switch Pane(z) {
		case PaneEvents:
			m.move(m.cursor + rows)
		case PaneNode:
			m.scroll = max(m.scroll+rows, 0)
		}
		return true
	}
	return false
}

// What the mouse can hit.
type (
	nodeZone string
	rowZone  int
	paneZone Pane
)

// Click handles a click on a zone. open is true where the event was under the cursor already: the click opens it.
func (m *Model) Click(zone any) (handled, open bool) {
	switch z := zone.(type) {
	case nodeZone:
		m.pane = PaneMap
		m.Select(string(z))
	case rowZone:
		open = m.pane == PaneEvents && m.cursor == int(z)
		m.pane = PaneEvents
		m.move(int(z))
	case paneZone:
		m.pane = Pane(z)
	default:
		return false, false
	}
	return true, open
}
