package path

import (
	"encoding/binary"
	"maps"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// fake is a network whose kernels are played by the test.
//
//	client eth0 --- eth0 isp eth1 --- wan fw dmz --- eth0 web
//	                                      fw lan --- p0 lan p1 --- eth0 pc1
//	                                                    lan p2 --- eth0 pc2
type fake struct {
	rules    map[string]*Rules
	services map[string]string
}

var fakeCables = func() map[string]string {
	cables := map[string]string{
		"client:eth0": "isp:eth0", "isp:eth1": "fw:wan", "fw:dmz": "web:eth0",
		"fw:lan": "lan:p0", "lan:p1": "pc1:eth0", "lan:p2": "pc2:eth0",
	}
	for a, b := range maps.Clone(cables) {
		cables[b] = a
	}
	return cables
}()

var fakeOwners = map[string]string{
	"198.51.100.7": "client", "198.51.100.1": "isp", "203.0.113.2": "isp", "203.0.113.1": "fw", "10.0.2.1": "fw", "10.0.2.10": "web",
	"10.0.1.1": "fw", "10.0.1.2": "lan", "10.0.1.11": "pc1", "10.0.1.12": "pc2",
	"2001:db8:1::7": "client", "2001:db8:2::10": "web", "2001:db8:3::1": "fw",
}

func (f *fake) Lab() string { return "fake" }
func (f *fake) Peer(node, dev string) (string, string, bool) {
	n, d, ok := strings.Cut(fakeCables[node+":"+dev], ":")
	return n, d, ok
}
func (f *fake) Owner(a netip.Addr) string { return fakeOwners[a.String()] }
func (f *fake) Rules(node string) *Rules  { return f.rules[node] }
func (f *fake) Service(node, proto string, port uint16) string {
	return f.services[node]
}

// newFake reads the rules of nodes. The handles of a node's rules are 100 for the first rule of the first chain, and
// so on.
func newFake(t testing.TB, sources map[string]string) *fake {
	t.Helper()
	f := &fake{rules: map[string]*Rules{}, services: map[string]string{"web": "http:80"}}
	for node, source := range sources {
		file, errs := nft.Parse("lab/"+node+".nft", []byte(source), nft.Options{})
		if len(errs) > 0 {
			t.Fatal(errs.Render())
		}
		rs, errs := nft.Check(file)
		if len(errs) > 0 {
			t.Fatal(errs.Render())
		}
		var handles []Handle
		next := uint64(100)
		for _, table := range rs.Tables {
			for _, c := range table.Chains {
				for i := range c.Rules {
					handles = append(handles, Handle{table.Family.String(), table.Name, c.Name, i, next, ""})
					next++
				}
			}
		}
		f.rules[node] = NewRules(rs, handles, "lab")
	}
	return f
}

// pkt is a packet that the fake kernels pass around.
type pkt struct {
	src, dst     string
	proto        uint8
	sport, dport uint16
	ttl          uint8
	flags        byte
	seq, ack     uint32
	icmpType     uint8
	icmpCode     uint8
	mark         uint32
}

func (p pkt) headers() (nh, th []byte) {
	src, dst := netip.MustParseAddr(p.src), netip.MustParseAddr(p.dst)
	if src.Is4() {
		nh = make([]byte, 20)
		nh[0], nh[8], nh[9] = 0x45, p.ttl, p.proto
		binary.BigEndian.PutUint16(nh[2:], 60)
		copy(nh[12:], src.AsSlice())
		copy(nh[16:], dst.AsSlice())
	} else {
		nh = make([]byte, 40)
		nh[0], nh[6], nh[7] = 0x60, p.proto, p.ttl
		binary.BigEndian.PutUint16(nh[4:], 40)
		copy(nh[8:], src.AsSlice())
		copy(nh[24:], dst.AsSlice())
	}
	th = make([]byte, 20)
	switch p.proto {
	case ipprotoICMP, ipprotoICMPv6:
		th[0], th[1] = p.icmpType, p.icmpCode
	case ipprotoTCP:
		binary.BigEndian.PutUint32(th[4:], p.seq)
		binary.BigEndian.PutUint32(th[8:], p.ack)
		th[12], th[13] = 0x50, p.flags
		fallthrough
	default:
		binary.BigEndian.PutUint16(th[0:], p.sport)
		binary.BigEndian.PutUint16(th[2:], p.dport)
	}
	return nh, th
}

// ethernet is the link-layer header in front of a network header.
func ethernet(nh []byte) []byte {
	ll := []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0, 0}
	typ := uint16(etherIPv4)
	if nh[0]>>4 == 6 {
		typ = etherIPv6
	}
	binary.BigEndian.PutUint16(ll[12:], typ)
	return ll
}

// tape collects the events that the fake kernels send.
type tape struct {
	rec  *Recording
	id   uint32
	node string
	in   string
	out  string
}

const fakeISN = 0xcafebabe

func newTape(from, to string, p pkt) *tape {
	names := map[uint8]string{ipprotoTCP: "tcp", ipprotoUDP: "udp", ipprotoICMP: "icmp", ipprotoICMPv6: "icmpv6"}
	dst := netip.MustParseAddr(p.dst)
	return &tape{rec: &Recording{ISN: fakeISN, Lost: map[string]int{}, Blind: map[string]string{},
		Probe: Probe{From: from, To: to, Node: fakeOwners[p.dst], Src: netip.MustParseAddr(p.src), Dst: dst,
			Proto: names[p.proto], Sport: p.sport, Dport: p.dport}}}
}

// at begins a traversal of a node: in is "" for a packet made there, out "" for one that stays.
func (t *tape) at(node, in, out string) *tape {
	t.id++
	t.node, t.in, t.out = node, in, out
	return t
}

// event writes one event. With p it carries headers: it is the first of its base chain.
func (t *tape) event(e Event, p *pkt) *tape {
	e.Node, e.ID = t.node, t.id
	e.At = time.Duration(len(t.rec.Events)+1) * 10 * time.Microsecond
	if p != nil {
		e.NH, e.TH = p.headers()
		if t.in != "" && t.in != "lo" {
			e.LL = ethernet(e.NH)
		}
		e.Mark, e.Iif, e.Oif = p.mark, t.in, t.out
		if e.Chain == ChainRX || strings.HasPrefix(e.Chain, "prerouting") {
			e.Oif = ""
		}
		if e.Family == "netdev" && e.Chain == ChainTX {
			e.Iif = ""
		}
	}
	t.rec.Events = append(t.rec.Events, e)
	return t
}

// own passes one of the tracer's chains: each reports one rule that accepts.
func (t *tape) own(family, chain string, p pkt) *tape {
	return t.event(Event{Family: family, Table: TracerTable, Chain: chain, Type: EventRule, Handle: 3, Verdict: "accept"}, &p)
}

// hooks passes the tracer's two chains of each hook of IP; bridgeHooks does so for a bridge.
func (t *tape) hooks(p pkt, hooks ...string) *tape {
	for _, h := range hooks {
		t.first(h, p).last(h, p)
	}
	return t
}

func (t *tape) bridgeHooks(p pkt, hooks ...string) *tape {
	for _, h := range hooks {
		t.own("bridge", h+SuffixFirst, p).own("bridge", h+SuffixLast, p)
	}
	return t
}

func (t *tape) first(hook string, p pkt) *tape { return t.own("inet", hook+SuffixFirst, p) }
func (t *tape) last(hook string, p pkt) *tape  { return t.own("inet", hook+SuffixLast, p) }
func (t *tape) rx(p pkt) *tape                 { return t.own("netdev", ChainRX, p) }
func (t *tape) tx(p pkt) *tape                 { return t.own("netdev", ChainTX, p) }

// rule is a user chain in which the rule with that handle decided.
func (t *tape) rule(family, table, chain string, handle uint64, verdict string, p pkt) *tape {
	return t.event(Event{Family: family, Table: table, Chain: chain, Type: EventRule, Handle: handle, Verdict: verdict}, &p)
}

// then is a further event of the chain that the packet is in.
func (t *tape) then(family, table, chain string, handle uint64, verdict string) *tape {
	e := Event{Family: family, Table: table, Chain: chain, Type: EventRule, Handle: handle, Verdict: verdict}
	e.Verdict, e.Jump, _ = strings.Cut(verdict, " ")
	return t.event(e, nil)
}

// policy is a user chain in which the policy decided.
func (t *tape) policy(family, table, chain, verdict string, p pkt) *tape {
	t.event(Event{Family: family, Table: table, Chain: chain, Type: EventRule, Verdict: "continue"}, &p)
	return t.event(Event{Family: family, Table: table, Chain: chain, Type: EventPolicy, Policy: verdict}, nil)
}

// send is the way out of the node that makes the packet; forward, bridge and receive are the ways through and into one.
func (t *tape) send(node, dev string, p pkt) *tape {
	return t.at(node, "", dev).hooks(p, "output", "postrouting").tx(p)
}

func (t *tape) forward(node, in, out string, p pkt) (*tape, pkt) {
	t.at(node, in, out).rx(p).hooks(p, "prerouting")
	p.ttl--
	t.hooks(p, "forward", "postrouting").tx(p)
	return t, p
}

func (t *tape) bridge(node, in, out string, p pkt) *tape {
	return t.at(node, in, out).rx(p).bridgeHooks(p, "prerouting", "forward", "postrouting").tx(p)
}

func (t *tape) receive(node, dev string, p pkt) *tape {
	return t.at(node, dev, "").rx(p).hooks(p, "prerouting", "input")
}
