package theme

// Glyphs is a set of characters to draw with. Each is one cell wide, except the words.
type Glyphs struct {
	Name string

	Seen     rune // a station at which the packet was observed
	Unseen   rune // not reached, or inferred
	Drop     rune
	Reject   rune
	Decision rune // the routing decision
	Taken    rune // the line of the way taken
	NotTaken rune
	Changed  rune
	Here     rune // points up at the station the packet is at
	Arrow    rune // from an old value to a new one
	Left     rune // there is more to the left
	Right    rune
	Bar      rune // between parts of a line
	Lost     rune // left one station and was not seen at the next

	Horizontal, Vertical                         rune
	TopLeft, TopRight, BottomLeft, BottomRight   rune
	TeeLeft, TeeRight, TeeDown, TeeUp            rune
	DoubleHorizontal, DoubleVertical             rune
	DoubleTopLeft, DoubleTopRight                rune
	DoubleBottomLeft, DoubleBottomRight          rune
	Ellipsis, Enter, NotEqual, Yes, Dot, Dash    string
	SpaceBar, PageKeys, ArrowKeys, LeftRightKeys string
}

// Unicode is the set for terminals that can draw boxes.
func Unicode() *Glyphs {
	return &Glyphs{Name: "unicode",
		Seen: '●', Unseen: '○', Drop: '✗', Reject: 'R', Decision: '◆', Taken: '━', NotTaken: '┄', Changed: 'Δ', Here: '▲',
		Arrow: '▸', Left: '◀', Right: '▶', Bar: '│', Lost: '?',
		Horizontal: '─', Vertical: '│', TopLeft: '┌', TopRight: '┐', BottomLeft: '└', BottomRight: '┘',
		TeeLeft: '├', TeeRight: '┤', TeeDown: '┬', TeeUp: '┴',
		DoubleHorizontal: '═', DoubleVertical: '║', DoubleTopLeft: '╔', DoubleTopRight: '╗',
		DoubleBottomLeft: '╚', DoubleBottomRight: '╝',
		Ellipsis: "…", Enter: "↵", NotEqual: "≠", Yes: "✓", Dot: "·", Dash: "—",
		SpaceBar: "space", PageKeys: "pgup pgdn", ArrowKeys: "←↓↑→", LeftRightKeys: "←→",
	}
}

// ASCII is the set for every terminal.
func ASCII() *Glyphs {
	return &Glyphs{Name: "ascii",
		Seen: '*', Unseen: 'o', Drop: 'X', Reject: 'R', Decision: '+', Taken: '=', NotTaken: '.', Changed: 'D', Here: '^',
		Arrow: '>', Left: '<', Right: '>', Bar: '|', Lost: '?',
		Horizontal: '-', Vertical: '|', TopLeft: '+', TopRight: '+', BottomLeft: '+', BottomRight: '+',
		TeeLeft: '+', TeeRight: '+', TeeDown: '+', TeeUp: '+',
		DoubleHorizontal: '=', DoubleVertical: '#', DoubleTopLeft: '#', DoubleTopRight: '#',
		DoubleBottomLeft: '#', DoubleBottomRight: '#',
		Ellipsis: "..", Enter: "enter", NotEqual: "!=", Yes: "ok", Dot: ".", Dash: "-",
		SpaceBar: "space", PageKeys: "pgup pgdn", ArrowKeys: "arrows", LeftRightKeys: "arrows",
	}
}
