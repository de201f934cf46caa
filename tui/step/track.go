package step

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/tui/record"
)

// segmentKind is the sort of a segment of the track.
type segmentKind int

const (
	segDevice segmentKind = iota
	segHook
	segRoute
	segLocal // a process of the node, or its kernel
	segWire  // between two devices: the cable, the neighbour
)

// column is one place at a segment: a chain, connection tracking, or the segment itself.
type column struct {
	name, priority string
	step           int    // index of the step that was there, -1: none
	note           string // "3 rules", "NEW #4711"
	verdict        string // "DROP"
	unreached      bool   // the first of a hook that the packet never came to
	tracked        bool   // connection tracking, and the packet's state there was recorded
}

// segment is one part of the way through a node, in the order of the packet.
type segment struct {
	kind    segmentKind
	title   string // hook in lower case, "route", a device
	columns []column
	reached bool
}

// track is the way of a packet through one node, taken as far as it came and foreseen from there.
type track struct {
	segments []segment
	at       map[int]place // by index of the step
}

// place is a column of a segment.
type place struct{ segment, column int }

// newTrack lays out a visit.
func newTrack(p *record.Packet, v *record.Visit) *track {
	t := &track{at: map[int]place{}}
	for i := v.First; i <= v.Last; i++ {
		t.add(p, v, i)
	}
	if v.Last == len(p.Path.Steps)-1 && record.Ended(p.Path) {
		t.foresee(p, v)
	}
	for i := range t.segments {
		distinguish(t.segments[i].columns)
	}
	return t
}

func (t *track) last() *segment {
	if len(t.segments) == 0 {
		return nil
	}
	return &t.segments[len(t.segments)-1]
}

// put appends a segment of one column.
func (t *track) put(kind segmentKind, title string, c column, reached bool) {
	t.segments = append(t.segments, segment{kind, title, []column{c}, reached})
	if c.step >= 0 {
		t.at[c.step] = place{len(t.segments) - 1, 0}
	}
}

// add appends what step i shows.
func (t *track) add(p *record.Packet, v *record.Visit, i int) {
	s := &p.Path.Steps[i]
	st := &s.Station
	switch st.Kind {
	case path.KindDevice:
		switch {
		case st.Hook == "link":
			t.put(segWire, "cable", column{step: i, verdict: s.Event}, true)
		case st.Dev == "" && t.last() != nil && t.last().kind == segDevice: // it ended at the device before
			t.last().columns[0].verdict = s.Event
			t.last().columns[0].step = i
			t.at[i] = place{len(t.segments) - 1, 0}
		default:
			t.put(segDevice, st.Dev, column{step: i}, true)
		}
	case path.KindNeighbour:
		t.put(segWire, "neighbour", column{step: i, verdict: s.Event}, true)
	case path.KindSocket:
		t.put(segLocal, "local process", column{step: i, verdict: s.Event}, true)
	case path.KindRoute:
		title := "route"
		if s.Event == "BRIDGE" {
			title = "bridge"
		}
		note := st.Dev
		switch {
		case s.Event == "LOCAL":
			note = "local"
		case note == "" || s.Event == "DROP" || s.Event == "LOST":
			note = ""
		}
		if t.last() == nil && s.Station.Dev == "" { // it never left the process
			t.put(segLocal, "local process", column{step: -1}, true)
		}
		t.put(segRoute, title, column{step: i, note: note, verdict: s.Event}, true)
	default:
		if t.last() == nil || t.last().kind != segHook || t.last().title != st.Hook {
			t.segments = append(t.segments, hookSegment(v, st.Hook, true))
			t.conntrack(p, v)
		}
		t.visit(p, i)
	}
}

// hookSegment is a hook with a column for everything at it.
func hookSegment(v *record.Visit, hook string, reached bool) segment {
	seg := segment{kind: segHook, title: hook, reached: reached}
	if v.View == nil {
		return seg
	}
	for _, h := range v.View.Hooks {
		if h.Name != hook {
			continue
		}
		for j := range h.Chains {
			c := &h.Chains[j]
			col := column{step: -1, priority: strconv.Itoa(c.Station.Priority)}
			switch {
			case c.Label != "":
				col.name = c.Label
			default:
				col.name = c.Station.PriorityName
				if col.name == "" {
					col.name = c.Station.Chain
				}
				col.note = count(c.Rules, "rule")
			}
			seg.columns = append(seg.columns, col)
		}
	}
	return seg
}

// count is a number of things: "1 rule", "3 rules".
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// conntrack writes what connection tracking said into the column of it, if the last segment has one.
func (t *track) conntrack(p *record.Packet, v *record.Visit) {
	seg := t.last()
	if v.View == nil {
		return
	}
	for _, h := range v.View.Hooks {
		for _, ch := range h.Chains {
			if h.Name != seg.title || ch.Label != "conntrack" || ch.Step < 1 || ch.Step > len(p.Path.Steps) {
				continue
			}
			for i := range seg.columns {
				if seg.columns[i].name == "conntrack" {
					seg.columns[i].note = strings.ToUpper(ch.Verdict)
					seg.columns[i].tracked = true
				}
			}
		}
	}
}

// visit gives step i its column in the last segment, which is its hook.
func (t *track) visit(p *record.Packet, i int) {
	s := &p.Path.Steps[i]
	seg := t.last()
	name := s.Station.PriorityName
	if name == "" {
		name = s.Station.Chain
	}
	priority := strconv.Itoa(s.Station.Priority)
	verdict := s.Event
	switch {
	case s.Station.Kind == path.KindConntrack:
		name, priority = "conntrack", ""
	case s.Station.Chain == "":
		name, priority = "no chain", ""
		if s.Event == "PASS" {
			verdict = ""
		}
	}
	for c := range seg.columns {
		col := &seg.columns[c]
		if col.step < 0 && col.name == name && (priority == "" || col.priority == priority) {
			col.step, col.verdict = i, verdict
			t.at[i] = place{len(t.segments) - 1, c}
			return
		}
	}
	if s.Event == "PASS" && len(seg.columns) > 0 { // the chains here were not asked: show it at what was
		at := 0
		for c := range seg.columns {
			if seg.columns[c].tracked || seg.columns[c].step >= 0 {
				at = c
			}
		}
		if col := &seg.columns[at]; col.tracked && col.step < 0 {
			col.step = i
		}
		t.at[i] = place{len(t.segments) - 1, at}
		return
	}
	seg.columns = append(seg.columns, column{name: name, priority: priority, step: i, verdict: verdict})
	t.at[i] = place{len(t.segments) - 1, len(seg.columns) - 1}
}

// foresee appends what the packet would have met had it not ended.
func (t *track) foresee(p *record.Packet, v *record.Visit) {
	hook := func(name string) {
		seg := hookSegment(v, name, false)
		if len(seg.columns) == 0 {
			seg.columns = []column{{name: "no chain", step: -1}}
		}
		seg.columns[0].unreached = true
		t.segments = append(t.segments, seg)
	}
	out := func() {
		if v.View != nil && v.View.Out != "" {
			t.put(segDevice, v.View.Out, column{step: -1}, false)
		}
	}
	local := p.Path.Probe.Node == v.Node && p.Absent == ""
	last := t.last()
	if last == nil {
		return
	}
	// A packet that ends at a segment never got to the next one.
	switch {
	case last.kind == segDevice && v.View != nil && last.title == v.View.In && len(t.segments) == 1:
		hook("prerouting")
		t.put(segRoute, "route", column{step: -1}, false)
	case last.kind == segHook && last.title == "prerouting":
		t.put(segRoute, "route", column{step: -1}, false)
	case last.kind == segHook && last.title == "input":
		t.put(segLocal, "local process", column{step: -1}, false)
	case last.kind == segHook && (last.title == "forward" || last.title == "output"):
		hook("postrouting")
		out()
	case last.kind == segHook && last.title == "postrouting":
		out()
	}
	if last = t.last(); last.kind != segRoute {
		return
	}
	switch {
	case v.View == nil || v.View.In == "":
		hook("output")
		hook("postrouting")
		out()
	case local:
		hook("input")
		t.put(segLocal, "local process", column{step: -1}, false)
	default:
		hook("forward")
		hook("postrouting")
		out()
	}
}

// distinguish makes the names of a hook's chains differ.
func distinguish(columns []column) {
	count := map[string]int{}
	for i := range columns {
		count[columns[i].name]++
	}
	seen := map[string]int{}
	for i := range columns {
		name := columns[i].name
		if count[name] > 1 {
			seen[name]++
			columns[i].name = fmt.Sprintf("%s.%d", name, seen[name])
		}
	}
}

// has reports whether a hook is part of the track.
func (t *track) has(hook string) bool {
	for i := range t.segments {
		if t.segments[i].kind == segHook && t.segments[i].title == hook {
			return true
		}
	}
	return false
}
