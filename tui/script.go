package tui

import (
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
)

// keyNames are the keys that a script names in angle brackets.
var keyNames = map[string]tea.KeyPressMsg{
	"enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape}, "tab": {Code: tea.KeyTab},
	"S-tab": {Code: tea.KeyTab, Mod: tea.ModShift}, "space": {Code: tea.KeySpace, Text: " "},
	"up": {Code: tea.KeyUp}, "down": {Code: tea.KeyDown}, "left": {Code: tea.KeyLeft}, "right": {Code: tea.KeyRight},
	"home": {Code: tea.KeyHome}, "end": {Code: tea.KeyEnd}, "pgup": {Code: tea.KeyPgUp}, "pgdown": {Code: tea.KeyPgDown},
	"backspace": {Code: tea.KeyBackspace}, "lt": {Code: '<', Text: "<"},
}

// parseKeys reads a script of keys: characters as they are, others by name in angle brackets: "nnsD<esc><C-u>".
func parseKeys(s string) []tea.KeyPressMsg {
	var out []tea.KeyPressMsg
	for s != "" {
		if name, rest, ok := strings.Cut(s[1:], ">"); ok && s[0] == '<' {
			if letter, ctrl := strings.CutPrefix(name, "C-"); ctrl && len(letter) == 1 {
				out, s = append(out, tea.KeyPressMsg{Code: rune(letter[0]), Mod: tea.ModCtrl}), rest
				continue
			}
			if k, known := keyNames[name]; known {
				out, s = append(out, k), rest
				continue
			}
		}
		r, n := utf8.DecodeRuneInString(s)
		k := tea.KeyPressMsg{Code: r, Text: s[:n]}
		if r == ' ' {
			k = keyNames["space"]
		}
		out, s = append(out, k), s[n:]
	}
	return out
}

// playMsg goes on with the script.
type playMsg struct{}

// play presses the keys of the script, up to one that starts something that takes time.
func (m *model) play() tea.Cmd {
	for len(m.script) > 0 {
		k := m.script[0]
		m.script = m.script[1:]
		if cmd := m.press(k); cmd != nil {
			if m.busy != "" || len(m.script) == 0 {
				return cmd
			}
			return tea.Sequence(cmd, func() tea.Msg { return playMsg{} })
		}
	}
	return nil
}
