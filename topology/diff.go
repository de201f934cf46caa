package topology

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// ChangeOp is what a change does.
type ChangeOp string

// The operations.
const (
	Added   ChangeOp = "add"
	Removed ChangeOp = "remove"
	Changed ChangeOp = "change"
)

// ChangeKind is what a change is of.
type ChangeKind string

// The kinds of change. Old and New of a Change point to the type in brackets.
const (
	ChangeLab       ChangeKind = "lab"       // a field of the plan itself (*Plan)
	ChangeNode      ChangeKind = "node"      // (*Node)
	ChangeBridge    ChangeKind = "bridge"    // (*BridgeDevice)
	ChangeDevice    ChangeKind = "device"    // (*Device)
	ChangeLink      ChangeKind = "link"      // (*Link)
	ChangeEnd       ChangeKind = "end"       // of a link that stays (*End)
	ChangeAddress   ChangeKind = "address"   // of an end or a bridge that stays (*netip.Prefix)
	ChangeRoute     ChangeKind = "route"     // (*Route)
	ChangeRule      ChangeKind = "rule"      // of policy routing (*Rule)
	ChangeNeighbour ChangeKind = "neighbour" // (*Neighbour)
	ChangeSysctl    ChangeKind = "sysctl"    // (*Sysctl)
	ChangeRules     ChangeKind = "rules"     // all rules of a node (*Ruleset)
	ChangeService   ChangeKind = "service"   // (*Service)
	ChangeExec      ChangeKind = "exec"      // (*Command)
)

// Change is one difference between two plans.
type Change struct {
	Op    ChangeOp   `json:"op"`
	What  ChangeKind `json:"what"`
	Node  string     `json:"node,omitempty"`
	Dev   string     `json:"dev,omitempty"`   // of an address: the device that has it
	Name  string     `json:"name,omitempty"`  // "a:eth0 -- b:eth0", "10.0.0.1/24", "net.ipv4.ip_forward", ...
	Field string     `json:"field,omitempty"` // of a change: the key that differs
	From  string     `json:"from,omitempty"`
	To    string     `json:"to,omitempty"`
	// Anew: the thing cannot be changed as it is, so it is removed and made again. Without From and To it is so only
	// because Field is.
	Anew  bool        `json:"anew,omitempty"`
	Pos   Pos         `json:"pos,omitzero"` // in the new file; of what is removed in the old one
	Rules []RulesEdit `json:"rules,omitempty"`

	Old any `json:"-"` // nil: it was not there
	New any `json:"-"` // nil: it goes
}

// Changes are the differences between two plans: first nodes, then links, then what is in the nodes that stay.
type Changes struct {
	Old, New *Plan
	List     []Change
}

// Empty reports whether a lab of the one plan is a lab of the other. Positions may differ all the same.
func (c *Changes) Empty() bool { return len(c.List) == 0 }

// Diff compares two plans of the same lab. Places in files, the order of nodes and links, and how rules are written do
// not count. A field that Diff does not know in particular counts: what has it is made anew.
func Diff(old, new *Plan) *Changes {
	c := &Changes{Old: old, New: new, List: []Change{}}
	c.lab()
	anew := c.nodes()
	redo := findRedo(old, new, anew)
	c.links(redo)
	for i := range new.Nodes {
		n := &new.Nodes[i]
		if o := old.Node(n.Name); o != nil && !anew[n.Name] {
			c.node(o, n, redo)
		}
	}
	return c
}

func (c *Changes) add(x Change) { c.List = append(c.List, x) }

// lab compares the fields of the plan itself.
func (c *Changes) lab() {
	old, new := *c.Old, *c.New
	old.Nodes, old.Links, new.Nodes, new.Links = nil, nil, nil, nil
	for _, f := range differing(&old, &new, "v", "name", "file", "nodes", "links") {
		c.add(Change{Op: Changed, What: ChangeLab, Field: f.key, From: f.from, To: f.to, Old: c.Old, New: c.New})
	}
}

// nodes finds the nodes that go and come, and gives the names of those that are made anew.
func (c *Changes) nodes() map[string]bool {
	anew := map[string]bool{}
	for i := range c.Old.Nodes {
		if o := &c.Old.Nodes[i]; c.New.Node(o.Name) == nil {
			c.add(Change{Op: Removed, What: ChangeNode, Node: o.Name, Pos: o.Pos, Old: o})
		}
	}
	for i := range c.New.Nodes {
		n := &c.New.Nodes[i]
		o := c.Old.Node(n.Name)
		if o == nil {
			c.add(Change{Op: Added, What: ChangeNode, Node: n.Name, Pos: n.Pos, New: n})
			continue
		}
		a, b := bareNode(*o), bareNode(*n)
		fields := differing(&a, &b, "name", "kind", "sysctls", "bridges", "devices", "routes", "rules", "neighbours", "ruleset", "services", "exec")
		for _, f := range fields {
			anew[n.Name] = true
			c.add(Change{Op: Changed, What: ChangeNode, Node: n.Name, Field: f.key, From: f.from, To: f.to, Anew: true, Pos: n.Pos, Old: o, New: n})
		}
		if o.Kind != n.Kind && len(fields) == 0 {
			// What makes the kinds different are sysctls and bridges.
			c.add(Change{Op: Changed, What: ChangeNode, Node: n.Name, Field: "kind", From: string(o.Kind), To: string(n.Kind), Pos: n.Pos, Old: o, New: n})
		}
	}
	return anew
}

// bareNode is a node without what is compared in detail: to write it as JSON takes its time.
func bareNode(n Node) Node {
	n.Sysctls, n.Bridges, n.Devices, n.Routes, n.Rules, n.Neighbours, n.Ruleset, n.Services, n.Exec = nil, nil, nil, nil, nil, nil, nil, nil, nil
	return n
}

// sameLink reports whether nothing of a link but its places differs.
func sameLink(o, n Link) bool {
	for _, l := range []*Link{&o, &n} {
		l.Pos, l.A.Pos, l.B.Pos = Pos{}, Pos{}, Pos{}
	}
	return reflect.DeepEqual(o, n)
}

// linkID is what makes a link the same one: its two devices, in either order.
func linkID(l *Link) string {
	a, b := l.A.Name(), l.B.Name()
	if a > b {
		a, b = b, a
	}
	return a + " -- " + b
}

func (c *Changes) links(redo redo) {
	was := linksByID(c.Old)
	is := linksByID(c.New)
	for i := range c.Old.Links {
		if l := &c.Old.Links[i]; is[linkID(l)] == nil {
			c.add(Change{Op: Removed, What: ChangeLink, Name: l.Name(), Pos: l.Pos, Old: l})
		}
	}
	for i := range c.New.Links {
		l := &c.New.Links[i]
		o := was[linkID(l)]
		if o == nil {
			c.add(Change{Op: Added, What: ChangeLink, Name: l.Name(), To: endsText(l), Pos: l.Pos, New: l})
		} else if f, ok := redo[port{l.A.Node, l.A.Iface}]; ok {
			c.add(Change{Op: Changed, What: ChangeLink, Name: l.Name(), Field: f.key, From: f.from, To: f.to, Anew: true, Pos: l.Pos, Old: o, New: l})
		} else {
			c.link(o, l)
		}
	}
}

func linksByID(p *Plan) map[string]*Link {
	m := make(map[string]*Link, len(p.Links))
	for i := range p.Links {
		m[linkID(&p.Links[i])] = &p.Links[i]
	}
	return m
}

// endPairs are the ends of a link that is in both plans, old and new, in the order of the new one.
func endPairs(old, new *Link) [2][2]*End {
	if new.EndAt(old.A.Node, old.A.Iface) != 0 {
		return [2][2]*End{{&old.B, &new.A}, {&old.A, &new.B}}
	}
	return [2][2]*End{{&old.A, &new.A}, {&old.B, &new.B}}
}

// endsText are the addresses of a new link.
func endsText(l *Link) string {
	var list []string
	for _, e := range l.Ends() {
		for _, a := range e.Addrs {
			list = append(list, a.String()+" on "+e.Node)
		}
	}
	return strings.Join(list, ", ")
}

// link compares a link that stays.
func (c *Changes) link(old, new *Link) {
	if old.MTU != new.MTU {
		c.add(Change{Op: Changed, What: ChangeLink, Name: new.Name(), Field: "mtu", From: mtuText(old.MTU), To: mtuText(new.MTU), Pos: new.Pos, Old: old, New: new})
	}
	for _, e := range endPairs(old, new) {
		o, n := e[0], e[1]
		x := Change{Op: Changed, What: ChangeEnd, Node: n.Node, Name: n.Iface, Pos: n.Pos, Old: o, New: n}
		if o.MAC != n.MAC {
			x.Field, x.From, x.To = "mac", orDefault(o.MAC), orDefault(n.MAC)
			c.add(x)
		}
		if o.Master != n.Master {
			x.Field, x.From, x.To = "master", orNone(o.Master), orNone(n.Master)
			c.add(x)
		}
		if o.Impair != n.Impair {
			x.Field, x.From, x.To = "impairment", orNone(o.Impair.String()), orNone(n.Impair.String())
			c.add(x)
		}
		c.addrs(n.Node, n.Iface, o.Addrs, n.Addrs, o.Pos, n.Pos)
	}
}

func mtuText(mtu int) string {
	if mtu == 0 {
		return "the default"
	}
	return strconv.Itoa(mtu)
}

func orDefault(s string) string {
	if s == "" {
		return "the kernel's choice"
	}
	return s
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// field is a field of two values that differs between them, as JSON has it.
type field struct{ key, from, to string }

// differing compares two values of a type as JSON, but for the given keys and for places in files. That is how fields
// are seen that nobody here knows.
func differing(old, new any, but ...string) []field {
	a, b := asMap(old), asMap(new)
	var out []field
	for _, key := range slices.Sorted(maps.Keys(joined(a, b))) {
		if !slices.Contains(but, key) && !bytes.Equal(a[key], b[key]) {
			out = append(out, field{key, string(a[key]), string(b[key])})
		}
	}
	return out
}

func joined(a, b map[string]json.RawMessage) map[string]json.RawMessage {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// asMap is a value as JSON, without places in files at any depth.
func asMap(v any) map[string]json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("a plan that cannot be written as JSON: %v", err)) // it came as JSON
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		panic(fmt.Sprintf("%T is no object in JSON: %v", v, err))
	}
	delete(fields, "pos")
	for key, raw := range fields {
		if !bytes.Contains(raw, []byte(`"pos"`)) {
			continue
		}
		var x any
		if json.Unmarshal(raw, &x) == nil {
			if text, err := json.Marshal(withoutPos(x)); err == nil {
				fields[key] = text
			}
		}
	}
	return fields
}

func withoutPos(v any) any {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "pos")
		for k, x := range v {
			v[k] = withoutPos(x)
		}
	case []any:
		for i, x := range v {
			v[i] = withoutPos(x)
		}
	}
	return v
}

// keyOf is a value as one text, without places in files.
func keyOf(v any) string {
	text, _ := json.Marshal(asMap(v)) // it was JSON
	return string(text)
}
