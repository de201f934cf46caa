package topology

import (
	"fmt"
	"reflect"
	"strings"
)

// The short forms of the file, and the choice between them and the long ones.

const (
	wantLink    = "two ends, like [pc1:eth0 10.0.1.11/24, lan], or a mapping with ends:"
	wantEnd     = `an end like "pc1:eth0 10.0.1.11/24"`
	wantService = `a service like "http:80"`
)

func (x *LinkSpec) decode(d *decoder, t *tree, p *place) {
	x.Span = t.span
	switch t.kind {
	case treeList:
		x.Ends.decode(d, t, p)
	case treeMapping:
		d.fields(t, p, reflect.ValueOf(x).Elem())
		// Without the key nothing has said yet that the ends are missing.
		if len(x.Ends) == 0 && !hasKey(t, "ends") {
			d.partial = true
			d.fail(Text{Span: t.span}, p, "ends", "this link has no ends:", "ends: [pc1:eth0 10.0.1.11/24, lan]")
		}
	default:
		d.wrongType(t, p, wantLink)
	}
}

// isKey reports whether a mapping of type T may have the key.
func isKey[T any](key string) bool {
	_, ok := fieldsOf(reflect.TypeFor[T]()).index[key]
	return ok
}

func hasKey(t *tree, key string) bool {
	for _, k := range t.keys {
		if k.text == key {
			return true
		}
	}
	return false
}

func (l *EndList) decode(d *decoder, t *tree, p *place) {
	if t.kind != treeList {
		d.wrongType(t, p, "a list of two ends")
		return
	}
	if n := len(t.items); n != 2 {
		d.partial = true
		at := Text{Span: t.span}
		if n > 2 {
			at = t.items[2].whole()
		}
		hint := "a cable joins two; more than two meet at a bridge: lan: {kind: bridge}"
		if n < 2 {
			hint = "write both, like [pc1:eth0 10.0.1.11/24, lan]"
		}
		d.fail(at, p, "ends", fmt.Sprintf("a link has two ends, this one has %d", n), hint)
	}
	for i, item := range t.items {
		var x EndSpec
		at := p.elem(i)
		if p.key == "" {
			at = p.at("ends").elem(i) // the path of the long form: one name for one thing
		}
		x.decode(d, item, at)
		*l = append(*l, x)
	}
}

func (x *EndSpec) decode(d *decoder, t *tree, p *place) {
	x.Span = t.span
	switch t.kind {
	case treeMapping:
		if len(t.keys) == 1 && !isKey[EndSpec](t.keys[0].text) {
			d.partial = true
			d.fail(t.keys[0].whole(), p, "type", "this end is read as a mapping because of the blank after its colon",
				fmt.Sprintf("write %s:eth0 without the blank", t.keys[0].text))
			return
		}
		before := len(d.problems)
		d.fields(t, p, reflect.ValueOf(x).Elem())
		x.broken = len(d.problems) > before
		if !x.Node.present() && !x.broken {
			d.partial = true
			d.fail(Text{Span: t.span}, p, "end", "this end does not say which node it is on", "node: pc1")
		}
	case treeScalar:
		words := t.words()
		if len(words) == 0 {
			d.wrongType(t, p, wantEnd)
			return
		}
		x.Node = words[0]
		if i := strings.IndexByte(words[0].Value, ':'); i >= 0 {
			x.Node, x.Interface = words[0].part(0, i), words[0].part(i+1, len(words[0].Value))
			if x.Node.Value == "" || x.Interface.Value == "" {
				d.partial = true
				d.fail(words[0], p, "end", fmt.Sprintf("%q is not an end of a link", words[0].Value), "it is node:interface, like pc1:eth0")
				x.Node, x.broken = Text{}, true
			}
		}
		x.Addresses = words[1:]
		x.Span = Span{words[0].Pos, words[len(words)-1].End}
	default:
		d.wrongType(t, p, wantEnd)
	}
}

func isLater(later []string, word string) bool {
	for _, w := range later {
		if w == word {
			return true
		}
	}
	return false
}

func (l *ServiceList) decode(d *decoder, t *tree, p *place) {
	if t.kind == treeNull {
		return
	}
	d.each(t, p, wantService, func(t *tree, p *place) {
		var x ServiceSpec
		x.decode(d, t, p)
		if x.Name.present() {
			*l = append(*l, x)
		}
	})
}

func (x *ServiceSpec) decode(d *decoder, t *tree, p *place) {
	x.Span = t.span
	switch t.kind {
	case treeMapping:
		if len(t.keys) == 1 && nearService(t.keys[0].text) {
			d.fail(t.keys[0].whole(), p, "service", "this service is read as a mapping because of the blank after its colon",
				fmt.Sprintf("write %s:%s without the blank", t.keys[0].text, t.items[0].text))
			return
		}
		before := len(d.problems)
		d.fields(t, p, reflect.ValueOf(x).Elem())
		switch {
		case len(d.problems) > before:
			x.Name = Text{}
		case !x.Name.present():
			d.fail(Text{Span: t.span}, p, "service", "this service has no name", "name: http")
		}
	case treeScalar:
		x.words(d, t, p)
	default:
		d.wrongType(t, p, wantService)
	}
}

func nearService(word string) bool {
	_, ok := services[word]
	return ok || isLater(laterService, word)
}

// words reads "NAME[:PORT][/PROTO] [on ADDR]".
func (x *ServiceSpec) words(d *decoder, t *tree, p *place) {
	words := t.words()
	if len(words) == 0 {
		d.wrongType(t, p, wantService)
		return
	}
	w := words[0]
	x.Span = Span{w.Pos, words[len(words)-1].End}
	end := len(w.Value)
	if i := strings.IndexByte(w.Value, '/'); i >= 0 {
		x.Proto, end = w.part(i+1, end), i
	}
	name := w.part(0, end)
	if i := strings.IndexByte(w.Value[:end], ':'); i >= 0 {
		x.Port, name = w.part(i+1, end), w.part(0, i)
	}
	switch {
	case len(words) == 3 && words[1].Value == "on":
		x.Address = words[2]
	case len(words) > 1:
		d.fail(words[1], p, "service", fmt.Sprintf("unexpected %q in a service", words[1].Value),
			"a service is NAME:PORT/PROTO, or NAME:PORT/PROTO on ADDRESS")
		return
	}
	x.Name = name
}

// decode tells a ruleset from the name of a file. A ruleset is a block, or has the braces that every one has.
func (x *RulesSpec) decode(d *decoder, t *tree, p *place) {
	if t.kind != treeScalar {
		d.wrongType(t, p, "the name of a file or rules as a block")
		return
	}
	x.Text = t.whole()
	start := t.span.Pos
	switch {
	case t.block:
		x.Inline = true
		x.FirstLine, x.FirstCol = start.Line, d.indent(t.text, start.Line)
	case t.origin != nil && t.origin(0).Line == t.origin(len(t.text)).Line && strings.ContainsAny(t.text, "{"):
		at := t.origin(0)
		x.Inline = true
		x.FirstLine, x.FirstCol = at.Line-1, at.Col-1
	case strings.ContainsAny(t.text, "{\n"):
		d.fail(Text{Span: t.span}, p, "nft", "rules of several lines must be a block", `write "nft: |" and the rules below it, indented`)
		x.Text = Text{}
	case t.origin != nil:
		x.Text = t.sub(0, len(t.text))
	}
}

// indent is how far a block that begins behind a line is indented in the file, in bytes.
func (d *decoder) indent(block string, line int) int {
	for i, l := range strings.Split(block, "\n") {
		if strings.TrimSpace(l) != "" {
			return max(0, len(d.src.line(line+1+i))-len(l))
		}
	}
	return 0
}
