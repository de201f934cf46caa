package tui

import (
	"fmt"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/hookwalk/hookwalk/tui/lab"
	"github.com/hookwalk/hookwalk/tui/theme"
)

// Update handles one message.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	drawn := m.drawn
	m.drawn = ""
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		first := m.width == 0
		m.width, m.height = msg.Width, msg.Height
		if first {
			return m, m.play()
		}
	case tea.BackgroundColorMsg:
		if !m.config.NoColor && !msg.IsDark() {
			m.theme = theme.Light()
		}
	case tickMsg:
		m.ticking = false
		m.clock = time.Time(msg)
		if m.config.Now != nil {
			m.clock = m.config.Now()
		}
		return m, m.tick()
	case tea.FocusMsg:
		m.blurred = false
		m.clock = m.now()
		return m, m.tick()
	case tea.BlurMsg:
		m.blurred = true
	case tea.KeyPressMsg:
		return m, m.press(msg)
	case tea.PasteMsg:
		if m.mode == modeFilter || m.mode == modeInject || m.mode == modeHelp {
			m.prompt.write(msg.Content)
			m.written()
		}
	case tea.MouseClickMsg:
		return m, m.click(msg)
	case tea.MouseWheelMsg:
		m.wheel(msg)
	case linksMsg:
		m.lab.SetLinks(msg.Down, msg.Impaired)
	case sentMsg:
		m.sent(msg)
		return m, m.play()
	case playMsg:
		return m, m.play()
	default: // nothing of ours: what was drawn is still right
		m.drawn = drawn
	}
	return m, nil
}

// press handles a key.
func (m *model) press(msg tea.KeyPressMsg) tea.Cmd {
	m.note = ""
	m.clock = m.latest()
	if key.Matches(msg, m.keys.Interrupt) {
		return tea.Quit
	}
	switch m.mode {
	case modeHelp:
		m.pressHelp(msg)
		return nil
	case modeCard:
		return m.pressCard(msg)
	case modeFilter:
		m.pressFilter(msg)
		return nil
	case modeInject:
		return m.pressInject(msg)
	case modeCopy:
		return m.pressCopy(msg)
	}
	return m.pressScreen(msg)
}

// latest is the time to show after a key: now, or the moment of freezing.
func (m *model) latest() time.Time {
	if m.lab.Frozen {
		return m.clock
	}
	return m.now()
}

// pressScreen handles a key while nothing lies over the screen.
func (m *model) pressScreen(msg tea.KeyPressMsg) tea.Cmd {
	k := &m.keys
	switch {
	case key.Matches(msg, k.Quit):
		return tea.Quit
	case key.Matches(msg, k.Suspend):
		if m.config.CanSuspend != nil && !m.config.CanSuspend() {
			m.say("nothing to suspend to: no shell is behind this program; q quits")
			break
		}
		return tea.Suspend
	case key.Matches(msg, k.Help):
		m.mode, m.scroll = modeHelp, 0
		m.prompt = prompt{label: "search"}
	case key.Matches(msg, k.Lab):
		m.toLab()
	case key.Matches(msg, k.Step):
		m.toStep()
	case key.Matches(msg, k.Back):
		m.back()
	case key.Matches(msg, k.Zoom):
		m.zoom()
	case key.Matches(msg, k.Mouse):
		m.mouse = !m.mouse
		m.say(map[bool]string{true: "the mouse selects here", false: "the mouse belongs to the terminal: it can select text"}[m.mouse])
	case key.Matches(msg, k.Filter):
		m.openFilter()
	case key.Matches(msg, k.Drop):
		m.nextDrop()
	case key.Matches(msg, k.Why):
		if m.packet() == nil {
			m.say("no packet yet")
			break
		}
		m.mode, m.scroll = modeCard, 0
	case key.Matches(msg, k.PrevPacket):
		m.otherPacket(-1)
	case key.Matches(msg, k.NextPacket):
		m.otherPacket(1)
	case key.Matches(msg, k.Copy):
		m.mode = modeCopy
	case key.Matches(msg, k.Inject):
		m.openInject()
	case key.Matches(msg, k.Resend):
		return m.resend()
	case key.Matches(msg, k.Shell):
		return m.shell()
	case m.screen == Lab && key.Matches(msg, k.Open):
		m.open()
	case m.screen == Lab && key.Matches(msg, k.Freeze):
		return m.freeze()
	case m.screen == Lab && m.lab.Update(msg):
	case m.screen == Step && m.step.Update(msg):
	default:
		m.unknown(msg)
	}
	return nil
}

// unknown says why a key does nothing.
func (m *model) unknown(msg tea.KeyPressMsg) {
	for _, b := range m.keys.all() {
		for _, name := range b.Keys() {
			if name == msg.String() && !b.Enabled() {
				m.say(fmt.Sprintf("%s: %s: not possible here, this session only shows", b.Help().Key, b.Help().Desc))
				return
			}
		}
	}
	if msg.Text != "" {
		m.say(fmt.Sprintf("%s does nothing here; ? shows the keys", msg))
	}
}

func (m *model) toLab() {
	if m.screen == Step && m.step.Packet() != nil {
		n, _ := m.step.Step()
		if i := m.log.Find(m.step.Packet(), n-1); i >= 0 {
			m.lab.GoTo(i)
		}
	}
	m.screen = Lab
}

func (m *model) toStep() {
	if e, ok := m.lab.Event(); ok && m.screen == Lab {
		m.step.Show(e.Packet, e.Step)
	}
	m.screen = Step
}

// open steps the event under the cursor; from the map, the packet on the selected node.
func (m *model) open() {
	e, ok := m.lab.Event()
	if !ok {
		if m.keys.Inject.Enabled() {
			m.say("no packet yet: i sends one")
		}
		return
	}
	at := e.Step
	if m.lab.Pane() != lab.PaneEvents {
		visit := -1
		for i := range e.Packet.Visits {
			if e.Packet.Visits[i].Node == m.lab.Node() {
				visit = i
			}
		}
		if visit < 0 {
			m.say(fmt.Sprintf("%s never saw packet %s; enter on an event steps it", m.lab.Node(), e.Packet.Name()))
			return
		}
		at = e.Packet.Visits[visit].Last
	}
	m.step.Show(e.Packet, at)
	m.screen = Step
}

// back undoes the last thing that changed what is on the screen.
func (m *model) back() {
	switch {
	case m.screen == Step && m.step.Zoom:
		m.step.Zoom = false
	case m.screen == Lab && m.lab.Zoom:
		m.lab.Zoom = false
	case m.screen == Lab && m.lab.Filter() != "":
		m.lab.SetFilter("")
	case m.screen == Step:
		m.toLab()
	default:
		m.say("q quits")
	}
}

func (m *model) zoom() {
	if m.screen == Step {
		m.step.Zoom = !m.step.Zoom
	} else {
		m.lab.Zoom = !m.lab.Zoom
	}
}

func (m *model) freeze() tea.Cmd {
	if m.lab.Frozen {
		m.lab.Thaw()
		m.clock = m.now()
		return m.tick()
	}
	m.lab.Frozen = true
	return nil
}

func (m *model) nextDrop() {
	if m.screen == Step && m.step.Packet() != nil { // begin behind what is on the screen
		_, last := m.step.Step()
		if i := m.log.Find(m.step.Packet(), last-1); i >= 0 {
			m.lab.GoTo(i)
		}
	}
	if !m.lab.NextDrop() {
		m.say("every packet so far arrived")
		return
	}
	if e, ok := m.lab.Event(); ok && m.screen == Step {
		m.step.Show(e.Packet, e.Step)
	}
}

// otherPacket goes to the packet before or behind.
func (m *model) otherPacket(by int) {
	p := m.packet()
	if p == nil {
		m.say("no packet yet")
		return
	}
	i := m.log.Index(p) + by
	if i < 0 || i >= len(m.log.Packets) {
		m.say(map[bool]string{true: "this is the first packet", false: "this is the last packet"}[by < 0])
		return
	}
	if m.screen == Step {
		m.step.Show(m.log.Packets[i], -1)
		return
	}
	m.lab.GoTo(m.log.Find(m.log.Packets[i], 0))
}
