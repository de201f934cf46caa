package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Command is a program to run in a node.
type Command struct {
	Node string
	Args []string // Args[0] is looked up in the PATH of Env
	Env  []string // nil: that of this process. HOOKWALK_LAB and HOOKWALK_NODE are set in it
	Dir  string   // "": the working directory of this process

	// Files the program gets; nil: /dev/null. They stay the caller's.
	Stdin, Stdout, Stderr *os.File
	// TTY makes Stdin, which must be a terminal of nobody, the controlling terminal of the program.
	TTY bool
}

// Process is a program that runs in a node. It is killed when it is closed, when this process ends, or with the lab.
type Process struct {
	w *wire
}

// NotStartedError says that a program could not be run.
type NotStartedError struct{ Err error }

func (e *NotStartedError) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *NotStartedError) Unwrap() error { return e.Err }

// Code is the exit code that a shell would give: 127 not found, 126 not executable.
func (e *NotStartedError) Code() int {
	switch {
	case errors.Is(e.Err, unix.ENOENT):
		return 127
	case errors.Is(e.Err, unix.EACCES), errors.Is(e.Err, unix.ENOEXEC):
		return 126
	}
	return 0
}

// Start runs a program in a node: in its network namespace, with its own /sys, host name, hosts and resolv.conf, in a
// session of its own. The error is a *NotStartedError if the node is there, but the program cannot be run.
func (l *Lab) Start(ctx context.Context, c Command) (*Process, error) {
	if len(c.Args) == 0 {
		return nil, errors.New("no program to run")
	}
	r := execRequest{Node: c.Node, Args: c.Args, Env: c.Env, Dir: c.Dir, TTY: c.TTY}
	if r.Env == nil {
		r.Env = os.Environ()
	}
	r.Env = nodeEnv(r.Env, l.addr.name, c.Node)
	if r.Dir == "" {
		r.Dir, _ = os.Getwd() // a working directory that is gone is the root for the program
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	files := []*os.File{c.Stdin, c.Stdout, c.Stderr}
	for i := range files {
		if files[i] == nil {
			files[i] = null
		}
	}
	w, err := l.ask(ctx, msgExec, r, files...)
	if err != nil {
		var op *OpError
		if errors.As(err, &op) && op.Op == opRun {
			return nil, &NotStartedError{err}
		}
		return nil, err
	}
	return &Process{w}, nil
}

// Variables in the environment of every program in a node.
const (
	varLab  = "HOOKWALK_LAB"
	varNode = "HOOKWALK_NODE"
)

// nodeEnv is env with these set. Of two with one name some programs would take the first, some the last.
func nodeEnv(env []string, lab, node string) []string {
	out := make([]string, 0, len(env)+2)
	for _, e := range env {
		if name, _, _ := strings.Cut(e, "="); name != varLab && name != varNode {
			out = append(out, e)
		}
	}
	return append(out, varLab+"="+lab, varNode+"="+node)
}

// opRun is the Op of an error that means that the program could not be run.
const opRun = "exec"

// Signal sends a signal to the program and the processes of its group. An error means that it has ended.
func (p *Process) Signal(sig syscall.Signal) error { return p.w.send(msgSignal, int(sig)) }

// Wait waits for the end of the program and gives its exit code, 128 + N if signal N ended it. If ctx ends first, the
// program is killed.
func (p *Process) Wait(ctx context.Context) (int, error) {
	stop := context.AfterFunc(ctx, func() { _ = p.Close() })
	defer stop()
	m, _, err := p.w.recv()
	if err != nil {
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		return 0, &OpError{Op: "wait for the program", Err: errors.New("the lab went down")}
	}
	var e exited
	if m.Kind != msgExited {
		return 0, fmt.Errorf("the holder says %q, which means nothing here", m.Kind)
	}
	if err := m.decode(&e); err != nil {
		return 0, err
	}
	return e.Code, nil
}

// Close kills the program if it still runs.
func (p *Process) Close() error { return p.w.c.Close() }

// Exec runs a program in a node and waits for it: Start and Wait.
func (l *Lab) Exec(ctx context.Context, c Command) (int, error) {
	p, err := l.Start(ctx, c)
	if err != nil {
		return 0, err
	}
	defer p.Close()
	return p.Wait(ctx)
}
