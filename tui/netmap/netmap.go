// Package netmap draws the network of a lab as a map of text: boxes in layers, and cables that join them.
//
// It is pure: the same input gives the same picture, so a node stays where it was when something else changes.
//
//	┌────────┐          ╔═════════╗     ┌─────┐
//	│  isp   ├─eth1─wan─╢   fw    ╟─lan─┤ lan │
//	│ router │          ║ 5 rules ║     └┬────┘
//	└────────┘          ╚═════════╝      ├ pc1 .11
//	                                     └ pc2 .12
//
// A picture is made in these steps: the plan becomes a graph, in which hosts with one cable are lines under their
// switch (graph.go); its vertices are sorted into layers (layers.go) and ordered (order.go). Then styles are tried
// from the most detailed on (style.go): what stands in each box (face.go), which cables share a line (nets.go),
// where boxes go (place.go) and on which tracks cables run (route.go). The first that fits is painted (paint.go).
// What does not fit anywhere is counted and said, never left out silently.
package netmap

import (
	"slices"

	"github.com/hookwalk/hookwalk/topology"
)

// Input is what a map shows.
type Input struct {
	Plan     *topology.Plan
	Selected string          // a node; "": none
	Path     []string        // the nodes that the selected packet passed, in order
	Drops    map[string]int  // packets that a node dropped lately
	Rules    map[string]int  // nft rules of a node; nil: they are counted in the plan
	Down     map[string]bool // ends of cables that are down, as node:interface
	Impaired map[string]bool // ends that impair what they send; nil: those that do so in the plan
	Width    int             // cells
	Height   int             // lines
	Zoom     int             // 0: the most detailed level that shows everything; else so many levels more or less detail
	ASCII    bool
}

// Level is how much of a node a map shows.
type Level int

// The levels, the most detailed first.
const (
	Detail Level = iota // a box with all addresses
	Boxes               // a box with the name
	Chips               // [name]
	Glyphs              // one letter for the kind
	Groups              // nodes that are called alike are one box
	List                // names without cables: where there is no room for anything else
)

var levelNames = [...]string{"detail", "boxes", "chips", "glyphs", "groups", "list"}

// String is the level in one word.
func (l Level) String() string {
	if l < 0 || int(l) >= len(levelNames) {
		return "level?"
	}
	return levelNames[l]
}

// Box is the place of a node in a picture.
type Box struct {
	Node       string   // of a group: the first node of it
	Members    []string // of a group: all its nodes, in the order of the file; nil for a node
	X, Y, W, H int
}

// Has reports whether a box stands for a node, alone or as one of its group.
func (b *Box) Has(node string) bool { return b.Node == node || slices.Contains(b.Members, node) }

// Picture is a map that is drawn.
type Picture struct {
	Lines  []string // Height lines of exactly Width cells
	Boxes  []Box    // what can be selected; they do not overlap
	Level  Level
	Hidden int // nodes that are not in Boxes; the last line says so
}

// groupsFrom is the number of nodes above which a map begins with groups.
const groupsFrom = 60

// Draw draws a map. It never fails: what has no room is counted in Hidden.
func Draw(in Input) Picture { return draw(in, true) }

// draw draws a map that may be higher than it needs to be, or not.
func draw(in Input, loose bool) Picture {
	in.Width, in.Height = max(in.Width, 0), max(in.Height, 0)
	if in.Plan == nil {
		in.Plan = &topology.Plan{}
	}
	d := newDrawing(in)
	d.loose = loose
	fit := d.fitting()
	level := Level(min(max(int(fit.level)-in.Zoom, int(Detail)), int(List)))
	if level > fit.level && level == Groups && !d.groupable() {
		level = List
	}
	switch {
	case level == List:
		return d.list()
	case level == fit.level:
		return d.paint(fit, in.Width, in.Height)
	}
	return d.paint(d.forced(level), in.Width, in.Height)
}
