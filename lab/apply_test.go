package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/lab/traffic"
	"github.com/hookwalk/hookwalk/topology"
)

// clonePlan copies a plan, to be changed.
func clonePlan(t testing.TB, p *topology.Plan) *topology.Plan {
	t.Helper()
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	c := new(topology.Plan)
	if err := json.Unmarshal(b, c); err != nil {
		t.Fatal(err)
	}
	return c
}

// apply changes a lab and wants it to work.
func apply(t testing.TB, l *Lab, p *topology.Plan) *Applied {
	t.Helper()
	a, err := l.Apply(t.Context(), p, Options{}, nil)
	if err != nil {
		t.Fatalf("apply: %v", err)
	}
	return a
}

// kernelOf is what a lab's nodes have, without what is different in every lab: numbers and hardware addresses of devices,
// handles, counters, times.
func kernelOf(t testing.TB, l *Lab, p *topology.Plan) map[string]string {
	t.Helper()
	m := map[string]string{}
	for i := range p.Nodes {
		n := &p.Nodes[i]
		var params strings.Builder
		for _, s := range n.Sysctls {
			params.WriteString(" /proc/sys/" + strings.ReplaceAll(s.Key, ".", "/"))
		}
		text, code := output(t, l, n.Name, `
			ip -o link show | sed 's/^[0-9]*: //; s/@[^:]*//; s/link-netns [^ ]*//; s/link.ether.*//; s/qlen .*//' | sort
			ip -o addr show scope global | sed 's/^[0-9]*: //; s/ *valid_lft.*//; s/ nodad//' | tr -s ' ' | sort
			ip -4 route show table main | sort
			ip -6 route show table main | sed 's/ pref medium//; s/ metric [0-9]*//' | sort
			ip rule show; ip -6 rule show; ip route show table 100 2>/dev/null
			ip neigh show nud permanent | sort; ip neigh show proxy
			cat /etc/hosts
			grep -H .`+params.String()+`
			[ -z "$(command -v nft)" ] || nft list ruleset | sed 's/packets [0-9]* bytes [0-9]*//'`)
		if code != 0 {
			t.Fatalf("%s: %d %s", n.Name, code, text)
		}
		for _, s := range n.Services {
			text += topology.ServiceName(s) + "\n"
		}
		m[n.Name] = text
	}
	return m
}

// sameAsFresh compares a changed lab with one that was started from the plan.
func sameAsFresh(t testing.TB, l *Lab, p *topology.Plan) {
	t.Helper()
	fresh := clonePlan(t, p)
	fresh.Name = newName()
	other := up(t, fresh)
	defer down(t, other)
	if diff := cmp.Diff(kernelOf(t, other, p), kernelOf(t, l, p)); diff != "" {
		t.Errorf("(-started +changed):\n%s", diff)
	}
	if diff := cmp.Diff(planText(t, p), planText(t, planOf(t, l))); diff != "" {
		t.Errorf("the plan of the lab (-want +got):\n%s", diff)
	}
}

func planText(t testing.TB, p *topology.Plan) string {
	t.Helper()
	b, err := json.MarshalIndent(p, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func planOf(t testing.TB, l *Lab) *topology.Plan {
	t.Helper()
	p, err := l.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// many are changes of homePlan, each with what it changes.
var many = []struct {
	name   string
	change func(p *topology.Plan)
}{
	{"address", func(p *topology.Plan) {
		e := &p.Links[0].A
		e.Addrs = []netip.Prefix{netip.MustParsePrefix("198.51.100.8/24"), netip.MustParsePrefix("2001:db8:1::8/64")}
	}},
	{"second address", func(p *topology.Plan) {
		e := &p.Links[5].B
		e.Addrs = append(e.Addrs, netip.MustParsePrefix("10.0.2.11/24"))
	}},
	{"mtu", func(p *topology.Plan) { p.Links[1].MTU = 1400 }},
	{"mac", func(p *topology.Plan) { p.Links[1].A.MAC = "02:00:00:00:00:11" }},
	{"route", func(p *topology.Plan) { p.Node("pc1").Routes = []topology.Route{route("0.0.0.0/0", "10.0.1.12")} }},
	{"more routes", func(p *topology.Plan) {
		p.Node("fw").Routes = append(p.Node("fw").Routes, route("192.0.2.0/24", "10.0.2.10"), route("2001:db8:7::/48", "2001:db8:3::10"))
	}},
	{"no routes", func(p *topology.Plan) { p.Node("web").Routes = nil }},
	{"policy", func(p *topology.Plan) {
		n := p.Node("fw")
		n.Rules = append(n.Rules, topology.Rule{Priority: 100, From: netip.MustParsePrefix("192.0.2.0/24"), Table: 100},
			topology.Rule{Priority: 101, IPv6: true, Iif: "dmz", Type: "prohibit"})
		n.Routes = append(n.Routes, topology.Route{Dst: netip.MustParsePrefix("0.0.0.0/0"), Via: netip.MustParseAddr("10.0.2.10"), Table: 100})
	}},
	{"neighbours", func(p *topology.Plan) {
		n := p.Node("pc1")
		n.Neighbours = append(n.Neighbours, topology.Neighbour{Addr: netip.MustParseAddr("10.0.1.77"), MAC: "02:00:5e:00:53:77", Dev: "eth0"})
	}},
	{"sysctl", func(p *topology.Plan) {
		n := p.Node("fw")
		n.Sysctls = append(n.Sysctls, topology.Sysctl{Key: "net.ipv4.ip_default_ttl", Value: "61"}, topology.Sysctl{Key: "net.ipv4.conf.lan.rp_filter", Value: "2"})
	}},
	{"router", func(p *topology.Plan) {
		n := p.Node("pc1")
		n.Kind = topology.Router
		n.Sysctls[0].Value, n.Sysctls[1].Value = "1", "1"
	}},
	{"services", func(p *topology.Plan) {
		p.Node("web").Services = []topology.Service{{Name: "echo", Proto: "tcp", Port: 80}, {Name: "echo", Proto: "udp", Port: 7}}
	}},
	{"new node", func(p *topology.Plan) {
		n := addNode(p, "pc3", topology.Host)
		n.Routes = []topology.Route{route("0.0.0.0/0", "10.0.1.1")}
		n.Services = []topology.Service{{Name: "http", Proto: "tcp", Port: 80}}
		addLink(p, "pc3:eth0 10.0.1.13/24", "lan:p3")
	}},
	{"moved cable", func(p *topology.Plan) { // pc1 goes from the bridge to web
		p.Links[3].B = topology.End{Node: "web", Iface: "eth1", Addrs: []netip.Prefix{netip.MustParsePrefix("10.0.1.2/24")}}
		p.Node("pc1").Routes[0].Via = netip.MustParseAddr("10.0.1.2")
	}},
	{"rules", func(p *topology.Plan) { p.Node("fw").Ruleset = rulesPlan(p.Name).Node("fw").Ruleset }},
	{"rules on a device", func(p *topology.Plan) {
		p.Node("isp").Ruleset = &topology.Ruleset{Main: "isp.nft", Files: map[string]string{
			"isp.nft": "table netdev n {\n\tchain c { type filter hook ingress device \"eth1\" priority 0; iif \"eth1\" accept; }\n}\n"}}
	}},
	{"bridge", func(p *topology.Plan) {
		b := &p.Node("lan").Bridges[0]
		b.Addrs = []netip.Prefix{netip.MustParsePrefix("10.0.1.250/24")}
	}},
	{"bridge made anew", func(p *topology.Plan) { age := 30; p.Node("lan").Bridges[0].Ageing = &age }},
	{"host becomes bridge", func(p *topology.Plan) {
		n := p.Node("pc2")
		n.Kind, n.Routes, n.Bridges = topology.Bridge, nil, []topology.BridgeDevice{{Name: "br0"}}
		p.Links[4].A.Addrs, p.Links[4].A.Master = nil, "br0"
	}},
	{"devices", func(p *topology.Plan) {
		p.Node("web").Devices = append(p.Node("web").Devices, topology.Device{Name: "m0", Kind: topology.Macvlan, Mode: "bridge", Link: "eth0", Addrs: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")}})
	}},
	{"node removed", func(p *topology.Plan) {
		p.Nodes = slices.DeleteFunc(p.Nodes, func(n topology.Node) bool { return n.Name == "pc2" })
		p.Links = slices.DeleteFunc(p.Links, func(l topology.Link) bool { return l.A.Node == "pc2" })
	}},
}

// TestApplyEach makes one change after the other, on top of each other, and back; after each the lab is one that was
// started from that plan, and making it again writes nothing.
func TestApplyEach(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	first := homePlan(newName())
	l := up(t, first)
	p := first
	for _, c := range many {
		next := clonePlan(t, p)
		c.change(next)
		a := apply(t, l, next)
		if len(a.Changes) == 0 || a.Writes == 0 && c.name != "services" {
			t.Errorf("%s: %d changes, %d writes", c.name, len(a.Changes), a.Writes)
		}
		if a := apply(t, l, next); len(a.Changes) != 0 || a.Writes != 0 {
			t.Errorf("%s again: %d changes, %d writes", c.name, len(a.Changes), a.Writes)
		}
		t.Run(c.name, func(t *testing.T) { sameAsFresh(t, l, next) })
		if t.Failed() {
			return
		}
		p = next
	}
	apply(t, l, first)
	sameAsFresh(t, l, first)
	if s, err := l.Status(t.Context()); err != nil || s.NodesUp() != 7 || s.LinksUp() != 6 {
		t.Errorf("%+v, %v", s, err)
	}
	w, err := l.Why(t.Context(), "client", "web:80", traffic.AnyFamily)
	if err != nil || w.Verdict != path.Delivered {
		t.Errorf("%v, %v", w, err)
	}
}

// TestApplyUndone: a change that fails at its end leaves the lab as it was.
func TestApplyUndone(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	first := rulesPlan(newName())
	first.Node("isp").Ruleset = &topology.Ruleset{Main: "isp.nft", Files: map[string]string{
		"isp.nft": "table netdev n {\n\tchain c { type filter hook ingress device \"eth1\" priority 0; accept; }\n}\n"}}
	l := up(t, first)
	before := kernelOf(t, l, first)
	handles, err := l.Rules(t.Context(), "fw")
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range many {
		if testing.Short() && i%5 != 0 { // in a slow guest they take minutes
			continue
		}
		next := clonePlan(t, first)
		c.change(next)
		n := &next.Nodes[len(next.Nodes)-1]
		n.Exec = []topology.Command{{Line: "exit 3", Pos: topology.Pos{File: "lab.yaml", Line: 7, Col: 2}}}
		_, err := l.Apply(t.Context(), next, Options{}, nil)
		var op *OpError
		if !errors.As(err, &op) || op.Phase != "ready" || !strings.HasPrefix(err.Error(), `lab.yaml:7:2: run "exit 3" on `) || op.Hint != "" {
			t.Fatalf("%s: %v", c.name, err)
		}
		if diff := cmp.Diff(before, kernelOf(t, l, first)); diff != "" {
			t.Fatalf("%s was undone (-before +after):\n%s", c.name, diff)
		}
		if diff := cmp.Diff(planText(t, first), planText(t, planOf(t, l))); diff != "" {
			t.Fatalf("%s: the plan of the lab (-want +got):\n%s", c.name, diff)
		}
	}
	now, err := l.Rules(t.Context(), "fw")
	if err != nil || len(now) != len(handles) {
		t.Errorf("handles %v, %v", now, err)
	}
	if s, err := l.Status(t.Context()); err != nil || s.State != Running || s.NodesUp() != 7 || s.LinksUp() != 6 {
		t.Errorf("%+v, %v", s, err)
	}
	w, err := l.Why(t.Context(), "client", "10.0.2.10:7/udp", traffic.AnyFamily)
	if err != nil || w.Verdict != path.Delivered {
		t.Errorf("%v, %v", w, err)
	}
}

// TestApplyRefused: an error says where, and another lab's plan is none.
func TestApplyRefused(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	p := rulesPlan(newName())
	l := up(t, p)
	next := clonePlan(t, p)
	next.Node("fw").Ruleset.Files["fw.nft"] += "table ip x {\n\tchain c { iif \"nowhere\" accept; }\n}\n"
	_, err := l.Apply(t.Context(), next, Options{}, nil)
	var op *OpError
	if !errors.As(err, &op) || op.Phase != "nft" || !strings.Contains(err.Error(), "fw.nft:9:") {
		t.Errorf("%v", err)
	}
	next = clonePlan(t, p)
	next.Node("pc1").Routes = append(next.Node("pc1").Routes, topology.Route{Dst: netip.MustParsePrefix("192.0.2.0/24"), Via: netip.MustParseAddr("192.0.2.1"),
		Pos: topology.Pos{File: "lab.yaml", Line: 9, Col: 1}})
	if _, err = l.Apply(t.Context(), next, Options{}, nil); err == nil || !strings.HasPrefix(err.Error(), "lab.yaml:9:1: add route 192.0.2.0/24 via 192.0.2.1 on pc1: ") {
		t.Errorf("%v", err)
	}
	next = clonePlan(t, p)
	next.Name = "other"
	if _, err = l.Apply(t.Context(), next, Options{}, nil); err == nil || !strings.Contains(err.Error(), "another lab") {
		t.Errorf("%v", err)
	}
	if a := apply(t, l, p); len(a.Changes) != 0 {
		t.Errorf("%+v", a)
	}
}

// TestApplyTwice: of two changes at once both are made, one after the other.
func TestApplyTwice(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	p := homePlan(newName())
	l := up(t, p)
	errs := make(chan error)
	plans := []*topology.Plan{clonePlan(t, p), clonePlan(t, p)}
	plans[0].Links[0].MTU = 1300
	plans[1].Links[1].MTU = 1400
	for _, next := range plans {
		go func() {
			_, err := l.Apply(context.Background(), next, Options{}, nil)
			errs <- err
		}()
	}
	for range plans {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	mtus := ""
	for _, dev := range []string{"isp/eth0", "isp/eth1"} {
		node, dev, _ := strings.Cut(dev, "/")
		text, _ := output(t, l, node, "cat /sys/class/net/"+dev+"/mtu")
		mtus += strings.TrimSpace(text) + " "
	}
	if mtus != "1300 1500 " && mtus != "1500 1400 " {
		t.Errorf("neither of two plans: %s", mtus)
	}
	now := planOf(t, l)
	if fmt.Sprint(now.Links[0].MTU, now.Links[1].MTU) != map[string]string{"1300 1500 ": "1300 0", "1500 1400 ": "0 1400"}[mtus] {
		t.Errorf("the plan says %d %d, the kernel %s", now.Links[0].MTU, now.Links[1].MTU, mtus)
	}
}

// diffText is the difference of what kernelOf gives.
func diffText(want, got map[string]string) string { return cmp.Diff(want, got) }
