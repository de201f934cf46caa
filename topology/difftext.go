package topology

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Paint colours a line of what WriteText writes by what it does.
type Paint func(op ChangeOp, line string) string

// Sign is +, - or ~.
func (op ChangeOp) Sign() string {
	switch op {
	case Added:
		return "+"
	case Removed:
		return "-"
	case Changed:
		return "~"
	}
	return "?"
}

// WriteText writes one line for each change: what it does, to what, and where that is written.
//
//   - node pc3                                      home-nat.yaml:12
//     ~ link isp:eth1 -- fw:wan  mtu 1500 -> 1400     home-nat.yaml:22
//
// paint may be nil.
func (c *Changes) WriteText(w io.Writer, paint Paint) error {
	if paint == nil {
		paint = func(_ ChangeOp, line string) string { return line }
	}
	for i := range c.List {
		x := &c.List[i]
		if err := writeLine(w, paint, x.Op, "  ", x.Text(), x.Pos); err != nil {
			return err
		}
		for j := range x.Rules {
			e := &x.Rules[j]
			if err := writeLine(w, paint, e.Op, "      ", e.text(), e.Pos); err != nil {
				return err
			}
		}
	}
	return nil
}

// textWidth is where the places stand, if the text before them is not longer.
const textWidth = 70

func writeLine(w io.Writer, paint Paint, op ChangeOp, indent, text string, pos Pos) error {
	line := indent + op.Sign() + " " + printable(text)
	place := ""
	if pos.IsValid() {
		pos.Col = 0
		place = strings.Repeat(" ", max(2, textWidth-utf8.RuneCountInString(line))) + pos.String()
	}
	_, err := io.WriteString(w, paint(op, line)+place+"\n")
	return err
}

// Text is the change in words, without its sign and place.
func (x *Change) Text() string {
	switch x.What {
	case ChangeLab:
		return x.Field + ": " + fromTo(x.From, x.To)
	case ChangeNode:
		return x.made("node " + x.Node)
	case ChangeBridge:
		return x.made("bridge " + x.Name + " on " + x.Node)
	case ChangeDevice:
		text := x.made("device " + x.Name + " on " + x.Node)
		if x.Op != Changed {
			text += "  " + x.From + x.To
		}
		return text
	case ChangeLink:
		text := x.made("link " + x.Name)
		if x.Op == Added && x.To != "" {
			text += "  " + x.To
		}
		return text
	case ChangeEnd:
		return x.made("link end " + x.Node + ":" + x.Name)
	case ChangeAddress:
		return "address " + x.Name + " on " + x.Node + ":" + x.Dev
	case ChangeRoute:
		return x.valued("route "+routeName(x.Name), " ")
	case ChangeRule:
		return "rule " + x.Name + " on " + x.Node
	case ChangeNeighbour:
		return "neighbour " + x.Name + " on " + x.Node + ":" + x.Dev
	case ChangeSysctl:
		text := x.valued("sysctl "+x.Name, " = ")
		if x.Op == Removed {
			text += ", back to its default"
		}
		return text
	case ChangeRules:
		text := "rules of " + x.Node + " (" + x.Name + ")"
		if x.Anew {
			text += ", all loaded anew"
		}
		return text
	case ChangeService:
		return "service " + x.Name + " on " + x.Node
	case ChangeExec:
		text := "exec on " + x.Node + ": " + strings.Join(strings.Fields(x.Name), " ")
		if x.Op == Removed {
			text += " (what it did stays)"
		}
		return text
	}
	return fmt.Sprintf("%s %s %s", x.What, x.Node, x.Name)
}

func routeName(dst string) string {
	if dst == "0.0.0.0/0" || dst == "::/0" {
		return "default (" + dst + ")"
	}
	return dst
}

// made is a thing with the field that differs.
func (x *Change) made(thing string) string {
	switch {
	case x.Op != Changed:
		return thing
	case x.Anew && x.From == "" && x.To == "":
		return thing + ", made anew with " + x.Field
	case x.Anew:
		thing += ", made anew for its " + x.Field
		from, to := plain.Replace(x.From), plain.Replace(x.To)
		if utf8.RuneCountInString(from) <= widest && utf8.RuneCountInString(to) <= widest {
			thing += ": " + fromTo(from, to)
		}
		return thing // what is longer says nothing when it is cut: its beginnings are alike
	}
	return thing + "  " + x.Field + " " + fromTo(x.From, x.To)
}

// plain takes the punctuation of JSON out of a field: "mode active-backup".
var plain = strings.NewReplacer(`":`, " ", `,"`, " ", `"`, "", "{", "", "}", "", "[", "", "]", "")

// valued is a thing of a node with what it is set to.
func (x *Change) valued(thing, is string) string {
	switch x.Op {
	case Changed:
		return thing + " on " + x.Node + "  " + fromTo(x.From, x.To)
	case Removed:
		return thing + is + x.From + " on " + x.Node
	default:
		return thing + is + x.To + " on " + x.Node
	}
}

// fromTo is "1500 -> 1400"; what is long is cut.
func fromTo(from, to string) string {
	if from == "" {
		from = "none"
	}
	if to == "" {
		to = "none"
	}
	return clip(from) + " -> " + clip(to)
}

// widest is how many characters of a value stand in a line.
const widest = 40

func clip(s string) string {
	if utf8.RuneCountInString(s) <= widest {
		return s
	}
	return string([]rune(s)[:widest-3]) + "..."
}

// Summary counts the changes: "2 added, 1 removed, 3 changed".
func (c *Changes) Summary() string {
	var counts [3]int
	for _, x := range c.List {
		switch x.Op {
		case Added:
			counts[0]++
		case Removed:
			counts[1]++
		case Changed:
			counts[2]++
		}
	}
	var words []string
	for i, word := range []string{"added", "removed", "changed"} {
		if counts[i] > 0 {
			words = append(words, fmt.Sprintf("%d %s", counts[i], word))
		}
	}
	if words == nil {
		return "no changes"
	}
	return strings.Join(words, ", ")
}
