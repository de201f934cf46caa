package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/topology"
)

// Lab is a lab that was up when it was opened. It holds no resource, unless it is bound to this process: every call
// connects anew. It may be used from many goroutines.
type Lab struct {
	addr address
	bond *wire // of a bound lab: the holder ends when this is closed, by whatever
}

// NotUpError says that there is no such lab.
type NotUpError struct {
	Name string   // "": any
	Up   []string // the labs that there are
	In   string   // the node in which this process runs, and from which no lab is seen; "": none
}

func (e *NotUpError) Error() string {
	switch {
	case e.In != "":
		return fmt.Sprintf("this runs in node %s of a lab, and labs are seen from outside only", e.In)
	case e.Name == "" && len(e.Up) == 0:
		return "no lab is up; hookwalk up FILE starts one"
	case e.Name == "":
		return fmt.Sprintf("%d labs are up, say which with -l: %s", len(e.Up), strings.Join(e.Up, ", "))
	case len(e.Up) == 0:
		return fmt.Sprintf("lab %s is not up", e.Name)
	}
	return fmt.Sprintf("lab %s is not up; these are: %s", e.Name, strings.Join(e.Up, ", "))
}

// List finds the labs of this user that are up, or being started, sorted by name. Root finds those of others, too,
// behind its own.
func List() ([]*Lab, error) {
	all, err := addresses()
	if err != nil {
		return nil, err
	}
	var labs []*Lab
	own := os.Geteuid()
	for _, a := range all {
		if a.uid == own || own == 0 {
			labs = append(labs, &Lab{addr: a})
		}
	}
	return labs, nil
}

// Open finds a lab by its name, or UID/NAME for one of another user; "" finds this user's only one. The error is
// a *NotUpError if there is none, or with "" several.
func Open(name string) (*Lab, error) {
	labs, err := List()
	if err != nil {
		return nil, err
	}
	own := os.Geteuid()
	missing := &NotUpError{Name: name}
	if len(labs) == 0 {
		missing.In = os.Getenv(varNode)
	}
	var mine []*Lab
	for _, l := range labs {
		if l.addr.uid == own {
			mine = append(mine, l)
		}
		if name != "" && l.Name() == name {
			return l, nil
		}
		missing.Up = append(missing.Up, l.Name())
	}
	if name == "" && len(mine) == 1 {
		return mine[0], nil
	}
	return nil, missing
}

// Name is the lab's name, UID/NAME if it is another user's.
func (l *Lab) Name() string {
	if l.addr.uid != os.Geteuid() {
		return fmt.Sprintf("%d/%s", l.addr.uid, l.addr.name)
	}
	return l.addr.name
}

// Mine reports whether the lab belongs to this user.
func (l *Lab) Mine() bool { return l.addr.uid == os.Geteuid() }

// patience is how long the holder may take to answer a question that it can answer from memory, before it counts as
// hung.
const patience = 10 * time.Second

// ask connects, sends a request and waits for the first answer, which must be msgStarted. The connection is the
// caller's.
func (l *Lab) ask(ctx context.Context, kind string, body any, files ...*os.File) (*wire, error) {
	w, _, err := l.dial()
	if err != nil {
		return nil, err
	}
	if _, err := exchange(ctx, w, kind, body, files...); err != nil {
		_ = w.c.Close()
		return nil, err
	}
	return w, nil
}

// query sends a request, reads the one answer into v, and says who answered.
func (l *Lab) query(ctx context.Context, kind string, body, v any) (peer, error) {
	w, p, err := l.dial()
	if err != nil {
		return peer{}, err
	}
	defer w.c.Close()
	m, err := exchange(ctx, w, kind, body)
	if err != nil {
		return peer{}, err
	}
	if v == nil {
		return p, nil
	}
	return p, m.decode(v)
}

// dial connects to the holder.
func (l *Lab) dial() (*wire, peer, error) {
	w, p, err := l.addr.dial()
	if errors.Is(err, unix.ECONNREFUSED) {
		if l.bound() {
			return nil, peer{}, &OpError{Op: "ask lab " + l.Name(), Err: errors.New("it is still being started")}
		}
		return nil, peer{}, &NotUpError{Name: l.Name()}
	}
	if err != nil {
		return nil, peer{}, &OpError{Op: "connect to lab " + l.Name(), Err: err}
	}
	return w, p, nil
}

// bound reports whether somebody has the lab's name, listening or not.
func (l *Lab) bound() bool {
	all, err := addresses()
	if err != nil {
		return false
	}
	for _, a := range all {
		if a == l.addr {
			return true
		}
	}
	return false
}

// exchange sends a request and reads the first answer to it. An error that the holder answers is returned as such.
func exchange(caller context.Context, w *wire, kind string, body any, files ...*os.File) (*message, error) {
	ctx, cancel := context.WithTimeout(caller, patience)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = w.c.SetDeadline(time.Unix(1, 0)) }) // wakes the reader
	defer stop()
	err := w.send(kind, body, files...)
	var m *message
	if err == nil {
		m, _, err = w.recv()
	}
	switch {
	case caller.Err() != nil:
		return nil, caller.Err()
	case ctx.Err() != nil:
		return nil, &OpError{Op: "ask the lab", Err: fmt.Errorf("its holder did not answer within %v", patience),
			Hint: "hookwalk down ends a holder that hangs, too"}
	case err != nil:
		return nil, &OpError{Op: "ask the lab", Err: fmt.Errorf("its holder is gone: %w", err)}
	}
	if m.Kind == msgError {
		return nil, m.failure()
	}
	return m, nil
}

// Plan fetches what the lab was built from.
func (l *Lab) Plan(ctx context.Context) (*topology.Plan, error) {
	p := new(topology.Plan)
	if _, err := l.query(ctx, msgPlan, nil, p); err != nil {
		return nil, err
	}
	return p, nil
}

// Rules fetches the kernel's handles of a node's rules.
func (l *Lab) Rules(ctx context.Context, node string) ([]path.Handle, error) {
	now, err := l.loaded(ctx)
	return now.Handles[node], err
}

// loaded fetches the plan, the kernel's handles of each node's rules, and the faults.
func (l *Lab) loaded(ctx context.Context) (loaded, error) {
	var v loaded
	_, err := l.query(ctx, msgRules, nil, &v)
	return v, err
}

// Logs fetches what the services and start commands of a node wrote, by time; "" means all nodes.
func (l *Lab) Logs(ctx context.Context, node string) ([]LogLine, error) {
	var lines []LogLine
	_, err := l.query(ctx, msgLogs, logsRequest{node}, &lines)
	return lines, err
}
