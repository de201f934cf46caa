package lab

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// socketPrefix begins the name of every lab's socket: @hookwalk/UID/NAME in the abstract namespace of unix(7), which
// belongs to the network namespace of whoever ran up. No file exists, so none can be left behind.
const socketPrefix = "@hookwalk/"

// address is the socket of a lab.
type address struct {
	uid  int
	name string
}

func (a address) String() string { return socketPrefix + strconv.Itoa(a.uid) + "/" + a.name }

// parseAddress reads a socket name as /proc/net/unix shows it.
func parseAddress(s string) (address, bool) {
	rest, ok := strings.CutPrefix(s, socketPrefix)
	if !ok {
		return address{}, false
	}
	uid, name, ok := strings.Cut(rest, "/")
	n, err := strconv.Atoi(uid)
	if !ok || err != nil || n < 0 || name == "" || strings.Contains(name, "/") {
		return address{}, false
	}
	return address{n, name}, true
}

// bind claims the name. The bound name is the lock of the lab: it is free again the moment the last process that has
// the socket is gone. EADDRINUSE: the lab is up, or somebody is starting it.
func (a address) bind() (*os.File, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("make a socket: %w", err)
	}
	if err := unix.Bind(fd, &unix.SockaddrUnix{Name: a.String()}); err != nil {
		_ = unix.Close(fd) // nothing was bound
		return nil, err
	}
	return os.NewFile(uintptr(fd), a.String()), nil
}

// peer is the process at the other end of a connection.
type peer struct{ pid, uid int }

// dial connects to the holder. Root connects with the rights of the lab's user: a holder that lives in a user
// namespace cannot tell root from a stranger.
func (a address) dial() (*wire, peer, error) {
	var fd int
	connect := func() (err error) {
		fd, err = unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("make a socket: %w", err)
		}
		if err := unix.Connect(fd, &unix.SockaddrUnix{Name: a.String()}); err != nil {
			_ = unix.Close(fd) // not connected
			return err
		}
		return nil
	}
	var err error
	if uid := os.Geteuid(); uid == 0 && a.uid != 0 {
		err = asUser(a.uid, connect)
	} else {
		err = connect()
	}
	if err != nil {
		return nil, peer{}, err
	}
	w, err := fileWire(os.NewFile(uintptr(fd), a.String()))
	if err != nil {
		return nil, peer{}, err
	}
	p, err := w.peer()
	if err == nil && p.uid != a.uid && p.uid != 0 {
		err = fmt.Errorf("the socket of the lab belongs to uid %d, not %d: somebody else took its name", p.uid, a.uid)
	}
	if err != nil {
		_ = w.c.Close()
		return nil, peer{}, err
	}
	return w, p, nil
}

// asUser runs f on a thread whose effective uid is uid. Only root can.
func asUser(uid int, f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // setresuid as a system call concerns the calling thread alone
		keep := ^uintptr(0)
		if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, keep, uintptr(uid), keep); errno != 0 {
			runtime.UnlockOSThread()
			done <- fmt.Errorf("act as uid %d: %w", uid, errno)
			return
		}
		err := f()
		if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, keep, 0, keep); errno == 0 {
			runtime.UnlockOSThread() // else the thread ends with the goroutine
		}
		done <- err
	}()
	return <-done
}

// peer asks who is at the other end: for a client the process that called listen, for the holder the one that
// called connect (SO_PEERCRED, unix(7)), in the terms of the asking process's namespaces.
func (w *wire) peer() (peer, error) {
	raw, err := w.c.SyscallConn()
	if err != nil {
		return peer{}, err
	}
	var cred *unix.Ucred
	var credErr error
	err = raw.Control(func(fd uintptr) {
		cred, credErr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	if err = errors.Join(err, credErr); err != nil {
		return peer{}, fmt.Errorf("ask who is at the other end: %w", err)
	}
	return peer{pid: int(cred.Pid), uid: int(cred.Uid)}, nil
}

// addresses lists the labs whose sockets exist in this network namespace, sorted: one's own first.
func addresses() ([]address, error) {
	f, err := os.Open("/proc/self/net/unix")
	if err != nil {
		return nil, fmt.Errorf("list the labs: %w", err)
	}
	defer f.Close()
	return readAddresses(f)
}

// readAddresses finds the labs in the text of /proc/net/unix, whose eighth field is the name of the socket.
func readAddresses(r io.Reader) ([]address, error) {
	var list []address
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) != 8 {
			continue
		}
		if a, ok := parseAddress(fields[7]); ok && !slices.Contains(list, a) {
			list = append(list, a) // accepted connections show the same name
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("list the labs: %w", err)
	}
	own := os.Geteuid()
	slices.SortFunc(list, func(a, b address) int {
		switch {
		case a.uid == b.uid:
			return strings.Compare(a.name, b.name)
		case a.uid == own:
			return -1
		case b.uid == own:
			return 1
		}
		return a.uid - b.uid
	})
	return list, nil
}

// listen makes the holder's bound socket accept clients. The process that calls it is the one that clients see as
// their peer.
func listen(f *os.File) (*net.UnixListener, error) {
	if err := unix.Listen(int(f.Fd()), 128); err != nil {
		return nil, fmt.Errorf("listen on %s: %w", f.Name(), err)
	}
	l, err := net.FileListener(f)
	_ = f.Close() // FileListener has its own
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", f.Name(), err)
	}
	u := l.(*net.UnixListener) // FileListener of an AF_UNIX socket
	u.SetUnlinkOnClose(false)
	return u, nil
}
