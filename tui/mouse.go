package tui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// click handles a press of the left button: what lies there is what was drawn there last.
func (m *model) click(msg tea.MouseClickMsg) tea.Cmd {
	if msg.Button != tea.MouseLeft || m.canvas == nil {
		return nil
	}
	zone := m.canvas.Hit(msg.X, msg.Y)
	if m.mode == modeHelp || m.mode == modeCard {
		m.mode = modeScreen
		return nil
	}
	m.note = ""
	if k, ok := zone.(keyZone); ok {
		return m.pressName(key.Binding(k))
	}
	if m.screen == Step {
		m.step.Click(zone)
		return nil
	}
	if _, open := m.lab.Click(zone); open {
		m.open()
	}
	return nil
}

// pressName presses a key as if on the keyboard.
func (m *model) pressName(b key.Binding) tea.Cmd {
	k := b.Keys()[0]
	if named, ok := keyNames[k]; ok {
		return m.press(named)
	}
	return m.press(tea.KeyPressMsg{Code: []rune(k)[0], Text: k})
}

// wheel scrolls what lies under the pointer.
func (m *model) wheel(msg tea.MouseWheelMsg) {
	rows := 0
	switch msg.Button {
	case tea.MouseWheelUp:
		rows = -1
	case tea.MouseWheelDown:
		rows = 1
	}
	switch {
	case rows == 0 || m.canvas == nil:
	case m.mode == modeHelp || m.mode == modeCard:
		m.scroll = max(m.scroll+rows, 0)
	case m.screen == Lab:
		m.lab.Wheel(m.canvas.Hit(msg.X, msg.Y), rows)
	default:
		m.step.Wheel(rows)
	}
}
