package tui

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/hookwalk/hookwalk/lab/path"
)

// everyKey are the keys that the fuzzer presses: all that mean something, and some that do not.
const everyKey = "nNsSoOgGhjkl[]dDRiy!z12/?q%+-0 \\tjcxé世\x00"

// everyName are the keys that have a name.
var everyName = []string{"enter", "esc", "tab", "S-tab", "space", "up", "down", "left", "right", "home", "end", "pgup", "pgdown", "backspace"}

// drive does what the bytes say to a session: keys, resizes, clicks and turns of the wheel. After each it draws.
func drive(t testing.TB, m *model, script []byte) {
	for i := 0; i+1 < len(script); i += 2 {
		op, arg := script[i], int(script[i+1])
		switch op % 8 {
		case 0:
			tell(t, m, tea.WindowSizeMsg{Width: arg % 150, Height: int(op) % 50})
		case 1:
			tell(t, m, tea.MouseClickMsg{X: arg, Y: int(op) % 40, Button: tea.MouseLeft})
		case 2:
			tell(t, m, tea.MouseWheelMsg{X: arg, Y: int(op) % 40, Button: tea.MouseWheelDown - tea.MouseButton(arg%2)})
		case 3:
			tell(t, m, keyNames[everyName[arg%len(everyName)]])
		case 4:
			tell(t, m, tea.PasteMsg{Content: string(script[i:])})
		default:
			keys := []rune(everyKey)
			r := keys[arg%len(keys)]
			tell(t, m, tea.KeyPressMsg{Code: r, Text: string(r)})
		}
		screen(t, m)
	}
}

func fuzzConfig(t testing.TB, seed byte) Config {
	c := testConfig(t, "drop", "delivered", "no-route", "lost", "never-sent")
	if seed%4 == 0 {
		c.Paths = nil
	}
	c.Paths = append(c.Paths, assembled(t)...)
	c.ASCII = seed%3 == 0
	c.Screen = Screen(seed % 2)
	return c
}

// assembled are the paths that package path has as its goldens: what comes out of real recordings.
func assembled(t testing.TB) []*path.Path {
	t.Helper()
	files, err := filepath.Glob("../lab/path/testdata/*.json")
	if err != nil {
		t.Fatal(err)
	}
	var out []*path.Path
	for _, f := range files {
		js, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		p := &path.Path{}
		if json.Unmarshal(js, p) == nil && p.Verdict != "" {
			out = append(out, p)
		}
	}
	return out
}

// No sequence of keys, clicks and sizes may bring the screens down, or draw outside of the terminal.
func FuzzKeys(f *testing.F) {
	f.Add(byte(1), []byte{0, 80, 24, 0, 3, 1, 5, 2, 6, 3})
	f.Add(byte(2), []byte{8, 1, 3, 2, 16, 0, 5, 9, 5, 14})
	f.Fuzz(func(t *testing.T, seed byte, script []byte) {
		drive(t, start(t, fuzzConfig(t, seed), 80, 24), script)
	})
}

// The same with many keys from a fixed seed, in every run of the tests.
func TestRandomKeys(t *testing.T) {
	for seed := range byte(6) {
		rnd := rand.New(rand.NewPCG(uint64(seed), 7))
		script := make([]byte, 800)
		for i := range script {
			script[i] = byte(rnd.Uint32())
		}
		drive(t, start(t, fuzzConfig(t, seed), 80, 24), script)
	}
}

// Every screen at every small size.
func TestTinyScreens(t *testing.T) {
	for _, s := range states {
		c := testConfig(t, "drop", "delivered", "lost")
		c.Screen, c.Keys = s.screen, s.keys
		m := start(t, c, 80, 24)
		for _, w := range []int{0, 1, 2, 3, 5, 8, 13, 21, 34, 59, 60, 79} {
			for _, h := range []int{0, 1, 2, 3, 4, 5, 6, 7, 9, 12, 15, 16, 23} {
				tell(t, m, tea.WindowSizeMsg{Width: w, Height: h})
				screen(t, m)
			}
		}
	}
}

// Paths that nobody would make, and that a file may have all the same.
func TestOddPaths(t *testing.T) {
	for name, p := range map[string]*path.Path{
		"empty":    {},
		"no steps": {Verdict: path.Error, At: &path.Place{Reason: "could not be measured"}, Nodes: []string{"client"}},
		"bare":     {Verdict: path.Drop, Steps: []path.Step{{N: 1, Node: "fw"}}},
		"strange": {Verdict: path.Lost, Steps: []path.Step{
			{N: 7, Node: "fw\x1b[2J", Station: path.Station{Kind: "new", Hook: "hook"}, Event: "BOOM", Detail: "世界\n\ttext",
				Rules: []path.Eval{{}, {Match: path.Unknown, Exprs: []path.Expr{{Text: "x", Match: path.No}}}}},
			{N: -1, Station: path.Station{Kind: path.KindHook, Hook: "prerouting", Chain: "c"}, Changes: []path.Change{{}}},
		}, Views: []path.NodeView{{Node: "fw\x1b[2J", Hooks: []path.Hook{{Name: "prerouting", Chains: []path.Chain{{Step: 99}, {Label: "conntrack", Step: 99}}}}}}},
		"reply without steps": {Verdict: path.Delivered, Steps: []path.Step{{N: 1, Node: "client"}}, Reply: &path.Path{}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, s := range []Screen{Lab, Step} {
				c := testConfig(t)
				c.Paths, c.Screen = []*path.Path{p}, s
				m := start(t, c, 120, 36)
				for _, keys := range []string{"", "g", "nnn", "sss", "oo", "D<esc>", "]", "1<enter>", "yy", "d", "/x<enter>", "z<tab>z<tab>z"} {
					press(t, m, keys)
					for _, dim := range [][2]int{{120, 36}, {80, 24}, {66, 20}, {30, 5}} {
						tell(t, m, tea.WindowSizeMsg{Width: dim[0], Height: dim[1]})
						screen(t, m)
					}
				}
			}
		})
	}
}
