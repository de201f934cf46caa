package tui

import (
	"fmt"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/hookwalk/hookwalk/tui/canvas"
	"github.com/hookwalk/hookwalk/tui/theme"
)

// helpLine is one line of the help.
type helpLine struct{ key, text string }

// bindings are all keys of the current screen that do something.
func (m *model) bindings() []key.Binding {
	own, not := m.step.Keys.All(), []key.Binding{m.keys.Step, m.keys.Open, m.keys.Freeze}
	if m.screen == Lab {
		own, not = m.lab.Keys.All(), []key.Binding{m.keys.Lab}
	}
	var out []key.Binding
	for _, b := range append(own, m.keys.all()...) {
		elsewhere := slices.ContainsFunc(not, func(n key.Binding) bool { return n.Help() == b.Help() })
		if b.Enabled() && !elsewhere {
			out = append(out, b)
		}
	}
	return out
}

// helpLines are the keys and glyphs that have the search words in them.
func (m *model) helpLines() []helpLine {
	var lines []helpLine
	for _, b := range m.bindings() {
		name := b.Help().Key
		if more := others(b); more != "" {
			name += " " + more
		}
		lines = append(lines, helpLine{name, b.Help().Desc})
	}
	lines = append(lines, helpLine{"ctrl+u", "in a line to write in: remove what is before the cursor"})
	g := m.glyphs
	lines = append(lines, []helpLine{
		{string(g.Seen), "glyph: the packet was observed here"},
		{string(g.Unseen), "glyph: not reached, not asked, or inferred"},
		{string(g.Drop), "glyph: dropped here; at a rule: it did not match"},
		{string(g.Reject), "glyph: rejected, the sender was told"},
		{string(g.Lost), "glyph: not seen again, or cannot be known"},
		{string(g.Decision), "glyph: the routing decision"},
		{string(g.Taken), "glyph: the way taken"},
		{string(g.NotTaken), "glyph: the way not taken"},
		{string(g.Changed), "glyph: a header field that was rewritten on this node"},
		{string(g.Here), "glyph: you are here"},
	}...)
	words := strings.Fields(strings.ToLower(m.prompt.text))
	var out []helpLine
next:
	for _, l := range lines {
		text := strings.ToLower(l.key + " " + l.text)
		for _, w := range words {
			if !strings.Contains(text, w) {
				continue next
			}
		}
		out = append(out, l)
	}
	return out
}

// others are the keys of a binding besides the one its help names.
func others(b key.Binding) string {
	var out []string
	for _, k := range b.Keys() {
		if k != b.Help().Key && k != "shift+tab" && k != "pgdown" {
			out = append(out, k)
		}
	}
	return strings.Join(out, " ")
}

// pressHelp handles a key while the help is open: what is written is searched for.
func (m *model) pressHelp(msg tea.KeyPressMsg) {
	empty := m.prompt.text == ""
	switch {
	case key.Matches(msg, m.keys.Back, m.keys.Open):
		m.mode = modeScreen
	case empty && key.Matches(msg, m.keys.Quit, m.keys.Help):
		m.mode = modeScreen
	case empty && key.Matches(msg, m.keys.Filter): // it searches already
	case msg.String() == "down":
		m.scroll++
	case msg.String() == "up":
		m.scroll = max(m.scroll-1, 0)
	case msg.String() == "pgdown":
		m.scroll += 10
	case msg.String() == "pgup":
		m.scroll = max(m.scroll-10, 0)
	case m.prompt.key(msg):
		m.written()
	}
}

// drawHelp draws the help over the screen.
func (m *model) drawHelp(c *canvas.Canvas, r canvas.Rect) {
	lines := m.helpLines()
	w := min(r.W, 76)
	h := min(len(m.bindings())+15, r.H)
	box := canvas.Rect{X: r.X + (r.W-w)/2, Y: r.Y + (r.H-h)/2, W: w, H: h}
	in := c.Frame(box, m.glyphs, fmt.Sprintf("Keys of the %s screen", m.screen), "esc closes", true)
	if in.Empty() {
		return
	}
	x := c.Text(in.X+1, in.Y, in.W-1, "search: ", theme.Dim)
	c.Text(x, in.Y, in.X+in.W-x, m.prompt.text, theme.Key)
	m.place(x+canvas.Width(m.prompt.text[:m.prompt.cursor]), in.Y, in)
	room := in.H - 1
	m.scroll = max(min(m.scroll, len(lines)-room), 0)
	for y := 0; y < room && m.scroll+y < len(lines); y++ {
		row := in.Row(y + 1)
		c.Text(row.X+1, row.Y, 14, lines[m.scroll+y].key, theme.Key)
		c.Text(row.X+16, row.Y, row.W-16, canvas.Shorten(lines[m.scroll+y].text, row.W-17, m.glyphs), theme.Plain)
	}
	if m.scroll+room < len(lines) {
		c.TextRight(box.X, box.Y+box.H-1, box.W-2, " down more ", theme.Key)
	}
	if len(lines) == 0 {
		c.Text(in.X+1, in.Y+1, in.W-1, "no key does that here", theme.Dim)
	}
}

// place puts the terminal's cursor somewhere in r.
func (m *model) place(x, y int, r canvas.Rect) {
	if r.Contains(x, y) {
		m.cursor = tea.NewCursor(x, y)
	}
}
