package lab

import (
	"os"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// disinherit rids the holder of what it has from whoever ran up, so that a lab is the same wherever it was started: the
// files that were open there (a lock or the end of a pipe would be held as long as the lab lives), and the signals that
// were ignored there (nohup, a shell's background job), which no program in the lab could be interrupted by.
func disinherit() {
	for sig := 1; sig <= 64; sig++ {
		stopIgnoring(sig)
	}
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

// stopIgnoring has a signal do what it does by default, if it is ignored. Package signal cannot do that: what it is not
// asked for it leaves as it found it.
func stopIgnoring(sig int) {
	const ignore = 1              // SIG_IGN
	var now, byDefault [8]uintptr // struct sigaction of the kernel, its handler first; SIG_DFL is 0
	const size = 8                // of the kernel's sigset_t, in bytes
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), 0, uintptr(unsafe.Pointer(&now)), size, 0, 0)
	if errno == 0 && now[0] == ignore {
		_, _, _ = unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(&byDefault)), 0, size, 0, 0)
	}
}
