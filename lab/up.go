package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology"
)

// Options say how Up deploys a plan. The zero value is good.
type Options struct {
	Dir string // working directory of the start commands in the file; "": that of the caller
	// Bound makes a lab that lives no longer than this process, however that ends, nor than anything refers to its Lab.
	Bound bool
}

// AlreadyUpError says that a lab of the name runs, or is being started, already.
type AlreadyUpError struct {
	Name     string
	Pid      int           // of its holder; 0: not known yet
	Since    time.Duration // how long it has been up
	Starting bool
}

func (e *AlreadyUpError) Error() string {
	if e.Starting || e.Pid == 0 {
		return fmt.Sprintf("lab %s is being started by another hookwalk up", e.Name)
	}
	return fmt.Sprintf("lab %s is up already (pid %d, %s); hookwalk down %s first", e.Name, e.Pid, FormatAge(e.Since), e.Name)
}

// order is what the holder is told to build.
type order struct {
	Plan *topology.Plan `json:"plan"`
	File string         `json:"file"` // the topology file, absolute
	Dir  string         `json:"dir"`
	User bool           `json:"user"` // the lab has a user namespace of its own
}

// Up deploys a plan: when it returns, the first packet that fits the plan arrives. progress, which may be nil, is
// called after each phase. An error at any stage, or the end of ctx, leaves nothing behind; it is an *OpError if the
// lab could not be built, an *AlreadyUpError if the name is taken. The lab lives on when this process ends, unless it is
// bound.
func Up(ctx context.Context, plan *topology.Plan, opts Options, progress func(Progress)) (*Lab, error) {
	o, err := newOrder(plan, opts)
	if err != nil {
		return nil, err
	}
	a := address{os.Geteuid(), plan.Name}
	sock, err := a.bind()
	if errors.Is(err, unix.EADDRINUSE) {
		return nil, a.taken(ctx)
	}
	if err != nil {
		return nil, &OpError{Op: "claim the name " + plan.Name, Err: err}
	}
	h, err := startHolder(plan.Name, sock)
	_ = sock.Close() // the holder has it now, or nobody
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, h.kill)
	err = h.deploy(o, progress)
	if err == nil && !opts.Bound {
		if err = keep(h.control); err != nil {
			err = h.lost(err)
		}
	}
	if !stop() && ctx.Err() != nil || err != nil {
		h.end()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, err
	}
	h.forget()
	l := &Lab{addr: a}
	if opts.Bound {
		l.bond = h.control
	}
	return l, nil
}

func newOrder(plan *topology.Plan, opts Options) (order, error) {
	dir, err := filepath.Abs(opts.Dir)
	if err != nil {
		return order{}, fmt.Errorf("working directory: %w", err)
	}
	file, err := filepath.Abs(plan.File)
	if err != nil {
		return order{}, fmt.Errorf("working directory: %w", err)
	}
	return order{Plan: plan, File: file, Dir: dir, User: !privileged()}, nil
}

// taken says who has the name.
func (a address) taken(ctx context.Context) error {
	e := &AlreadyUpError{Name: a.name}
	if s, err := (&Lab{addr: a}).Status(ctx); err == nil {
		e.Pid, e.Since, e.Starting = s.Holder.Pid, time.Since(s.Started), s.State == Starting
	}
	return e
}

// starting is a holder that is not kept yet: if this process ends, so does the holder.
type starting struct {
	cmd     *exec.Cmd
	control *wire
	crash   *os.File // what the holder's runtime writes when it crashes
}

// startHolder executes this program as the holder of a lab in its new namespaces. sock is the lab's bound socket.
func startHolder(name string, sock *os.File) (*starting, error) {
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	control, err := fileWire(ours)
	if err != nil {
		return nil, err
	}
	// Not a pipe: nobody need read it, and after this process has ended nobody will.
	fd, err := unix.MemfdCreate(holderName, unix.MFD_CLOEXEC)
	if err != nil {
		_ = control.c.Close()
		return nil, fmt.Errorf("make a memory file: %w", err)
	}
	crash := os.NewFile(uintptr(fd), holderName)
	cmd := &exec.Cmd{
		Path:        self,
		Args:        []string{holderName, name},
		Dir:         "/",
		Env:         os.Environ(),
		Stdout:      crash,
		Stderr:      crash,
		ExtraFiles:  []*os.File{theirs, sock},
		SysProcAttr: isolation(),
	}
	// Of a program whose file only others may read, /proc belongs to root, and its uid_map cannot be written.
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 1, 0, 0, 0) // if refused, Start says what does not work
	if err := cmd.Start(); err != nil {
		_ = control.c.Close()
		_ = crash.Close()
		return nil, namespaceError(err)
	}
	return &starting{cmd, control, crash}, nil
}

// isolation are the namespaces of a lab.
func isolation() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{
		Setsid: true, // the terminal's signals are for this process, not for the lab
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS |
			syscall.CLONE_NEWNET,
	}
	if !privileged() {
		attr.Cloneflags |= syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getegid(), Size: 1}}
	}
	return attr
}

// deploy has the plan built.
func (h *starting) deploy(o order, progress func(Progress)) error {
	if err := h.control.send(msgOrder, o); err != nil {
		return h.lost(err)
	}
	for {
		m, _, err := h.control.recv()
		if err != nil {
			return h.lost(err)
		}
		switch m.Kind {
		case msgProgress:
			var p Progress
			if err := m.decode(&p); err != nil {
				return err
			}
			if progress != nil {
				progress(p)
			}
		case msgFailed:
			return m.failure()
		case msgReady:
			return nil
		default:
			return fmt.Errorf("the holder says %q, which means nothing here", m.Kind)
		}
	}
}

// keep has a lab that was built live by itself from here on.
func keep(control *wire) error {
	if err := control.send(msgKeep, nil); err != nil {
		return err
	}
	m, _, err := control.recv()
	if err == nil && m.Kind != msgKept {
		err = fmt.Errorf("the holder says %q, which means nothing here", m.Kind)
	}
	if err == nil {
		_ = control.c.Close() // all has been said
	}
	return err
}

// Keep lets a lab that is bound to this process live on when it ends. It must be called once at most.
func (l *Lab) Keep() error {
	if err := keep(l.bond); err != nil {
		return &OpError{Op: "keep lab " + l.Name(), Err: err}
	}
	return nil
}

// lost explains a holder that is gone without a word.
func (h *starting) lost(err error) error {
	h.end()
	e := &OpError{Op: "start the lab", Err: errors.New("its holder was killed: by hookwalk down, or by the kernel for want of memory")}
	if !errors.Is(err, io.EOF) && !errors.Is(err, unix.EPIPE) && !errors.Is(err, unix.ECONNRESET) {
		e.Err = err
	}
	if _, err := h.crash.Seek(0, io.SeekStart); err != nil {
		return e
	}
	text, _ := io.ReadAll(io.LimitReader(h.crash, 4096)) // what cannot be read is not said
	if text = bytes.TrimSpace(text); len(text) > 0 {
		first, _, _ := strings.Cut(string(text), "\n")
		e.Err = fmt.Errorf("its holder crashed: %s", first)
		e.Hint = "this is a mistake in hookwalk; please report it with this text:\n" + string(text)
	}
	return e
}

// kill ends the holder, and with it everything of the lab.
func (h *starting) kill() { _ = h.cmd.Process.Kill() } // an error means it is gone already

// end kills the holder and waits until it is gone.
func (h *starting) end() {
	h.kill()
	_ = h.cmd.Wait() // it was killed
	_ = h.control.c.Close()
}

// forget lets go of a holder that is not watched any more.
func (h *starting) forget() {
	_ = h.crash.Close()              // read only
	go func() { _ = h.cmd.Wait() }() // so that it is no zombie of a program that runs longer than the lab
}
