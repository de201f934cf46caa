package lab

import (
	"bytes"
	"errors"
	"os"
	"strconv"
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
