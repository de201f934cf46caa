package netmap

import (
	"strings"

	"github.com/hookwalk/hookwalk/topology"
)

// textHeight is the number of lines up to which a map outside of a screen is as detailed as its width allows.
const textHeight = 60

// Text is a map that is width cells wide and as high as it needs to be, in lines that end with a newline.
func Text(p *topology.Plan, width int) string {
	return TextOf(Input{Plan: p, Width: width})
}

// TextOf is Text with all that a map can show; the height of the input is ignored.
func TextOf(in Input) string {
	in.Height = textHeight
	pic := draw(in, false)
	for pic.Hidden > 0 && in.Width > 0 && in.Height < 2*len(in.Plan.Nodes)+textHeight {
		in.Height *= 2
		pic = draw(in, false)
	}
	lines := pic.Lines
	indent := in.Width
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
		if lines[i] != "" {
			indent = min(indent, len(l)-len(strings.TrimLeft(l, " ")))
		}
	}
	for len(lines) > 0 && lines[0] == "" {
		lines = lines[1:]
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l[min(indent, len(l)):])
		b.WriteByte('\n')
	}
	return b.String()
}
