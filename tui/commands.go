package tui

import (
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/tui/record"
)

// sentMsg is the end of sending a packet.
type sentMsg struct {
	from, to string
	path     *path.Path
	at       time.Time
	err      error
}

// send sends a packet and follows it. One is under way at a time.
func (m *model) send(from, to string) tea.Cmd {
	if m.busy != "" {
		m.say(m.busy + " is still under way")
		return nil
	}
	m.busy = fmt.Sprintf("sending %s to %s", from, to)
	ctx, now, send := m.ctx, m.now, m.config.Actions.Send
	return func() tea.Msg {
		at := now()
		p, err := send(ctx, from, to)
		return sentMsg{from, to, p, at, err}
	}
}

// resend sends the packet on the screen again.
func (m *model) resend() tea.Cmd {
	p := m.packet()
	switch {
	case p == nil:
		m.say("no packet yet: i sends one")
		return nil
	case !m.keys.Resend.Enabled():
		m.say("not possible here: this session only shows")
		return nil
	}
	return m.send(p.Probe.From, p.Probe.To)
}

// sent shows a packet that was sent.
func (m *model) sent(msg sentMsg) {
	m.busy = ""
	if msg.err != nil || msg.path == nil {
		m.fail(fmt.Sprintf("%s to %s: %v", msg.from, msg.to, msg.err))
		return
	}
	p := m.log.Add(msg.path, msg.at)
	m.lab.Refresh()
	if !m.lab.Frozen {
		m.lab.GoTo(m.log.Find(p, len(p.Path.Steps)-1))
	}
	if m.screen == Step {
		m.step.Show(p, -1)
	}
	m.clock = m.latest()
	text := p.Name() + ": " + p.Path.Headline()
	if r := p.Path.Reply; r != nil && record.Ended(r) {
		text += "   its answer: " + r.Headline()
	}
	m.say(text)
}

// shell ends the program for a shell in the node: Run opens it, and goes on after it. bubbletea could do this itself
// (tea.Exec), but v2.1.1 stops drawing for good when a command ends at once, as a shell does that cannot be opened:
// its old drawing loop stops the ticker of the new one.
func (m *model) shell() tea.Cmd {
	switch {
	case m.busy != "":
		m.say(m.busy + " is still under way")
		return nil
	case m.node() == "":
		m.say("no node is selected")
		return nil
	}
	m.shellIn = m.node()
	return tea.Quit
}

// backFrom takes the terminal again after a shell.
func (m *model) backFrom(node string, err error) {
	m.shellIn, m.drawn = "", ""
	m.ticking, m.blurred = false, false
	m.width, m.height = 0, 0
	m.clock = m.latest()
	if err != nil {
		m.fail(fmt.Sprintf("shell in %s: %v", node, err))
		return
	}
	m.say("back from " + node)
}
