package tui

import (
	"fmt"
	"io"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/hookwalk/hookwalk/lab/path"
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
	m.say(p.Name() + ": " + p.Path.Headline())
}

// shellMsg is the end of a shell.
type shellMsg struct {
	node string
	err  error
}

// shell gives the terminal to a shell in the node.
func (m *model) shell() tea.Cmd {
	node := m.node()
	if node == "" {
		m.say("no node is selected")
		return nil
	}
	run := m.config.Actions.Shell
	c := &shellCommand{run: func(in io.Reader, out, err io.Writer) error { return run(m.ctx, node, in, out, err) }}
	return tea.Exec(c, func(err error) tea.Msg { return shellMsg{node, err} })
}

// shellCommand is a shell as bubbletea runs programs that need the terminal.
type shellCommand struct {
	run      func(in io.Reader, out, err io.Writer) error
	in       io.Reader
	out, err io.Writer
}

func (c *shellCommand) SetStdin(r io.Reader)  { c.in = r }
func (c *shellCommand) SetStdout(w io.Writer) { c.out = w }
func (c *shellCommand) SetStderr(w io.Writer) { c.err = w }

// Run runs the shell and returns when it ended.
func (c *shellCommand) Run() error { return c.run(c.in, c.out, c.err) }
