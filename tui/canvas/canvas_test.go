package canvas

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"github.com/hookwalk/hookwalk/tui/theme"
)

func plain(c *Canvas) string { return c.Render(&theme.Theme{}) }

func TestText(t *testing.T) {
	for _, c := range []struct {
		name  string
		width int
		text  string
		want  string
		end   int
	}{
		{"fits", 10, "abc", "abc", 3},
		{"is cut", 2, "abc", "ab", 2},
		{"wide characters", 10, "世界!", "世界!", 5},
		{"a wide character does not fit half", 3, "世界", "世", 2},
		{"control characters become visible", 20, "a\x1b[2Jb\x00\x7f\u202e", "a?[2Jb???", 9},
		{"a tab is a blank", 10, "a\tb\nc", "a b c", 5},
		{"accents take no room", 10, "e\u0301x", "ex", 2},
		{"nothing", 0, "abc", "", 0},
	} {
		canvas := New(20, 1)
		end := canvas.Text(0, 0, c.width, c.text, theme.Plain)
		if got := plain(canvas); got != c.want || end != c.end {
			t.Errorf("%s: %q to %d, want %q to %d", c.name, got, end, c.want, c.end)
		}
	}
}

// Of what is drawn across the edges the part inside shows; outside nothing happens.
func TestOutside(t *testing.T) {
	c := New(4, 2)
	c.Text(-2, 0, 10, "abcdefgh", theme.Plain)
	c.Text(2, 7, 10, "abc", theme.Plain)
	c.Text(3, 1, 10, "xyz", theme.Plain)
	c.Set(4, 0, 'x', theme.Plain)
	c.Line(-3, 1, 4, '-', theme.Plain)
	c.Paint(Rect{-5, -5, 100, 100}, theme.Dim)
	c.Blit(-1, -1, New(9, 9), Rect{-3, 2, 50, 50})
	c.Clear(Rect{3, 1, 9, 9})
	if d := cmp.Diff("cd\n-", plain(c)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if c.At(-1, 0) != ' ' || c.At(9, 9) != ' ' {
		t.Error("outside there is something")
	}
}

func TestFrame(t *testing.T) {
	for _, c := range []struct {
		w, h        int
		title, note string
		want        string
	}{
		{20, 3, "Map", "note", "┌─ Map ────── note ┐\n│                  │\n└──────────────────┘"},
		{16, 2, "Map", "a long note", "┌─ Map ────────┐\n└──────────────┘"},
		{10, 2, "A long title", "", "┌─ A l… ─┐\n└────────┘"},
		{4, 2, "Map", "note", "┌──┐\n└──┘"},
		{2, 2, "Map", "", "┌┐\n└┘"},
		{1, 5, "Map", "", "\n\n\n\n"},
		{0, 0, "Map", "", ""},
	} {
		canvas := New(c.w, c.h)
		in := canvas.Frame(canvas.Bounds(), theme.Unicode(), c.title, c.note, true)
		if d := cmp.Diff(c.want, plain(canvas)); d != "" {
			t.Errorf("%dx%d (-want +got):\n%s", c.w, c.h, d)
		}
		if in.W > max(c.w-2, 0) || in.H > max(c.h-2, 0) {
			t.Errorf("%dx%d has room for %dx%d", c.w, c.h, in.W, in.H)
		}
	}
}

func TestShorten(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{{"abcdef", 6, "abcdef"}, {"abcdef", 5, "abcd…"}, {"世界世界", 5, "世界…"}, {"世界世界", 4, "世…"}, {"abc", 1, "…"}, {"abc", 0, ""}, {"abc", -3, ""}} {
		if got := Shorten(c.text, c.width, theme.Unicode()); got != c.want {
			t.Errorf("%q in %d cells: %q, want %q", c.text, c.width, got, c.want)
		}
	}
	if got := Shorten("abcdef", 1, theme.ASCII()); Width(got) > 1 {
		t.Errorf("%q is longer than 1", got)
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  []string
	}{
		{"one two three", 7, []string{"one two", "three"}},
		{"one  two\nthree", 20, []string{"one two three"}},
		{"a verylongword b", 6, []string{"a", "verylo", "ngword", "b"}},
		{"世界世界", 3, []string{"世", "界", "世", "界"}},
		{"世界", 1, []string{"世", "界"}},
		{"", 5, nil},
		{"word", 0, nil},
	} {
		if d := cmp.Diff(c.want, Wrap(c.text, c.width)); d != "" {
			t.Errorf("%q (-want +got):\n%s", c.text, d)
		}
	}
}

// Attributes are switched on once for a run of cells, and off at the end of each line.
func TestRender(t *testing.T) {
	c := New(6, 2)
	c.Text(0, 0, 6, "ab", theme.Bad)
	c.Text(2, 0, 6, "cd", theme.Plain)
	c.Text(0, 1, 6, "ef", theme.Selected)
	th := theme.None()
	want := th.SGR(theme.Bad) + "ab" + ansi.ResetStyle + "cd\n" + th.SGR(theme.Selected) + "ef" + ansi.ResetStyle
	if d := cmp.Diff(want, c.Render(th)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	c.Paint(c.Bounds().Row(1), theme.Selected) // a selected row is selected to its end
	if got := strings.Split(ansi.Strip(c.Render(th)), "\n")[1]; got != "ef    " {
		t.Errorf("the selected row is %q", got)
	}
}

func TestHit(t *testing.T) {
	c := New(10, 4)
	c.Zone(Rect{0, 0, 10, 4}, "pane")
	c.Zone(Rect{2, 1, 3, 1}, "row")
	c.Zone(Rect{5, 1, 0, 1}, "nothing")
	for _, h := range []struct {
		x, y int
		want any
	}{{0, 0, "pane"}, {2, 1, "row"}, {4, 1, "row"}, {5, 1, "pane"}, {9, 3, "pane"}, {10, 0, nil}, {0, 4, nil}, {-1, 0, nil}} {
		if got := c.Hit(h.x, h.y); got != h.want {
			t.Errorf("at %d,%d: %v, want %v", h.x, h.y, got, h.want)
		}
	}
	// Zones move with what they are on, and are cut with it.
	d := New(10, 4)
	d.Blit(1, 2, c, Rect{3, 1, 4, 1})
	for _, h := range []struct {
		x, y int
		want any
	}{{1, 2, "row"}, {2, 2, "row"}, {3, 2, "pane"}, {4, 2, "pane"}, {5, 2, nil}, {1, 1, nil}} {
		if got := d.Hit(h.x, h.y); got != h.want {
			t.Errorf("copied, at %d,%d: %v, want %v", h.x, h.y, got, h.want)
		}
	}
}

func TestSizeOf(t *testing.T) {
	for _, c := range []struct {
		w, h int
		want Size
	}{{80, 24, Panes}, {120, 36, Wide}, {110, 34, Wide}, {109, 50, Panes}, {200, 33, Panes}, {79, 24, Tabs}, {80, 23, Tabs}, {60, 16, Tabs}, {59, 50, List}, {200, 15, List}, {0, 0, List}} {
		if got := SizeOf(c.w, c.h); got != c.want {
			t.Errorf("%dx%d is %d, want %d", c.w, c.h, got, c.want)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("abc\x1b[2J世e\u0301", 7)
	f.Fuzz(func(t *testing.T, s string, width int) {
		c := New(12, 1)
		c.Text(0, 0, width%20, s, theme.Plain)
		out := plain(c)
		if ansi.StringWidth(out) > 12 || strings.ContainsAny(out, "\x1b\n\u009b") {
			t.Errorf("%q became %q", s, out)
		}
		for _, line := range Wrap(s, 1+max(width, -width)%20) {
			if w := Width(line); w > 1+max(width, -width)%20 && len([]rune(line)) > 1 {
				t.Errorf("a line of %d cells: %q", w, line)
			}
		}
	})
}
