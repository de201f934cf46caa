package tui

import (
	"os"
	"strings"
	"testing"
)

// TestDocs: docs/tui.md names every key of both screens.
func TestDocs(t *testing.T) {
	b, err := os.ReadFile("../docs/tui.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, screen := range []Screen{Lab, Step} {
		c := testConfig(t, "drop")
		c.Screen = screen
		for _, k := range start(t, c, 120, 36).bindings() {
			if !strings.Contains(string(b), "`"+k.Help().Key+"`") {
				t.Errorf("docs/tui.md does not name the key %s (%s)", k.Help().Key, k.Help().Desc)
			}
		}
	}
}
