package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// AgentFunc is what an agent does. It runs in a process of its own inside the lab: nodes are entered with package
// netns, conn leads to the process that asked, arg is what that process handed over. An error it returns is what the
// other side reads at the end of conn.
type AgentFunc func(ctx context.Context, conn net.Conn, arg json.RawMessage) error

// agents are the roles by name. They are registered by init functions and never change afterwards.
var agents = map[string]AgentFunc{}

// RegisterAgent makes a role known. It must be called by an init function of a package that both the program inside
// and the one outside import: they are the same program.
func RegisterAgent(role string, f AgentFunc) { agents[role] = f }

// Agent is the outer end of the connection to an agent. The agent ends when it is closed, when this process ends, or
// with the lab.
type Agent struct {
	net.Conn
	role    string
	control *wire

	once sync.Once // guards end
	end  error
}

// fdAgent is the agent's end of the connection.
const fdAgent = 3

// Agent starts the agent of a role inside the lab. arg is handed to it as JSON.
func (l *Lab) Agent(ctx context.Context, role string, arg any) (*Agent, error) {
	if agents[role] == nil {
		return nil, fmt.Errorf("agent %q: nobody registered it", role)
	}
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	conn, err := fileWire(ours)
	if err != nil {
		return nil, err
	}
	control, err := l.ask(ctx, msgAgent, agentRequest{role}, theirs)
	if err == nil {
		_ = theirs.Close() // or the end of the agent would not be the end of the connection
		if err = conn.send("arg", arg); err == nil {
			return &Agent{Conn: conn.c, role: role, control: control}, nil
		}
		_ = control.c.Close()
	}
	_ = conn.c.Close()
	return nil, fmt.Errorf("agent %q: %w", role, err)
}

// Read reads what the agent wrote. At the end it gives the agent's error, if it had one, in place of io.EOF.
func (a *Agent) Read(b []byte) (int, error) {
	n, err := a.Conn.Read(b)
	if n > 0 || err == nil {
		return n, err
	}
	if errors.Is(err, io.EOF) || errors.Is(err, unix.ECONNRESET) {
		if end := a.ended(); end != nil {
			return 0, end
		}
		return 0, io.EOF
	}
	return 0, err
}

// ended waits for the end of the agent and says how it was.
func (a *Agent) ended() error {
	a.once.Do(func() {
		var e exited
		m, _, err := a.control.recv()
		if err == nil {
			err = m.decode(&e)
		}
		switch {
		case err != nil:
			a.end = fmt.Errorf("agent %q: the lab went down", a.role)
		case e.Code != 0 && e.Stderr != "":
			a.end = errors.New(e.Stderr)
		case e.Code != 0:
			a.end = fmt.Errorf("agent %q ended with code %d", a.role, e.Code)
		}
	})
	return a.end
}

// Close ends the agent.
func (a *Agent) Close() error {
	return errors.Join(a.Conn.Close(), a.control.c.Close())
}

// answerAgent is the holder's part: it executes this program again, in its own namespaces.
func (h *holder) answerAgent(w *wire, r agentRequest, files []*os.File) error {
	if len(files) != 1 {
		return errors.New("an agent needs a connection")
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	stderr, theirs, err := os.Pipe()
	if err != nil {
		return err
	}
	defer theirs.Close()
	proc, err := h.startSelf([]string{agentName, r.Role}, null.Fd(), null.Fd(), theirs.Fd(), files[0].Fd())
	if err != nil {
		_ = stderr.Close()
		return &OpError{Op: "start the agent " + r.Role, Err: err}
	}
	closeAll(files)
	_ = theirs.Close()
	text := make(chan string, 1)
	go func() {
		defer stderr.Close()
		text <- readTail(stderr)
	}()
	return h.attend(w, proc, func() string { return <-text })
}

// readTail reads everything and keeps the end of it.
func readTail(r io.Reader) string {
	const keep = 8 << 10
	var tail []byte
	buf := make([]byte, 4<<10)
	for {
		n, err := r.Read(buf)
		tail = append(tail, buf[:n]...)
		tail = tail[max(0, len(tail)-keep):]
		if err != nil {
			return strings.TrimSpace(string(tail))
		}
	}
}

// startSelf executes this program again.
func (h *holder) startSelf(args []string, files ...uintptr) (process, error) {
	return h.startFile(self, program{args: args, env: os.Environ(), dir: "/", files: files})
}

// agentMain is the main function of an agent.
func agentMain() int {
	nameProcess(agentName)
	if err := agentRun(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func agentRun(role string) error {
	f := agents[role]
	if f == nil {
		return fmt.Errorf("agent %q: the lab was started by another version of hookwalk, which does not know it: end the lab and start it again", role)
	}
	w, err := fileWire(os.NewFile(fdAgent, "connection"))
	if err != nil {
		return fmt.Errorf("agent %q: %w", role, err)
	}
	defer w.c.Close()
	m, _, err := w.recv()
	if err != nil {
		return fmt.Errorf("agent %q: read what to do: %w", role, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	// Not on the main thread: see init.
	done := make(chan error)
	go func() { done <- f(ctx, w.c, m.Body) }()
	return <-done
}
