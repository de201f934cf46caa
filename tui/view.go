package tui

import (
	"fmt"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/tui/canvas"
	"github.com/hookwalk/hookwalk/tui/card"
	tuilab "github.com/hookwalk/hookwalk/tui/lab"
	"github.com/hookwalk/hookwalk/tui/record"
	"github.com/hookwalk/hookwalk/tui/theme"
)

// View draws the screen, if anything changed since it was drawn last.
func (m *model) View() tea.View {
	if m.drawn == "" && m.width > 0 && m.height > 0 {
		m.cursor = nil
		m.canvas = m.draw()
		m.drawn = m.canvas.Render(m.theme)
	}
	v := tea.NewView(m.drawn)
	v.AltScreen = true
	v.ReportFocus = true
	v.WindowTitle = "hookwalk " + m.config.Plan.Name
	v.Cursor = m.cursor
	if m.mouse {
		v.MouseMode = tea.MouseModeCellMotion
	}
	return v
}

// draw draws frame and screen:
//
//	home-nat ▸ Step ▸ P1 ...           breadcrumb and state
//	┌ ... ┐                            the screen
//	└ ... ┘
//	REC: ...                           a hint, a message, or a line to write in
//	n/N hook  s/S rule ... │ / ? q     keys
func (m *model) draw() *canvas.Canvas {
	c := canvas.New(m.width, m.height)
	size := canvas.SizeOf(m.width, m.height)
	top, bottom := 1, 2
	switch {
	case size == canvas.Wide:
		bottom = 3
	case m.height < 6:
		top, bottom = 0, 0
		if m.height > 2 || m.mode != modeScreen {
			bottom = 1 // the hint
		}
	}
	body := canvas.Rect{X: 0, Y: top, W: m.width, H: max(m.height-top-bottom, 0)}
	if m.screen == Step {
		m.step.Draw(c, body, size)
	} else {
		m.lab.Draw(c, body, size)
	}
	if top > 0 {
		m.breadcrumb(c, c.Bounds().Row(0), size)
	}
	if bottom > 0 {
		m.hint(c, canvas.Rect{X: 0, Y: m.height - bottom, W: m.width, H: 1}, size)
	}
	if bottom > 2 {
		c.Line(0, m.height-2, m.width, m.glyphs.Horizontal, theme.Border)
	}
	if bottom > 1 {
		m.footer(c, c.Bounds().Row(m.height-1))
	}
	switch m.mode {
	case modeHelp:
		m.drawHelp(c, body)
	case modeCard:
		if p := m.packet(); p != nil {
			card.Draw(c, body, m.glyphs, p, m.scroll, "y copy as text   R send it again   esc back")
		}
	}
	return c
}

// breadcrumb is the first line: where we are on the left, the state on the right.
func (m *model) breadcrumb(c *canvas.Canvas, row canvas.Rect, size canvas.Size) {
	g := m.glyphs
	arrow := fmt.Sprintf(" %c ", g.Arrow)
	state := ""
	for _, s := range m.states(size) {
		if canvas.Width(s)+22 <= row.W {
			state = s
			break
		}
	}
	x := row.X + 1
	if size == canvas.Wide {
		x = c.Text(x, row.Y, row.W, "hookwalk", theme.Brand)
		x = c.Text(x, row.Y, row.W, fmt.Sprintf(" %c ", g.Bar), theme.Border)
	}
	end := c.TextRight(x, row.Y, row.W-x-1, state, theme.Plain)
	x = c.Text(x, row.Y, end-x, m.config.Plan.Name+arrow, theme.Plain)
	x = c.Text(x, row.Y, end-x, m.screen.String(), theme.Title)
	p := m.step.Packet()
	if m.screen != Step || p == nil {
		return
	}
	x = c.Text(x, row.Y, end-x, arrow, theme.Plain)
	first := p.First()
	for _, text := range []string{
		fmt.Sprintf("packet %s %s %s%s%s", p.Name(), record.Kind(first), first.Source(), arrow, first.Destination()),
		fmt.Sprintf("%s %s %s%s%s", p.Name(), record.Kind(first), first.Source(), arrow, first.Destination()),
		fmt.Sprintf("%s %s %s%s%s", p.Name(), record.Kind(first), tuilab.Tail(first.Source(), g), arrow, first.Destination()),
		fmt.Sprintf("%s %s%s%s", p.Name(), tuilab.Tail(first.Source(), g), arrow, first.Destination()),
		p.Name(),
	} {
		if x+canvas.Width(text) < end {
			c.Text(x, row.Y, end-x, text, theme.Plain)
			return
		}
	}
}

// states are the right end of the first line, from long to short.
func (m *model) states(size canvas.Size) []string {
	g := m.glyphs
	if m.screen == Step {
		n, of := m.step.Step()
		if of == 0 {
			return []string{"[2]"}
		}
		place := fmt.Sprintf("%c %d/%d %c", g.Left, n, of, g.Right)
		return []string{place + "  REC", place}
	}
	up := ""
	if !m.config.Started.IsZero() {
		up = fmt.Sprintf("%c up %s  ", g.Seen, age(m.clock.Sub(m.config.Started)))
	}
	nodes, links := len(m.config.Plan.Nodes), len(m.config.Plan.Links)
	if size == canvas.Wide {
		text := fmt.Sprintf("%s %d nodes  %d links   packets %d  events %d  drops %d", up, nodes, links, len(m.log.Packets), len(m.log.Events), m.log.Drops)
		if m.log.Lost > 0 {
			text += fmt.Sprintf("   lost %d", m.log.Lost)
		}
		return []string{text + "   [1]"}
	}
	text := fmt.Sprintf("%s%d nodes %d links  packets %d  drops %d", up, nodes, links, len(m.log.Packets), m.log.Drops)
	if m.log.Lost > 0 {
		text += fmt.Sprintf("  lost %d", m.log.Lost)
	}
	return []string{text + "  [1]", fmt.Sprintf("drops %d  [1]", m.log.Drops)}
}

// age is a duration as people say it: "4 s" ago, up "2m14s".
func age(d time.Duration) string {
	d = max(d, 0)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd", int(d.Hours()/24))
}

// hint is the line above the keys.
func (m *model) hint(c *canvas.Canvas, row canvas.Rect, size canvas.Size) {
	put := func(text string, role theme.Role) {
		c.Text(row.X+1, row.Y, row.W-1, canvas.Shorten(text, row.W-2, m.glyphs), role)
	}
	switch {
	case m.mode == modeFilter || m.mode == modeInject:
		m.drawPrompt(c, row)
	case m.mode == modeCopy:
		put("copy: t text  j JSON  c command that sends it  n command for this node", theme.Title)
	case m.note != "" && m.bad:
		put(m.note, theme.Bad)
	case m.note != "":
		put(m.note, theme.Plain)
	case m.busy != "":
		put(m.busy+m.glyphs.Ellipsis, theme.Warn)
	case size == canvas.List:
		put("list: from 60x16 on there are panes", theme.Dim)
	case m.screen == Step:
		text := m.recorded()
		if again := text + "   R sends it again"; m.keys.Resend.Enabled() && text != "" && canvas.Width(again) < row.W-1 {
			text = again
		}
		put(text, theme.Dim)
	default:
		m.labHint(c, row)
	}
}

// drawPrompt draws the line to write in, and beside it the message about what is in it: until the next key. Where there
// is no room for both the label goes first, then the line.
func (m *model) drawPrompt(c *canvas.Canvas, row canvas.Rect) {
	label := m.prompt.label + ": "
	room := func() int { return row.W - canvas.Width(label+m.prompt.text) - 5 }
	if m.note != "" && room() < canvas.Width(m.note) {
		label = ""
	}
	if m.note != "" && room() < 20 {
		c.Text(row.X+1, row.Y, row.W-1, canvas.Shorten(m.note, row.W-2, m.glyphs), theme.Bad)
		return
	}
	x := c.Text(row.X+1, row.Y, row.W-1, label, theme.Title)
	end := c.Text(x, row.Y, row.X+row.W-x, m.prompt.text, theme.Plain)
	if m.prompt.offer {
		c.Paint(canvas.Rect{X: x, Y: row.Y, W: end - x, H: 1}, theme.Selected)
	}
	m.place(x+canvas.Width(m.prompt.text[:m.prompt.cursor]), row.Y, row)
	if m.note != "" {
		c.Text(end+3, row.Y, room()+1, canvas.Shorten(m.note, room()+1, m.glyphs), theme.Bad)
	}
}

// recorded says that what is on the screen is past, and how long.
func (m *model) recorded() string {
	p := m.step.Packet()
	if p == nil {
		return ""
	}
	ago := age(m.clock.Sub(p.Sent)) + " ago"
	switch p.Path.Verdict {
	case path.Drop, path.Delivered:
		return fmt.Sprintf("REC: a recording; this packet was %s %s", record.Fate(p.Path.Verdict), ago)
	}
	return fmt.Sprintf("REC: a recording, %s: %s", ago, record.Fate(p.Path.Verdict))
}

func (m *model) labHint(c *canvas.Canvas, row canvas.Rect) {
	text := m.glyphs.Enter + " step this packet   d next drop   D why"
	if len(m.log.Events) == 0 {
		text = "i sends a packet: FROM is a node, TO a node or an address with :port/tcp"
		if !m.keys.Inject.Enabled() {
			text = "no packet was recorded"
		}
	}
	x := c.Text(row.X+1, row.Y, row.W-1, text, theme.Dim)
	if m.log.Drops > 0 {
		right := fmt.Sprintf("%d did not arrive %c press d", m.log.Drops, m.glyphs.Arrow)
		if x+canvas.Width(right)+2 < row.W {
			c.TextRight(x, row.Y, row.X+row.W-1-x, right, theme.Warn)
		}
	}
}

// footerItem is a key, or a pair of them, in the last line.
type footerItem struct {
	text string
	keys []key.Binding
}

// keyZone is a key in the last line that the mouse can press.
type keyZone key.Binding

func (m *model) footerItems() []footerItem {
	k, s, e := &m.keys, &m.step.Keys, m.glyphs.Enter
	if m.screen == Step {
		return []footerItem{
			{"n/N hook", []key.Binding{s.Next}}, {"s/S rule", []key.Binding{s.NextRule}}, {"o/O node", []key.Binding{s.NextNode}},
			{"D why", []key.Binding{k.Why}}, {"[ ] packet", []key.Binding{k.NextPacket}}, {"d drop", []key.Binding{k.Drop}},
			{"R resend", []key.Binding{k.Resend}}, {"y copy", []key.Binding{k.Copy}}, {"! shell", []key.Binding{k.Shell}},
			{"1 Lab", []key.Binding{k.Lab}}, {"g/G ends", []key.Binding{s.First}}, {"z zoom", []key.Binding{k.Zoom}},
		}
	}
	return []footerItem{
		{"2 Step", []key.Binding{k.Step}}, {e + " step", []key.Binding{k.Open}},
		{"i inject", []key.Binding{k.Inject}}, {"D why", []key.Binding{k.Why}}, {"! shell", []key.Binding{k.Shell}},
		{"y copy", []key.Binding{k.Copy}}, {"z zoom", []key.Binding{k.Zoom}}, {"tab pane", []key.Binding{m.lab.Keys.Pane}},
		{"R resend", []key.Binding{k.Resend}}, {"% mouse", []key.Binding{k.Mouse}},
	}
}

// footer draws the keys that fit. The ones for help, filter and quitting always do.
func (m *model) footer(c *canvas.Canvas, row canvas.Rect) {
	always := []footerItem{{"? help", []key.Binding{m.keys.Help}}, {"/", []key.Binding{m.keys.Filter}}, {"q", []key.Binding{m.keys.Quit}}}
	if row.W >= 110 {
		always = []footerItem{{"? help", []key.Binding{m.keys.Help}}, {"/ find", []key.Binding{m.keys.Filter}}, {"q quit", []key.Binding{m.keys.Quit}}}
	}
	x := row.X + 1
	room := row.W - 1
	for _, it := range always {
		room -= canvas.Width(it.text) + 1
	}
	room -= 2
	put := func(it footerItem) {
		end := c.Text(x, row.Y, row.W-x, it.text, theme.Plain)
		name, _, _ := strings.Cut(it.text, " ") // the key itself stands out
		c.Paint(canvas.Rect{X: x, Y: row.Y, W: canvas.Width(name), H: 1}, theme.Key)
		c.Zone(canvas.Rect{X: x, Y: row.Y, W: end - x, H: 1}, keyZone(it.keys[0]))
		x = end
	}
	for _, it := range m.footerItems() {
		if !it.keys[0].Enabled() {
			continue
		}
		if x+canvas.Width(it.text)+2 > room {
			break
		}
		put(it)
		x += 2
	}
	if x > row.X+1 {
		c.Set(x-1, row.Y, m.glyphs.Bar, theme.Border)
		x++
	}
	for _, it := range always {
		put(it)
		x++
	}
}
