package tui

import (
	"testing"

	tea "charm.land/bubbletea/v2"
)

// many is a session of 10,000 events and more.
func many(b *testing.B) *model {
	c := testConfig(b, "drop", "delivered")
	paths := c.Paths
	for n := 0; n < 10_000; {
		for _, p := range paths {
			c.Paths = append(c.Paths, p)
			n += len(p.Steps)
		}
	}
	c.NoColor = false
	m := newModel(b.Context(), c)
	m.ticking = true
	m.Update(tea.WindowSizeMsg{Width: 120, Height: 36})
	return m
}

// BenchmarkKey is a key and the screen it leads to, at 120x36 with 10,000 events.
func BenchmarkKey(b *testing.B) {
	for name, script := range map[string]string{"lab": "kkkkkkkkjjjjjjjj", "step": "NNNNNNNNnnnnnnnn"} {
		b.Run(name, func(b *testing.B) {
			m := many(b)
			if name == "step" {
				m.Update(keyOf('2'))
			}
			keys := parseKeys(script)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				m.Update(keys[i%len(keys)])
				if m.View().Content == "" {
					b.Fatal("an empty screen")
				}
			}
		})
	}
}

// BenchmarkIdle is a message that changes nothing to see, as they come between two keys.
func BenchmarkIdle(b *testing.B) {
	m := many(b)
	b.ReportAllocs()
	for b.Loop() {
		m.Update(tea.MouseMotionMsg{X: 1, Y: 1})
		if m.View().Content == "" {
			b.Fatal("an empty screen")
		}
	}
}

// BenchmarkFilter is one letter of a filter over 10,000 events.
func BenchmarkFilter(b *testing.B) {
	m := many(b)
	m.Update(keyOf('/'))
	keys := parseKeys("fw<backspace><backspace>")
	for i := 0; b.Loop(); i++ {
		m.Update(keys[i%len(keys)])
		m.View()
	}
}

// Drawing costs the same however many events there are, because only those in sight are drawn.
func TestDrawsOnlyWhatIsInSight(t *testing.T) {
	allocs := func(copies int) float64 {
		c := testConfig(t, "drop")
		for range copies {
			c.Paths = append(c.Paths, c.Paths[0])
		}
		m := start(t, c, 120, 36)
		return testing.AllocsPerRun(50, func() {
			m.Update(keyOf('k'))
			m.View()
		})
	}
	few, lots := allocs(10), allocs(4000)
	if lots > few*1.2 {
		t.Errorf("a key takes %.0f allocations with 150 events and %.0f with 60,000", few, lots)
	}
}

// A message that changes nothing does not draw anew.
func TestKeepsWhatWasDrawn(t *testing.T) {
	m := start(t, testConfig(t, "drop"), 120, 36)
	m.View()
	was := m.canvas
	m.Update(tea.MouseMotionMsg{X: 1, Y: 1})
	if m.View(); m.canvas != was {
		t.Error("drawn again without a reason")
	}
	m.Update(keyOf('k'))
	if m.View(); m.canvas == was {
		t.Error("not drawn again after a key")
	}
}
