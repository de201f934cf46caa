package tui

import (
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
)

// prompt is a line in which the user writes.
type prompt struct {
	label  string
	text   string
	cursor int  // bytes before it
	offer  bool // the text is proposed: what is written replaces it, unless another key was pressed before
}

// set replaces what is written.
func (p *prompt) set(text string) { p.text, p.cursor, p.offer = text, len(text), false }

// propose writes a text that is replaced by what the user writes, if that is the first thing he does.
func (p *prompt) propose(text string) {
	p.set(text)
	p.offer = true
}

// write is what the user writes, or pastes.
func (p *prompt) write(s string) {
	if p.offer {
		p.set("")
	}
	p.insert(s)
}

// insert writes at the cursor. A line stays a line.
func (p *prompt) insert(s string) {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r < ' ' || r == 0x7f:
			return -1
		}
		return r
	}, s)
	p.text = p.text[:p.cursor] + s + p.text[p.cursor:]
	p.cursor += len(s)
}

// key handles the keys of a line and reports whether it was one.
func (p *prompt) key(msg tea.KeyPressMsg) bool {
	switch msg.String() {
	case "backspace", "ctrl+h":
		_, n := utf8.DecodeLastRuneInString(p.text[:p.cursor])
		p.text = p.text[:p.cursor-n] + p.text[p.cursor:]
		p.cursor -= n
	case "delete", "ctrl+d":
		_, n := utf8.DecodeRuneInString(p.text[p.cursor:])
		p.text = p.text[:p.cursor] + p.text[p.cursor+n:]
	case "left", "ctrl+b":
		_, n := utf8.DecodeLastRuneInString(p.text[:p.cursor])
		p.cursor -= n
	case "right", "ctrl+f":
		_, n := utf8.DecodeRuneInString(p.text[p.cursor:])
		p.cursor += n
	case "home", "ctrl+a":
		p.cursor = 0
	case "end", "ctrl+e":
		p.cursor = len(p.text)
	case "ctrl+u":
		p.text, p.cursor = p.text[p.cursor:], 0
	case "ctrl+k":
		p.text = p.text[:p.cursor]
	case "ctrl+w":
		cut := strings.LastIndexByte(strings.TrimRight(p.text[:p.cursor], " "), ' ') + 1
		p.text, p.cursor = p.text[:cut]+p.text[p.cursor:], cut
	default:
		if msg.Text == "" {
			return false
		}
		p.write(msg.Text)
	}
	p.offer = false
	return true
}

// word is the word before the cursor.
func (p *prompt) word() string {
	return p.text[strings.LastIndexByte(p.text[:p.cursor], ' ')+1 : p.cursor]
}

// complete makes the word before the cursor as long as all of the names that begin with it agree, and reports
// whether one is left.
func (p *prompt) complete(names []string) bool {
	word := p.word()
	common, n := "", 0
	for _, name := range names {
		if !strings.HasPrefix(name, word) {
			continue
		}
		if n++; n == 1 {
			common = name
			continue
		}
		for !strings.HasPrefix(name, common) {
			common = common[:len(common)-1]
		}
	}
	if n == 0 {
		return false
	}
	p.insert(common[len(word):])
	p.offer = false
	return n == 1
}
