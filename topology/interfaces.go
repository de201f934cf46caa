package topology

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// deviceForm is what a kind of device can be told, besides what all can.
type deviceForm struct {
	kind  DeviceKind
	keys  []string
	layer int // 2: it has a hardware address, and can be a port of a bridge; 3: it carries IP only
}

// deviceForms are the kinds of device under interfaces:.
var deviceForms = []deviceForm{
	{BridgeKind, append([]string{"members", "vlan"}, fieldsOf(reflect.TypeFor[BridgeSpec]()).keys...), 2},
	{VLAN, []string{"link", "id", "protocol"}, 2},
	{Bond, []string{"members", "mode", "primary", "lacp-rate", "hash"}, 2},
	{VRF, []string{"members", "table"}, 3},
	{Macvlan, []string{"link", "mode"}, 2},
	{IPvlan, []string{"link", "mode"}, 3},
	{Dummy, nil, 2},
	{IFB, nil, 2},
	{VXLAN, []string{"id", "local", "remote", "port", "ttl", "link", "fdb", "external"}, 2},
	{GRE, []string{"local", "remote", "key", "ttl", "link"}, 3},
	{GRETap, []string{"local", "remote", "key", "ttl", "link"}, 2},
	{IPIP, []string{"local", "remote", "ttl", "link"}, 3},
	{SIT, []string{"local", "remote", "ttl", "link"}, 3},
	{IP6Tunnel, []string{"local", "remote", "ttl", "link"}, 3},
	{IP6GRE, []string{"local", "remote", "key", "ttl", "link"}, 3},
	{IP6GRETap, []string{"local", "remote", "key", "ttl", "link"}, 2},
	{WireGuard, []string{"listen", "peers"}, 3},
}

var everyDevice = append([]string{"kind", "addresses", "mtu", "mac", "master"}, fieldsOf(reflect.TypeFor[PortSpec]()).keys...)

var (
	bondModes    = []string{"balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb", "balance-alb"}
	bondHashes   = []string{"layer2", "layer2+3", "layer3+4", "encap2+3", "encap3+4", "vlan+srcmac"}
	macvlanModes = []string{"bridge", "private", "vepa", "passthru"}
	ipvlanModes  = []string{"l2", "l3", "l3s"}
)

// deviceKinds are the words for kind:.
func deviceKinds() []string {
	names := make([]string, len(deviceForms))
	for i := range deviceForms {
		names[i] = string(deviceForms[i].kind)
	}
	return names
}

func formOf(k DeviceKind) *deviceForm {
	for i := range deviceForms {
		if deviceForms[i].kind == k {
			return &deviceForms[i]
		}
	}
	return &deviceForm{layer: 2} // a link end
}

// interfaces plans the devices under interfaces: of all nodes. First all names are taken, those of bridge ports that the
// file leaves out last; then it is looked up who belongs to whom.
func (c *compiler) interfaces() {
	for i := range c.nds {
		for j := range c.nds[i].spec.Interfaces {
			c.declare(&c.nds[i], &c.nds[i].spec.Interfaces[j])
		}
	}
	c.portNames()
	for i := range c.nds {
		c.nds[i].shortNames()
	}
	for i := range c.nds {
		n := &c.nds[i]
		for j := range n.ifaces {
			if n.ifaces[j].spec != nil {
				c.deviceDetails(n, &n.ifaces[j])
			}
		}
		c.masters(n)
		c.ports(n)
		for _, b := range n.bridges {
			n.plan.Bridges = append(n.plan.Bridges, *b)
		}
	}
}

func interfacePath(n *node, s *InterfaceSpec) *place {
	return nodePath(n.spec).at("interfaces").at(s.Name.Value)
}

// declare takes the name of a device.
func (c *compiler) declare(n *node, s *InterfaceSpec) {
	at := interfacePath(n, s)
	n.shaky = n.shaky || s.broken
	if msg, hint := checkIface(s.Name.Value); msg != "" {
		n.shaky = true
		c.fail(s.Name, at, "interface", msg, hint)
		return
	}
	if first, ok := n.byName[s.Name.Value]; ok {
		n.shaky = true
		f := &n.ifaces[first]
		c.fail(s.Name, at, "end-twice", fmt.Sprintf("%s:%s is there already (line %d)", n.plan.Name, s.Name.Value, f.text.Pos.Line), "")
		return
	}
	if !s.Kind.present() {
		n.shaky = true
		if !s.broken {
			c.fail(s.Name, at, "device-kind", fmt.Sprintf("%s must say what kind of device it is", s.Name.Value), wantInterface)
		}
		return
	}
	kind, ok := c.word(s.Kind, at.at("kind"), "device-kind", "kind of device", deviceKinds())
	if !ok {
		n.shaky = true
		return
	}
	ifc := iface{name: s.Name.Value, link: -1, kind: DeviceKind(kind), spec: s, text: s.Name, at: at, master: s.Master.Value, masterText: s.Master}
	if ifc.kind == BridgeKind {
		ifc.bridge = &BridgeDevice{Name: ifc.name, Pos: s.Name.Pos}
		n.bridges = append(n.bridges, ifc.bridge)
	} else {
		ifc.device = &Device{Name: ifc.name, Kind: ifc.kind, Pos: s.Name.Pos}
	}
	for i, t := range s.Addresses {
		at := at.at("addresses").elem(i)
		p, ok := c.ifaceAddr(t, at)
		if !ok {
			n.shaky = true
			continue
		}
		ifc.addrs = append(ifc.addrs, address{p, t, at})
	}
	n.add(ifc)
}

// deviceDetails reads what a device is told.
func (c *compiler) deviceDetails(n *node, i *iface) {
	s, at, form := i.spec, i.at, formOf(i.kind)
	v := reflect.ValueOf(s).Elem()
	f := fieldsOf(reflect.TypeFor[InterfaceSpec]())
	for _, key := range f.keys {
		t, ok := written(v.FieldByIndex(f.index[key]))
		if ok && !slices.Contains(everyDevice, key) && !slices.Contains(form.keys, key) {
			c.fail(t, at.at(key), "device-key", fmt.Sprintf("%s %s has no %s", article(string(i.kind)), i.kind, key), kindsWith(key))
		}
	}
	var prefixes []netip.Prefix
	for _, a := range i.addrs {
		prefixes = append(prefixes, a.prefix)
	}
	mtu := c.deviceMTU(n, i, prefixes)
	mac := c.hardwareAddr(s.MAC, at.at("mac"))
	if form.layer == 3 && s.MAC.present() && i.kind != VRF {
		c.fail(s.MAC, at.at("mac"), "device-key", fmt.Sprintf("%s %s has no hardware address of its own", article(string(i.kind)), i.kind), "")
	}
	if b := i.bridge; b != nil {
		b.Addrs, b.MTU, b.MAC = prefixes, mtu, mac
		c.bridgeOptions(b, &s.BridgeSpec, at)
		return
	}
	d := i.device
	d.Addrs, d.MTU, d.MAC = prefixes, mtu, mac
	switch i.kind {
	case VLAN:
		c.vlanDevice(n, i)
	case Macvlan:
		c.lower(n, i, s.Link)
		d.Mode = c.mode(s.Mode, at, "mode of a macvlan", macvlanModes)
	case IPvlan:
		c.lower(n, i, s.Link)
		d.Mode = c.mode(s.Mode, at, "mode of an ipvlan", ipvlanModes)
	case Bond:
		c.bond(n, i)
	case VRF:
		c.vrf(n, i)
	case WireGuard:
		c.wireGuard(n, i)
	default:
		if tunnelFamilies[i.kind] != "" {
			c.tunnel(n, i)
		}
	}
}

// mode reads the mode of a device; the first is the default.
func (c *compiler) mode(t Text, at *place, what string, modes []string) string {
	if m, ok := c.word(t, at.at("mode"), "device-value", what, modes); ok {
		return m
	}
	return modes[0]
}

// kindsWith says which devices have a key.
func kindsWith(key string) string {
	var kinds []string
	for _, f := range deviceForms {
		if slices.Contains(f.keys, key) {
			kinds = append(kinds, string(f.kind))
		}
	}
	return key + " is for " + strings.Join(kinds, ", ")
}

// article is a or an.
func article(noun string) string {
	if noun != "" && strings.ContainsRune("aeiou", rune(noun[0])) {
		return "an"
	}
	return "a"
}

// deviceMTU reads an MTU.
func (c *compiler) deviceMTU(n *node, i *iface, addrs []netip.Prefix) int {
	t, at := i.spec.MTU, i.at.at("mtu")
	mtu, ok := c.number(t, at, "mtu", "the MTU in bytes", minMTU, maxMTU)
	if !ok {
		return 0
	}
	if a, bad := tooSmallForIPv6(mtu, addrs); bad {
		c.fail(t, at, "mtu", fmt.Sprintf("IPv6 needs an MTU of %d, and %s:%s has %s", minMTUIPv6, n.plan.Name, i.name, a), "")
		return 0
	}
	return mtu
}

// lower finds the device that one sits on.
func (c *compiler) lower(n *node, i *iface, t Text) {
	at := i.at.at("link")
	if !t.present() {
		if !i.spec.broken {
			c.fail(i.spec.Name, i.at, "device-link", fmt.Sprintf("on which device does %s sit?", i.name), "link: eth0")
		}
		return
	}
	k, ok := n.byName[t.Value]
	switch {
	case !ok:
		if !n.shaky && !c.spec.partial {
			c.fail(t, at, "device-link", fmt.Sprintf("%s has no device %q", n.plan.Name, shorten(t.Value)), didYouMean(t.Value, n.ifaceNames()))
		}
		return
	case n.ifaces[k].name == i.name:
		c.fail(t, at, "device-link", i.name+" cannot sit on itself", "")
		return
	case formOf(n.ifaces[k].kind).layer == 3:
		c.fail(t, at, "device-link", fmt.Sprintf("%s is %s %s: no %s can sit on it", t.Value, article(string(n.ifaces[k].kind)), n.ifaces[k].kind, i.kind), "")
		return
	}
	i.lower = n.ifaces[k].name
	i.device.Link = i.lower
}

// vlanDevice reads a VLAN device. One called eth0.10 is VLAN 10 on eth0 if nothing else is said.
func (c *compiler) vlanDevice(n *node, i *iface) {
	s := i.spec
	link, id := s.Link, s.ID
	name := s.Name.Value
	if dot := strings.LastIndexByte(name, '.'); dot > 0 {
		if _, ok := n.byName[name[:dot]]; ok && !link.present() {
			link = s.Name.part(0, dot)
		}
		if _, err := strconv.Atoi(name[dot+1:]); err == nil && !id.present() {
			id = s.Name.part(dot+1, len(name))
		}
	}
	c.lower(n, i, link)
	if !id.present() {
		c.fail(s.Name, i.at, "device-value", fmt.Sprintf("which VLAN is %s?", i.name), "id: 10")
	} else if v, ok := c.number(id, i.at.at("id"), "vlan", "the number of a VLAN", 1, maxVLAN); ok {
		i.device.ID = v
	}
	if p, ok := c.word(s.Protocol, i.at.at("protocol"), "device-value", "kind of VLAN tag", vlanProtocols); ok && p != vlanProtocols[0] {
		i.device.Protocol = p
	}
	if k, ok := n.byName[i.lower]; ok && i.device.MTU > 0 {
		if below := c.knownMTU(&n.ifaces[k]); i.device.MTU > below {
			c.fail(s.MTU, i.at.at("mtu"), "mtu", fmt.Sprintf("the MTU of %s, %d, is more than that of %s, %d", i.name, i.device.MTU, i.lower, below), "the kernel refuses it")
		}
	}
}

// knownMTU is the MTU of a device, where the file tells.
func (c *compiler) knownMTU(i *iface) int {
	mtu := 0
	switch {
	case i.link >= 0:
		mtu = c.plan.Links[i.link].MTU
	case i.spec != nil:
		mtu, _ = strconv.Atoi(i.spec.MTU.Value)
	}
	if mtu == 0 {
		return 1500
	}
	return mtu
}

// bond reads a bond, but for its members.
func (c *compiler) bond(n *node, i *iface) {
	s, at := i.spec, i.at
	b := &BondDevice{Mode: c.mode(s.Mode, at, "mode of a bond", bondModes)}
	i.device.Bond = b
	if h, ok := c.word(s.Hash, at.at("hash"), "device-value", "hash of a bond", bondHashes); ok {
		b.Hash = h
	}
	if r, ok := c.word(s.LACPRate, at.at("lacp-rate"), "device-value", "rate", []string{"fast", "slow"}); ok {
		b.LACPSlow = r == "slow"
		if b.Mode != "802.3ad" && s.Mode.present() {
			c.fail(s.LACPRate, at.at("lacp-rate"), "device-value", fmt.Sprintf("a bond of mode %s speaks no LACP", b.Mode), "mode: 802.3ad")
		}
	}
	if !s.Primary.present() {
		return
	}
	switch {
	case b.Mode != "active-backup" && b.Mode != "balance-tlb" && b.Mode != "balance-alb":
		c.fail(s.Primary, at.at("primary"), "device-value", fmt.Sprintf("a bond of mode %s has no primary member", b.Mode), "mode: active-backup")
	case !slices.ContainsFunc(s.Members, func(t Text) bool { return t.Value == s.Primary.Value }):
		c.fail(s.Primary, at.at("primary"), "device-member", fmt.Sprintf("%s is no member of %s", shorten(s.Primary.Value), i.name), didYouMean(s.Primary.Value, texts(s.Members)))
	default:
		b.Primary = s.Primary.Value
		if k, ok := n.byName[b.Primary]; ok {
			b.Primary = n.ifaces[k].name
		}
	}
}

func texts(list TextList) []string {
	var out []string
	for _, t := range list {
		out = append(out, t.Value)
	}
	return out
}

// firstVRFTable is the table of a node's first VRF that names none.
const firstVRFTable = 1001

// vrf reads the table of a VRF.
func (c *compiler) vrf(n *node, i *iface) {
	s := i.spec
	used := map[uint32]string{}
	for j := range n.ifaces {
		if o := &n.ifaces[j]; o != i && o.device != nil && o.device.Table != 0 {
			used[o.device.Table] = o.name
		}
	}
	if t, ok := c.table(s.Table, i.at.at("table"), "device-value"); ok {
		if t >= tableCompat && t <= tableLocal {
			c.fail(s.Table, i.at.at("table"), "device-value", fmt.Sprintf("table %s is none for a vrf: it is the node's own", s.Table.Value), "")
			return
		}
		if o := used[t]; o != "" {
			c.fail(s.Table, i.at.at("table"), "device-value", fmt.Sprintf("table %d is that of %s", t, o), "each vrf has its own")
			return
		}
		i.device.Table = t
		return
	}
	for t := uint32(firstVRFTable); ; t++ {
		if used[t] == "" && !slices.ContainsFunc(n.spec.Interfaces, func(o InterfaceSpec) bool { return o.Table.Value == strconv.Itoa(int(t)) }) {
			i.device.Table = t
			return
		}
	}
}

// Numbers of routing tables, enum rt_class_t of include/uapi/linux/rtnetlink.h.
const (
	tableCompat  = 252
	tableDefault = 253
	tableMain    = 254
	tableLocal   = 255
)

// table reads the number of a routing table, or one of the names that the kernel's own have.
func (c *compiler) table(t Text, at *place, rule string) (uint32, bool) {
	if !t.present() {
		return 0, false
	}
	switch t.Value {
	case "main":
		return tableMain, true
	case "default":
		return tableDefault, true
	case "local":
		return tableLocal, true
	}
	v, err := strconv.ParseUint(t.Value, 10, 32)
	if err != nil || v == 0 {
		c.fail(t, at, rule, fmt.Sprintf("%q is not a routing table", shorten(t.Value)), "a number from 1 up, or main")
		return 0, false
	}
	return uint32(v), true
}
