package topology

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// node compares what is in a node that stays.
func (c *Changes) node(old, new *Node, redo redo) {
	c.bridges(old, new, redo)
	c.devices(old, new, redo)
	c.routes(old, new)
	for _, x := range compare(old.Rules, new.Rules) {
		ch := Change{What: ChangeRule, Node: new.Name}
		setSides(&ch, x.old, x.new, func(r *Rule) (string, Pos) { return ruleText(r), r.Pos })
		c.add(ch)
	}
	for _, x := range compare(old.Neighbours, new.Neighbours) {
		ch := Change{What: ChangeNeighbour, Node: new.Name}
		setSides(&ch, x.old, x.new, func(n *Neighbour) (string, Pos) { ch.Dev = n.Dev; return n.Addr.String(), n.Pos })
		c.add(ch)
	}
	c.sysctls(old, new)
	c.rules(old, new)
	for _, x := range compare(old.Services, new.Services) {
		ch := Change{What: ChangeService, Node: new.Name}
		setSides(&ch, x.old, x.new, func(s *Service) (string, Pos) { return ServiceName(*s), s.Pos })
		c.add(ch)
	}
	for _, x := range compare(old.Exec, new.Exec) {
		ch := Change{What: ChangeExec, Node: new.Name}
		setSides(&ch, x.old, x.new, func(e *Command) (string, Pos) { return e.Line, e.Pos })
		c.add(ch)
	}
}

// setSides fills in which of the two there is.
func setSides[T any](c *Change, old, new *T, name func(*T) (string, Pos)) {
	if new == nil {
		c.Op, c.Old = Removed, old
		c.Name, c.Pos = name(old)
		return
	}
	c.Op, c.New = Added, new
	c.Name, c.Pos = name(new)
}

// sides is an entry of a list that only one of two nodes has.
type sides[T any] struct{ old, new *T }

// compare finds the entries that only one of the lists has: those that go, then those that come. Their order does not
// count, how often there is one does.
func compare[T any](old, new []T) []sides[T] {
	left := map[string]int{}
	for i := range new {
		left[keyOf(&new[i])]++
	}
	var out []sides[T]
	had := map[string]int{}
	for i := range old {
		k := keyOf(&old[i])
		had[k]++
		if left[k] == 0 {
			out = append(out, sides[T]{old: &old[i]})
		} else {
			left[k]--
		}
	}
	for i := range new {
		k := keyOf(&new[i])
		if had[k] == 0 {
			out = append(out, sides[T]{new: &new[i]})
		} else {
			had[k]--
		}
	}
	return out
}

// ServiceName is "http:80/tcp", with " on ADDRESS" if it is not on all.
func ServiceName(s Service) string {
	name := fmt.Sprintf("%s:%d/%s", s.Name, s.Port, s.Proto)
	if s.Addr.IsValid() {
		name += " on " + s.Addr.String()
	}
	return name
}

func (n *Node) bridge(name string) *BridgeDevice {
	i := slices.IndexFunc(n.Bridges, func(b BridgeDevice) bool { return b.Name == name })
	if i < 0 {
		return nil
	}
	return &n.Bridges[i]
}

func (n *Node) device(name string) *Device {
	i := slices.IndexFunc(n.Devices, func(d Device) bool { return d.Name == name })
	if i < 0 {
		return nil
	}
	return &n.Devices[i]
}

func (c *Changes) bridges(old, new *Node, redo redo) {
	for i := range old.Bridges {
		if o := &old.Bridges[i]; new.bridge(o.Name) == nil {
			c.add(Change{Op: Removed, What: ChangeBridge, Node: old.Name, Name: o.Name, Pos: o.Pos, Old: o})
		}
	}
	for i := range new.Bridges {
		n := &new.Bridges[i]
		o := old.bridge(n.Name)
		x := Change{Op: Changed, What: ChangeBridge, Node: new.Name, Name: n.Name, Pos: n.Pos, Old: o, New: n}
		if o == nil {
			x.Op, x.Old = Added, nil
			c.add(x)
			continue
		}
		if f, ok := redo[port{new.Name, n.Name}]; ok {
			x.Field, x.From, x.To, x.Anew = f.key, f.from, f.to, true
			c.add(x)
			continue
		}
		if o.MTU != n.MTU {
			x.Field, x.From, x.To = "mtu", mtuText(o.MTU), mtuText(n.MTU)
			c.add(x)
		}
		c.addrs(new.Name, n.Name, o.Addrs, n.Addrs, o.Pos, n.Pos)
	}
}

func (c *Changes) devices(old, new *Node, redo redo) {
	for i := range old.Devices {
		if o := &old.Devices[i]; new.device(o.Name) == nil {
			c.add(Change{Op: Removed, What: ChangeDevice, Node: old.Name, Name: o.Name, From: string(o.Kind), Pos: o.Pos, Old: o})
		}
	}
	for i := range new.Devices {
		n := &new.Devices[i]
		o := old.device(n.Name)
		x := Change{Op: Changed, What: ChangeDevice, Node: new.Name, Name: n.Name, Pos: n.Pos, Old: o, New: n}
		if o == nil {
			x.Op, x.Old, x.To = Added, nil, string(n.Kind)
			c.add(x)
			continue
		}
		if f, ok := redo[port{new.Name, n.Name}]; ok {
			x.Field, x.From, x.To, x.Anew = f.key, f.from, f.to, true
			c.add(x)
			continue
		}
		c.addrs(new.Name, n.Name, o.Addrs, n.Addrs, o.Pos, n.Pos)
	}
}

// addrs compares the addresses of a device that stays.
func (c *Changes) addrs(node, dev string, old, new []netip.Prefix, was, is Pos) {
	for i, a := range old {
		if !slices.Contains(new, a) {
			c.add(Change{Op: Removed, What: ChangeAddress, Node: node, Dev: dev, Name: a.String(), Pos: was, Old: &old[i]})
		}
	}
	for i, a := range new {
		if !slices.Contains(old, a) {
			c.add(Change{Op: Added, What: ChangeAddress, Node: node, Dev: dev, Name: a.String(), Pos: is, New: &new[i]})
		}
	}
}

// routes compares the routes of a node. One that only leads another way is one change, so that it need not be missing
// for a moment.
func (c *Changes) routes(old, new *Node) {
	list := compare(old.Routes, new.Routes)
	used := make([]bool, len(list))
	for i, x := range list {
		if x.old == nil {
			continue
		}
		used[i] = true
		at := slices.IndexFunc(list, func(y sides[Route]) bool { return y.new != nil && len(differing(x.old, y.new, "via", "dev")) == 0 })
		if at < 0 || used[at] {
			c.add(Change{Op: Removed, What: ChangeRoute, Node: new.Name, Name: x.old.Dst.String(), From: routeWay(x.old), Pos: x.old.Pos, Old: x.old})
			continue
		}
		used[at] = true
		n := list[at].new
		c.add(Change{Op: Changed, What: ChangeRoute, Node: new.Name, Name: n.Dst.String(), Field: "via", From: routeWay(x.old), To: routeWay(n), Pos: n.Pos, Old: x.old, New: n})
	}
	for i, x := range list {
		if !used[i] {
			c.add(Change{Op: Added, What: ChangeRoute, Node: new.Name, Name: x.new.Dst.String(), To: routeWay(x.new), Pos: x.new.Pos, New: x.new})
		}
	}
}

// routeWay is where a route leads, as ip-route(8) writes it, with what else is known of it.
func routeWay(r *Route) string {
	var words []string
	if r.Via.IsValid() {
		words = append(words, "via "+r.Via.String())
	}
	if r.Dev != "" {
		words = append(words, "dev "+r.Dev)
	}
	for _, f := range differing(r, &Route{}, "dst", "via", "dev") {
		words = append(words, f.key+" "+strings.Trim(f.from, `"`))
	}
	return strings.Join(words, " ")
}

// ruleText is a rule of policy routing: its priority, and what else is said of it.
func ruleText(r *Rule) string {
	words := []string{"priority " + strconv.FormatUint(uint64(r.Priority), 10)}
	for _, f := range differing(r, &Rule{Priority: r.Priority}) {
		words = append(words, f.key+" "+strings.Trim(f.from, `"`))
	}
	return strings.Join(words, " ")
}

// sameSysctl reports whether nothing of a parameter differs but where it comes from.
func sameSysctl(o, n Sysctl) bool {
	o.Pos, o.Implied = n.Pos, n.Implied
	return o == n
}

// sysctls compares the parameters by their keys. What a key is given last is what counts.
func (c *Changes) sysctls(old, new *Node) {
	last := func(n *Node) map[string]*Sysctl {
		m := map[string]*Sysctl{}
		for i := range n.Sysctls {
			m[n.Sysctls[i].Key] = &n.Sysctls[i]
		}
		return m
	}
	was, is := last(old), last(new)
	for i := range old.Sysctls {
		if o := &old.Sysctls[i]; was[o.Key] == o && is[o.Key] == nil {
			c.add(Change{Op: Removed, What: ChangeSysctl, Node: new.Name, Name: o.Key, From: o.Value, Pos: o.Pos, Old: o})
		}
	}
	for i := range new.Sysctls {
		n := &new.Sysctls[i]
		if is[n.Key] != n {
			continue
		}
		switch o := was[n.Key]; {
		case o == nil:
			c.add(Change{Op: Added, What: ChangeSysctl, Node: new.Name, Name: n.Key, To: n.Value, Pos: n.Pos, New: n})
		case sameSysctl(*o, *n):
		case o.Value != n.Value || len(differing(o, n, "key", "value", "implied")) > 0:
			c.add(Change{Op: Changed, What: ChangeSysctl, Node: new.Name, Name: n.Key, From: o.Value, To: n.Value, Pos: n.Pos, Old: o, New: n})
		}
	}
}
