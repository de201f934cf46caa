package tui

import (
	"context"
	"net/netip"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/hookwalk/hookwalk/tui/canvas"
	"github.com/hookwalk/hookwalk/tui/lab"
	"github.com/hookwalk/hookwalk/tui/record"
	"github.com/hookwalk/hookwalk/tui/step"
	"github.com/hookwalk/hookwalk/tui/theme"
)

// mode is what has the keys.
type mode int

const (
	modeScreen mode = iota
	modeHelp
	modeCard
	modeFilter
	modeInject
	modeCopy
)

// model is the state of the program. Update changes it and nothing else; what reaches outside is in commands.
type model struct {
	config Config
	ctx    context.Context // ends with the program; commands use it
	now    func() time.Time
	keys   keys
	theme  *theme.Theme
	glyphs *theme.Glyphs

	log    *record.Log
	lab    *lab.Model
	step   *step.Model
	screen Screen
	mode   mode
	prompt prompt
	scroll int // of the help, of the card

	width, height int
	clock         time.Time // as shown
	ticking       bool
	blurred       bool
	mouse         bool
	busy          string // what is under way, "" for nothing
	note          string // the last message, until the next key
	bad           bool   // the message is an error
	shellIn       string // the node that a shell is wanted in: the program ends for it
	script        []tea.KeyPressMsg

	canvas *canvas.Canvas // as drawn last, for the mouse
	drawn  string         // the screen as text; "" when something changed
	cursor *tea.Cursor
}

// newModel is the state a session starts with.
func newModel(ctx context.Context, c Config) *model {
	m := &model{config: c, ctx: ctx, now: c.Now, keys: newKeys(c.Actions), screen: c.Screen, mouse: c.Mouse}
	if m.now == nil {
		m.now = time.Now
	}
	m.clock = m.now()
	m.glyphs = theme.Unicode()
	if c.ASCII {
		m.glyphs = theme.ASCII()
	}
	m.theme = theme.Dark()
	if c.NoColor {
		m.theme = theme.None()
	}
	m.log = record.NewLog(func(a netip.Addr) string {
		node, _, _ := c.Plan.OwnerOf(a)
		return node
	})
	sent := c.Sent
	if sent.IsZero() {
		sent = m.clock
	}
	for _, p := range c.Paths {
		m.log.Add(p, sent)
	}
	m.lab = lab.New(c.Plan, m.log, m.glyphs)
	m.step = step.New(m.glyphs)
	if n := len(c.Paths); n > 0 {
		for _, p := range m.log.Packets { // the last probe, not what came back
			if !p.Reply {
				m.step.Show(p, -1)
			}
		}
	}
	m.script = parseKeys(c.Keys)
	return m
}

// Init asks the terminal for its background, so that colours suit it.
func (m *model) Init() tea.Cmd {
	if m.config.NoColor {
		return m.tick()
	}
	return tea.Batch(tea.RequestBackgroundColor, m.tick())
}

// tickMsg is the clock.
type tickMsg time.Time

// tick lets the clock run, unless nobody looks.
func (m *model) tick() tea.Cmd {
	if m.ticking || m.blurred || m.lab.Frozen {
		return nil
	}
	m.ticking = true
	return tea.Tick(time.Second, func(t time.Time) tea.Msg { return tickMsg(t) })
}

// say shows a message in the line above the keys.
func (m *model) say(text string) { m.note, m.bad = text, false }

// fail shows an error there.
func (m *model) fail(text string) { m.note, m.bad = text, true }

// node is the node that is meant: the selected one, or the one the packet is on.
func (m *model) node() string {
	if m.screen == Step && m.step.Node() != "" {
		return m.step.Node()
	}
	return m.lab.Node()
}

// packet is the packet that is meant, nil if there is none.
func (m *model) packet() *record.Packet {
	if m.screen == Step {
		return m.step.Packet()
	}
	if e, ok := m.lab.Event(); ok {
		return e.Packet
	}
	return nil
}
