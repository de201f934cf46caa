package topology

import (
	"fmt"
	"reflect"
	"slices"
)

const (
	wantRoute     = `a route like "10.0.0.0/8 via 192.0.2.1"`
	wantHop       = `a next hop like "192.0.2.1 weight 2"`
	wantRule      = `a rule like "from 10.0.0.0/8 table 100"`
	wantNeighbour = `a neighbour like "192.0.2.9 lladdr 02:00:5e:00:53:01"`

	routeForm     = "a route is [TYPE] DST [via ADDRESS] [dev DEVICE] [metric NUMBER] [table NUMBER] [src ADDRESS] [mtu BYTES] [onlink]"
	hopForm       = "a next hop is ADDRESS [dev DEVICE] [weight NUMBER]"
	ruleForm      = "a rule is [not] [from PREFIX] [to PREFIX] [iif DEVICE] [oif DEVICE] [fwmark MARK/MASK] [ipproto PROTO] [sport PORTS] [dport PORTS] [priority NUMBER] table NUMBER, or blackhole, unreachable, prohibit"
	neighbourForm = "a neighbour is [proxy] ADDRESS [lladdr MAC] [dev DEVICE]"
)

// routeTypes are the routes that lead nowhere.
var routeTypes = []string{"blackhole", "unreachable", "prohibit", "throw"}

// decodeMapping fills a struct from a mapping; false if something was wrong with it.
func decodeMapping(d *decoder, t *tree, p *place, x any) bool {
	before := len(d.problems)
	d.fields(t, p, reflect.ValueOf(x).Elem())
	return len(d.problems) == before
}

func (l *RouteList) decode(d *decoder, t *tree, p *place) {
	if t.kind == treeNull {
		return
	}
	d.each(t, p, wantRoute, func(t *tree, p *place) {
		var x RouteSpec
		x.decode(d, t, p)
		if x.To.present() {
			*l = append(*l, x)
		}
	})
}

func (x *RouteSpec) decode(d *decoder, t *tree, p *place) {
	x.Span = t.span
	switch t.kind {
	case treeMapping:
		switch good := decodeMapping(d, t, p, x); {
		case !good:
			x.To = Text{} // half a route would only be wrong in other ways
		case !x.To.present():
			d.fail(Text{Span: t.span}, p, "route", "this route does not say where to", "to: 10.0.0.0/8, or to: default")
		}
	case treeScalar:
		x.words(d, t, p)
	default:
		d.wrongType(t, p, wantRoute)
	}
}

// words reads a route as ip-route(8) has it.
func (x *RouteSpec) words(d *decoder, t *tree, p *place) {
	words := t.words()
	if len(words) > 0 && slices.Contains(routeTypes, words[0].Value) {
		x.Type, words = words[0], words[1:]
		if len(words) == 0 {
			d.fail(x.Type, p, "route", fmt.Sprintf("nothing follows %q", x.Type.Value), routeForm)
			return
		}
	}
	if len(words) == 0 {
		d.wrongType(t, p, wantRoute)
		return
	}
	to, rest := words[0], words[1:]
	if i := slices.IndexFunc(rest, func(w Text) bool { return w.Value == "onlink" }); i >= 0 {
		x.OnLink = rest[i]
		rest = slices.Delete(slices.Clone(rest), i, i+1)
	}
	// What follows the first "nexthop" are next hops.
	if i := slices.IndexFunc(rest, func(w Text) bool { return w.Value == "nexthop" }); i >= 0 {
		if !x.hops(d, rest[i:], p) {
			return
		}
		rest = rest[:i]
	}
	into := map[string]*Text{"via": &x.Via, "dev": &x.Dev, "metric": &x.Metric, "table": &x.Table, "src": &x.Src, "mtu": &x.MTU}
	for _, w := range rest {
		if isLater(laterRoute, w.Value) {
			d.fail(w, p, "not-yet", w.Value+" is not supported yet in a route", "")
			return
		}
	}
	if d.pairs(rest, p, "route", "a route", routeForm, into) {
		x.To = to
	}
}

// hops reads "nexthop via ADDRESS dev DEVICE weight NUMBER nexthop ...".
func (x *RouteSpec) hops(d *decoder, words []Text, p *place) bool {
	for len(words) > 0 {
		end := 1 + slices.IndexFunc(words[1:], func(w Text) bool { return w.Value == "nexthop" })
		if end == 0 {
			end = len(words)
		}
		h := HopSpec{Span: words[0].Span}
		if !d.pairs(words[1:end], p, "route", "a next hop", "nexthop via ADDRESS [dev DEVICE] [weight NUMBER]", map[string]*Text{"via": &h.Via, "dev": &h.Dev, "weight": &h.Weight}) {
			return false
		}
		if !h.Via.present() {
			d.fail(words[0], p, "route", "a next hop has no address", "nexthop via ADDRESS")
			return false
		}
		x.NextHops = append(x.NextHops, h)
		words = words[end:]
	}
	return true
}

func (l *HopList) decode(d *decoder, t *tree, p *place) {
	d.each(t, p, wantHop, func(t *tree, p *place) {
		var x HopSpec
		x.Span = t.span
		good := false
		switch t.kind {
		case treeMapping:
			good = decodeMapping(d, t, p, &x)
			if good && !x.Via.present() {
				d.fail(Text{Span: t.span}, p, "route", "this next hop has no address", "via: 192.0.2.1")
			}
		case treeScalar:
			words := t.words()
			if len(words) > 1 && words[0].Value == "via" {
				words = words[1:]
			}
			if len(words) > 0 && d.pairs(words[1:], p, "route", "a next hop", hopForm, map[string]*Text{"dev": &x.Dev, "weight": &x.Weight}) {
				x.Via, good = words[0], true
			}
		default:
			d.wrongType(t, p, wantHop)
		}
		if good && x.Via.present() {
			*l = append(*l, x)
		}
	})
}

func (l *RuleList) decode(d *decoder, t *tree, p *place) {
	if t.kind == treeNull {
		return
	}
	d.each(t, p, wantRule, func(t *tree, p *place) {
		x := RuleSpec{Span: t.span}
		good := false
		switch t.kind {
		case treeMapping:
			good = decodeMapping(d, t, p, &x)
		case treeScalar:
			good = x.words(d, t, p)
		default:
			d.wrongType(t, p, wantRule)
		}
		if good {
			*l = append(*l, x)
		}
	})
}

// words reads a rule as ip-rule(8) has it.
func (x *RuleSpec) words(d *decoder, t *tree, p *place) bool {
	words := t.words()
	if len(words) == 0 {
		d.wrongType(t, p, wantRule)
		return false
	}
	into := map[string]*Text{"from": &x.From, "to": &x.To, "iif": &x.Iif, "oif": &x.Oif, "fwmark": &x.Mark, "ipproto": &x.Proto, "sport": &x.Sport, "dport": &x.Dport,
		"priority": &x.Priority, "pref": &x.Priority, "table": &x.Table, "lookup": &x.Table, "suppress_prefixlength": &x.Suppress}
	var rest []Text
	for i := 0; i < len(words); i++ {
		w := words[i]
		switch {
		case into[w.Value] != nil:
			rest = append(rest, words[i:min(len(words), i+2)]...)
			i++
		case w.Value == "not" && i == 0:
			x.Not = w
		case slices.Contains(routeTypes[:3], w.Value):
			x.Type = w
		default:
			rest = append(rest, w)
		}
	}
	return d.pairs(rest, p, "rule", "a rule", ruleForm, into)
}

func (l *NeighbourList) decode(d *decoder, t *tree, p *place) {
	if t.kind == treeNull {
		return
	}
	d.each(t, p, wantNeighbour, func(t *tree, p *place) {
		x := NeighbourSpec{Span: t.span}
		switch t.kind {
		case treeMapping:
			good := decodeMapping(d, t, p, &x)
			if good && !x.Address.present() {
				d.fail(Text{Span: t.span}, p, "neighbour", "this neighbour has no address", "address: 192.0.2.9")
			}
			if !good {
				return
			}
		case treeScalar:
			words := t.words()
			if len(words) > 0 && words[0].Value == "proxy" {
				x.Proxy = words[0]
				words = words[1:]
			}
			if len(words) == 0 {
				d.wrongType(t, p, wantNeighbour)
				return
			}
			if !d.pairs(words[1:], p, "neighbour", "a neighbour", neighbourForm, map[string]*Text{"lladdr": &x.MAC, "dev": &x.Dev}) {
				return
			}
			x.Address = words[0]
		default:
			d.wrongType(t, p, wantNeighbour)
			return
		}
		if x.Address.present() {
			*l = append(*l, x)
		}
	})
}
