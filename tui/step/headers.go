package step

import (
	"fmt"

	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/tui/canvas"
	"github.com/hookwalk/hookwalk/tui/theme"
)

// header is one line of the packet pane.
type header struct {
	layer   string
	text    string
	changed bool
}

// headers lists the headers of the packet at the current step, with what differs from when it entered the node.
func (m *Model) headers() []header {
	s := m.current()
	visit := &m.packet.Visits[m.packet.VisitOf(m.step)]
	was, is := &m.packet.Path.Steps[visit.First].Packet, &s.Packet
	var out []header
	add := func(layer, name, from, to string) {
		if to == "" {
			return
		}
		h := header{layer: layer, text: fmt.Sprintf("%-6s%s", name, to)}
		if from != to && from != "" {
			h.changed = true
			h.text = fmt.Sprintf("%-6s%s %c %s", name, from, m.glyphs.Arrow, to)
		}
		out = append(out, h)
	}
	if is.EtherSrc != "" || is.EtherDst != "" {
		out = append(out, header{layer: "eth", text: is.EtherSrc + " to " + is.EtherDst})
	}
	l3 := "ip"
	if is.Src.Is6() {
		l3 = "ip6"
	}
	if is.Src.IsValid() {
		add(l3, "src", was.Src.String(), is.Src.String())
	}
	if is.Dst.IsValid() {
		add(l3, "dst", was.Dst.String(), is.Dst.String())
	}
	add(l3, "ttl", number(was.TTL), number(is.TTL))
	if is.Len > 0 {
		out[len(out)-1].text += fmt.Sprintf("   len %d", is.Len)
	}
	if is.ID > 0 {
		out[len(out)-1].text += fmt.Sprintf("   id %#04x", is.ID)
	}
	add(is.Proto, "sport", number(was.Sport), number(is.Sport))
	add(is.Proto, "dport", number(was.Dport), number(is.Dport))
	switch {
	case is.TCPFlags != "":
		add(is.Proto, "flags", "", fmt.Sprintf("%s   seq %d   win %d", is.TCPFlags, is.Seq, is.Window))
	case is.Proto == "icmp" || is.Proto == "icmpv6":
		add(is.Proto, "type", "", path.ICMPName(is.Proto, is.ICMPType, is.ICMPCode))
		if is.ICMPID > 0 {
			add(is.Proto, "id", number(was.ICMPID), number(is.ICMPID))
		}
	}
	meta := ""
	if is.Iif != "" {
		meta += "iif " + is.Iif + "  "
	}
	if is.Oif != "" {
		meta += "oif " + is.Oif + "  "
	}
	out = append(out, header{layer: "meta", text: fmt.Sprintf("%smark %#x", meta, is.Mark), changed: was.Mark != is.Mark})
	return out
}

func number[T uint8 | uint16](n T) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

// ctLines describes the packet's conntrack entry.
func (m *Model) ctLines(width int) []string {
	ct := m.current().CT
	if ct == nil {
		return nil
	}
	text := "ct   " + ct.State
	if ct.ID != 0 {
		text = fmt.Sprintf("ct   #%d  %s", ct.ID, ct.State)
	}
	if ct.Direction != "" {
		text += ", " + ct.Direction + " direction"
	}
	if ct.Status != "" {
		text += ", " + ct.Status
	}
	if ct.Proof == path.Inferred {
		text += "  (inferred)"
	}
	lines := canvas.Wrap(text, width)
	if ct.State == "new" && m.step == len(m.packet.Path.Steps)-1 && m.packet.Path.Verdict != path.Delivered {
		lines = append(lines, canvas.Wrap("never confirmed: it is freed with the packet, so conntrack -L will not show it", width)...)
	}
	return lines
}

// drawPacket draws the packet pane.
func (m *Model) drawPacket(c *canvas.Canvas, r canvas.Rect) {
	if m.current() == nil || r.Empty() {
		return
	}
	y := 0
	layer := ""
	for _, h := range m.headers() {
		row := r.Row(y)
		if row.Empty() {
			return
		}
		mark, role := "", theme.Plain
		if h.layer != layer {
			mark, layer = h.layer, h.layer
		}
		c.Text(row.X+1, row.Y, 6, mark, theme.Dim)
		if h.changed {
			c.Text(row.X+1, row.Y, 6, string(m.glyphs.Changed)+" "+mark, theme.Changed)
			role = theme.Changed
		}
		c.Text(row.X+8, row.Y, row.W-8, canvas.Shorten(h.text, row.W-8, m.glyphs), role)
		y++
	}
	lines := m.ctLines(r.W - 2)
	if y+1+len(lines) <= r.H {
		y++
	}
	for _, line := range lines {
		row := r.Row(y)
		if row.Empty() {
			return
		}
		c.Text(row.X+1, row.Y, row.W-1, line, theme.Plain)
		y++
	}
}
