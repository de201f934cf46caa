package nft

import (
	"slices"
	"strconv"
	"strings"
)

// chainHooks are the hooks at which a family has chains (net/netfilter/nft_chain_filter.c and nf_tables_api.c); arp
// has no forward.
var chainHooks = map[Family][]Hook{
	FamilyIP:     {HookPrerouting, HookInput, HookForward, HookOutput, HookPostrouting},
	FamilyIP6:    {HookPrerouting, HookInput, HookForward, HookOutput, HookPostrouting},
	FamilyInet:   {HookIngress, HookPrerouting, HookInput, HookForward, HookOutput, HookPostrouting},
	FamilyARP:    {HookInput, HookOutput},
	FamilyBridge: {HookPrerouting, HookInput, HookForward, HookOutput, HookPostrouting},
	FamilyNetdev: {HookIngress, HookEgress},
}

// typeHooks are the hooks of the chain types other than filter, which exist in ip, ip6 and inet only.
var typeHooks = map[string][]Hook{
	"nat":   {HookPrerouting, HookInput, HookOutput, HookPostrouting}, // net/netfilter/nft_chain_nat.c
	"route": {HookOutput},                                             // net/netfilter/nft_chain_route.c
}

// priorityName is a priority that has a name, as nft knows it (src/rule.c, std_prios and bridge_std_prios).
type priorityName struct {
	name  string
	value int
	hooks []Hook // where it may be used; nil: everywhere
}

var priorityNames = []priorityName{
	{"raw", -300, nil},
	{"mangle", -150, nil},
	{"dstnat", -100, []Hook{HookPrerouting, HookOutput}},
	{"filter", 0, nil},
	{"security", 50, nil},
	{"srcnat", 100, []Hook{HookPostrouting, HookInput}},
}

var bridgePriorityNames = []priorityName{
	{"dstnat", -300, []Hook{HookPrerouting}},
	{"filter", -200, nil},
	{"out", 100, []Hook{HookOutput}},
	{"srcnat", 300, []Hook{HookPostrouting}},
}

// prioritiesOf are the names that a family has.
func prioritiesOf(f Family) []priorityName {
	switch f {
	case FamilyBridge:
		return bridgePriorityNames
	case FamilyARP, FamilyNetdev:
		return priorityNames[3:4] // filter
	}
	return priorityNames
}

// base takes over `type T hook H priority P`.
func (c *checker) base(d *BaseDecl) {
	if c.table.Family == FamilyUnspec {
		return
	}
	b := &Base{Span: d.Span, Type: d.Type.Text, Hook: Hook(d.Hook.Text), Policy: VerdictAccept}
	family := c.table.Family
	if !slices.Contains(chainTypes, b.Type) {
		c.fail(d.Type.Span, didYouMean(b.Type, chainTypes), "unknown chain type `%s`", b.Type)
	}
	if !slices.Contains(hookWords, d.Hook.Text) {
		c.fail(d.Hook.Span, didYouMean(d.Hook.Text, hookWords), "unknown hook `%s`", d.Hook.Text)
	}
	c.try(func() { c.baseHook(d, b, family) })
	c.try(func() { b.Devices = c.devices(d, b) })
	c.try(func() { b.PriorityName, b.Priority = c.priority(d.Priority, b.Hook, family) })
	if b.Type == "nat" && b.Priority <= -200 {
		// nf_tables_api.c, nft_chain_parse_hook: NF_IP_PRI_CONNTRACK.
		c.report(d.Priority.Span, "write `priority dstnat` or `priority srcnat`", "a nat chain comes after conntrack: its priority is above -200")
	}
	old := c.chain.Base
	switch {
	case old == nil:
		c.chain.Base = b
	case old.Type != b.Type || old.Hook != b.Hook || old.Priority != b.Priority || !slices.Equal(old.Devices, b.Devices):
		c.fail(d.Span, "give the second chain another name", "chain `%s` is a base chain already, with another type, hook or priority, at %s", c.chain.Name, old.Pos)
	}
}

func (c *checker) baseHook(d *BaseDecl, b *Base, family Family) {
	ok := hookNames(chainHooks[family])
	if !slices.Contains(ok, d.Hook.Text) {
		hint := "one of: " + strings.Join(ok, ", ")
		if family != FamilyNetdev && b.Hook == HookEgress {
			hint = "a chain at egress belongs into a table of family netdev"
		}
		c.fail(d.Hook.Span, hint, "family %s has no hook `%s`", family, b.Hook)
	}
	if b.Type == "filter" {
		return
	}
	if family != FamilyIP && family != FamilyIP6 && family != FamilyInet {
		c.fail(d.Type.Span, "write `type filter`", "family %s has no chains of type %s", family, b.Type)
	}
	if ok := hookNames(typeHooks[b.Type]); !slices.Contains(ok, d.Hook.Text) {
		hint := "one of: " + strings.Join(ok, ", ")
		if len(ok) == 1 {
			hint = "write `hook " + ok[0] + "`"
		}
		c.fail(d.Hook.Span, hint, "a chain of type %s cannot be at the hook %s", b.Type, b.Hook)
	}
}

func hookNames(hooks []Hook) []string {
	out := make([]string, len(hooks))
	for i, h := range hooks {
		out[i] = string(h)
	}
	return out
}

// devices are the devices of a base chain: ingress and egress need one, the other hooks see all.
func (c *checker) devices(d *BaseDecl, b *Base) []string {
	wants := b.Hook == HookIngress || b.Hook == HookEgress
	switch {
	case d.Device == nil && wants:
		c.fail(d.Hook.Span, "write `hook "+string(b.Hook)+" device \"eth0\" priority 0`", "a chain at %s names its device", b.Hook)
	case d.Device != nil && !wants:
		c.fail(d.Device.Range(), "match `iifname` or `oifname` in the rules", "a chain at %s sees all devices", b.Hook)
	case d.Device == nil:
		return nil
	}
	return c.deviceNames(d.Device)
}

// deviceNames are the names of devices, one or several in braces.
func (c *checker) deviceNames(list ExprNode) []string {
	var out []string
	var walk func(x ExprNode)
	walk = func(x ExprNode) {
		x = c.expand(x)
		if s, ok := x.(*SetNode); ok {
			for _, e := range s.Elems {
				walk(e.Key)
			}
			return
		}
		w := c.wordOf(x, "name of a device")
		switch {
		case w.Kind == WordWildcard || strings.HasSuffix(w.Text, "*"):
			c.unsupported(w.Span, "a device with a wildcard")
		case len(w.Text) > 15:
			c.fail(w.Span, "", "`%s` is longer than 15 bytes", w.Text)
		case w.Text == "":
			c.fail(w.Span, "", "the name of the device is empty")
		}
		out = append(out, w.Text)
		c.rs.Devices = append(c.rs.Devices, Device{w.Span, w.Text})
	}
	walk(list)
	if len(out) == 0 {
		c.fail(list.Range(), "", "no device is named")
	}
	return out
}

func (c *checker) priority(n *PriorityNode, hook Hook, family Family) (name string, value int) {
	offset := 0
	if n.Number != nil {
		offset = int(c.number(n.Number, 31))
		if n.Minus {
			offset = -offset
		}
	}
	word := n.Name
	if n.Var != nil {
		switch x := c.expand(n.Var).(type) {
		case *WordNode:
			word = x
		default:
			c.fail(n.Var.Span, "", "`$%s` is no priority", n.Var.Name)
		}
		if word.Kind == WordNumber {
			digits, minus := strings.CutPrefix(word.Text, "-")
			v := int(c.number(&WordNode{Span: word.Span, Text: digits}, 31))
			if minus {
				v = -v
			}
			return "", v + offset
		}
		if parts := strings.Fields(word.Text); len(parts) == 3 && (parts[1] == "+" || parts[1] == "-") { // define p = "filter - 150"
			v := int(c.number(&WordNode{Span: word.Span, Text: parts[2]}, 31))
			if parts[1] == "-" {
				v = -v
			}
			offset += v
			word = &WordNode{Span: word.Span, Text: parts[0]}
		}
	}
	if word == nil {
		return "", offset
	}
	var names []string
	for _, p := range prioritiesOf(family) {
		if p.name != word.Text {
			names = append(names, p.name)
			continue
		}
		if p.hooks != nil && !slices.Contains(p.hooks, hook) {
			c.fail(word.Span, "write the number "+strconv.Itoa(p.value)+", or another hook", "priority %s is for %s, not for %s",
				p.name, strings.Join(hookNames(p.hooks), " and "), hook)
		}
		return p.name, p.value + offset
	}
	for _, p := range append(priorityNames, bridgePriorityNames...) {
		if p.name == word.Text {
			c.fail(word.Span, "one of: "+strings.Join(names, ", ")+"; or a number", "family %s has no priority `%s`", family, word.Text)
		}
	}
	hint := didYouMean(word.Text, names)
	if base, num, ok := cutOffset(word.Text); ok && slices.Contains(names, base) {
		hint = "write `" + base + " - " + num + "`, with spaces"
	}
	c.fail(word.Span, hint, "unknown priority `%s`", word.Text)
	return "", 0
}

// cutOffset cuts `filter-5`, which is one word to nft.
func cutOffset(s string) (base, number string, ok bool) {
	i := strings.LastIndexByte(s, '-')
	if i < 0 {
		return "", "", false
	}
	_, err := strconv.Atoi(s[i+1:])
	return s[:i], s[i+1:], err == nil
}

func (c *checker) policy(d *PolicyDecl) {
	b := c.chain.Base
	if b == nil {
		c.missing(d.Span, "add `type filter hook input priority filter;`, or end the chain with `drop`", "`%s` is no base chain, so it has no policy", c.chain.Name)
	}
	w := c.wordOf(d.Value, "policy")
	policy := VerdictAccept
	switch w.Text {
	case "accept":
	case "drop":
		policy = VerdictDrop
	default:
		c.fail(w.Span, "one of: accept, drop", "`%s` is no policy", w.Text)
	}
	b.Policy, b.PolicyPos = policy, d.Pos
}

// offload takes over `flags offload` (nft_chain_offload_support of net/netfilter/nf_tables_offload.c).
func (c *checker) offload(d *FlagsDecl) {
	b := c.chain.Base
	if b == nil {
		c.missing(d.Span, "add `type filter hook ingress device \"eth0\" priority filter;`", "`%s` is no base chain, so it has no flags", c.chain.Name)
	}
	if c.table.Family != FamilyNetdev || b.Hook != HookIngress {
		c.fail(d.Span, "leave it out; a flowtable can have it in the other families", "only a chain at ingress in a table of family netdev can be offloaded")
	}
	b.Offload = true
}
