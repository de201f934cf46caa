package netns

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// inside re-executes the running test in new user, mount and network namespaces with a /run/netns of its own; it
// reports whether the caller is the inner process.
func inside(t *testing.T) bool {
	t.Helper()
	if os.Getenv("HOOKWALK_NETNS_INNER") != "" {
		if err := unix.Mount("tmpfs", "/run", "tmpfs", 0, ""); err != nil {
			t.Fatal("mount /run:", err)
		}
		if err := os.Mkdir(Dir, 0o755); err != nil {
			t.Fatal(err)
		}
		return true
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), "HOOKWALK_NETNS_INNER=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getegid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOSPC) {
		t.Skipf("user namespaces are not allowed here: %v", err)
	}
	if err != nil || !strings.Contains(string(out), "PASS: "+t.Name()) {
		t.Fatalf("inner test: %v\n%s", err, out)
	}
	return false
}

func threadNetns(t *testing.T) string {
	t.Helper()
	s, err := os.Readlink("/proc/thread-self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCreateAndEnter(t *testing.T) {
	if !inside(t) {
		return
	}
	home := threadNetns(t)
	var made [2]string
	err := Hop(func(h *Hopper) error {
		for i, name := range []string{"a", "b"} {
			if err := h.Create(name); err != nil {
				return err
			}
			made[i] = threadNetns(t)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if made[0] == made[1] || made[0] == home || made[1] == home {
		t.Fatalf("namespaces are not three: %s, %v", home, made)
	}
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			err := Do([]string{"a", "b"}[i%2], func() error {
				if got := threadNetns(t); got != made[i%2] {
					t.Errorf("in %s, want %s", got, made[i%2])
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	// No thread that a goroutine can get is anywhere but at home, the main thread least of all.
	for range 100 {
		wg.Go(func() {
			runtime.Gosched()
			if got := threadNetns(t); got != home {
				t.Errorf("a goroutine is in %s, want %s", got, home)
			}
		})
	}
	wg.Wait()
	if got, err := os.Readlink("/proc/self/ns/net"); err != nil || got != home {
		t.Errorf("the process is in %s (%v), want %s", got, err, home)
	}
}

func TestUnknownName(t *testing.T) {
	err := Do("no-such-node", func() error { t.Error("ran"); return nil })
	if !errors.Is(err, unix.ENOENT) || !strings.Contains(err.Error(), "no-such-node") {
		t.Errorf("got %v", err)
	}
}

// The main thread must not be the one that hops: it would show in /proc/PID/ns.
func TestLonelyAvoidsMainThread(t *testing.T) {
	for range 50 {
		var tid int
		if err := Hop(func(*Hopper) error { tid = unix.Gettid(); return nil }); err != nil {
			t.Fatal(err)
		}
		if tid == os.Getpid() {
			t.Fatal("ran on the main thread")
		}
	}
}
