package tui

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/labs"
	"github.com/hookwalk/hookwalk/topology"
)

// golden compares got with testdata/name. HOOKWALK_UPDATE=1 writes the file instead.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if os.Getenv("HOOKWALK_UPDATE") != "" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (HOOKWALK_UPDATE=1 go test makes it)", err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s (-want +got):\n%s", file, d)
	}
}

// homeNAT is the plan of the lab that the recorded paths are from.
func homeNAT(t testing.TB) *topology.Plan {
	t.Helper()
	plan, problems := topology.LoadFS(labs.FS, "01-home-nat/lab.yaml")
	if plan == nil {
		t.Fatal(problems)
	}
	return plan
}

// recorded reads paths from testdata.
func recorded(t testing.TB, names ...string) []*path.Path {
	t.Helper()
	var out []*path.Path
	for _, name := range names {
		js, err := os.ReadFile(filepath.Join("testdata", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		p := &path.Path{}
		if err := json.Unmarshal(js, p); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out = append(out, p)
	}
	return out
}

// noon is what the clock of all tests shows. Packets were sent four seconds before.
var noon = time.Date(2026, 11, 23, 12, 1, 7, 112_000_000, time.UTC)

// testConfig is a session whose actions work, without a lab.
func testConfig(t testing.TB, names ...string) Config {
	return Config{
		Plan: homeNAT(t), Started: noon.Add(-134 * time.Second), Paths: recorded(t, names...), Sent: noon.Add(-4 * time.Second),
		NoColor: true, Now: func() time.Time { return noon },
		Actions: Actions{
			Send: func(_ context.Context, from, to string) (*path.Path, error) {
				if to == "nowhere" {
					return nil, errors.New(`no node or address "nowhere"`)
				}
				return recorded(t, "delivered")[0], nil
			},
			Shell: func(context.Context, string, io.Reader, io.Writer, io.Writer) error { return nil },
		},
	}
}

// start makes a session of a size and presses the keys of its script, with all that follows from them.
func start(t testing.TB, c Config, w, h int) *model {
	t.Helper()
	m := newModel(t.Context(), c)
	m.ticking = true // the clock stands still
	tell(t, m, tea.WindowSizeMsg{Width: w, Height: h})
	return m
}

// tell gives the model a message, and then what the commands it returns say.
func tell(t testing.TB, m *model, msg tea.Msg) {
	t.Helper()
	_, cmd := m.Update(msg)
	for _, msg := range run(cmd) {
		tell(t, m, msg)
	}
}

// run runs a command and all it consists of, in order.
func run(cmd tea.Cmd) []tea.Msg {
	if cmd == nil {
		return nil
	}
	msg := cmd()
	v := reflect.ValueOf(msg)
	if v.Kind() != reflect.Slice || v.Type().Elem() != reflect.TypeFor[tea.Cmd]() {
		if msg == nil {
			return nil
		}
		return []tea.Msg{msg}
	}
	var out []tea.Msg
	for i := range v.Len() {
		out = append(out, run(v.Index(i).Interface().(tea.Cmd))...)
	}
	return out
}

// press presses the keys of a script.
func press(t testing.TB, m *model, script string) {
	t.Helper()
	for _, k := range parseKeys(script) {
		tell(t, m, k)
	}
}

// screen is what a user sees, without colours. Every screen has as many lines and columns as the terminal.
func screen(t testing.TB, m *model) string {
	t.Helper()
	text := ansi.Strip(m.View().Content)
	lines := strings.Split(text, "\n")
	if m.width > 0 && m.height > 0 && len(lines) != m.height {
		t.Errorf("%d lines on a screen of %d", len(lines), m.height)
	}
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
		if w := ansi.StringWidth(lines[i]); w > m.width {
			t.Errorf("line %d is %d cells wide on a screen of %d: %q", i+1, w, m.width, line)
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

func size(w, h int) string { return fmt.Sprintf("%dx%d", w, h) }
