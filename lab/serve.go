package lab

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/lab/netns"
)

// client answers one client until it is gone.
func (h *holder) client(w *wire) {
	defer w.c.Close()
	if p, err := w.peer(); err != nil || p.uid != 0 { // 0 is the lab's user, root or the one mapped to root
		_ = w.send(msgError, &OpError{Op: "ask the lab", Err: errors.New("it belongs to another user")}) // may be gone
		return
	}
	m, files, err := w.recv()
	if err != nil {
		var version *versionError
		if errors.As(err, &version) {
			_ = w.send(msgError, &OpError{Op: "ask the lab", Err: version}) // may be gone
		}
		return
	}
	err = h.answer(w, m, files)
	closeAll(files)
	if err != nil {
		_ = w.send(msgError, asOpError(err, "ask the lab")) // may be gone
	}
}

// answer does what a request asks for. The files are closed by the caller.
func (h *holder) answer(w *wire, m *message, files []*os.File) error {
	switch m.Kind {
	case msgStatus:
		return h.answerStatus(w)
	case msgContents:
		return w.send(msgContents, h.contents())
	}
	h.mu.Lock()
	running := h.state == Running
	h.mu.Unlock()
	if !running {
		return &OpError{Op: "ask lab " + h.order.Plan.Name, Err: errors.New("it is still being started")}
	}
	switch m.Kind {
	case msgPlan:
		return w.send(msgPlan, h.plan())
	case msgRules:
		h.mu.Lock()
		now := loaded{h.current, h.handles, h.inForce}
		h.mu.Unlock()
		return w.send(msgRules, now)
	case msgRuleset:
		var r rulesetRequest
		if err := m.decode(&r); err != nil {
			return err
		}
		return h.answerRuleset(w, r)
	case msgWatch:
		return h.answerWatch(w)
	case msgFault:
		var r FaultRequest
		if err := m.decode(&r); err != nil {
			return err
		}
		return h.answerFault(w, r)
	case msgDrift:
		return h.answerDrift(w)
	case msgApply:
		var r applyRequest
		if err := m.decode(&r); err != nil {
			return err
		}
		return h.answerApply(w, r)
	case msgLogs:
		var r logsRequest
		if err := m.decode(&r); err != nil {
			return err
		}
		return w.send(msgLogs, h.log.read(r.Node))
	case msgExec:
		var r execRequest
		if err := m.decode(&r); err != nil {
			return err
		}
		return h.answerExec(w, r, files)
	case msgAgent:
		var r agentRequest
		if err := m.decode(&r); err != nil {
			return err
		}
		return h.answerAgent(w, r, files)
	}
	return fmt.Errorf("a request for %q, which means nothing here", m.Kind)
}

// contents lists what the lab consists of.
func (h *holder) contents() contents {
	p := h.plan()
	c := contents{Nodes: len(p.Nodes), Links: len(p.Links)}
	kinds := []string{"mnt", "pid", "net"}
	if h.order.User {
		kinds = append(kinds, "user")
	}
	for _, kind := range kinds {
		var st unix.Stat_t
		if err := unix.Stat("/proc/self/ns/"+kind, &st); err == nil {
			c.NS = append(c.NS, st.Ino)
		}
	}
	c.Taps = countTaps(p.Links)
	for _, n := range p.Nodes {
		c.Bridges += len(n.Bridges)
		if id, err := netns.ID(n.Name); err == nil { // not made yet, in a lab that is being built
			c.NS = append(c.NS, id)
		}
	}
	return c
}

// answerExec runs a program in a node. It lives as long as the client.
func (h *holder) answerExec(w *wire, r execRequest, files []*os.File) error {
	if len(files) != 3 || len(r.Args) == 0 {
		return errors.New("a program needs a name and three files")
	}
	if p := h.plan(); p.Node(r.Node) == nil {
		return &OpError{Op: "run " + r.Args[0], Node: r.Node,
			Err: errors.New("there is no such node" + p.Suggest(r.Node))}
	}
	proc, err := h.startIn(r.Node, program{args: r.Args, env: r.Env, dir: r.Dir, files: fds(files), tty: r.TTY})
	if err != nil {
		return &OpError{Op: opRun, Node: r.Node, Err: err}
	}
	closeAll(files) // a pipe ends when the program closes it
	return h.attend(w, proc, func() string { return "" })
}

func fds(files []*os.File) []uintptr {
	list := make([]uintptr, len(files))
	for i, f := range files {
		list[i] = f.Fd()
	}
	return list
}

// attend relays signals from the client to the program, tells how it ended, and ends it if the client is gone first.
func (h *holder) attend(w *wire, proc process, stderr func() string) error {
	gone := make(chan struct{})
	if err := w.send(msgStarted, nil); err != nil {
		h.kill(proc)
		<-proc.done
		return nil
	}
	go func() {
		defer close(gone)
		for {
			m, files, err := w.recv()
			if err != nil {
				return
			}
			closeAll(files) // none are wanted
			var n int
			if m.Kind == msgSignal && m.decode(&n) == nil {
				proc.signal(syscall.Signal(n))
			}
		}
	}()
	select {
	case status := <-proc.done:
		_ = w.send(msgExited, exited{exitCode(status), stderr()}) // may be gone
	case <-gone:
		h.kill(proc)
		<-proc.done
	}
	return nil
}
