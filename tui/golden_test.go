package tui

import (
	"strings"
	"testing"
)

// states are the screens that have a golden file, each as it looks at every size.
var states = []struct {
	name   string
	paths  string
	screen Screen
	keys   string
	ascii  bool
}{
	{"lab-empty", "", Lab, "", false},
	{"lab", "drop delivered no-route", Lab, "", false},
	{"lab-ascii", "drop delivered no-route", Lab, "", true},
	{"lab-drop", "drop delivered no-route", Lab, "d", false},
	{"lab-map", "drop", Lab, "<tab>", false},
	{"lab-node", "drop", Lab, "<tab><tab>", false},
	{"lab-filter", "drop delivered", Lab, "/fw forward", false},
	{"lab-filter-none", "drop", Lab, "/nothing like it<enter>", false},
	{"lab-frozen", "drop", Lab, "<space>R", false},
	{"lab-zoom", "drop delivered", Lab, "z", false},
	{"lab-inject", "drop", Lab, "i", false},
	{"lab-inject-typo", "drop", Lab, "i<C-u>clinet web<enter>", false},
	{"lab-sent", "drop", Lab, "R", false},
	{"lab-send-fails", "", Lab, "i<right>nowhere<enter>", false},
	{"step-empty", "", Step, "", false},
	{"step-drop", "drop", Step, "", false},
	{"step-drop-ascii", "drop", Step, "", true},
	{"step-dnat", "drop", Step, "NN", false},
	{"step-send", "drop", Step, "g", false},
	{"step-node-without-rules", "drop", Step, "O", false},
	{"step-rule", "drop", Step, "SS", false},
	{"step-packet", "drop", Step, "<tab><tab>", false},
	{"step-zoom", "drop", Step, "z", false},
	{"step-delivered", "delivered", Step, "", false},
	{"step-accept", "delivered", Step, "g/forward/filter<enter>", false},
	{"step-reply", "delivered", Step, "]/NAT src<enter>", false},
	{"step-no-route", "no-route", Step, "", false},
	{"step-lost", "lost", Step, "", false},
	{"step-never-sent", "never-sent", Step, "", false},
	{"step-refused", "refused", Step, "", false},
	{"step-masquerade", "masquerade", Step, "g/SNAT<enter>", false},
	{"step-bridge", "masquerade", Step, "gooN", false},
	{"step-rule-on-the-way-back", "masquerade", Step, "]g/NAT dst<enter>", false},
	{"step-copy", "drop", Step, "y", false},
	{"card", "drop", Step, "D", false},
	{"card-ascii", "drop", Step, "D", true},
	{"card-delivered", "delivered", Step, "D", false},
	{"card-lost", "lost", Lab, "D", false},
	{"help-lab", "drop", Lab, "?", false},
	{"help-step", "drop", Step, "?", false},
	{"help-search", "drop", Step, "?rule", false},
}

func TestScreens(t *testing.T) {
	for _, s := range states {
		t.Run(s.name, func(t *testing.T) {
			var b strings.Builder
			for _, dim := range []struct{ w, h int }{{40, 12}, {66, 20}, {80, 24}, {120, 36}} {
				c := testConfig(t, strings.Fields(s.paths)...)
				c.Screen, c.ASCII, c.Keys = s.screen, s.ascii, s.keys
				m := start(t, c, dim.w, dim.h)
				text := screen(t, m)
				if s.ascii {
					for _, r := range text {
						if r > '~' {
							t.Errorf("%q is not ASCII", r)
						}
					}
				}
				b.WriteString(strings.Repeat("=", dim.w-len(size(dim.w, dim.h))-1) + " " + size(dim.w, dim.h) + "\n" + text)
			}
			golden(t, s.name+".txt", b.String())
		})
	}
}

// Colours add nothing that is not there without them.
func TestColoursAddNoText(t *testing.T) {
	for _, s := range states {
		c := testConfig(t, strings.Fields(s.paths)...)
		c.Screen, c.ASCII, c.Keys = s.screen, s.ascii, s.keys
		plain := start(t, c, 80, 24)
		c.NoColor = false
		coloured := start(t, c, 80, 24)
		if screen(t, plain) != screen(t, coloured) {
			t.Errorf("%s differs with colours", s.name)
		}
		if !strings.Contains(coloured.View().Content, "\x1b[38;2;") {
			t.Errorf("%s has no colours", s.name)
		}
		if strings.Contains(plain.View().Content, "\x1b[38;") {
			t.Errorf("%s has colours although there should be none", s.name)
		}
	}
}
