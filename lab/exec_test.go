package lab

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

func TestExecView(t *testing.T) {
	needNamespaces(t)
	t.Setenv(varLab, "another")
	l := up(t, homePlan(newName()))
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ line, want string }{
		{"hostname", "fw"},
		{"pwd", here},
		{"ls /sys/class/net | grep -v bond | tr '\\n' ' '", "dmz lan lo wan"},
		{"grep -w web /etc/hosts | head -1", "10.0.2.10\tweb"},
		{"grep -c nameserver /etc/resolv.conf", "0"},
		{"echo $HOOKWALK_LAB/$HOOKWALK_NODE", l.Name() + "/fw"},
		{"env | grep -c ^HOOKWALK_LAB=", "1"},
		{"cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf/wan/rp_filter | tr '\\n' ' '", "1 0"},
		{"ls /run/netns | tr '\\n' ' '", "client fw isp lan pc1 pc2 web"},
		{"echo $$ > /dev/null; cat /proc/1/comm", "hookwalk-holder"},
		{"ulimit -n", limit(t)},
	} {
		got, _ := output(t, l, "fw", c.line)
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.line, got, c.want)
		}
	}
}

// limit is the soft limit of open files that this process was given, before the Go runtime raised it.
func limit(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("sh", "-c", "ulimit -n").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func TestExecIPNetns(t *testing.T) {
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("ip (iproute2) is not installed")
	}
	needNamespaces(t)
	t.Parallel()
	l := up(t, homePlan(newName()))
	got, code := output(t, l, "fw", "ip netns exec web ip -br addr show eth0")
	if code != 0 || !strings.Contains(got, "10.0.2.10/24") {
		t.Errorf("exit code %d: %s", code, got)
	}
}

func TestExecCodes(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	l := up(t, homePlan(newName()))
	for line, want := range map[string]int{"true": 0, "exit 3": 3, "kill -TERM $$": 128 + 15, "kill -KILL $$": 128 + 9} {
		if _, code := output(t, l, "pc1", line); code != want {
			t.Errorf("%s: exit code %d, want %d", line, code, want)
		}
	}
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, []byte("not a program"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"no-such-program": 127, "/no/such/file": 127, plain: 126} {
		_, err := l.Exec(t.Context(), Command{Node: "pc1", Args: []string{name}})
		var unstarted *NotStartedError
		if !errors.As(err, &unstarted) || unstarted.Code() != want {
			t.Errorf("%s: %v, want code %d", name, err, want)
		}
	}
	_, err := l.Exec(t.Context(), Command{Node: "wbe", Args: []string{"true"}})
	if err == nil || !strings.Contains(err.Error(), `did you mean "web"?`) {
		t.Errorf("unknown node: %v", err)
	}
}

// A program that announces itself, so that tests need not guess when it runs.
func startTalker(t *testing.T, l *Lab, line string) (*Process, *bufio.Reader) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	p, err := l.Start(t.Context(), Command{Node: "pc1", Args: []string{"sh", "-c", line}, Stdout: w})
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	out := bufio.NewReader(r)
	if s, err := out.ReadString('\n'); s != "ready\n" {
		t.Fatalf("it says %q, %v", s, err)
	}
	return p, out
}

func TestExecSignals(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	l := up(t, homePlan(newName()))
	p, out := startTalker(t, l, "trap 'echo got it; exit 7' USR1; echo ready; while :; do sleep 60 & wait $!; done")
	if err := p.Signal(unix.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	if s, _ := out.ReadString('\n'); s != "got it\n" {
		t.Errorf("it says %q", s)
	}
	if code, err := p.Wait(t.Context()); code != 7 || err != nil {
		t.Errorf("exit code %d, %v", code, err)
	}
}

// When the client is gone, so is the program with all its children, and their ends of the pipe.
func TestExecClientGone(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	l := up(t, homePlan(newName()))
	p, out := startTalker(t, l, "sh -c 'echo ready; sleep 1000' & sleep 1000")
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err := out.ReadString('\n'); err == nil {
		t.Errorf("it goes on: %q", s)
	}
	ctx, cancel := context.WithCancel(t.Context())
	p, out = startTalker(t, l, "echo ready; sleep 1000")
	cancel()
	if _, err := p.Wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("wait: %v", err)
	}
	if s, err := out.ReadString('\n'); err == nil {
		t.Errorf("it goes on: %q", s)
	}
}

func TestExecLabGone(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	l := up(t, homePlan(newName()))
	p, out := startTalker(t, l, "echo ready; sleep 1000")
	down(t, l)
	if s, err := out.ReadString('\n'); err == nil {
		t.Errorf("it goes on: %q", s)
	}
	if _, err := p.Wait(t.Context()); err == nil || !strings.Contains(err.Error(), "the lab went down") {
		t.Errorf("wait: %v", err)
	}
}

// A background process outlives the command that started it, and the client.
func TestExecDaemon(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	l := up(t, homePlan(newName()))
	if _, code := output(t, l, "pc1", "sleep 1000 > /dev/null 2>&1 & echo $!"); code != 0 {
		t.Fatal(code)
	}
	if got, _ := output(t, l, "pc1", "cat /proc/[0-9]*/comm | grep -c sleep"); got != "1" {
		t.Errorf("%s sleep left", got)
	}
}

func TestTerminal(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	l := up(t, homePlan(newName()))
	ours, theirs, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo terminals here: %v", err)
	}
	defer ours.Close()
	if err := pty.Setsize(ours, &pty.Winsize{Rows: 33, Cols: 101}); err != nil {
		t.Fatal(err)
	}
	screen := make(chan string)
	go func() {
		var text strings.Builder
		buf := make([]byte, 1024)
		for {
			n, err := ours.Read(buf)
			text.Write(buf[:n])
			if err != nil {
				screen <- text.String()
				return
			}
		}
	}()
	if _, err := ours.WriteString("stty size; tty; sleep 1000 & jobs; kill %1; hostname; exit 5\n"); err != nil {
		t.Fatal(err)
	}
	c := Command{Node: "web", Args: []string{"sh", "-i"}, Env: append(os.Environ(), "PS1=> ", "ENV=")}
	code, err := l.Terminal(t.Context(), c, theirs, theirs)
	theirs.Close()
	text := <-screen
	if code != 5 || err != nil {
		t.Errorf("exit code %d, %v\n%s", code, err, text)
	}
	for _, want := range []string{"33 101\r\n", "/dev/pts/", "Running", "\nweb\r\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q on the screen:\n%s", want, text)
		}
	}
	if strings.Contains(text, "job control") {
		t.Errorf("no job control:\n%s", text)
	}
}

// Who gives up gets the terminal back as it was.
func TestTerminalCancelled(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	l := up(t, homePlan(newName()))
	ours, theirs, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo terminals here: %v", err)
	}
	defer ours.Close()
	defer theirs.Close()
	before, err := unix.IoctlGetTermios(int(theirs.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var raw *unix.Termios
	go func() {
		_, _ = bufio.NewReader(ours).ReadString('\n') // it runs
		raw, _ = unix.IoctlGetTermios(int(theirs.Fd()), unix.TCGETS)
		cancel()
	}()
	_, err = l.Terminal(ctx, Command{Node: "web", Args: []string{"sh", "-c", "echo ready; sleep 1000"}}, theirs, theirs)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	after, err := unix.IoctlGetTermios(int(theirs.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	if raw == nil || *raw == *before || *after != *before {
		t.Errorf("before %+v, meanwhile %+v, after %+v", before, raw, after)
	}
}

// What a program wrote just before its end is on the screen before Terminal returns, every time.
func TestTerminalLastWords(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	l := up(t, homePlan(newName()))
	for range 20 {
		ours, theirs, err := pty.Open()
		if err != nil {
			t.Skipf("no pseudo terminals here: %v", err)
		}
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		code, err := l.Terminal(t.Context(), Command{Node: "web", Args: []string{"sh", "-c", "echo last words; exit 9"}}, theirs, w)
		w.Close()
		text := readTail(r)
		if code != 9 || err != nil || text != "last words" {
			t.Fatalf("exit code %d, %v, %q", code, err, text)
		}
		r.Close()
		ours.Close()
		theirs.Close()
	}
}

func init() { roles["careless"] = careless }

// careless is an up with a file open that is not its business, and signals ignored.
func careless() error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	if _, err := unix.FcntlInt(w.Fd(), unix.F_SETFD, 0); err != nil { // goes through exec
		return err
	}
	signal.Ignore(unix.SIGHUP, unix.SIGINT, unix.SIGTSTP)
	l, err := Up(context.Background(), homePlan(os.Getenv(labVar)), Options{}, nil)
	if err != nil {
		return err
	}
	w.Close()
	if b, err := io.ReadAll(r); len(b) > 0 || err != nil { // hangs as long as the lab has the other end
		return fmt.Errorf("read %q, %w", b, err)
	}
	_, err = l.Exec(context.Background(), Command{Node: "fw", Args: []string{"grep", "SigIgn", "/proc/self/status"}, Stdout: os.Stdout})
	return err
}

// A lab takes neither open files nor ignored signals from whoever starts it.
func TestDisinherit(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	name := newName()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), roleVar+"=careless", labVar+"="+name)
	out, err := cmd.CombinedOutput()
	if l, err := Open(name); err == nil {
		defer down(t, l)
	}
	if want := "SigIgn:\t0000000000000000\n"; err != nil || string(out) != want {
		t.Errorf("%v: %q, want %q", err, out, want)
	}
}
