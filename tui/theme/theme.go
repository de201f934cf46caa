// Package theme has the looks of the screens: what each role of text looks like, and the glyph sets.
//
// Screens name roles, never colours. Nothing is told by colour alone: a state is also a glyph or a word.
package theme

import (
	"image/color"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

// Role is what a piece of text is for.
type Role uint8

// The roles.
const (
	Plain    Role = iota
	Dim           // what can be skipped when reading: addresses, units, what was not reached
	Border        // frames of panes
	Focus         // the frame of the pane that has the keys
	Title         // names of panes, of hooks
	Brand         // the program's name in the first line
	Good          // accepted, delivered, observed
	Bad           // dropped
	Warn          // rejected, lost, unknown
	Changed       // a header field that was rewritten
	Here          // the station the packet is at
	Selected      // the row under the cursor
	Key           // a key in the last line
	Path          // the way of the packet on the map
	Inferred      // what was concluded, not seen
	roles
)

// Theme turns roles into terminal attributes. The zero Theme has none at all.
type Theme struct {
	Name string
	sgr  [roles]string
}

// SGR is the escape sequence that switches a role on, "" for text without attributes.
func (t *Theme) SGR(r Role) string {
	if r >= roles {
		return ""
	}
	return t.sgr[r]
}

// attrs are the looks of a role: bold, reverse and so on, and a colour (nil: the terminal's own).
type attrs struct {
	style ansi.Style
	color color.Color
}

func build(name string, looks map[Role]attrs) *Theme {
	t := &Theme{Name: name}
	for role, a := range looks {
		s := a.style
		if a.color != nil {
			s = s.ForegroundColor(a.color)
		}
		if len(s) > 0 {
			t.sgr[role] = s.String()
		}
	}
	return t
}

var (
	none    = ansi.Style{}
	bold    = ansi.Style{}.Bold()
	faint   = ansi.Style{}.Faint()
	reverse = ansi.Style{}.Reverse(true)
)

// Dark is for terminals with a dark background.
func Dark() *Theme { return coloured("dark", true) }

// Light is for terminals with a light background.
func Light() *Theme { return coloured("light", false) }

func coloured(name string, dark bool) *Theme {
	pick := lipgloss.LightDark(dark)
	hex := func(light, dark string) color.Color { return pick(lipgloss.Color(light), lipgloss.Color(dark)) }
	return build(name, map[Role]attrs{
		Dim:      {none, hex("#6b6b6b", "#8a8a8a")},
		Border:   {none, hex("#a0a0a0", "#5f5f5f")},
		Focus:    {none, hex("#0060b0", "#5fafff")},
		Title:    {bold, nil},
		Brand:    {bold, hex("#0060b0", "#5fafff")},
		Good:     {none, hex("#00701c", "#5fd75f")},
		Bad:      {bold, hex("#c00000", "#ff5f5f")},
		Warn:     {none, hex("#8a5a00", "#ffaf5f")},
		Changed:  {none, hex("#8000a0", "#d787ff")},
		Here:     {ansi.Style{}.Bold().Reverse(true), nil},
		Selected: {reverse, nil},
		Key:      {bold, nil},
		Path:     {bold, hex("#00701c", "#5fd75f")},
		Inferred: {none, hex("#6b6b6b", "#8a8a8a")},
	})
}

// None is for terminals without colours and for people who want none: bold, faint and reverse only.
func None() *Theme {
	return build("none", map[Role]attrs{
		Dim:      {faint, nil},
		Focus:    {bold, nil},
		Title:    {bold, nil},
		Brand:    {bold, nil},
		Bad:      {bold, nil},
		Here:     {ansi.Style{}.Bold().Reverse(true), nil},
		Selected: {reverse, nil},
		Key:      {bold, nil},
		Path:     {bold, nil},
		Inferred: {faint, nil},
	})
}
