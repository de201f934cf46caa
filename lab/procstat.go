package lab

import (
	"bytes"
	"errors"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// processStat is a part of /proc/PID/stat, proc_pid_stat(5).
type processStat struct {
	state   byte // R, S, D, T, Z, ...
	session int
	start   uint64 // in clock ticks since the machine started
}

var errStat = errors.New("/proc/PID/stat cannot be read")

// procStat asks about a process.
func procStat(pid int) (processStat, error) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return processStat{}, err
	}
	fields := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:]) // the name before it may hold anything
	if len(fields) < 20 {
		return processStat{}, errStat
	}
	s := processStat{state: fields[0][0]}
	if s.session, err = strconv.Atoi(string(fields[3])); err != nil {
		return processStat{}, errStat
	}
	if s.start, err = strconv.ParseUint(string(fields[19]), 10, 64); err != nil {
		return processStat{}, errStat
	}
	return s, nil
}

// pids are the processes that /proc shows.
func pids() ([]int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var list []int
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil {
			list = append(list, pid)
		}
	}
	return list, nil
}

// inNetns reports whether a process is in the network namespace of a number; one that is gone is in none.
func inNetns(pid int, id uint64) bool {
	var ns unix.Stat_t
	return unix.Stat("/proc/"+strconv.Itoa(pid)+"/ns/net", &ns) == nil && ns.Ino == id
}
