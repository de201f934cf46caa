package trace_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookwalk/hookwalk/lab"
	"github.com/hookwalk/hookwalk/lab/netns"
	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/lab/trace"
	"github.com/hookwalk/hookwalk/topology"
)

// flow is what the agent "test-flow" sends: datagrams of one flow, each when the one before was answered.
type flow struct {
	Plan     *topology.Plan
	From, To string
	Count    int
	Silent   bool // no answer comes
}

func init() {
	lab.RegisterAgent("test-flow", func(_ context.Context, conn net.Conn, arg json.RawMessage) error {
		var f flow
		if err := json.Unmarshal(arg, &f); err != nil {
			return err
		}
		tag := trace.Tag{'a', 'n', ' ', 'o', 'l', 'd', 'e', 'n'}
		rec, err := trace.Flow(trace.NewNetwork(f.Plan, nil), f.From, tag, func(context.Context) error {
			return netns.Do(f.From, func() error { return f.send(tag[:]) })
		})
		if err != nil {
			return err
		}
		return json.NewEncoder(conn).Encode(rec)
	})
}

func (f *flow) send(payload []byte) error {
	c, err := net.Dial("udp", f.To)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(3 * time.Second)); err != nil {
		return err
	}
	for range f.Count {
		if _, err := c.Write(payload); err != nil {
			return err
		}
		if f.Silent {
			continue
		}
		if _, err := io.ReadFull(c, make([]byte, len(payload))); err != nil {
			return fmt.Errorf("the answer: %w", err)
		}
	}
	return nil
}

// record runs the agent.
func record(t *testing.T, l *lab.Lab, f flow) *path.Recording {
	t.Helper()
	plan, err := l.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f.Plan = plan
	a, err := l.Agent(t.Context(), "test-flow", f)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	var rec path.Recording
	if err := json.NewDecoder(a).Decode(&rec); err != nil {
		_, rest := io.ReadAll(a)
		t.Fatal(errors.Join(err, rest))
	}
	return &rec
}

// ways lists, for each packet of IPv4 (or of ARP) that a node reported, the user's base chains that it entered:
// "family:chain", in order. The packets are in the order in which they came. A trace id that is used again begins a
// new one.
func ways(rec *path.Recording, node string, arp bool) []string {
	var all []*[]string
	of := map[uint32]*[]string{}
	for i := range rec.Events {
		e := &rec.Events[i]
		if e.Node != node || !e.HasHeaders() || arp == (e.NH[0]>>4 == 4) {
			continue
		}
		begins := e.Table == path.TracerTable && (e.Chain == path.ChainRX || e.Family == "inet" && e.Chain == "output"+path.SuffixFirst)
		if begins || of[e.ID] == nil {
			of[e.ID] = &[]string{}
			all = append(all, of[e.ID])
		}
		if e.Table != path.TracerTable {
			*of[e.ID] = append(*of[e.ID], e.Family+":"+e.Chain)
		}
	}
	var out []string
	for _, chains := range all {
		if len(*chains) > 0 {
			out = append(out, strings.Join(*chains, " > "))
		}
	}
	return out
}

// seen are the user's chains in the steps of a path on one node.
func seen(p *path.Path, node string) string {
	var chains []string
	for _, s := range p.Steps {
		if s.Node == node && s.Station.Chain != "" {
			chains = append(chains, s.Station.Family+":"+s.Station.Chain)
		}
	}
	return strings.Join(chains, " > ")
}

// chainAt writes one base chain.
func chainAt(name, typ, hook string, priority int, rules string) string {
	return fmt.Sprintf("\tchain %s { type %s hook %s priority %d; policy accept; %s }\n", name, typ, hook, priority, rules)
}

// everyChain has a chain at each hook and priority of IPv4; a ct expression switches connection tracking on.
func everyChain(devices ...string) string {
	var b strings.Builder
	b.WriteString("table ip t {\n")
	for _, c := range []struct {
		name, typ, hook string
		priority        int
	}{
		{"raw_pre", "filter", "prerouting", -300}, {"mangle_pre", "filter", "prerouting", -150}, {"dnat_pre", "nat", "prerouting", -100},
		{"mangle_in", "filter", "input", -150}, {"filter_in", "filter", "input", 0}, {"sec_in", "filter", "input", 50}, {"snat_in", "nat", "input", 100},
		{"mangle_fwd", "filter", "forward", -150}, {"filter_fwd", "filter", "forward", 0}, {"sec_fwd", "filter", "forward", 50},
		{"raw_out", "filter", "output", -300}, {"mangle_out", "route", "output", -150}, {"dnat_out", "nat", "output", -100},
		{"filter_out", "filter", "output", 0}, {"sec_out", "filter", "output", 50},
		{"mangle_post", "filter", "postrouting", -150}, {"filter_post", "filter", "postrouting", 0}, {"snat_post", "nat", "postrouting", 100},
	} {
		b.WriteString(chainAt(c.name, c.typ, c.hook, c.priority, ""))
	}
	b.WriteString(chainAt("filter_pre", "filter", "prerouting", 0, "ct state new counter;") + "}\n")
	return b.String() + devicesAndARP(devices...)
}

// devicesAndARP has a chain at ingress and egress of each device, and those of ARP, which it traces.
func devicesAndARP(devices ...string) string {
	var b strings.Builder
	b.WriteString("table netdev t {\n")
	for _, d := range devices {
		fmt.Fprintf(&b, "\tchain ingress-%s { type filter hook ingress device \"%s\" priority 0; policy accept; meta protocol arp meta nftrace set 1; }\n", d, d)
		fmt.Fprintf(&b, "\tchain egress-%s { type filter hook egress device \"%s\" priority 0; policy accept; }\n", d, d)
	}
	b.WriteString("}\n")
	b.WriteString("table arp t {\n" + chainAt("arp_in", "filter", "input", 0, "") +
		chainAt("arp_out", "filter", "output", 0, "meta nftrace set 1;") + "}\n")
	return b.String()
}

// The order in which a router visits chains, first and later packets of a flow, there and back:
//
//	a -- ra r rb -- b
func TestOrderOfRouter(t *testing.T) {
	needNamespaces(t)
	l := up(t, plan(t, map[string]string{"lab.yaml": `
nodes:
  a: {gateway: 192.0.2.1}
  r: {kind: router, nft: r.nft, services: ["echo:7/udp"]}
  b: {gateway: 198.51.100.1, services: ["echo:7/udp"]}
links:
  - [a:eth0 192.0.2.7/24, r:ra 192.0.2.1/24]
  - [r:rb 198.51.100.1/24, b:eth0 198.51.100.7/24]
`, "r.nft": everyChain("ra", "rb")}))

	const (
		pre      = "netdev:ingress-ra > ip:raw_pre > ip:mangle_pre > ip:dnat_pre > ip:filter_pre"
		preLater = "netdev:ingress-ra > ip:raw_pre > ip:mangle_pre > ip:filter_pre"
		preBack  = "netdev:ingress-rb > ip:raw_pre > ip:mangle_pre > ip:filter_pre"
		forward  = " > ip:mangle_fwd > ip:filter_fwd > ip:sec_fwd"
		post     = " > ip:mangle_post > ip:filter_post"
		input    = " > ip:mangle_in > ip:filter_in > ip:sec_in"
		arpIn    = "netdev:ingress-ra > arp:arp_in"
		arpOut   = "arp:arp_out > netdev:egress-ra"
	)
	forwarded := []string{
		pre + forward + post + " > ip:snat_post > netdev:egress-rb",
		preBack + forward + post + " > netdev:egress-ra",
		preLater + forward + post + " > netdev:egress-rb",
		preBack + forward + post + " > netdev:egress-ra",
	}
	rec := record(t, l, flow{From: "a", To: "198.51.100.7:7", Count: 2})
	compare(t, "forward", forwarded, ways(rec, "r", false))
	// r asked b, and answered a
	compare(t, "arp", []string{arpIn, arpOut, "arp:arp_out > netdev:egress-rb", "netdev:ingress-rb > arp:arp_in"}, ways(rec, "r", true))

	compare(t, "to the host", []string{
		pre + input + " > ip:snat_in",
		"ip:raw_out > ip:mangle_out > ip:filter_out > ip:sec_out" + post + " > netdev:egress-ra",
		preLater + input,
		"ip:raw_out > ip:mangle_out > ip:filter_out > ip:sec_out" + post + " > netdev:egress-ra",
	}, ways(record(t, l, flow{From: "a", To: "192.0.2.1:7", Count: 2}), "r", false))

	compare(t, "from the host", []string{
		"ip:raw_out > ip:mangle_out > ip:dnat_out > ip:filter_out > ip:sec_out" + post + " > ip:snat_post > netdev:egress-rb",
		preBack + input,
	}, ways(record(t, l, flow{From: "r", To: "198.51.100.7:7", Count: 1}), "r", false))

	p, err := l.Why(t.Context(), "a", "b:7/udp", 0)
	if err != nil || p.Reply == nil {
		t.Fatal(p, err)
	}
	check(t, p)
	compare(t, "steps", forwarded[:2], []string{seen(p, "r"), seen(p.Reply, "r")})
}

// The order in which a bridge visits chains, without and with the IP hooks called by it (br_netfilter):
//
//	a -- pa sw pb -- b
func TestOrderOfBridge(t *testing.T) {
	needNamespaces(t)
	rules := "table bridge t {\n" + chainAt("pre_300", "filter", "prerouting", -300, "") + chainAt("pre_1", "filter", "prerouting", 1, "") +
		chainAt("in_200", "filter", "input", -200, "") + chainAt("fwd_200", "filter", "forward", -200, "") + chainAt("fwd_1", "filter", "forward", 1, "") +
		chainAt("out100", "filter", "output", 100, "") + chainAt("out200", "filter", "output", 200, "") +
		chainAt("post300", "filter", "postrouting", 300, "") + "}\n" +
		"table ip t {\n" + chainAt("raw_pre", "filter", "prerouting", -300, "") + chainAt("mangle_in", "filter", "input", -150, "") +
		chainAt("filter_in", "filter", "input", 0, "") + chainAt("filter_fwd", "filter", "forward", 0, "") +
		chainAt("raw_out", "filter", "output", -300, "") + chainAt("filter_out", "filter", "output", 0, "") +
		chainAt("mangle_post", "filter", "postrouting", -150, "") + "}\n" + devicesAndARP("a", "b", "br0")

	for call, want := range map[int]struct{ bridged, toBridge, fromBridge []string }{
		0: {
			bridged:    []string{"netdev:ingress-a > bridge:pre_300 > bridge:pre_1 > bridge:fwd_200 > bridge:fwd_1 > bridge:post300 > netdev:egress-b"},
			toBridge:   []string{"netdev:ingress-a > bridge:pre_300 > bridge:pre_1 > bridge:in_200", "netdev:ingress-br0 > ip:raw_pre > ip:mangle_in > ip:filter_in"},
			fromBridge: []string{"ip:raw_out > ip:filter_out > ip:mangle_post > netdev:egress-br0 > bridge:out100 > bridge:out200 > bridge:post300 > netdev:egress-a"},
		},
		1: {
			bridged:    []string{"netdev:ingress-a > bridge:pre_300 > ip:raw_pre > bridge:pre_1 > bridge:fwd_200 > ip:filter_fwd > bridge:fwd_1 > bridge:post300 > ip:mangle_post > netdev:egress-b"},
			toBridge:   []string{"netdev:ingress-a > bridge:pre_300 > ip:raw_pre > bridge:pre_1 > bridge:in_200", "netdev:ingress-br0 > ip:mangle_in > ip:filter_in"},
			fromBridge: []string{"ip:raw_out > ip:filter_out > ip:mangle_post > netdev:egress-br0 > bridge:out100 > bridge:out200 > bridge:post300 > netdev:egress-a"},
		},
	} {
		t.Run(fmt.Sprintf("call-iptables=%d", call), func(t *testing.T) {
			l := up(t, plan(t, map[string]string{"lab.yaml": fmt.Sprintf(`
nodes:
  a:
  b: {services: ["echo:7/udp", "discard:9/udp"]}
  sw:
    kind: bridge
    addresses: 192.0.2.1/24
    nft: sw.nft
    services: ["echo:7/udp", "discard:9/udp"]
    sysctls: {net.bridge.bridge-nf-call-iptables: %d}
links:
  - [a:eth0 192.0.2.7/24, sw]
  - [b:eth0 192.0.2.8/24, sw]
`, call), "sw.nft": rules}))
			rec := record(t, l, flow{From: "a", To: "192.0.2.8:9", Count: 1, Silent: true})
			compare(t, "bridged", want.bridged, ways(rec, "sw", false))
			compare(t, "broadcast", []string{
				"netdev:ingress-a > bridge:pre_300 > bridge:pre_1 > bridge:in_200",
				"bridge:fwd_200 > bridge:fwd_1 > bridge:post300 > netdev:egress-b",
				"netdev:ingress-br0 > arp:arp_in",
			}, broadcasts(ways(rec, "sw", true)))
			compare(t, "to the bridge", want.toBridge, ways(record(t, l, flow{From: "a", To: "192.0.2.1:9", Count: 1, Silent: true}), "sw", false))

			p, err := l.Why(t.Context(), "a", "192.0.2.8:7/udp", 0)
			if err != nil || p.Verdict != path.Delivered {
				t.Fatal(p, err)
			}
			check(t, p)
			compare(t, "steps bridged", want.bridged, []string{seen(p, "sw")})
			if p, err = l.Why(t.Context(), "a", "192.0.2.1:7/udp", 0); err != nil || p.Reply == nil {
				t.Fatal(p, err)
			}
			check(t, p)
			compare(t, "steps to and from the bridge", []string{strings.Join(want.toBridge, " > "), want.fromBridge[0]},
				[]string{seen(p, "sw"), seen(p.Reply, "sw")})
		})
	}
}

func compare(t *testing.T, what string, want, got []string) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// broadcasts are the ways of the first ARP request: up to where the bridge's own device took it.
func broadcasts(ways []string) []string {
	end := slices.IndexFunc(ways, func(s string) bool { return strings.HasSuffix(s, "arp:arp_in") })
	return ways[:end+1]
}
