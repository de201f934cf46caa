package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func init() {
	roles["up-killed"] = upKilled
	roles["killer"] = killer
	roles["bound"] = bound
}

// Variables of these roles.
const (
	labVar   = "HOOKWALK_TEST_LAB"
	phaseVar = "HOOKWALK_TEST_PHASE" // at whose end up kills itself; "" never
	seedVar  = "HOOKWALK_TEST_SEED"
	timesVar = "HOOKWALK_TEST_TIMES" // how often at random moments
)

// upKilled is an up that SIGKILL ends behind a phase.
func upKilled() error {
	_, err := Up(context.Background(), rulesPlan(os.Getenv(labVar)), Options{}, func(p Progress) {
		if p.Phase == os.Getenv(phaseVar) {
			_ = unix.Kill(os.Getpid(), unix.SIGKILL)
			select {}
		}
	})
	return err
}

// killer starts up many times and has it killed, first behind each phase, then at random moments. As a subreaper it
// inherits what the dead leave behind, so it knows when all of it is gone.
func killer() error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return err
	}
	seed, err := strconv.ParseUint(os.Getenv(seedVar), 10, 64)
	if err != nil {
		return err
	}
	times, err := strconv.Atoi(os.Getenv(timesVar))
	if err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(seed, 0))
	base := os.Getenv(labVar)
	started := 0
	for i, phase := range []string{"nodes", "links", "addrs", "nft", "ready"} {
		if err := killOne(fmt.Sprintf("%s-%d", base, i), phase, 0, &started); err != nil {
			return fmt.Errorf("killed behind %s: %w", phase, err)
		}
	}
	took, err := timeUp(base)
	if err != nil {
		return err
	}
	for i := range times {
		after := time.Duration(random.Int64N(int64(took) * 3 / 2))
		if err := killOne(fmt.Sprintf("%s-r%d", base, i), "", after, &started); err != nil {
			return fmt.Errorf("killed after %v, seed %d: %w", after, seed, err)
		}
	}
	fmt.Printf("%d were up before they were killed\n", started)
	return nil
}

// timeUp is how long an up takes that nobody kills.
func timeUp(name string) (time.Duration, error) {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), roleVar+"=up-killed", labVar+"="+name)
	begin := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("%w: %s", err, out)
	}
	took := time.Since(begin)
	_, err := (&Lab{addr: address{os.Geteuid(), name}}).Down(context.Background())
	return took, err
}

// killOne runs up and kills it, then sees that nothing is left. A lab that was ready by then lives: that is no
// leftover, but it must be whole.
func killOne(name, phase string, after time.Duration, started *int) error {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), roleVar+"=up-killed", labVar+"="+name, phaseVar+"="+phase)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	if phase == "" {
		time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	}
	if err := cmd.Wait(); err != nil && cmd.ProcessState.Exited() {
		return fmt.Errorf("%w: %s", err, &stderr)
	}
	l := &Lab{addr: address{os.Geteuid(), name}}
	// Whether a lab is there is known when the holder has noticed the end of up, or answers as a running one.
	for {
		pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil)
		if err == unix.ECHILD {
			break // it is gone, and everything that it inherited
		}
		if err != nil {
			return err
		}
		if pid != 0 {
			continue
		}
		s, err := l.Status(context.Background())
		if err == nil && s.State == Running && phase == "" {
			*started++
			if s.NodesUp() != 7 || s.LinksUp() != 6 {
				return fmt.Errorf("half a lab: %+v", s)
			}
			if _, err := l.Down(context.Background()); err != nil {
				var gone *NotUpError // up had not said keep yet
				if !errors.As(err, &gone) {
					return err
				}
			}
			phase = "down"
		}
	}
	return nothingOf(name)
}

// nothingOf finds what is left of a lab on the host.
func nothingOf(name string) error {
	all, err := addresses()
	if err != nil {
		return err
	}
	for _, a := range all {
		if a.name == name {
			return fmt.Errorf("the socket %s is left", a)
		}
	}
	procs, err := os.ReadDir("/proc")
	if err != nil {
		return err
	}
	for _, p := range procs {
		cmdline, _ := os.ReadFile("/proc/" + p.Name() + "/cmdline")
		environ, _ := os.ReadFile("/proc/" + p.Name() + "/environ")
		if strings.Contains(string(cmdline), holderName+"\x00"+name+"\x00") ||
			strings.Contains("\x00"+string(environ), "\x00HOOKWALK_LAB="+name+"\x00") {
			return fmt.Errorf("process %s is left: %q", p.Name(), cmdline)
		}
	}
	return nil
}

// SIGKILL to up at any stage leaves nothing.
func TestUpKilled(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	before := host(t)
	cmd := exec.Command("/proc/self/exe")
	name := newName()
	times := "60"
	if testing.Short() {
		times = "10"
	}
	cmd.Env = append(os.Environ(), roleVar+"=killer", labVar+"="+name, seedVar+"="+strconv.FormatInt(time.Now().UnixNano(), 10),
		timesVar+"="+times)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Logf("%s", out)
	sameHost(t, before)
}

// SIGKILL to the holder leaves nothing.
func TestHolderKilled(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	before := host(t)
	name := newName()
	l := up(t, homePlan(name))
	_, out := startTalker(t, l, "echo ready; sleep 1000")
	if _, code := output(t, l, "web", "sleep 1000 > /dev/null 2>&1 &"); code != 0 {
		t.Fatal(code)
	}
	s, err := l.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	holder, err := pidfdOf(s.Holder.Pid)
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close()
	if err := kill(holder); err != nil {
		t.Fatal(err)
	}
	if err := awaitEnd(t.Context(), holder); err != nil {
		t.Fatal(err)
	}
	if s, err := out.ReadString('\n'); err == nil {
		t.Errorf("a program goes on: %q", s)
	}
	if err := nothingOf(name); err != nil {
		t.Error(err)
	}
	sameHost(t, before)
}

// bound is a program with a lab of its own, which ends without a word when it is told to.
func bound() error {
	l, err := Up(context.Background(), homePlan(os.Getenv(labVar)), Options{Bound: true}, nil)
	if err != nil {
		return err
	}
	s, err := l.Status(context.Background())
	if err != nil {
		return err
	}
	fmt.Println(s.State, s.Holder.Pid)
	if _, err := os.Stdin.Read(make([]byte, 1)); err != nil && err != io.EOF {
		return err
	}
	if err := l.Keep(); err != nil {
		return err
	}
	runtime.KeepAlive(l)
	return nil
}

// startBound starts bound and waits for its lab. When stdin is closed the lab is kept.
func startBound(t *testing.T, name string) (cmd *exec.Cmd, stdin io.Closer, pid int) {
	t.Helper()
	cmd = exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), roleVar+"=bound", labVar+"="+name)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var state State
	if _, err := fmt.Fscan(stdout, &state, &pid); err != nil || state != Running {
		t.Fatalf("%q, %v", state, err)
	}
	return cmd, stdin, pid
}

// A bound lab is a lab as any other, until the process that started it is killed.
func TestBound(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	name := newName()
	cmd, stdin, pid := startBound(t, name)
	defer stdin.Close()
	holder, err := pidfdOf(pid)
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close()
	l, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, code := output(t, l, "fw", "exit 3"); code != 3 {
		t.Errorf("exit code %d", code)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	if err := awaitEnd(t.Context(), holder); err != nil {
		t.Fatal(err)
	}
	if err := nothingOf(name); err != nil {
		t.Error(err)
	}
}

// A bound lab that is kept outlives the process that started it.
func TestBoundKept(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	name := newName()
	cmd, stdin, _ := startBound(t, name)
	if err := stdin.Close(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	l, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, code := output(t, l, "fw", "exit 3"); code != 3 {
		t.Errorf("exit code %d", code)
	}
	down(t, l)
}

// A bound lab can also be ended as any other.
func TestBoundDown(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	l, err := Up(t.Context(), homePlan(newName()), Options{Bound: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	down(t, l)
	if err := nothingOf(l.Name()); err != nil {
		t.Error(err)
	}
}

// A holder that hangs is ended all the same.
func TestDownOfHungHolder(t *testing.T) {
	needNamespaces(t)
	if testing.Short() {
		t.Skip("-short: waits for the patience of down")
	}
	t.Parallel()
	name := newName()
	l := up(t, homePlan(name))
	s, err := l.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Kill(s.Holder.Pid, unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Down(t.Context()); err != nil {
		t.Error(err)
	}
	if err := nothingOf(name); err != nil {
		t.Error(err)
	}
}
