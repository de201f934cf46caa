// Package card is the card that says in one place where a packet ended, why, what nearly saved it, and how that is
// known.
package card

import (
	"fmt"
	"strings"

	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/tui/canvas"
	"github.com/hookwalk/hookwalk/tui/record"
	"github.com/hookwalk/hookwalk/tui/theme"
)

// maxWidth is how wide the card gets: lines that are longer are hard to read.
const maxWidth = 92

// line is one labelled paragraph of the card.
type line struct {
	label, text string
	role        theme.Role
}

// Draw draws the card of a packet in the middle of r, with what the keys do in its last line.
func Draw(c *canvas.Canvas, r canvas.Rect, g *theme.Glyphs, p *record.Packet, scroll int, keys string) {
	w := min(r.W, maxWidth)
	lines := wrapped(content(p, g), w-4)
	h := min(len(lines)+4, r.H)
	box := canvas.Rect{X: r.X + (r.W-w)/2, Y: r.Y + (r.H-h)/2, W: w, H: h}
	in := c.Frame(box, g, title(p), "D", true)
	if in.Empty() {
		return
	}
	room := max(in.H-2, 1)
	scroll = max(min(scroll, len(lines)-room), 0)
	for y := 0; y < room && scroll+y < len(lines); y++ {
		l, row := &lines[scroll+y], in.Row(y)
		c.Text(row.X+1, row.Y, labelWidth, l.label, theme.Title)
		c.Text(row.X+1+labelWidth, row.Y, row.W-labelWidth-2, l.text, l.role)
	}
	if scroll+room < len(lines) {
		c.TextRight(box.X, box.Y+box.H-1, box.W-2, " j more ", theme.Key)
	}
	if last := in.Row(in.H - 1); in.H > 2 {
		c.Text(last.X+1, last.Y, last.W-1, canvas.Shorten(keys, last.W-2, g), theme.Dim)
	}
}

const labelWidth = 9

// wrapped breaks the paragraphs into lines of the card.
func wrapped(paragraphs []line, width int) []line {
	var out []line
	for _, p := range paragraphs {
		parts := canvas.Wrap(p.text, width-labelWidth)
		if len(parts) == 0 {
			parts = []string{""}
		}
		for i, part := range parts {
			l := line{"", part, p.role}
			if i == 0 {
				l.label = p.label
			}
			out = append(out, l)
		}
	}
	return out
}

func title(p *record.Packet) string {
	if p.Path.Verdict == path.Delivered {
		return fmt.Sprintf("Where did packet %s go?", p.Name())
	}
	return fmt.Sprintf("Why was packet %s %s?", p.Name(), record.Fate(p.Path.Verdict))
}

// content is the card as paragraphs.
func content(p *record.Packet, g *theme.Glyphs) []line {
	var out []line
	add := func(label, text string, role theme.Role) {
		if text != "" {
			out = append(out, line{label, record.Arrows(text, g), role})
		}
	}
	role := theme.Bad
	if p.Path.Verdict == path.Delivered {
		role = theme.Good
	}
	add("PACKET", fmt.Sprintf("%s %s %c %s", record.Kind(p.First()), p.First().Source(), g.Arrow, p.First().Destination()), theme.Plain)
	add("WHERE", where(p.Path, g), role)
	add("WHY", why(p.Path), theme.Plain)
	add("PATH", strings.Join(p.Path.Nodes, fmt.Sprintf(" %c ", g.Arrow))+absent(p), theme.Plain)
	for i := range p.Path.Steps {
		s := &p.Path.Steps[i]
		if len(s.Changes) == 0 || s.Station.Kind == path.KindRoute {
			continue
		}
		text := fmt.Sprintf("%s %s at step %d: %s", s.Node, s.Station.Name(), s.N, s.Detail)
		if s.Rule != nil && s.Rule.Line > 0 {
			text += "  " + s.Rule.Where()
		}
		add("CHANGED", text, theme.Changed)
	}
	for i := range p.Path.NearMiss {
		miss := &p.Path.NearMiss[i]
		label := "NEAREST"
		if i > 0 {
			label = ""
		}
		add(label, nearest(miss, g), theme.Warn)
		if miss.Because != "" {
			add("BECAUSE", miss.Because, theme.Plain)
		}
	}
	add("ANSWER", p.Path.Answer, theme.Plain)
	if r := p.Path.Reply; r != nil && !p.Reply {
		text := strings.Join(r.Nodes, fmt.Sprintf(" %c ", g.Arrow))
		if r.Verdict != path.Delivered {
			text += "  " + r.Headline()
		}
		add("REPLY", text, theme.Plain)
	}
	proof := "PROOF"
	for _, list := range []struct {
		word  string
		facts []string
	}{{"observed", p.Path.Proof.Observed}, {"inferred", p.Path.Proof.Inferred}} {
		if len(list.facts) > 0 {
			add(proof, list.word+": "+strings.Join(list.facts, "; "), theme.Plain)
			proof = ""
		}
	}
	if p.Path.Lost > 0 {
		add("LOST", fmt.Sprintf("%d trace events were lost: gaps in this path may be gaps in what was read", p.Path.Lost), theme.Warn)
	}
	blank := false
	for i := range p.Path.NearMiss {
		if m := &p.Path.NearMiss[i]; m.Try != "" {
			if !blank {
				out, blank = append(out, line{}), true
			}
			add("TRY", m.Rule.Where()+": "+m.Try, theme.Good)
		}
	}
	return out
}

// where is the place where the packet ended: "fw · forward · inet filter forward · fw.nft:16".
func where(p *path.Path, g *theme.Glyphs) string {
	at := p.At
	if at == nil {
		return string(p.Verdict)
	}
	parts := []string{at.Node}
	if at.Hook != "" {
		parts = append(parts, strings.ToUpper(at.Hook))
	}
	if at.Chain != "" {
		parts = append(parts, strings.TrimSpace(at.Table+" "+at.Chain))
	}
	if at.Rule != nil && at.Rule.Where() != "" {
		parts = append(parts, at.Rule.Where())
	}
	return strings.Join(parts, " "+g.Dot+" ")
}

// why is the reason, and for a chain's policy how many rules were looked at.
func why(p *path.Path) string {
	if p.At == nil {
		return ""
	}
	n := len(p.Steps)
	if n == 0 || p.At.Rule == nil || p.Steps[n-1].Rules == nil {
		return p.At.Reason
	}
	rules, matched := 0, 0
	for _, e := range p.Steps[n-1].Rules {
		if e.Policy {
			continue
		}
		rules++
		if e.Match == path.Yes {
			matched++
		}
	}
	if p.At.Rule.Handle == 0 {
		return fmt.Sprintf("%s: no rule accepted it (%d looked at, %d matched)", p.At.Reason, rules, matched)
	}
	return p.At.Reason
}

func absent(p *record.Packet) string {
	if p.Absent == "" {
		return ""
	}
	return fmt.Sprintf("  (%s never saw it)", p.Absent)
}

// nearest is a near miss with a mark behind each of its expressions.
func nearest(m *path.NearMiss, g *theme.Glyphs) string {
	var parts []string
	for i := range m.Matched {
		parts = append(parts, m.Matched[i].Text+" "+g.Yes)
	}
	parts = append(parts, fmt.Sprintf("%s %c (the packet has %s)", m.Expr, g.Drop, m.Got))
	return m.Rule.Where() + ": " + strings.Join(parts, "   ")
}
