package topology

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// Parse reads a topology file, given as its text, into a Spec. Nothing is looked up or compared: that is Compile's.
// The Spec holds what could be read even if there are problems, so that Compile can find the others; it is nil only
// if there is nothing to go on.
func Parse(name string, text []byte) (*Spec, Problems) {
	d := &decoder{src: newSource(name, text)}
	spec := d.file(text)
	d.problems.sort(name)
	return spec, d.problems
}

// decoder turns a tree into the types of spec.go. Their yaml tags say which keys there are.
type decoder struct {
	src      *source
	problems Problems
	partial  bool
}

// file reads a whole file; nil if there is nothing to go on.
func (d *decoder) file(text []byte) *Spec {
	t, problems := parseYAML(d.src, text)
	d.problems = problems
	switch {
	case t == nil && len(problems) > 0:
		return nil
	case t == nil, t.kind == treeNull:
		d.fail(Text{Span: Span{Pos: d.src.at(1, 1)}}, nil, "empty", "the file is empty", "it needs nodes: and links:")
		return nil
	case t.kind != treeMapping:
		d.wrongType(t, nil, "a mapping with nodes: and links:")
		return nil
	}
	spec := &Spec{File: d.src.file, src: d.src}
	d.into(t, nil, reflect.ValueOf(spec).Elem())
	spec.invalid, spec.partial = d.problems.HasErrors(), d.partial
	return spec
}

// decodable is a type with more than one form, or with a form of its own.
type decodable interface {
	decode(d *decoder, t *tree, p *place)
}

// fail notes an error at a text.
func (d *decoder) fail(at Text, p *place, rule, msg, hint string) {
	d.problems = append(d.problems, Problem{
		Pos: at.Pos, End: at.End, Severity: SeverityError, Path: p.String(), Value: at.Value, Msg: msg, Rule: rule,
		Hint: hint, Source: d.src.line(at.Pos.Line),
	})
}

// wrongType says that t is not what belongs at p.
func (d *decoder) wrongType(t *tree, p *place, want string) {
	d.partial = d.partial || p.decisive()
	name := "the file"
	if p != nil {
		name = p.String()
	}
	if t.kind == treeNull {
		d.fail(t.whole(), p, "no-value", name+" has no value", "it takes "+want+"; or leave the key out")
		return
	}
	got := t.kind.String()
	if t.kind == treeScalar {
		got = fmt.Sprintf("%q", shorten(t.text))
	}
	d.fail(t.whole(), p, "type", fmt.Sprintf("%s must be %s, this is %s", name, want, got), "")
}

// shorten keeps a value short enough for a message.
func shorten(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "..."
	}
	return s
}

// into fills v, a struct or a decodable.
func (d *decoder) into(t *tree, p *place, v reflect.Value) {
	if dec, ok := v.Addr().Interface().(decodable); ok {
		dec.decode(d, t, p)
		return
	}
	d.fields(t, p, v)
}

// fields fills the struct v from a mapping.
func (d *decoder) fields(t *tree, p *place, v reflect.Value) {
	f := fieldsOf(v.Type())
	for i, key := range t.keys {
		field, ok := f.index[key.text]
		if !ok {
			d.unknownKey(key, p.at(key.text), f)
			continue
		}
		d.into(t.items[i], p.at(key.text), v.FieldByIndex(field))
	}
}

func (d *decoder) unknownKey(key *tree, p *place, f *fieldTable) {
	hint, ok := elsewhere[f.what+"."+key.text]
	if slices.Contains(f.later, key.text) {
		if !ok {
			hint = "it belongs to the format, but this version cannot do it: leave it out"
		}
		d.fail(key.whole(), p, "not-yet", fmt.Sprintf("%s is not supported yet", key.text), hint)
		return
	}
	if !ok {
		hint = didYouMean(key.text, append(slices.Clone(f.keys), f.later...))
	}
	near := nearest(key.text, f.keys)
	d.partial = d.partial || p.decisive() && (f.what != "file" || ok || near == "nodes" || near == "links")
	of := "of a " + f.what
	switch {
	case f.what == "file":
		of = "of the file"
	case strings.ContainsRune("aeiouI", rune(f.what[0])):
		of = "of an " + f.what
	}
	d.fail(key.whole(), p, "unknown-key", fmt.Sprintf("unknown key %q %s", shorten(key.text), of), hint)
}

// fieldTable are the keys of a struct.
type fieldTable struct {
	what  string // what the struct is, in a message
	keys  []string
	index map[string][]int // the way to the field, reflect.StructField.Index
	later []string
}

// fieldTables caches them by reflect.Type.
var fieldTables sync.Map

func fieldsOf(t reflect.Type) *fieldTable {
	if f, ok := fieldTables.Load(t); ok {
		return f.(*fieldTable)
	}
	f := &fieldTable{index: map[string][]int{}}
	switch t {
	case reflect.TypeFor[Spec]():
		f.what, f.later = "file", laterFile
	case reflect.TypeFor[NodeSpec]():
		f.what, f.later = "node", laterNode
	case reflect.TypeFor[LinkSpec]():
		f.what, f.later = "link", laterLink
	case reflect.TypeFor[RouteSpec]():
		f.what, f.later = "route", laterRoute
	case reflect.TypeFor[VLANSpec]():
		f.what = "port's VLANs"
	case reflect.TypeFor[XFRMSpec]():
		f.what = "IPsec connection"
	case reflect.TypeFor[FDBSpec]():
		f.what = "forwarding database's entry"
	case reflect.TypeFor[GEModelSpec]():
		f.what = "loss"
	default:
		f.what = strings.ToLower(strings.TrimSuffix(t.Name(), "Spec"))
	}
	for _, field := range reflect.VisibleFields(t) {
		key := field.Tag.Get("yaml")
		if key == "" || key == "-" || field.Anonymous { // the keys of an embedded struct are visible themselves
			continue
		}
		f.index[key] = field.Index
		f.keys = append(f.keys, key)
	}
	fieldTables.Store(t, f)
	return f
}

func (x *Text) decode(d *decoder, t *tree, p *place) {
	if t.kind != treeScalar {
		d.wrongType(t, p, "one value")
		return
	}
	*x = t.whole()
	// The value without its quotes is what a caret should point at.
	if t.origin != nil {
		*x = t.sub(0, len(t.text))
	}
}

// each calls do for every element of a list, or for the one value that stands in for a list of one.
func (d *decoder) each(t *tree, p *place, want string, do func(*tree, *place)) {
	switch t.kind {
	case treeList:
		for i, item := range t.items {
			do(item, p.elem(i))
		}
	case treeNull:
		d.wrongType(t, p, want)
	default:
		do(t, p)
	}
}

func (l *TextList) decode(d *decoder, t *tree, p *place) {
	d.each(t, p, "a value or a list of them", func(t *tree, p *place) {
		var x Text
		if x.decode(d, t, p); x.present() {
			*l = append(*l, x)
		}
	})
}

func (l *NodeList) decode(d *decoder, t *tree, p *place) {
	switch t.kind {
	case treeNull:
		return
	case treeList, treeScalar:
		d.wrongType(t, p, "a mapping of names to nodes")
		return
	}
	for i, key := range t.keys {
		at := p.at(key.text)
		n := NodeSpec{Name: key.whole()}
		switch body := t.items[i]; body.kind {
		case treeNull:
		case treeMapping:
			d.fields(body, at, reflect.ValueOf(&n).Elem())
		default:
			d.wrongType(body, at, "a mapping like {gateway: 10.0.1.1}")
		}
		*l = append(*l, n)
	}
}

func (l *LinkList) decode(d *decoder, t *tree, p *place) {
	switch t.kind {
	case treeNull:
		return
	case treeMapping, treeScalar:
		d.wrongType(t, p, "a list of links")
		return
	}
	for i, item := range t.items {
		var x LinkSpec
		x.decode(d, item, p.elem(i))
		*l = append(*l, x)
	}
}

func (l *SysctlList) decode(d *decoder, t *tree, p *place) {
	switch t.kind {
	case treeNull:
		return
	case treeList, treeScalar:
		d.wrongType(t, p, "a mapping like {net.ipv4.conf.all.rp_filter: 1}")
		return
	}
	for i, key := range t.keys {
		var v Text
		if v.decode(d, t.items[i], p.at(key.text)); v.present() {
			*l = append(*l, SysctlSpec{Key: key.whole(), Value: v})
		}
	}
}
