package lab

import (
	"os"
	"os/signal"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// reaper waits for every child of the holder. As pid 1 it also inherits the orphans of the lab, so nobody but the
// reaper may wait for a process.
type reaper struct {
	mu      sync.Mutex // held from fork to entry, so that no child ends unknown
	waiting map[int]chan<- syscall.WaitStatus
}

// newReaper begins to reap.
func newReaper() *reaper {
	r := &reaper{waiting: map[int]chan<- syscall.WaitStatus{}}
	died := make(chan os.Signal, 1)
	signal.Notify(died, unix.SIGCHLD)
	go func() {
		for range died {
			r.reap()
		}
	}()
	return r
}

// reap collects all that have ended. One signal may stand for many.
func (r *reaper) reap() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || pid <= 0 {
			return
		}
		if done, ok := r.waiting[pid]; ok {
			delete(r.waiting, pid)
			done <- status
		}
	}
}

// start runs fork, which gives the pid of a new child, and returns a channel that tells once how it ended.
func (r *reaper) start(fork func() (int, error)) (int, <-chan syscall.WaitStatus, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	pid, err := fork()
	if err != nil {
		return 0, nil, err
	}
	done := make(chan syscall.WaitStatus, 1)
	r.waiting[pid] = done
	return pid, done, nil
}

// exitCode is what a shell would call the status: the exit code, or 128 + signal.
func exitCode(s syscall.WaitStatus) int {
	if s.Signaled() {
		return 128 + int(s.Signal())
	}
	return s.ExitStatus()
}
