package tui

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/tui/lab"
)

// pressCard handles a key while the card of a packet is open.
func (m *model) pressCard(msg tea.KeyPressMsg) tea.Cmd {
	k := &m.keys
	switch {
	case key.Matches(msg, k.Back, k.Quit, k.Why, k.Open):
		m.mode = modeScreen
	case key.Matches(msg, k.Copy):
		m.mode = modeScreen
		return m.copy("t")
	case key.Matches(msg, k.Resend):
		m.mode = modeScreen
		return m.resend()
	case msg.String() == "j" || msg.String() == "down":
		m.scroll++
	case msg.String() == "k" || msg.String() == "up":
		m.scroll = max(m.scroll-1, 0)
	}
	return nil
}

func (m *model) openFilter() {
	m.mode = modeFilter
	switch {
	case m.screen == Step:
		m.prompt = prompt{label: "find a step"}
	case m.lab.Pane() == lab.PaneEvents:
		m.prompt = prompt{label: "filter"}
		m.prompt.set(m.lab.Filter())
	default:
		m.prompt = prompt{label: "find a node"}
	}
}

// pressFilter handles a key in the line of the filter: the screen follows what is written.
func (m *model) pressFilter(msg tea.KeyPressMsg) {
	switch {
	case msg.String() == "enter":
		m.mode = modeScreen
	case key.Matches(msg, m.keys.Back):
		m.mode = modeScreen
		if m.screen == Lab && m.lab.Pane() == lab.PaneEvents {
			m.lab.SetFilter("")
		}
	case m.prompt.text == "" && (msg.String() == "backspace" || key.Matches(msg, m.keys.Filter)):
		m.mode = modeScreen
		m.lab.SetFilter("")
	case m.prompt.key(msg):
		m.written()
	}
}

// written follows what is written in a line.
func (m *model) written() {
	switch {
	case m.mode == modeHelp:
		m.scroll = 0
	case m.mode != modeFilter || m.prompt.text == "" && m.screen == Step:
	case m.screen == Step:
		if !m.step.Find(m.prompt.text) {
			m.say(fmt.Sprintf("no step has %q in it", m.prompt.text))
		}
	case m.lab.Pane() == lab.PaneEvents:
		m.lab.SetFilter(m.prompt.text)
	case m.prompt.text != "":
		if !m.lab.Find(m.prompt.text) {
			m.say(fmt.Sprintf("no node has %q in its name", m.prompt.text))
		}
	}
}

func (m *model) openInject() {
	m.mode = modeInject
	m.prompt = prompt{label: "send: FROM TO"}
	if p := m.packet(); p != nil {
		m.prompt.propose(p.Probe.From + " " + p.Probe.To)
	} else {
		m.prompt.propose(m.node() + " ")
	}
}

// pressInject handles a key in the line of the packet to send.
func (m *model) pressInject(msg tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(msg, m.keys.Back):
		m.mode = modeScreen
	case msg.String() == "tab":
		if m.prompt.complete(m.names()) && strings.IndexByte(m.prompt.text, ' ') < 0 {
			m.prompt.insert(" ")
		}
	case msg.String() == "enter":
		words := strings.Fields(m.prompt.text)
		if len(words) != 2 {
			m.fail(fmt.Sprintf("two words are needed, not %d: FROM and TO", len(words)))
			return nil
		}
		if m.config.Plan.Node(words[0]) == nil {
			m.fail(fmt.Sprintf("no node %q%s", words[0], m.config.Plan.Suggest(words[0])))
			return nil
		}
		m.mode = modeScreen
		return m.send(words[0], words[1])
	default:
		m.prompt.key(msg)
	}
	return nil
}

// names are the names of all nodes.
func (m *model) names() []string {
	out := make([]string, len(m.config.Plan.Nodes))
	for i := range out {
		out[i] = m.config.Plan.Nodes[i].Name
	}
	return out
}

// pressCopy handles the second key of copying.
func (m *model) pressCopy(msg tea.KeyPressMsg) tea.Cmd {
	m.mode = modeScreen
	if key.Matches(msg, m.keys.Copy) {
		return m.copy("t")
	}
	return m.copy(msg.String())
}

// copy puts text about what is selected into the terminal's clipboard (OSC 52).
func (m *model) copy(what string) tea.Cmd {
	p := m.packet()
	var text, name string
	switch {
	case what == "n":
		text, name = m.lab.Command(), "the command"
		if m.screen == Step {
			text = fmt.Sprintf("hookwalk exec %s -- nft list ruleset", m.node())
		}
	case p == nil && strings.Contains("tjc", what):
		m.say("no packet yet")
		return nil
	case what == "t":
		var b bytes.Buffer
		path.WriteWhy(&b, p.Path)
		text, name = b.String(), "the text of "+p.Name()
	case what == "j":
		js, err := json.MarshalIndent(p.Path, "", "  ")
		if err != nil {
			m.fail("copy: " + err.Error())
			return nil
		}
		text, name = string(js)+"\n", "the JSON of "+p.Name()
	case what == "c":
		text, name = fmt.Sprintf("hookwalk why %s %s", p.Probe.From, p.Probe.To), "the command"
	default:
		m.say("nothing copied")
		return nil
	}
	m.say(fmt.Sprintf("copied %s, %d bytes, if this terminal allows it (OSC 52)", name, len(text)))
	return tea.SetClipboard(text)
}
