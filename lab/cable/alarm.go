package cable

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// alarm is a timerfd: its events come through epoll like frames do, when they are due. The timers of the Go runtime are
// late by up to a millisecond in a process that is idle, because epoll_wait(2) counts in milliseconds.
type alarm struct{ file *os.File }

func newAlarm() (alarm, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK)
	if err != nil {
		return alarm{}, fmt.Errorf("make a timer: %w", err)
	}
	return alarm{os.NewFile(uintptr(fd), "timer")}, nil
}

// set has the alarm go off after d.
func (a alarm) set(d time.Duration) error {
	at := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(max(d, 1)))} // 0 would switch it off
	raw, err := a.file.SyscallConn()
	if err != nil {
		return err
	}
	var setErr error
	if err := raw.Control(func(fd uintptr) { setErr = unix.TimerfdSettime(int(fd), 0, &at, nil) }); err != nil {
		return err
	}
	return setErr
}

// wait returns when it has gone off; the error is that of an alarm that was closed.
func (a alarm) wait() error {
	var b [8]byte
	_, err := a.file.Read(b[:])
	return err
}

func (a alarm) close() { _ = a.file.Close() } // there is nothing to flush
