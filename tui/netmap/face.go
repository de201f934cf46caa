package netmap

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/hookwalk/hookwalk/topology"
)

// shape is the outline of a face.
type shape int

const (
	framed shape = iota // ┌────┐
	chip                // [fw]
	letter              // r
)

// face is what is drawn for a vertex.
type face struct {
	shape shape
	w, h  int
	title string // in the upper border
	lines []string
	mid   bool           // lines are centred
	rows  map[string]int // the line of a device, counted from the upper border
}

func (d *drawing) face(v *vertex, st style) face {
	f := face{title: "", mid: true}
	name := printable(v.name)
	if n := d.drops(v); n > 0 {
		name += fmt.Sprintf(" %s%d", d.sign.drop, n)
	}
	switch {
	case v.node == nil:
		f.group(name, v.members, d.in.Plan, st)
	case st.level == Detail:
		f.title, f.mid = name, false
		f.details(d, v.node)
	case st.level == Boxes:
		f.lines = []string{name}
		if second := d.second(v.node); st.second && second != "" {
			f.lines = append(f.lines, second)
		}
	case st.level == Chips:
		f.shape = chip
		f.lines = []string{name}
	default:
		f.shape = letter
		f.lines = []string{d.letter(v)}
	}
	f.size()
	return f
}

// group is the face of nodes that are called alike.
func (f *face) group(name string, members []string, p *topology.Plan, st style) {
	switch {
	case st.second && len(members) == 1:
		f.lines = []string{name, string(p.Node(members[0]).Kind)}
	case st.second:
		f.lines = []string{name, count(len(members), "node")}
	case len(members) > 1:
		f.shape, f.lines = chip, []string{fmt.Sprintf("%s %dn", name, len(members))}
	default:
		f.shape, f.lines = chip, []string{name}
	}
}

// size is the least that the text needs.
func (f *face) size() {
	inner := 0
	for _, l := range f.lines {
		inner = max(inner, width(l))
	}
	switch f.shape {
	case letter:
		f.w, f.h = inner, 1
	case chip:
		f.w, f.h = inner+2, 1
	default:
		f.w, f.h = inner+4, len(f.lines)+2
		if f.title != "" {
			f.w = max(f.w, width(f.title)+5)
		}
		f.h = max(f.h, 3)
	}
}

// details are the lines of a box that shows all of a node.
func (f *face) details(d *drawing, n *topology.Node) {
	var head []string
	switch n.Kind {
	case topology.Router, topology.Bridge:
		head = append(head, string(n.Kind))
	}
	if r := d.rules(n); r != "" {
		head = append(head, "nft "+r)
	}
	if len(head) > 0 {
		f.lines = append(f.lines, strings.Join(head, ", "))
	}
	if len(head) == 0 && len(n.Services) == 0 && len(d.in.Plan.Interfaces(n.Name)) == 0 {
		f.lines = append(f.lines, string(n.Kind))
	}
	for _, s := range n.Services {
		f.lines = append(f.lines, fmt.Sprintf("%s :%d/%s", printable(s.Name), s.Port, printable(s.Proto)))
	}
	type device struct {
		name  string
		addrs []netip.Prefix
	}
	var devices []device
	for _, e := range d.in.Plan.Interfaces(n.Name) {
		if e.Master == "" {
			devices = append(devices, device{printable(e.Iface), e.Addrs})
		}
	}
	for _, b := range n.Bridges {
		if len(b.Addrs) > 0 {
			devices = append(devices, device{printable(b.Name), b.Addrs})
		}
	}
	for _, d := range n.Devices {
		if len(d.Addrs) > 0 {
			devices = append(devices, device{printable(d.Name), d.Addrs})
		}
	}
	wide := 0
	for _, dev := range devices {
		wide = max(wide, width(dev.name))
	}
	f.rows = make(map[string]int, len(devices))
	for _, dev := range devices {
		if _, twice := f.rows[dev.name]; !twice {
			f.rows[dev.name] = len(f.lines) + 1
		}
		label := dev.name + strings.Repeat(" ", wide-width(dev.name))
		if len(dev.addrs) == 0 {
			f.lines = append(f.lines, strings.TrimRight(label, " "))
		}
		for i, a := range dev.addrs {
			if i > 0 {
				label = strings.Repeat(" ", wide)
			}
			f.lines = append(f.lines, label+" "+a.String())
		}
	}
}

// second is the second line of a box: what the node does.
func (d *drawing) second(n *topology.Node) string {
	var parts []string
	if r := d.rules(n); r != "" {
		parts = append(parts, r)
	}
	for _, s := range n.Services {
		parts = append(parts, Port(n, &s))
	}
	if len(parts) == 0 && n.Kind != topology.Host {
		return string(n.Kind)
	}
	return strings.Join(parts, " ")
}

// Port is the port of a service in a few letters, ":80" or ":7/udp": the protocol is said unless it is the only service
// on its port, and TCP.
func Port(n *topology.Node, s *topology.Service) string {
	text := fmt.Sprintf(":%d", s.Port)
	alone := !slices.ContainsFunc(n.Services, func(o topology.Service) bool { return o.Port == s.Port && o.Proto != s.Proto })
	if alone && s.Proto == "tcp" {
		return text
	}
	return text + "/" + printable(s.Proto)
}

// rules says how many rules a node has, "" if it has none.
func (d *drawing) rules(n *topology.Node) string {
	rules, ok := d.in.Rules[n.Name]
	if d.in.Rules == nil && n.Ruleset != nil {
		rules, ok = countRules(n.Ruleset)
		if !ok {
			return "rules"
		}
	}
	if !ok {
		return ""
	}
	return count(rules, "rule")
}

// letter is the kind of a node in one letter, a capital if it is selected.
func (d *drawing) letter(v *vertex) string {
	l := "h"
	switch {
	case d.drops(v) > 0:
		return d.sign.drop
	case v.node.Kind == topology.Router:
		l = "r"
	case v.node.Kind == topology.Bridge:
		l = "b"
	}
	if v.name == d.in.Selected {
		return strings.ToUpper(l)
	}
	return l
}

// drops is what the nodes of a vertex dropped, without its leaves.
func (d *drawing) drops(v *vertex) int {
	if v.node != nil {
		return d.in.Drops[v.name]
	}
	n := 0
	for _, m := range v.members {
		n += d.in.Drops[m]
	}
	return n
}

func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}

// hostPart is an address without what the others of its network have, too: ".11" of 10.0.1.11/24.
func hostPart(p netip.Prefix) string {
	a := p.Addr()
	if !a.Is4() {
		s := a.String()
		if i := strings.LastIndex(s, "::"); i >= 0 && p.Bits() >= 48 {
			return s[i:]
		}
		return s
	}
	octets := strings.Split(a.String(), ".")
	same := min(p.Bits()/8, 3)
	return "." + strings.Join(octets[same:], ".")
}
