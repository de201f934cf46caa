package netmap

// labels says which labels of cables must have room.
type labels int

const (
	noLabels  labels = iota // they are drawn where there is room by chance
	ifaces                  // device names
	addresses               // device names and addresses
)

// style is a way to draw a graph.
type style struct {
	level     Level
	second    bool // boxes have a second line, with rules and services
	labels    labels
	leafAddrs bool // lines of leaves have an address
	share     bool // cables of a node may leave it as one line that branches
	stack     stacking
	max       int     // leaves that are listed under one switch; 0: all
	few       bool    // fewer groups
	penalty   float64 // for what it does not show, in the unit of the cost of a scene
}

// styles are the ways to draw nodes. Those of one level compete with each other, see [drawing.fitting].
var styles = []style{
	{level: Detail, labels: ifaces},
	{level: Detail, penalty: 5},
	{level: Boxes, leafAddrs: true, second: true, labels: addresses},
	{level: Boxes, leafAddrs: true, second: true, labels: ifaces, penalty: 3},
	{level: Boxes, leafAddrs: true, labels: ifaces, penalty: 5},
	{level: Boxes, leafAddrs: true, second: true, penalty: 8},
	{level: Boxes, leafAddrs: true, penalty: 9},
	{level: Boxes, leafAddrs: true, share: true, penalty: 10},
	{level: Chips, leafAddrs: true, share: true},
	{level: Chips, share: true, penalty: 2},
	{level: Chips, leafAddrs: true, share: true, stack: stackAll, penalty: 4},
	{level: Chips, share: true, stack: stackAll, penalty: 6},
	{level: Chips, share: true, stack: stackAll, max: 4, penalty: 20},
	{level: Glyphs, share: true, stack: stackAll},
	{level: Glyphs, share: true, stack: stackAll, max: 4, penalty: 20},
}

// groupStyles are the ways to draw groups, few of them only if many do not fit.
var groupStyles = []style{
	{level: Groups, second: true, share: true},
	{level: Groups, share: true, penalty: 12},
	{level: Groups, second: true, share: true, few: true, penalty: 30},
	{level: Groups, share: true, few: true, penalty: 35},
}

// rowLimits are the heights of lists of leaves that are tried; longer lists become several columns.
var rowLimits = []int{1 << 20, 16, 12, 8, 6, 4, 3, 2, 1}

// signs are the characters of a picture that are not lines.
type signs struct{ drop, times, more, pick, ellipsis, down, impaired string }

var (
	unicodeSigns = signs{"▲", "×", "▸", "▸", "…", "✗", "~"}
	asciiSigns   = signs{"^", "x", ">", ">", "..", "X", "~"}
)
