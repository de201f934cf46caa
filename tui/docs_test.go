package tui

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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

// TestPicture: the picture in the README is what the Step screen draws, as its golden file has it.
func TestPicture(t *testing.T) {
	golden, err := os.ReadFile("testdata/step-drop.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, screen, ok := strings.Cut(string(golden), " 80x24\n")
	screen, _, end := strings.Cut(screen, "\n====")
	if !ok || !end {
		t.Fatal("the golden file has no screen of 80x24")
	}
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, picture, ok := strings.Cut(string(readme), "```text\n")
	picture, _, end = strings.Cut(picture, "```")
	if !ok || !end {
		t.Fatal("the README has no picture")
	}
	if d := cmp.Diff(trimmed(screen), trimmed(picture)); d != "" {
		t.Errorf("the picture in the README is not what is drawn (-drawn +README):\n%s", d)
	}
}

// trimmed is text without spaces at the ends of its lines.
func trimmed(text string) []string {
	lines := strings.Split(strings.TrimRight(text, "\n "), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return lines
}
