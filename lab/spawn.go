package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/lab/netns"
)

// program is something to run in the lab. It gets a session of its own.
type program struct {
	args  []string
	env   []string
	dir   string    // "" or one that is not there: the root
	files []uintptr // its file descriptors 0, 1, ...
	tty   bool      // file 0 becomes its controlling terminal
}

// process is a program that runs.
type process struct {
	pid  int
	done <-chan syscall.WaitStatus
}

// startIn starts a program in a node.
func (h *holder) startIn(node string, p program) (proc process, err error) {
	// The child inherits the namespaces of the thread that forks, and the thread ends with this.
	err = netns.Hop(func(hop *netns.Hopper) error {
		if err := enterNode(hop, node); err != nil {
			return err
		}
		proc, err = h.start(p)
		return err
	})
	return proc, err
}

// start starts a program in the namespaces of the calling thread.
func (h *holder) start(p program) (process, error) {
	if !isDir(p.dir) {
		p.dir = "/"
	}
	file, err := lookPath(p.args[0], p.dir, p.env)
	if err != nil {
		return process{}, err
	}
	return h.startFile(file, p)
}

// startFile is start for a program whose file is known.
func (h *holder) startFile(file string, p program) (process, error) {
	attr := &syscall.ProcAttr{Dir: p.dir, Env: p.env, Files: p.files,
		Sys: &syscall.SysProcAttr{Setsid: true, Setctty: p.tty, Ctty: 0}}
	pid, done, err := h.reaper.start(func() (int, error) { return syscall.ForkExec(file, p.args, attr) })
	if err != nil {
		return process{}, fmt.Errorf("run %s: %w", p.args[0], err)
	}
	return process{pid, done}, nil
}

func isDir(name string) bool {
	st, err := os.Stat(name)
	return err == nil && st.IsDir()
}

// lookPath finds a program as a shell would: by PATH in env, as seen by the calling thread.
func lookPath(name, dir string, env []string) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil // execve says what is wrong with it
	}
	path := "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	for _, e := range env {
		if v, ok := strings.CutPrefix(e, "PATH="); ok {
			path = v
		}
	}
	var denied bool
	for _, d := range filepath.SplitList(path) {
		if !filepath.IsAbs(d) {
			d = filepath.Join(dir, d)
		}
		file := filepath.Join(d, name)
		st, err := os.Stat(file)
		if err != nil || st.IsDir() {
			continue
		}
		if unix.Access(file, unix.X_OK) == nil {
			return file, nil
		}
		denied = true
	}
	if denied {
		return "", fmt.Errorf("run %s: %w", name, unix.EACCES)
	}
	return "", &wordedError{"run " + name + ": there is no such command in PATH", unix.ENOENT}
}

// signal sends a signal to the processes of the program that are in its first process group.
func (p process) signal(sig syscall.Signal) { _ = unix.Kill(-p.pid, sig) } // an error means they are gone

// kill ends the whole session of the program, jobs of a shell too.
func (h *holder) kill(p process) {
	p.signal(unix.SIGKILL)
	if !h.ownProc {
		return // other numbers there
	}
	list, err := pids()
	if err != nil {
		return
	}
	for _, pid := range list {
		if sessionOf(pid) == p.pid {
			_ = unix.Kill(pid, unix.SIGKILL) // an error means it is gone
		}
	}
}

// sessionOf is the session of a process; 0 if it is gone.
func sessionOf(pid int) int {
	s, _ := procStat(pid)
	return s.session
}
