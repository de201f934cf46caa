package tui

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/hookwalk/hookwalk/lab/path"
)

// TestMain lets this binary be the program that runs on the terminal of a test.
func TestMain(m *testing.M) {
	if how := os.Getenv("HOOKWALK_TUI_TEST"); how != "" {
		onTerminal(how)
		return
	}
	os.Exit(m.Run())
}

// onTerminal runs a session on standard input and output and prints how it ended.
func onTerminal(how string) {
	ctx, cancel := context.WithCancelCause(context.Background())
	c := testConfig(&testing.B{}, "drop")
	c.Now = nil
	c.NoColor = false
	c.Actions.Send = func(ctx context.Context, _, _ string) (*path.Path, error) {
		switch how {
		case "panic":
			panic("a mistake")
		case "context":
			cancel(fmt.Errorf("the lab is gone"))
		}
		<-ctx.Done()
		return nil, ctx.Err()
	}
	c.Actions.Shell = func(_ context.Context, node string, _ io.Reader, _, _ io.Writer) error {
		fmt.Printf("shell in %s\r\n", node)
		return nil
	}
	err := Run(ctx, c)
	fmt.Printf("ended: %v\r\n", err)
}

// terminal is a session on a pseudo terminal.
type terminal struct {
	t     *testing.T
	file  *os.File
	cmd   *exec.Cmd
	races string // files that begin so have what the race detector says of the session
	out   bytes.Buffer
	seen  int // bytes of out that until went past
}

func openTerminal(t *testing.T, how string, env ...string) *terminal {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // a session that hangs ends, and the test says where
	t.Cleanup(cancel)
	x := &terminal{t: t, cmd: exec.CommandContext(ctx, exe), races: filepath.Join(t.TempDir(), "race")}
	x.cmd.Env = append(append(os.Environ(), "HOOKWALK_TUI_TEST="+how, "TERM=xterm-256color", "COLORTERM=truecolor", "NO_COLOR=",
		"GORACE=exitcode=0 log_path="+x.races), env...)
	x.file, err = pty.StartWithSize(x.cmd, &pty.Winsize{Rows: 24, Cols: 80})
	if err != nil {
		t.Skipf("no pseudo terminal here: %v", err)
	}
	t.Cleanup(func() { x.file.Close() })
	return x
}

// until reads what the terminal shows until a text is in it, behind the one of the last call.
func (x *terminal) until(text string) {
	x.t.Helper()
	buf := make([]byte, 4096)
	for {
		if i := strings.Index(x.out.String()[x.seen:], text); i >= 0 {
			x.seen += i + len(text)
			return
		}
		n, err := x.file.Read(buf)
		x.out.Write(buf[:n])
		if err != nil {
			x.t.Fatalf("no %q before the end: %v\n%q", text, err, x.out.String())
		}
	}
}

func (x *terminal) write(s string) {
	x.t.Helper()
	if _, err := io.WriteString(x.file, s); err != nil {
		x.t.Fatal(err)
	}
}

// restored checks that what the session did to the terminal is undone: the other screen, the hidden cursor, the mouse.
func (x *terminal) restored() {
	x.t.Helper()
	if err := x.cmd.Wait(); err != nil {
		x.t.Errorf("the program ended with %v, after\n%s", err, x.out.String())
	}
	x.raceless()
	out := x.out.String()
	for _, mode := range []struct{ on, off string }{
		{"\x1b[?1049h", "\x1b[?1049l"}, {"\x1b[?25l", "\x1b[?25h"}, {"\x1b[?1004h", "\x1b[?1004l"}, {"\x1b[?2004h", "\x1b[?2004l"},
	} {
		on, off := strings.LastIndex(out, mode.on), strings.LastIndex(out, mode.off)
		if on < 0 || off < on {
			x.t.Errorf("%q at %d, %q at %d", mode.on, on, mode.off, off)
		}
	}
}

// raceless checks that the race detector found nothing. One race is known and not ours: bubbletea 2.1.1 closes its
// reader of the terminal (cancelreader 0.2.2) when the program is killed, without waiting for the goroutine that reads.
func (x *terminal) raceless() {
	x.t.Helper()
	files, err := filepath.Glob(x.races + ".*")
	if err != nil {
		x.t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			x.t.Fatal(err)
		}
		for _, report := range strings.Split(string(text), "WARNING: DATA RACE")[1:] {
			access, _, _ := strings.Cut(report, " created at:")
			if !strings.Contains(access, "cancelreader.(*epollCancelReader).Read()") ||
				!strings.Contains(access, "cancelreader.(*epollCancelReader).Close()") {
				x.t.Errorf("a data race:%s", report)
			}
		}
	}
}

// However a session ends, the terminal is as it was.
func TestTerminalIsRestored(t *testing.T) {
	for _, c := range []struct{ how, keys, end string }{
		{"quit", "q", "ended: <nil>"},
		{"ctrl+c", "\x03", "ended: <nil>"},
		{"context", "R", "ended: the lab is gone"},
		{"panic", "R", "ended: tui: program was killed: program experienced a panic"},
	} {
		t.Run(c.how, func(t *testing.T) {
			x := openTerminal(t, c.how)
			x.until("Events")
			x.write(c.keys)
			x.until(c.end)
			x.restored()
		})
	}
}

func TestSignals(t *testing.T) {
	for _, sig := range []os.Signal{syscall.SIGTERM, syscall.SIGINT} {
		x := openTerminal(t, "quit")
		x.until("Events")
		if err := x.cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		x.until("ended: ")
		x.restored()
	}
}

// A shell has the terminal for itself, and the screen is back after it.
func TestShellOnTerminal(t *testing.T) {
	x := openTerminal(t, "shell")
	x.until("Events")
	x.write("!")
	x.until("\x1b[?1049l")
	x.until("shell in fw")
	x.until("\x1b[?1049h")
	x.until("back from fw")
	x.write("q")
	x.until("ended: <nil>")
	x.restored()
}

// NO_COLOR with any value that is not empty means no colours.
func TestNoColor(t *testing.T) {
	for value, colours := range map[string]bool{"": true, "1": false, "yes": false, "0": false} {
		x := openTerminal(t, "quit", "NO_COLOR="+value)
		x.until("Events")
		x.write("q")
		x.until("ended: <nil>")
		x.restored()
		if got := strings.Contains(x.out.String(), "\x1b[38;"); got != colours {
			t.Errorf("NO_COLOR=%q: colours %v", value, got)
		}
	}
}

// A session follows the size of its terminal.
func TestResizeOnTerminal(t *testing.T) {
	x := openTerminal(t, "quit")
	x.until("Events")
	x.resize(40, 12, "list: from 60x16")
	x.resize(120, 36, " find ")
	x.write("q")
	x.until("ended: <nil>")
	x.restored()
}

// resize makes the terminal so big, or a column wider, until the session shows a text. Once is not enough: bubbletea
// begins to listen for the signal only after it painted first.
func (x *terminal) resize(cols, rows uint16, text string) {
	x.t.Helper()
	seen, done := make(chan struct{}), make(chan error)
	go func() {
		for i := uint16(0); ; i++ {
			if err := pty.Setsize(x.file, &pty.Winsize{Rows: rows, Cols: cols + i%2}); err != nil {
				done <- err
				return
			}
			select {
			case <-seen:
				done <- nil
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	}()
	x.until(text)
	close(seen)
	if err := <-done; err != nil {
		x.t.Fatal(err)
	}
}
