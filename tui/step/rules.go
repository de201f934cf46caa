package step

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/tui/canvas"
	"github.com/hookwalk/hookwalk/tui/record"
	"github.com/hookwalk/hookwalk/tui/theme"
)

// ruleLine is one line of the rules pane.
type ruleLine struct {
	gutter, text, right string
	role, rightRole     theme.Role
	rule                int // index of the rule, -1: a line of text
}

// rulesTitle is the title of the pane and the place of the rule that decided.
func (m *Model) rulesTitle() (title, note string) {
	s := m.current()
	if s == nil {
		return "Rules", ""
	}
	if s.Rule != nil {
		note = s.Rule.Where()
	}
	if len(s.Rules) == 0 {
		title = s.Station.Name()
		if s.Station.Kind == path.KindDevice && s.Station.Dev != "" {
			title += " " + s.Station.Hook
		}
		return title, note
	}
	title = "Rules looked at in " + s.Station.Name()
	if n := len(s.Rules); n > 4 {
		title += fmt.Sprintf(", %d of %d", m.rule+1, n)
	}
	return title, note
}

// drawRules draws the rules that were looked at, with the one that nearly matched below them.
func (m *Model) drawRules(c *canvas.Canvas, r canvas.Rect) {
	s := m.current()
	if s == nil || r.Empty() {
		return
	}
	var text []string
	var lines []ruleLine
	for _, try := range []struct{ roomy, full bool }{{true, true}, {true, false}, {false, true}, {false, false}} {
		lines = m.ruleLines(s, r.W, try.roomy)
		text = m.advice(s, r.W-3, try.full)
		switch {
		case len(s.Rules) == 0:
			text = m.describe(s, r.W-3)
		case !try.roomy && m.rule != decided(s):
			text = m.whole(&s.Rules[min(m.rule, len(s.Rules)-1)], r.W-3)
		}
		if len(lines)+1+len(text) <= r.H {
			break
		}
	}
	for len(text) > 0 && len(text)+1+min(len(lines), 3) > r.H { // the rules matter more
		text = text[:len(text)-1]
	}
	room := r.H
	if len(text) > 0 && len(lines) > 0 {
		room -= len(text) + 1
	}
	top := m.scroll(lines, room)
	y := 0
	for ; y < room && top+y < len(lines); y++ {
		m.drawRuleLine(c, r.Row(y), &lines[top+y])
	}
	if len(lines) > 0 {
		y++
	}
	for i, line := range text {
		row := r.Row(y + i)
		role := theme.Plain
		if i == 0 && len(lines) > 0 && m.rule == decided(s) {
			role = theme.Warn
		}
		c.Text(row.X+2, row.Y, row.W-2, line, role)
	}
}

// scroll is the first line to show so that the rule under the cursor is visible.
func (m *Model) scroll(lines []ruleLine, room int) int {
	if len(lines) <= room {
		return 0
	}
	at := 0
	for i := range lines {
		if lines[i].rule == m.rule {
			at = i
		}
	}
	return max(min(at-room/2, len(lines)-room), 0)
}

func (m *Model) drawRuleLine(c *canvas.Canvas, row canvas.Rect, l *ruleLine) {
	if row.Empty() {
		return
	}
	rightX := row.X + row.W - 1 - canvas.Width(l.right)
	c.Text(row.X+1, row.Y, 5, fmt.Sprintf("%4s", l.gutter), theme.Dim)
	c.Text(row.X+7, row.Y, rightX-1-row.X-7, canvas.Shorten(l.text, rightX-1-row.X-7, m.glyphs), l.role)
	c.Text(rightX, row.Y, row.X+row.W-rightX, l.right, l.rightRole)
	if l.rule >= 0 {
		c.Zone(row, ruleZone(l.rule))
	}
	if l.rule == m.rule && l.gutter != "" {
		c.Set(row.X+1, row.Y, '>', theme.Key)
		if m.pane == PaneRules {
			c.Paint(row, theme.Selected)
		}
	}
}

// ruleLines lists the rules of a step: roomy with a second line for the expressions, or one line each.
func (m *Model) ruleLines(s *path.Step, width int, roomy bool) []ruleLine {
	var out []ruleLine
	for i := range s.Rules {
		e := &s.Rules[i]
		l := ruleLine{gutter: gutter(&e.Rule), text: e.Rule.Text, rule: i}
		if e.Chain != s.Station.Chain && e.Chain != "" {
			l.text = e.Chain + ": " + l.text
		}
		mark, role := m.verdict(e)
		l.right, l.rightRole = mark, role
		l.role = theme.Plain
		if e.Match == path.No {
			l.role = theme.Dim
		}
		exprs := m.exprs(e)
		inferred := ""
		if e.Proof == path.Inferred {
			inferred = "(inferred)"
		}
		switch {
		case e.Policy:
		case roomy:
			out = append(out, l)
			l = ruleLine{text: "  " + exprs, right: inferred, role: theme.Inferred, rightRole: theme.Inferred, rule: i}
			if exprs == "" && inferred == "" {
				continue
			}
		case e.Match != path.Yes:
			glyph := string(m.glyphs.Drop)
			if e.Match == path.Unknown {
				glyph = string(m.glyphs.Lost)
			}
			l.right = glyph + " " + m.failed(e)
			if canvas.Width(l.right) > width/2 {
				l.right = canvas.Shorten(l.right, width/2, m.glyphs)
			}
			l.right += strings.Repeat(" ", max(width*2/5-1-canvas.Width(l.right), 0)) // in a column of its own
		default:
			l.right += strings.Repeat(" ", max(width*2/5-1-canvas.Width(l.right), 0))
		}
		if e.Policy && !roomy {
			l.right += strings.Repeat(" ", max(width*2/5-1-canvas.Width(l.right), 0))
		}
		out = append(out, l)
	}
	return out
}

// gutter is the rule's line number, or its handle.
func gutter(r *path.Rule) string {
	switch {
	case r.Line > 0:
		return fmt.Sprint(r.Line)
	case r.Handle > 0:
		return fmt.Sprintf("#%d", r.Handle)
	}
	return "-"
}

// verdict is what a rule said: its verdict if it matched, or that it missed.
func (m *Model) verdict(e *path.Eval) (string, theme.Role) {
	g := m.glyphs
	switch e.Match {
	case path.No:
		return string(g.Drop) + " miss", theme.Dim
	case path.Unknown:
		return string(g.Lost) + " unknown", theme.Warn
	}
	word, _, _ := strings.Cut(strings.TrimPrefix(e.Verdict, "policy "), " ")
	if word == "" {
		word = "match"
	}
	switch word {
	case "drop":
		return string(g.Drop) + " DROP", theme.Bad
	case "reject":
		return string(g.Reject) + " REJECT", theme.Warn
	}
	return string(g.Seen) + " " + strings.ToUpper(word), theme.Good
}

// exprs is what each expression of a rule said.
func (m *Model) exprs(e *path.Eval) string {
	var parts []string
	for i := range e.Exprs {
		parts = append(parts, m.expr(&e.Exprs[i]))
	}
	return strings.Join(parts, "   ")
}

// failed is the first expression that did not match, or that nobody can know.
func (m *Model) failed(e *path.Eval) string {
	for i := range e.Exprs {
		if e.Exprs[i].Match != path.Yes {
			return m.expr(&e.Exprs[i])
		}
	}
	return map[path.Match]string{path.No: "miss", path.Unknown: "unknown", path.Yes: "match"}[e.Match]
}

// expr is one expression with its outcome: `tcp dport 80 ≠ 8080`, "ct state = new", `iifname "wan" ✓`.
func (m *Model) expr(x *path.Expr) string {
	switch x.Match {
	case path.Yes:
		return x.Text + " " + m.glyphs.Yes
	case path.Unknown:
		return fmt.Sprintf("%s: cannot be known, %s", x.Text, x.Why)
	}
	selector := strings.TrimSpace(strings.TrimSuffix(x.Text, x.Want))
	if x.Want == "" || selector == x.Text || strings.HasSuffix(selector, "!=") {
		return fmt.Sprintf("%s: is %s", x.Text, x.Got)
	}
	if strings.ContainsAny(x.Want, ", {@") || canvas.Width(x.Want) > 16 {
		return fmt.Sprintf("%s = %s", selector, x.Got)
	}
	return fmt.Sprintf("%s %s %s %s", selector, x.Got, m.glyphs.NotEqual, x.Want)
}

// whole is a rule in full, with what each expression said.
func (m *Model) whole(e *path.Eval, width int) []string {
	lines := canvas.Wrap(strings.TrimSpace(e.Rule.Where()+" "+e.Rule.Text), width)
	if text := m.exprs(e); text != "" {
		if e.Proof == path.Inferred {
			text += "   (inferred)"
		}
		lines = append(lines, canvas.Wrap(text, width)...)
	}
	return lines
}

// advice explains, at the station where the packet ended, which rule nearly matched and what would help.
func (m *Model) advice(s *path.Step, width int, full bool) []string {
	p := m.packet.Path
	if m.step != len(p.Steps)-1 || len(p.NearMiss) == 0 {
		return nil
	}
	miss := &p.NearMiss[0]
	text := fmt.Sprintf("near miss: %s wanted %s, the packet has %s", miss.Rule.Where(), miss.Expr, miss.Got)
	if !full {
		text = fmt.Sprintf("near miss: %s %s, is %s", miss.Rule.Where(), miss.Expr, miss.Got)
	}
	if miss.Because != "" {
		text += ": " + miss.Because
		if n := m.causeStep(miss.Cause); n > 0 && full {
			text += fmt.Sprintf(" (step %d)", n)
		}
		if s.Station.Hook == "forward" && full {
			text += ". Forward sees the new value."
		}
	}
	lines := canvas.Wrap(text, width)
	if miss.Try != "" {
		lines = append(lines, canvas.Wrap("try: "+miss.Try, width)...)
	}
	if more := len(p.NearMiss) - 1; more > 0 && full {
		lines = append(lines, fmt.Sprintf("%d more: D", more))
	}
	return lines
}

// causeStep is the number of the step at which a rule rewrote the packet, 0 if there is none.
func (m *Model) causeStep(rule *path.Rule) int {
	if rule == nil {
		return 0
	}
	for i := range m.packet.Path.Steps {
		s := &m.packet.Path.Steps[i]
		if len(s.Changes) > 0 && s.Rule != nil && s.Rule.File == rule.File && s.Rule.Line == rule.Line {
			return s.N
		}
	}
	return 0
}

// describe says what happened at a station that has no rules.
func (m *Model) describe(s *path.Step, width int) []string {
	detail := record.Arrows(s.Detail, m.glyphs)
	switch {
	case detail == "" && s.Event == "RX":
		detail = "the device received it"
	case detail == "" && s.Event == "TX":
		detail = "the device sent it"
	}
	out := canvas.Wrap(strings.TrimSpace(s.Event+"  "+detail), width)
	for i := range s.Changes {
		c := &s.Changes[i]
		line := fmt.Sprintf("%c %s %s %c %s", m.glyphs.Changed, c.Field, c.From, m.glyphs.Arrow, c.To)
		if c.Rule != nil {
			line += "  " + c.Rule.Where()
		}
		out = append(out, canvas.Wrap(line, width)...)
	}
	if s.Event == "PASS" {
		text := "No chain of the lab's rules is at this hook, so every packet goes on."
		if m.chained(s) {
			text = "No chain at this hook was asked: a nat chain sees only the first packet of a flow."
		}
		out = append(out, canvas.Wrap(text, width)...)
	}
	return append(out, canvas.Wrap(fmt.Sprintf("%s: %s", s.Proof, s.By), width)...)
}

// chained reports whether the lab's rules have a chain at the hook of a step.
func (m *Model) chained(s *path.Step) bool {
	v := m.packet.Visits[m.packet.VisitOf(m.step)].View
	return v != nil && slices.ContainsFunc(v.Hooks, func(h path.Hook) bool {
		return h.Name == s.Station.Hook && slices.ContainsFunc(h.Chains, func(c path.Chain) bool { return c.Label == "" })
	})
}
