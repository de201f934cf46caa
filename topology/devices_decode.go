package topology

import (
	"fmt"
	"reflect"
)

const (
	wantInterface = "a mapping like {kind: vlan, link: eth0, id: 10}"
	wantFDB       = `an entry like "02:00:5e:00:53:01 dev p1"`
	fdbForm       = "an entry is MAC [dev PORT] [vlan NUMBER] [dst ADDRESS] [vni NUMBER]"
)

func (l *InterfaceList) decode(d *decoder, t *tree, p *place) {
	switch t.kind {
	case treeNull:
		return
	case treeList, treeScalar:
		d.partial = true
		d.wrongType(t, p, "a mapping of names to devices")
		return
	}
	for i, key := range t.keys {
		at := p.at(key.text)
		x := InterfaceSpec{Name: key.whole()}
		before := len(d.problems)
		switch body := t.items[i]; body.kind {
		case treeMapping:
			d.fields(body, at, reflect.ValueOf(&x).Elem())
		case treeNull:
			d.fail(x.Name, at, "device-kind", fmt.Sprintf("%s must say what kind of device it is", shorten(key.text)), wantInterface)
		default:
			d.wrongType(body, at, wantInterface)
		}
		x.broken = len(d.problems) > before
		*l = append(*l, x)
	}
}

func (x *VLANSpec) decode(d *decoder, t *tree, p *place) {
	switch t.kind {
	case treeScalar:
		var v Text
		v.decode(d, t, p)
		x.Untagged = RangeList{v}
	case treeMapping:
		d.fields(t, p, reflect.ValueOf(x).Elem())
	default:
		d.wrongType(t, p, "a number, or a mapping like {untagged: 10, tagged: [20, 30-39]}")
		return
	}
	x.Span = t.span
}

func (l *RangeList) decode(d *decoder, t *tree, p *place) { (*TextList)(l).decode(d, t, p) }

func (l *FDBList) decode(d *decoder, t *tree, p *place) {
	if t.kind == treeNull {
		return
	}
	d.each(t, p, wantFDB, func(t *tree, p *place) {
		var x FDBSpec
		x.decode(d, t, p)
		if x.MAC.present() {
			*l = append(*l, x)
		}
	})
}

func (x *FDBSpec) decode(d *decoder, t *tree, p *place) {
	x.Span = t.span
	switch t.kind {
	case treeMapping:
		before := len(d.problems)
		d.fields(t, p, reflect.ValueOf(x).Elem())
		switch {
		case len(d.problems) > before:
			x.MAC = Text{}
		case !x.MAC.present():
			d.fail(Text{Span: t.span}, p, "fdb", "this entry does not say which address it is for", "mac: 02:00:5e:00:53:01")
		}
	case treeScalar:
		words := t.words()
		if len(words) == 0 {
			d.wrongType(t, p, wantFDB)
			return
		}
		into := map[string]*Text{"dev": &x.Dev, "vlan": &x.VLAN, "dst": &x.Dst, "vni": &x.VNI}
		if d.pairs(words[1:], p, "fdb", "an entry of a forwarding database", fdbForm, into) {
			x.MAC = words[0]
		}
	default:
		d.wrongType(t, p, wantFDB)
	}
}

// pairs reads words that are a key and its value by turns, each once.
func (d *decoder) pairs(words []Text, p *place, rule, in, form string, into map[string]*Text) bool {
	for len(words) > 0 {
		key := words[0]
		dst, known := into[key.Value]
		switch {
		case !known:
			d.fail(key, p, rule, fmt.Sprintf("unexpected %q in %s", shorten(key.Value), in), form)
			return false
		case dst.present():
			d.fail(key, p, rule, fmt.Sprintf("%q stands twice in %s", key.Value, in), "")
			return false
		case len(words) == 1:
			d.fail(key, p, rule, fmt.Sprintf("nothing follows %q", key.Value), form)
			return false
		}
		*dst, words = words[1], words[2:]
	}
	return true
}
