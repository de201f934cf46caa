package netmap

import "fmt"

// list is the picture where no map fits: names in columns, the selected one among them.
func (d *drawing) list() Picture {
	pic := Picture{Level: List}
	w, h := d.in.Width, d.in.Height
	c := newCanvas(w, h)
	var names []string
	selected := 0
	seen := map[string]bool{}
	for i := range d.in.Plan.Nodes {
		if n := d.in.Plan.Nodes[i].Name; !seen[n] {
			seen[n] = true
			if n == d.in.Selected {
				selected = len(names)
			}
			names = append(names, n)
		}
	}
	wide := 1
	for _, n := range names {
		wide = max(wide, width(d.listed(n)))
	}
	wide = min(wide, w)
	columns := max((w+2)/(wide+2), 1)
	rows := h
	if len(names) > columns*rows {
		rows = h - 1
	}
	if w == 0 || rows <= 0 {
		d.sayHidden(&pic, c)
		pic.Lines = c.lines(d.in.ASCII)
		return pic
	}
	perPage := rows * columns
	first := selected / perPage * perPage
	for i, n := range names[min(first, len(names)):min(first+perPage, len(names))] {
		text := cut(d.listed(n), wide, d.sign.ellipsis)
		x, y := i/rows*(wide+2), i%rows
		c.text(x, y, text)
		pic.Boxes = append(pic.Boxes, Box{Node: n, X: x, Y: y, W: max(width(text), 1), H: 1})
	}
	d.sayHidden(&pic, c)
	pic.Lines = c.lines(d.in.ASCII)
	return pic
}

// listed is a node's line in a list.
func (d *drawing) listed(name string) string {
	text := printable(name)
	if n := d.in.Drops[name]; n > 0 {
		text += fmt.Sprintf(" %s%d", d.sign.drop, n)
	}
	if name == d.in.Selected {
		return d.sign.pick + text
	}
	return text
}
