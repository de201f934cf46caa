package canvas

// Size is how much of a screen there is.
type Size int

// The sizes.
const (
	List  Size = iota // too small for panes: lines of text
	Tabs              // one pane at a time
	Panes             // from 80x24 on
	Wide              // from 110x34 on
)

// SizeOf is the size of a terminal.
func SizeOf(w, h int) Size {
	switch {
	case w < 60 || h < 16:
		return List
	case w < 80 || h < 24:
		return Tabs
	case w < 110 || h < 34:
		return Panes
	}
	return Wide
}
