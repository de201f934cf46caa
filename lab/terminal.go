package lab

import (
	"context"
	"errors"
	"os"
	"os/signal"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// Terminal is Exec on a terminal: the program gets one of its own, so that it has job control and window sizes, and
// everything is passed between the two. in and out are this process's terminal; it is raw meanwhile.
func (l *Lab) Terminal(ctx context.Context, c Command, in, out *os.File) (int, error) {
	outer, inner, err := pty.Open()
	if err != nil {
		return 0, &OpError{Op: "open a terminal for the program", Err: err}
	}
	defer outer.Close()
	resize := func() { _ = pty.InheritSize(in, outer) } // a wrong size is better than no shell
	resize()
	c.Stdin, c.Stdout, c.Stderr, c.TTY = inner, inner, inner, true
	p, err := l.Start(ctx, c)
	_ = inner.Close() // the program has it
	if err != nil {
		return 0, err
	}
	defer p.Close()
	before, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return 0, &OpError{Op: "make the terminal raw", Err: err}
	}
	defer func() { _ = term.Restore(int(in.Fd()), before) }() // nobody is left to tell

	signals := make(chan os.Signal, 8)
	signal.Notify(signals, unix.SIGWINCH)
	defer signal.Stop(signals)
	go func() {
		for range signals {
			resize()
		}
	}()
	return relay(ctx, p, in, out, outer)
}

// relay copies between the terminals until the program has ended, and all that it wrote is out.
func relay(ctx context.Context, p *Process, in, out, outer *os.File) (int, error) {
	ended, end, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	defer ended.Close()
	type result struct {
		code int
		err  error
	}
	waited := make(chan result, 1)
	go func() {
		code, err := p.Wait(ctx)
		waited <- result{code, err}
		_ = end.Close() // wakes the loop
	}()
	input, pending := int16(unix.POLLIN), []byte(nil)
	buf := make([]byte, 32<<10)
	terminal := int32(outer.Fd())
	for {
		list := []unix.PollFd{
			{Fd: terminal, Events: unix.POLLIN},
			{Fd: int32(ended.Fd()), Events: unix.POLLIN},
			{Fd: int32(in.Fd()), Events: input},
		}
		if len(pending) > 0 { // more typed than the program reads
			list[0].Events |= unix.POLLOUT
			list[2].Fd = -1
		}
		if _, err := unix.Poll(list, -1); err != nil && !errors.Is(err, unix.EINTR) {
			return 0, err
		}
		switch {
		case list[0].Revents&unix.POLLIN != 0:
			n, err := unix.Read(int(outer.Fd()), buf)
			if n > 0 {
				_, err = out.Write(buf[:n])
			}
			if err != nil && !errors.Is(err, unix.EINTR) && !errors.Is(err, unix.EIO) {
				return 0, err
			}
		case list[1].Revents != 0: // and nothing left to read: asking the terminal flushes it (n_tty_poll)
			r := <-waited
			return r.code, r.err
		case list[0].Revents&(unix.POLLHUP|unix.POLLERR) != 0:
			terminal, pending = -1, nil // the program closed it and will end
		case list[0].Revents&unix.POLLOUT != 0:
			n, err := unix.Write(int(outer.Fd()), pending)
			if err != nil && !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR) {
				return 0, err
			}
			pending = pending[max(n, 0):]
		case list[2].Revents != 0:
			n, err := unix.Read(int(in.Fd()), buf)
			if n <= 0 && !errors.Is(err, unix.EINTR) && !errors.Is(err, unix.EAGAIN) {
				input = 0 // our own terminal is gone; the program gets a hangup
				return 128 + int(unix.SIGHUP), p.Signal(unix.SIGHUP)
			}
			pending = append(pending[:0:0], buf[:max(n, 0)]...)
		}
	}
}
