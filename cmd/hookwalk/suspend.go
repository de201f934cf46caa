package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// canSuspend reports whether somebody is there to continue this process when Ctrl-Z stops it: in its session, outside
// its process group, among its ancestors. Otherwise the group is orphaned, and the kernel ignores the stop (POSIX,
// "orphaned process group"; kernel/signal.c, is_current_pgrp_orphaned).
func canSuspend() bool {
	group := unix.Getpgrp()
	session, err := unix.Getsid(0)
	if err != nil {
		return false
	}
	for pid := os.Getpid(); ; {
		parent, err := parentOf(pid)
		if err != nil || parent <= 0 { // 0: outside this pid namespace
			return false
		}
		parentGroup, err := unix.Getpgid(parent)
		if err != nil {
			return false
		}
		if parentGroup == group {
			pid = parent
			continue
		}
		parentSession, err := unix.Getsid(parent)
		return err == nil && parentSession == session
	}
}

// parentOf is the parent of a process, as proc(5) has it.
func parentOf(pid int) (int, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:]) // the name before it may have anything in it
	if len(fields) < 2 {
		return 0, fmt.Errorf("/proc/%d/stat: %q has no parent", pid, stat)
	}
	return strconv.Atoi(string(fields[1]))
}
