package lab

import (
	"os"
	"os/signal"
	"strconv"

	"golang.org/x/sys/unix"
)

// disinherit rids the holder of what it has from whoever ran up, so that a lab is the same wherever it was started: the
// files that were open there (a lock or the end of a pipe would be held as long as the lab lives), and the signals that
// were ignored there (nohup, a shell's background job), which no program in the lab could be interrupted by.
func disinherit() {
	// A handler, unlike SIG_IGN, does not pass execve(2). The runtime installs handlers for all others by itself.
	signal.Notify(make(chan os.Signal, 1), unix.SIGHUP, unix.SIGINT, unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU)
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return // no /proc, no lab either: what comes next says so
	}
	for _, e := range entries {
		fd, err := strconv.Atoi(e.Name())
		if err != nil || fd <= fdSocket {
			continue
		}
		// All that this process opened itself is closed on exec; what came through one is not.
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil && flags&unix.FD_CLOEXEC == 0 {
			_ = unix.Close(fd) // nothing of ours was written
		}
	}
}
