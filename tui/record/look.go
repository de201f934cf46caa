package record

import (
	"strings"

	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/tui/theme"
)

// Look is the glyph and the role of a step.
func Look(s *path.Step, g *theme.Glyphs) (rune, theme.Role) {
	switch s.Event {
	case "DROP":
		return g.Drop, theme.Bad
	case "REJECT":
		return g.Reject, theme.Warn
	case "LOST", "ERROR", "STOLEN", "QUEUE":
		return g.Lost, theme.Warn
	}
	switch {
	case s.Station.Kind == path.KindRoute:
		return g.Decision, theme.Good
	case s.Proof == path.Inferred:
		return g.Unseen, theme.Inferred
	}
	return g.Seen, theme.Good
}

// hookShort is a hook's name where there is little room.
var hookShort = map[string]string{
	"prerouting": "pre", "input": "in", "forward": "fwd", "output": "out", "postrouting": "post",
}

// Short is a station in a few letters.
func Short(s *path.Step) string {
	st := &s.Station
	switch st.Kind {
	case path.KindDevice:
		return st.Hook
	case path.KindRoute:
		return "route"
	case path.KindConntrack:
		return "ct"
	case path.KindNeighbour:
		return "neigh"
	case path.KindSocket:
		if s.Event == "SEND" || s.Event == "REPLY" {
			return "send"
		}
		return "socket"
	}
	for _, name := range []string{st.PriorityName, st.Chain, hookShort[st.Hook]} {
		if name != "" {
			return name
		}
	}
	return st.Hook
}

// Arrows writes the arrows in texts of package path with the arrow of a glyph set.
func Arrows(s string, g *theme.Glyphs) string { return strings.ReplaceAll(s, "->", string(g.Arrow)) }
