package topology

import (
	"fmt"
	"io/fs"
	"net/netip"
	"path"
	"slices"
	"strings"
	"unicode"
)

// Compile computes the plan of a spec and finds everything in it that could not work. The plan is nil if there are
// errors, here or from Parse, whose problems are not said again; there may be warnings beside a plan. readFile gives the text of a file that the spec names, as it is named
// there: seen from the folder of the topology file. Nil: no file can be read. Rules cannot include a pattern: for that
// see [Load], which lists folders.
//
// Compile does not change the spec. The same spec and the same files give the same plan.
func Compile(s *Spec, readFile func(name string) ([]byte, error)) (*Plan, Problems) {
	return compile(s, readFile, nil)
}

// compile is Compile with a way to see what is in a folder.
func compile(s *Spec, readFile func(name string) ([]byte, error), list func(name string) ([]fs.DirEntry, error)) (*Plan, Problems) {
	if s == nil {
		return nil, Problems{{Severity: SeverityError, Rule: "empty", Msg: "there is no topology"}}
	}
	c := &compiler{
		spec:   s,
		read:   readFile,
		list:   list,
		plan:   &Plan{V: PlanVersion, Name: s.Name.Value, About: s.About.Value, File: s.File},
		byName: make(map[string]int, len(s.Nodes)),
		rules:  map[string]*loadedRules{},
	}
	c.name()
	c.plan.Offloads, _ = c.flag(s.Offloads, root.at("offloads"), "device-value")
	c.nodes()
	c.links()
	c.interfaces()
	c.broken = s.partial || c.problems.HasErrors()
	c.domains()
	c.wireGuardPeers()
	for i := range c.nds {
		c.order(&c.nds[i])
	}
	for i := range c.nds {
		n := &c.nds[i]
		c.sysctls(n)
		c.routes(n)
		c.policyRules(n)
		c.neighbours(n)
		c.xfrm(n)
		c.services(n)
		c.exec(n)
		c.nft(n)
	}
	c.lonely()
	c.problems.sort(s.File)
	if s.invalid || c.problems.HasErrors() {
		return nil, c.problems
	}
	for i := range c.nds {
		c.plan.Nodes = append(c.plan.Nodes, *c.nds[i].plan)
	}
	return c.plan, c.problems
}

// compiler is one run of Compile.
type compiler struct {
	spec     *Spec
	read     func(string) ([]byte, error)
	list     func(string) ([]fs.DirEntry, error)
	problems Problems
	plan     *Plan

	nds        []node
	byName     map[string]int          // into nds
	rulesAlone bool                    // there is no lab around the rules
	rules      map[string]*loadedRules // of nft files, by name: several nodes may share one

	// broken: some link is wrong, so that addresses seem to be missing which are not.
	broken  bool
	owners  map[domainAddr]owner
	members map[int][]member // of a domain
}

// member is a device in a domain.
type member struct {
	node  *node
	iface *iface
}

// node is what is known about a node so far.
type node struct {
	spec    *NodeSpec
	plan    *Node
	ifaces  []iface
	bridges []*BridgeDevice
	byName  map[string]int // into ifaces
	// shaky: something about its links is wrong, so that other things seem wrong which are not.
	shaky bool
}

// iface is a device of a node.
type iface struct {
	name   string
	addrs  []address
	kind   DeviceKind // "": a link end
	link   int        // into spec.Links; -1: it is no end of one
	endNo  int        // which end
	domain int        // what broadcast reaches, see domains
	open   bool       // it leads out of the lab, or somewhere that is not known

	// Where it goes in the plan: one of them.
	end    *End
	bridge *BridgeDevice
	device *Device

	spec       *InterfaceSpec // nil: not under interfaces:
	text       Text           // where it stands in the file
	at         *place
	lower      string // the device it sits on; "": none
	master     string // the one it belongs to; "": none
	masterText Text   // what says so
}

// address is an address of a device and where it was written.
type address struct {
	prefix netip.Prefix
	text   Text
	path   *place
}

func (c *compiler) add(sev Severity, at Text, p *place, rule, msg, hint string) {
	c.problems = append(c.problems, Problem{
		Pos: at.Pos, End: at.End, Severity: sev, Path: p.String(), Value: at.Value, Msg: msg, Rule: rule, Hint: hint,
		Source: c.spec.src.line(at.Pos.Line),
	})
}

func (c *compiler) fail(at Text, p *place, rule, msg, hint string) {
	c.add(SeverityError, at, p, rule, msg, hint)
}

func (c *compiler) warn(at Text, p *place, rule, msg, hint string) {
	c.add(SeverityWarning, at, p, rule, msg, hint)
}

// name checks the lab's name, or finds one, and what it is about.
func (c *compiler) name() {
	if i := strings.IndexFunc(c.spec.About.Value, unicode.IsControl); i >= 0 {
		c.fail(c.spec.About, root.at("about"), "about", "about has a control character or a line end in it", "a sentence on one line")
	}
	if c.spec.Name.present() {
		if msg, hint := checkName(c.spec.Name.Value); msg != "" {
			c.fail(c.spec.Name, root.at("name"), "name", msg, hint)
		}
		return
	}
	base := path.Base(strings.ReplaceAll(c.spec.File, `\`, "/"))
	base = strings.TrimSuffix(base, path.Ext(base))
	if base == "lab" && c.spec.Folder != "" {
		base = c.spec.Folder
	}
	c.plan.Name = defaultName(base)
}

func (c *compiler) nodes() {
	if len(c.spec.Nodes) == 0 && !c.spec.partial {
		c.fail(Text{Span: Span{Pos: Pos{File: c.spec.File, Line: 1, Col: 1}}}, root.at("nodes"), "empty", "there are no nodes", "nodes: {pc1: , pc2: }")
	}
	c.nds = make([]node, 0, len(c.spec.Nodes))
	for i := range c.spec.Nodes {
		s := &c.spec.Nodes[i]
		at := nodePath(s)
		if msg, hint := checkName(s.Name.Value); msg != "" {
			c.fail(s.Name, at, "name", msg, hint)
		}
		n := node{spec: s, plan: &Node{Name: s.Name.Value, Kind: Host, Pos: s.Name.Pos}, byName: map[string]int{}}
		if s.Kind.present() {
			c.kind(&n)
		}
		if n.plan.Kind == Bridge {
			c.bridge(&n)
		} else {
			c.noBridge(s)
		}
		if n.plan.Kind != Bridge && len(s.Addresses) > 0 {
			c.fail(s.Addresses[0], at.at("addresses"), "addresses", "addresses: is for bridges only",
				fmt.Sprintf("write it on a link's end: [%s:eth0 %s, ...]", s.Name.Value, shorten(s.Addresses[0].Value)))
			n.shaky = true
		}
		c.byName[s.Name.Value] = len(c.nds)
		c.nds = append(c.nds, n)
	}
}

var kinds = []string{string(Host), string(Router), string(Bridge)}

func (c *compiler) kind(n *node) {
	k := n.spec.Kind
	at := nodePath(n.spec).at("kind")
	switch {
	case slices.Contains(kinds, k.Value):
		n.plan.Kind = Kind(k.Value)
		return
	case slices.Contains(laterKind, k.Value):
		c.fail(k, at, "not-yet", fmt.Sprintf("kind %s is not supported yet", k.Value), "")
	case k.Value == "switch":
		c.fail(k, at, "kind", `unknown kind "switch"`, `did you mean "bridge"?`)
	default:
		c.fail(k, at, "kind", fmt.Sprintf("unknown kind %q", shorten(k.Value)), didYouMean(k.Value, kinds))
	}
	n.shaky = true
}

// add takes note of a device whose name is not taken.
func (n *node) add(i iface) {
	n.byName[i.name] = len(n.ifaces)
	n.ifaces = append(n.ifaces, i)
}

func (n *node) ifaceNames() []string {
	names := make([]string, len(n.ifaces))
	for i := range n.ifaces {
		names[i] = n.ifaces[i].name
	}
	return names
}

// ifaceAddr checks an address of a device.
func (c *compiler) ifaceAddr(t Text, p *place) (netip.Prefix, bool) {
	prefix, msg, hint := parseIfaceAddr(t.Value)
	if msg != "" {
		c.fail(t, p, "address", msg, hint)
		return prefix, false
	}
	return prefix, true
}

func (c *compiler) exec(n *node) {
	for i, t := range n.spec.Exec {
		if strings.TrimSpace(t.Value) == "" {
			c.fail(t, nodePath(n.spec).at("exec").elem(i), "exec", "an empty command", "")
			continue
		}
		if strings.ContainsRune(t.Value, 0) {
			c.fail(t, nodePath(n.spec).at("exec").elem(i), "exec", "a NUL in a command", "no program could be given it")
			continue
		}
		n.plan.Exec = append(n.plan.Exec, Command{Line: t.Value, Pos: t.Pos})
	}
}

// lonely warns of nodes that nothing reaches, in a lab that has links.
func (c *compiler) lonely() {
	if len(c.spec.Links) == 0 || c.spec.partial {
		return
	}
	for i := range c.nds {
		n := &c.nds[i]
		linked := slices.ContainsFunc(n.ifaces, func(i iface) bool { return i.link >= 0 })
		if !linked && !n.shaky {
			c.warn(n.spec.Name, nodePath(n.spec), "no-link", n.spec.Name.Value+" is on no link", "nothing can reach it")
		}
	}
}
