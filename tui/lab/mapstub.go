package lab

import "github.com/hookwalk/hookwalk/topology"

// A stand-in for package netmap until that is there.

type mapInput struct {
	Plan          *topology.Plan
	Selected      string
	Path          []string
	Drops         map[string]int
	Width, Height int
	Zoom          int
	ASCII         bool
}

type mapBox struct {
	Node       string
	X, Y, W, H int
}

type mapPicture struct {
	Lines []string
	Boxes []mapBox
	nodes []string
}

func (p mapPicture) Next(from string, dx, dy int) string {
	for i, n := range p.nodes {
		if to := i + dx + dy; n == from && to >= 0 && to < len(p.nodes) {
			return p.nodes[to]
		}
	}
	return from
}

func drawMap(in mapInput) mapPicture {
	var p mapPicture
	for i := range in.Plan.Nodes {
		name := in.Plan.Nodes[i].Name
		p.nodes = append(p.nodes, name)
		if i < in.Height {
			p.Lines = append(p.Lines, "  "+name)
			p.Boxes = append(p.Boxes, mapBox{name, 2, i, len(name), 1})
		}
	}
	return p
}
