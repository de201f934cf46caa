package link

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// Sysctls writes kernel parameters of one network namespace after the other. It belongs to one thread.
//
// It goes through a /proc of its own that is renewed now and then, and keeps folders below sys/net open. The kernel
// has an entry called ipv4 for each namespace in one hash chain of a /proc (proc_sys_compare, fs/proc/proc_sysctl.c),
// so with 1,000 namespaces finding it takes ten times as long as writing the value. Below it names are found at once.
type Sysctls struct {
	proc int            // the folder of a /proc
	uses int            // namespaces that were entered with it
	dirs map[string]int // open folders of the namespace, by their names below sys/net
}

// renewAfter is how many namespaces one /proc is used for.
const renewAfter = 50

// NewSysctls begins; the caller must Close it.
func NewSysctls() (*Sysctls, error) {
	s := &Sysctls{dirs: map[string]int{}}
	var err error
	s.proc, err = openProc()
	return s, err
}

// openProc mounts a /proc that has no place in the file system and vanishes when it is closed. Who may not do that, in
// a container that hides parts of /proc, gets the one that is there.
func openProc() (int, error) {
	if fs, err := unix.Fsopen("proc", unix.FSOPEN_CLOEXEC); err == nil {
		defer unix.Close(fs)
		if unix.FsconfigCreate(fs) == nil {
			if fd, err := unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, 0); err == nil {
				return fd, nil
			}
		}
	}
	fd, err := unix.Open("/proc", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("open /proc: %w", err)
	}
	return fd, nil
}

// Entered must be called when the thread has entered another network namespace.
func (s *Sysctls) Entered() error {
	s.leave()
	if s.uses++; s.uses%renewAfter != 0 {
		return nil
	}
	fd, err := openProc()
	if err != nil {
		return err
	}
	_ = unix.Close(s.proc) // a folder has nothing to flush
	s.proc = fd
	return nil
}

func (s *Sysctls) leave() {
	for _, fd := range s.dirs {
		_ = unix.Close(fd) // a folder has nothing to flush
	}
	clear(s.dirs)
}

// Close closes what is open.
func (s *Sysctls) Close() {
	s.leave()
	_ = unix.Close(s.proc) // a folder has nothing to flush
}

// Set writes a parameter of the network namespace that the calling thread is in. errors.Is(err, fs.ErrNotExist) tells
// that this kernel, or the namespace as it is now, has no such parameter.
func (s *Sysctls) Set(key, value string) error {
	dir, file, err := sysctlFile(key)
	if err != nil {
		return err
	}
	at, ok := s.dirs[dir]
	if !ok {
		if at, err = unix.Openat(s.proc, dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0); err != nil {
			return err
		}
		s.dirs[dir] = at
	}
	fd, err := unix.Openat(at, file, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	writes.Add(1)
	_, err = unix.Write(fd, []byte(value+"\n"))
	if closeErr := unix.Close(fd); err == nil {
		err = closeErr
	}
	return err
}

// GetSysctl reads a parameter of the network namespace of the calling thread, without the newline. Fields of a value
// are separated by one blank.
func GetSysctl(key string) (string, error) {
	dir, file, err := sysctlFile(key)
	if err != nil {
		return "", err
	}
	b, err := os.ReadFile("/proc/" + dir + "/" + file)
	if err != nil {
		return "", err
	}
	return SysctlText(string(b)), nil
}

// SysctlText is a value as GetSysctl gives it.
func SysctlText(value string) string { return strings.Join(strings.Fields(value), " ") }

// sysctlFile is the file of a kernel parameter and the folder it lies below, like sys/net/ipv4. In
// net.ipv4.conf.eth0/5.rp_filter dots separate, and a slash stands for a dot in the name of a device, as in sysctl(8).
func sysctlFile(key string) (dir, file string, err error) {
	rest, ok := strings.CutPrefix(key, "net.")
	if !ok {
		return "", "", fmt.Errorf("%s belongs to the whole machine: a node has net.* of its own, nothing else", key)
	}
	family, rest, ok := strings.Cut(rest, ".")
	if !ok || family == "" || rest == "" || strings.Contains("/"+family+"/", "/../") {
		return "", "", fmt.Errorf("%s is not the name of a kernel parameter", key)
	}
	file = strings.Map(func(r rune) rune {
		switch r {
		case '.':
			return '/'
		case '/':
			return '.'
		}
		return r
	}, rest)
	return "sys/net/" + family, file, nil
}

// sysctlName writes the name of a device as a part of a key.
func sysctlName(dev string) string { return strings.ReplaceAll(dev, ".", "/") }
