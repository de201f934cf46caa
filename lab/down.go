package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Report is what Down removed, and what it found left.
type Report struct {
	Name    string     `json:"name"`
	Nodes   int        `json:"nodes"`
	Links   int        `json:"links"`
	Taps    int        `json:"taps,omitempty"` // of the links, those of kind tap
	Bridges int        `json:"bridges"`
	Left    []Leftover `json:"left"` // empty: nothing, and that was checked
}

// Leftover is a process that still is in a namespace of the lab. Only one that entered from outside can be: those
// that the lab started ended with it.
type Leftover struct {
	Pid  int    `json:"pid"`
	Comm string `json:"comm"` // as in /proc/PID/comm
}

// Down ends the lab: it kills the holder, waits until it is gone, and then looks whether any process is left in a
// namespace of the lab. A holder that does not answer is killed, too. The error is a *NotUpError if the lab is not up.
func (l *Lab) Down(ctx context.Context) (*Report, error) {
	w, p, err := l.dial()
	if err != nil {
		return nil, err
	}
	defer w.c.Close()
	holder, err := pidfdOf(p.pid)
	if err != nil {
		return nil, &OpError{Op: "end lab " + l.Name(), Err: err}
	}
	defer holder.Close()
	r := &Report{Name: l.Name(), Left: []Leftover{}}
	c := contentsOf(ctx, w)
	r.Nodes, r.Links, r.Taps, r.Bridges = c.Nodes, c.Links, c.Taps, c.Bridges
	// Numbers of namespaces are given out anew at once, so they mean something only as long as the lab is there.
	strangers := inside(c.NS)
	if err := kill(holder); err != nil {
		return nil, &OpError{Op: "kill the holder of lab " + l.Name(), Err: err}
	}
	if err := awaitEnd(ctx, holder); err != nil {
		return nil, &OpError{Op: "wait for the end of lab " + l.Name(), Err: err}
	}
	if l.bound() {
		return nil, &OpError{Op: "end lab " + l.Name(), Err: errors.New("somebody still has its socket")}
	}
	still := inside(c.NS)
	for _, s := range strangers {
		if slices.Contains(still, s) {
			r.Left = append(r.Left, s)
		}
	}
	return r, nil
}

// contentsOf asks the holder what the lab consists of. One that does not answer soon is to be killed all the same.
func contentsOf(ctx context.Context, w *wire) contents {
	const patience = 2 * time.Second // it answers from memory
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var c contents
	if m, err := exchange(ctx, w, msgContents, nil); err == nil {
		_ = m.decode(&c) // zero says nothing
	}
	return c
}

// pidfdOf opens a process as a file, so that its number cannot come to mean another.
func pidfdOf(pid int) (*os.File, error) {
	if pid <= 0 {
		return nil, errors.New("its holder cannot be seen from this pid namespace")
	}
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return nil, fmt.Errorf("open process %d: %w", pid, err)
	}
	return os.NewFile(uintptr(fd), "pidfd"), nil
}

func kill(pidfd *os.File) error {
	err := unix.PidfdSendSignal(int(pidfd.Fd()), unix.SIGKILL, nil, 0)
	if errors.Is(err, unix.ESRCH) {
		return nil // it has ended
	}
	return err
}

// awaitEnd waits until a process has ended. The end of a pid 1 comes after that of every process of its namespace.
func awaitEnd(ctx context.Context, pidfd *os.File) error {
	wake, done, err := os.Pipe()
	if err != nil {
		return err
	}
	defer wake.Close()
	defer done.Close()
	stop := context.AfterFunc(ctx, func() { _ = done.Close() })
	defer stop()
	for {
		list := []unix.PollFd{{Fd: int32(pidfd.Fd()), Events: unix.POLLIN}, {Fd: int32(wake.Fd()), Events: unix.POLLIN}}
		_, err := unix.Poll(list, -1)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return err
		case list[0].Revents != 0:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		}
	}
}

// inside finds the processes that are in any of the namespaces. Those of other users cannot be looked at; they could
// not have entered either.
func inside(namespaces []uint64) []Leftover {
	slices.Sort(namespaces)
	var found []Leftover
	list, err := pids()
	if err != nil {
		return nil
	}
	for _, pid := range list {
		dir := "/proc/" + strconv.Itoa(pid)
		if isInside(dir, namespaces) {
			comm, _ := os.ReadFile(dir + "/comm") // it may have ended meanwhile
			found = append(found, Leftover{pid, strings.TrimSpace(string(comm))})
		}
	}
	return found
}

// isInside reports whether the process with the given folder in /proc is in any of the sorted namespaces.
func isInside(dir string, namespaces []uint64) bool {
	for _, kind := range []string{"net", "mnt", "pid", "user"} {
		s, err := os.Readlink(dir + "/ns/" + kind) // like net:[4026531840]
		if err != nil {
			return false // gone, or another user's
		}
		_, s, _ = strings.Cut(s, "[")
		id, err := strconv.ParseUint(strings.TrimSuffix(s, "]"), 10, 64)
		if err != nil {
			return false
		}
		if _, ok := slices.BinarySearch(namespaces, id); ok {
			return true
		}
	}
	return false
}

// String is the report on a line: "home-nat: removed 6 namespaces, 5 veth pairs, 1 bridge, 0 leftovers on the host
// (checked)".
func (r *Report) String() string {
	s := fmt.Sprintf("%s: removed %s, %s", r.Name, count(r.Nodes, "namespace"), linksText(r.Links, r.Taps))
	if r.Bridges > 0 {
		s += ", " + count(r.Bridges, "bridge")
	}
	s += ", " + count(len(r.Left), "leftover") + " on the host (checked)"
	for _, l := range r.Left {
		s += fmt.Sprintf("\n    process %d (%s) entered from outside and keeps a namespace: end it", l.Pid, l.Comm)
	}
	return s
}
