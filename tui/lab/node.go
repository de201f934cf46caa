package lab

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/hookwalk/hookwalk/topology"
	"github.com/hookwalk/hookwalk/tui/canvas"
	"github.com/hookwalk/hookwalk/tui/netmap"
	"github.com/hookwalk/hookwalk/tui/record"
	"github.com/hookwalk/hookwalk/tui/theme"
)

// nodeLine is a line of the inspector.
type nodeLine struct {
	label, text string
	role        theme.Role
	full        bool // the text begins at the edge: a row of a table
}

// labelWidth is the width of the column of labels.
const labelWidth = 7

// nodeTitle names the selected node.
func (m *Model) nodeTitle() string {
	n := m.plan.Node(m.node)
	if n == nil {
		return "Node"
	}
	return fmt.Sprintf("%s %s %s", n.Name, m.glyphs.Dot, n.Kind)
}

// drawNode draws what is known of the selected node: the plan, and what packets met there.
func (m *Model) drawNode(c *canvas.Canvas, r canvas.Rect) {
	if r.Empty() {
		return
	}
	lines := m.nodeLines()
	m.scroll = max(min(m.scroll, len(lines)-r.H), 0)
	for y := 0; y < r.H && m.scroll+y < len(lines); y++ {
		l, row := &lines[m.scroll+y], r.Row(y)
		x := row.X + 1
		if !l.full {
			c.Text(x, row.Y, labelWidth-1, l.label, theme.Dim)
			x += labelWidth
		}
		c.Text(x, row.Y, row.X+row.W-x, canvas.Shorten(l.text, row.X+row.W-x, m.glyphs), l.role)
	}
	if m.scroll+r.H < len(lines) {
		c.Set(r.X+r.W-1, r.Y+r.H-1, 'v', theme.Key)
	}
}

func (m *Model) nodeLines() []nodeLine {
	n := m.plan.Node(m.node)
	if n == nil {
		return nil
	}
	var out []nodeLine
	last := ""
	add := func(label, text string) {
		if label == last { // a label stands once
			label = ""
		} else {
			last = label
		}
		out = append(out, nodeLine{label: label, text: text})
	}
	for _, e := range m.plan.Interfaces(n.Name) {
		add("addr", m.end(&e))
	}
	for i := range n.Bridges {
		add("addr", device(n.Bridges[i].Name, n.Bridges[i].Addrs, "bridge"))
	}
	for i := range n.Devices {
		d := &n.Devices[i]
		add("addr", device(d.Name, d.Addrs, string(d.Kind)))
	}
	for i := range n.Routes {
		add("route", route(&n.Routes[i]))
	}
	for i := range n.Sysctls {
		if s := &n.Sysctls[i]; !s.Implied || s.Key == "net.ipv4.ip_forward" {
			add("sysctl", s.Key+" = "+s.Value)
		}
	}
	for i := range n.Services {
		s := &n.Services[i]
		add("serves", fmt.Sprintf("%s on %s port %d", s.Name, s.Proto, s.Port))
	}
	out = append(out, m.chainLines()...)
	out = append(out, m.dropLines()...)
	out = append(out, nodeLine{}, nodeLine{text: m.Command(), role: theme.Dim, full: true})
	return out
}

// Command is what shows more about the selected node outside of this program.
func (m *Model) Command() string {
	n := m.plan.Node(m.node)
	if n != nil && n.Ruleset != nil {
		return fmt.Sprintf("hookwalk exec %s -- nft list ruleset", m.node)
	}
	return fmt.Sprintf("hookwalk exec %s -- ip route", m.node)
}

// end describes a link end of the node.
func (m *Model) end(e *topology.End) string {
	text := fmt.Sprintf("%-6s %s", e.Iface, addrs(e.Addrs, ""))
	if e.Master != "" {
		text = fmt.Sprintf("%-6s port of %s", e.Iface, e.Master)
	}
	if peer, link, ok := m.plan.Peer(e.Node, e.Iface); ok {
		text = strings.TrimRight(text, " ") + fmt.Sprintf(" %c %s:%s", m.glyphs.Arrow, peer.Node, peer.Iface)
		if link.MTU > 0 {
			text += fmt.Sprintf(" mtu %d", link.MTU)
		}
	}
	return text
}

// device describes a device that is no end of a link.
func device(name string, list []netip.Prefix, kind string) string {
	if len(list) > 0 {
		kind = "  " + kind
	}
	return fmt.Sprintf("%-6s %s", name, addrs(list, "")+kind)
}

func addrs(list []netip.Prefix, none string) string {
	if len(list) == 0 {
		return none
	}
	parts := make([]string, len(list))
	for i := range list {
		parts[i] = list[i].String()
	}
	return strings.Join(parts, " ")
}

func route(r *topology.Route) string {
	text := r.Dst.String()
	if r.Dst.Bits() == 0 {
		text = "default"
	}
	if r.Via.IsValid() {
		text += " via " + r.Via.String()
	}
	if r.Dev != "" {
		text += " dev " + r.Dev
	}
	return text
}

// chainLines lists the node's chains with what this session's packets met there.
func (m *Model) chainLines() []nodeLine {
	list := m.chainsOf(m.node)
	if len(list) == 0 {
		return nil
	}
	out := []nodeLine{{}, {text: fmt.Sprintf("%-22s%6s%6s%7s", "hooks", "rules", "pkts", "drops"), role: theme.Dim, full: true}}
	for i := range list {
		n := m.log.Chain(list[i].key)
		l := nodeLine{text: fmt.Sprintf(" %-21s%6d%6d%7d", list[i].name, list[i].rules, n.Packets, n.Drops), full: true}
		if n.Drops > 0 {
			l.role = theme.Bad
		}
		out = append(out, l)
	}
	return out
}

// dropLines lists the last packets that ended on the node.
func (m *Model) dropLines() []nodeLine {
	const most = 3
	var out []nodeLine
	for i := len(m.log.Packets) - 1; i >= 0 && len(out) < most; i-- {
		p := m.log.Packets[i]
		last := len(p.Path.Steps) - 1
		if last < 0 || !record.Ended(p.Path) || p.Path.Steps[last].Node != m.node {
			continue
		}
		s := &p.Path.Steps[last]
		e := record.Event{Packet: p, Step: last}
		text := fmt.Sprintf(" %s %s %s %s", e.Time().Format("15:04:05"), p.Name(), s.Station.Name(), m.note(s))
		out = append(out, nodeLine{text: text, full: true})
	}
	if len(out) > 0 {
		out = append([]nodeLine{{}, {text: "last drops", role: theme.Dim, full: true}}, out...)
	}
	return out
}

// drawBrief is the inspector in two lines, for the lower edge of the map.
func (m *Model) drawBrief(c *canvas.Canvas, r canvas.Rect) {
	if r.Empty() {
		return
	}
	var ends []string
	for _, e := range m.plan.Interfaces(m.node) {
		ends = append(ends, strings.TrimSpace(e.Iface+" "+addrs(e.Addrs, "")))
	}
	x := c.Text(r.X+1, r.Y, r.W-1, m.node, theme.Title)
	c.Text(x+2, r.Y, r.X+r.W-x-2, canvas.Shorten(strings.Join(ends, "  "), r.X+r.W-x-3, m.glyphs), theme.Plain)
	var parts []string
	if n := m.plan.Node(m.node); n != nil {
		parts = append(parts, string(n.Kind))
		for i := range n.Routes {
			if n.Routes[i].Dst.Bits() == 0 {
				parts = append(parts, route(&n.Routes[i]))
			}
		}
		for i := range n.Services {
			parts = append(parts, n.Services[i].Name+netmap.Port(n, &n.Services[i]))
		}
	}
	for _, ch := range m.chainsOf(m.node) {
		n := m.log.Chain(ch.key)
		text := fmt.Sprintf("%s %d rules", ch.name, ch.rules)
		if ch.rules == 1 {
			text = ch.name + " 1 rule"
		}
		if n.Drops > 0 {
			text += fmt.Sprintf(" %d dropped", n.Drops)
		}
		parts = append(parts, text)
	}
	row := r.Row(1)
	c.Text(row.X+1, row.Y, row.W-1, canvas.Shorten(strings.Join(parts, "  "), row.W-2, m.glyphs), theme.Dim)
}
