package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookwalk/hookwalk/lab/probe"
	"github.com/hookwalk/hookwalk/topology"
)

// yamlPlan is the plan of a topology file under a name that no other test has.
func yamlPlan(t testing.TB, text string) *topology.Plan {
	t.Helper()
	spec, problems := topology.Parse("lab.yaml", []byte("name: "+newName()+"\n"+text))
	plan, more := topology.Compile(spec, func(string) ([]byte, error) { return nil, fs.ErrNotExist })
	for _, p := range append(problems, more...) {
		t.Errorf("%v (%s)", p, p.Hint)
	}
	if plan == nil {
		t.FailNow()
	}
	return plan
}

// needPrograms skips where a program that knows the truth is missing.
func needPrograms(t testing.TB, names ...string) {
	t.Helper()
	for _, n := range names {
		if _, err := exec.LookPath(n); err != nil {
			t.Skipf("%s is not installed", n)
		}
	}
}

// run runs a command line in a node that must succeed, and gives what it writes.
func run(t testing.TB, l *Lab, node, line string) string {
	t.Helper()
	out, code := output(t, l, node, line)
	if code != 0 {
		t.Fatalf("%s: %s: exit code %d: %s", node, line, code, out)
	}
	return out
}

// ask gives the list that a command with -j writes.
func ask(t testing.TB, l *Lab, node, line string) []map[string]any {
	t.Helper()
	out := run(t, l, node, line)
	var list []map[string]any
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		t.Fatalf("%s: %s: %v in %s", node, line, err, out)
	}
	return slices.DeleteFunc(list, func(m map[string]any) bool { return len(m) == 0 })
}

// pick finds a value within values: "linkinfo.info_data.id".
func pick(m map[string]any, path string) any {
	var v any = m
	for key := range strings.SplitSeq(path, ".") {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[key]
	}
	return v
}

// wantLink compares what ip says about a device with what is wanted: values by their paths.
func wantLink(t *testing.T, l *Lab, node, dev string, want map[string]any) {
	t.Helper()
	list := ask(t, l, node, "ip -d -j link show dev "+dev)
	if len(list) != 1 {
		t.Fatalf("%s:%s: %v", node, dev, list)
	}
	got := map[string]any{}
	for path := range want {
		got[path] = pick(list[0], path)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s:%s (-want +got):\n%s", node, dev, diff)
	}
}

// ping wants an answer to the first packet.
func ping(t *testing.T, l *Lab, from, to string) {
	t.Helper()
	if out, code := output(t, l, from, "ping -n -c 1 -W 3 "+to); code != 0 {
		t.Errorf("%s does not reach %s: %s", from, to, out)
	}
}

// noPing wants none.
func noPing(t *testing.T, l *Lab, from, to string) {
	t.Helper()
	if out, code := output(t, l, from, "ping -n -c 1 -W 1 "+to); code == 0 {
		t.Errorf("%s reaches %s: %s", from, to, out)
	}
}

// A bridge and its ports are as the file says. What needs no VLANs works on every kernel.
func TestDevicesBridge(t *testing.T) {
	needNamespaces(t)
	needPrograms(t, "ip", "bridge", "ping")
	t.Parallel()
	l := up(t, yamlPlan(t, `
nodes:
  sw:
    kind: bridge
    priority: 4096
    stp: true
    multicast-snooping: false
    addresses: 10.0.0.9/24
    fdb: ["02:00:5e:00:53:01 dev p1", "02:00:5e:00:53:02 dev br0"]
  sw2: {kind: bridge, stp: true}
  a:
    interfaces:
      br7: {kind: bridge, ageing: 60, mac: 02:00:5e:00:53:77, mtu: 1300, addresses: 10.0.0.1/24, members: [eth0]}
  b:
  c:
links:
  - ends: [{node: sw, interface: p1, isolated: true, cost: 7}, a:eth0]
    mtu: 1400
  - ends: [{node: sw, interface: p2, isolated: true, hairpin: true, learning: false}, b:eth0 10.0.0.2/24]
  - [sw:p3, c:eth0 10.0.0.3/24]
  - [sw:up1, sw2:up1]
  - [sw:up2, sw2:up2]
`))
	wantLink(t, l, "sw", "br0", map[string]any{
		"linkinfo.info_kind": "bridge", "linkinfo.info_data.stp_state": 1.0, "linkinfo.info_data.priority": 4096.0,
		"linkinfo.info_data.mcast_snooping": 0.0, "linkinfo.info_data.forward_delay": 200.0,
		"linkinfo.info_data.vlan_filtering": 0.0, "operstate": "UP",
	})
	wantLink(t, l, "sw", "p1", map[string]any{"master": "br0", "linkinfo.info_slave_data.isolated": true, "linkinfo.info_slave_data.cost": 7.0,
		"linkinfo.info_slave_data.hairpin": false, "linkinfo.info_slave_data.learning": true, "mtu": 1400.0})
	wantLink(t, l, "sw", "p2", map[string]any{"linkinfo.info_slave_data.isolated": true, "linkinfo.info_slave_data.hairpin": true,
		"linkinfo.info_slave_data.learning": false})
	wantLink(t, l, "a", "br7", map[string]any{"address": "02:00:5e:00:53:77", "mtu": 1300.0, "linkinfo.info_kind": "bridge",
		"linkinfo.info_data.ageing_time": 6000.0})
	wantLink(t, l, "a", "eth0", map[string]any{"master": "br7"})

	// The loop has an end: one of the four ports blocks, and all others forward.
	states := map[string]int{}
	for _, node := range []string{"sw", "sw2"} {
		for _, p := range ask(t, l, node, "bridge -j link show") {
			states[p["state"].(string)]++
		}
	}
	if diff := cmp.Diff(map[string]int{"forwarding": 6, "blocking": 1}, states); diff != "" {
		t.Errorf("states of ports (-want +got):\n%s", diff)
	}

	fdb := map[string]any{}
	for _, e := range ask(t, l, "sw", "bridge -j fdb show br br0") {
		if mac := e["mac"].(string); strings.HasPrefix(mac, "02:00:5e:00:53:0") {
			fdb[mac] = []any{e["ifname"], e["state"]}
		}
	}
	if diff := cmp.Diff(map[string]any{"02:00:5e:00:53:01": []any{"p1", "static"}, "02:00:5e:00:53:02": []any{"br0", "permanent"}}, fdb); diff != "" {
		t.Errorf("forwarding database (-want +got):\n%s", diff)
	}

	ping(t, l, "a", "10.0.0.3")
	ping(t, l, "b", "10.0.0.9")
	noPing(t, l, "a", "10.0.0.2") // both are isolated
}

// VLANs: access ports, a trunk between two switches, a router on a stick, a switch that answers in a VLAN, two tags.
func TestDevicesVLAN(t *testing.T) {
	needNamespaces(t)
	needPrograms(t, "ip", "bridge", "ping")
	probe.Need(t, probe.BridgeVLAN, probe.VLAN)
	t.Parallel()
	l := up(t, yamlPlan(t, `
nodes:
  sw1:
    kind: bridge
    vlan-aware: true
    fdb: "02:00:5e:00:53:01 dev pc1 vlan 10"
    interfaces:
      br0.20: {kind: vlan, addresses: 10.0.20.9/24}
  sw2: {kind: bridge, vlan-aware: true}
  r1:
    kind: router
    interfaces:
      eth0.10: {kind: vlan, addresses: [10.0.10.1/24, "2001:db8:10::1/64"]}
      v20: {kind: vlan, link: eth0, id: 20, addresses: 10.0.20.1/24}
  pc1: {gateway: [10.0.10.1, "2001:db8:10::1"]}
  pc2: {gateway: 10.0.20.1}
  pc3: {gateway: 10.0.10.1}
  pe1:
    interfaces:
      outer: {kind: vlan, link: eth0, id: 7, protocol: 802.1ad}
      outer.8: {kind: vlan, addresses: 192.0.2.1/24}
  pe2:
    interfaces:
      eth0.7: {kind: vlan, protocol: 802.1ad}
      in: {kind: vlan, link: eth0.7, id: 8, addresses: 192.0.2.2/24}
links:
  - ends: [{node: sw1, interface: trunk, vlan: {tagged: [10, 20]}}, r1:eth0]
  - ends: [{node: sw1, interface: up, vlan: {pvid: 99, untagged: 99, tagged: [10, 20-22]}}, {node: sw2, interface: up, vlan: {untagged: 99, tagged: [10, 20-22]}}]
  - ends: [{node: sw1, vlan: 10}, "pc1:eth0 10.0.10.11/24 2001:db8:10::11/64"]
  - ends: [{node: sw2, vlan: 20}, pc2:eth0 10.0.20.12/24]
  - ends: [{node: sw2, vlan: 10}, pc3:eth0 10.0.10.13/24]
  - [pe1:eth0, pe2:eth0]
`))
	wantLink(t, l, "sw1", "br0", map[string]any{"linkinfo.info_data.vlan_filtering": 1.0, "linkinfo.info_data.vlan_protocol": "802.1Q"})
	wantLink(t, l, "r1", "v20", map[string]any{"linkinfo.info_kind": "vlan", "linkinfo.info_data.id": 20.0, "link": "eth0", "linkinfo.info_data.protocol": "802.1Q"})
	wantLink(t, l, "pe2", "eth0.7", map[string]any{"linkinfo.info_data.id": 7.0, "linkinfo.info_data.protocol": "802.1ad"})
	wantLink(t, l, "pe2", "in", map[string]any{"linkinfo.info_data.id": 8.0, "link": "eth0.7"})
	got := map[string]any{}
	for _, e := range ask(t, l, "sw1", "bridge -j vlan show") {
		var list []string
		for _, v := range e["vlans"].([]any) {
			m := v.(map[string]any)
			text := fmt.Sprint(m["vlan"])
			if flags, ok := m["flags"].([]any); ok {
				for _, f := range flags {
					text += " " + f.(string)
				}
			}
			list = append(list, text)
		}
		got[e["ifname"].(string)] = list
	}
	want := map[string]any{
		"trunk": []string{"10", "20"}, "up": []string{"10", "20", "21", "22", "99 PVID Egress Untagged"}, "pc1": []string{"10 PVID Egress Untagged"},
		"br0": []string{"1 PVID Egress Untagged", "20"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("VLANs of sw1 (-want +got):\n%s", diff)
	}
	ping(t, l, "pc1", "10.0.10.1")
	ping(t, l, "pc1", "2001:db8:10::1")
	ping(t, l, "pc1", "10.0.10.13") // over the trunk
	ping(t, l, "pc1", "10.0.20.12") // over the router and back over the trunk
	ping(t, l, "pc2", "10.0.20.9")  // the switch itself
	noPing(t, l, "sw1", "10.0.10.11")
	ping(t, l, "pe1", "192.0.2.2")
}

// A bond carries packets with one of its cables cut.
func TestDevicesBond(t *testing.T) {
	needNamespaces(t)
	needPrograms(t, "ip", "ping")
	probe.Need(t, probe.Bond)
	t.Parallel()
	l := up(t, yamlPlan(t, `
nodes:
  a:
    interfaces:
      bond0: {kind: bond, mode: active-backup, members: [eth0, eth1], primary: eth0, addresses: [10.0.0.1/24, "2001:db8::1/64"]}
      lag: {kind: bond, mode: 802.3ad, members: [eth2, eth3], hash: layer3+4, addresses: 10.0.1.1/24}
  b:
    interfaces:
      bond0: {kind: bond, mode: active-backup, members: [eth0, eth1], primary: eth0, addresses: [10.0.0.2/24, "2001:db8::2/64"]}
      lag: {kind: bond, mode: 802.3ad, members: [eth2, eth3], lacp-rate: slow, addresses: 10.0.1.2/24}
links:
  - [a:eth0, b:eth0]
  - [a:eth1, b:eth1]
  - [a:eth2, b:eth2]
  - [a:eth3, b:eth3]
`))
	wantLink(t, l, "a", "bond0", map[string]any{"linkinfo.info_data.mode": "active-backup", "linkinfo.info_data.primary": "eth0",
		"linkinfo.info_data.active_slave": "eth0", "linkinfo.info_data.miimon": 50.0})
	wantLink(t, l, "a", "lag", map[string]any{"linkinfo.info_data.mode": "802.3ad", "linkinfo.info_data.xmit_hash_policy": "layer3+4", "linkinfo.info_data.ad_lacp_rate": "fast"})
	wantLink(t, l, "b", "lag", map[string]any{"linkinfo.info_data.ad_lacp_rate": "slow"})
	wantLink(t, l, "b", "eth3", map[string]any{"master": "lag", "linkinfo.info_slave_kind": "bond"})
	ping(t, l, "a", "10.0.0.2")
	ping(t, l, "a", "2001:db8::2")
	ping(t, l, "a", "10.0.1.2")
	run(t, l, "a", "ip link set eth0 down")
	ping(t, l, "a", "10.0.0.2")
	wantLink(t, l, "a", "bond0", map[string]any{"linkinfo.info_data.active_slave": "eth1"})
}

// VRFs keep networks with the same addresses apart.
func TestDevicesVRF(t *testing.T) {
	needNamespaces(t)
	needPrograms(t, "ip", "ping")
	probe.Need(t, probe.VRF)
	t.Parallel()
	l := up(t, yamlPlan(t, `
nodes:
  r:
    kind: router
    interfaces:
      blue: {kind: vrf, members: [eth0, eth1]}
      red: {kind: vrf, table: 10, members: [eth2, eth3]}
  b1: {gateway: 10.0.0.1}
  b2: {gateway: 10.0.1.1}
  r1: {gateway: 10.0.0.1}
  r2: {gateway: 10.0.2.1}
links:
  - [r:eth0 10.0.0.1/24, b1:eth0 10.0.0.2/24]
  - [r:eth1 10.0.1.1/24, b2:eth0 10.0.1.2/24]
  - [r:eth2 10.0.0.1/24, r1:eth0 10.0.0.2/24]
  - [r:eth3 10.0.2.1/24, r2:eth0 10.0.2.2/24]
`))
	wantLink(t, l, "r", "blue", map[string]any{"linkinfo.info_kind": "vrf", "linkinfo.info_data.table": 1001.0})
	wantLink(t, l, "r", "red", map[string]any{"linkinfo.info_data.table": 10.0})
	wantLink(t, l, "r", "eth3", map[string]any{"master": "red"})
	ping(t, l, "b1", "10.0.1.2")
	ping(t, l, "r1", "10.0.2.2")
	noPing(t, l, "b1", "10.0.2.2")
}

// Devices on a link end, each with packets through it.
func TestDevicesOnEnd(t *testing.T) {
	needNamespaces(t)
	needPrograms(t, "ip", "ping")
	t.Parallel()
	for _, c := range []struct {
		name, device string
		needs        probe.Feature
		want         map[string]any
	}{
		{"macvlan", "{kind: macvlan, link: eth0, mac: 02:00:5e:00:53:09, addresses: [192.0.2.1/24]}", probe.Macvlan,
			map[string]any{"linkinfo.info_data.mode": "bridge", "address": "02:00:5e:00:53:09"}},
		{"macvlan-private", "{kind: macvlan, link: eth0, mode: private, mtu: 1300, addresses: [192.0.2.1/24]}", probe.Macvlan,
			map[string]any{"linkinfo.info_data.mode": "private", "mtu": 1300.0}},
		{"ipvlan", "{kind: ipvlan, link: eth0, addresses: [192.0.2.1/24]}", probe.IPvlan, map[string]any{"linkinfo.info_data.mode": "l2"}},
		{"ipvlan-l3s", "{kind: ipvlan, link: eth0, mode: l3s, addresses: [192.0.2.1/24]}", probe.IPvlan, map[string]any{"linkinfo.info_data.mode": "l3s"}},
		{"vlan", "{kind: vlan, link: eth0, id: 4094, addresses: [192.0.2.1/24]}", probe.VLAN, map[string]any{"linkinfo.info_data.id": 4094.0}},
		{"dummy", "{kind: dummy, mac: 02:00:5e:00:53:0a, mtu: 9000, addresses: [192.0.2.1/24, 2001:db8::7/64]}", probe.Dummy,
			map[string]any{"linkinfo.info_kind": "dummy", "mtu": 9000.0, "address": "02:00:5e:00:53:0a"}},
		{"ifb", "{kind: ifb, addresses: 192.0.2.1/24}", probe.IFB, map[string]any{"linkinfo.info_kind": "ifb"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			probe.Need(t, c.needs)
			text := "nodes:\n  a: {interfaces: {x: " + c.device + "}}\n  b: \nlinks: [[a:eth0, \"b:eth0 192.0.2.2/24\"]]\n"
			if c.needs == probe.VLAN {
				text = "nodes:\n  a: {interfaces: {x: " + c.device + "}}\n  b: {interfaces: {eth0.4094: {kind: vlan, addresses: 192.0.2.2/24}}}\nlinks: [[a:eth0, b:eth0]]\n"
			}
			l := up(t, yamlPlan(t, text))
			wantLink(t, l, "a", "x", c.want)
			switch c.name {
			case "dummy", "ifb":
				ping(t, l, "a", "192.0.2.1")
			case "ipvlan-l3s": // it does not answer who has its address
				run(t, l, "b", "ip neigh add 192.0.2.1 lladdr $(ip netns exec a cat /sys/class/net/eth0/address) dev eth0")
				ping(t, l, "b", "192.0.2.1")
			default:
				ping(t, l, "a", "192.0.2.2")
			}
		})
	}
}

// What the kernel refuses or lacks is an error with its place, and leaves nothing.
func TestDevicesFail(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	text := "nodes:\n  a:\n    interfaces:\n      x: {kind: %s}\nlinks: []\n"
	for kind, f := range deviceFeatures {
		if kind == topology.VLAN || kind == topology.Macvlan || kind == topology.IPvlan {
			continue // they need another device
		}
		var lacks *probe.UnsupportedError
		if err := probe.Require(t.Context(), f); !errors.As(err, &lacks) || lacks.Status != probe.No {
			continue
		}
		what := string(kind)
		switch kind {
		case topology.VXLAN:
			what += ", id: 5"
		case topology.GRE, topology.GRETap, topology.IPIP, topology.SIT:
			what += ", remote: 192.0.2.2"
		}
		_, err := Up(t.Context(), yamlPlan(t, strings.Replace(text, "%s", what, 1)), Options{}, nil)
		var op *OpError
		if !errors.As(err, &op) || op.Pos.Line != 5 || op.Phase != "addrs" || !strings.Contains(op.Hint, string(f)+" is not supported here: needs module") {
			t.Errorf("%s: %v", kind, err)
		}
	}
	plan := yamlPlan(t, "nodes:\n  a:\n    interfaces:\n      br9: {kind: bridge, members: [eth0]}\n  b:\nlinks: [[a:eth0, b:eth0]]\n")
	plan.Nodes[0].Bridges[0].FDB = []topology.FDBEntry{{MAC: "02:00:5e:00:53:01", Dev: "eth0", VLAN: 4095, Pos: topology.Pos{File: "lab.yaml", Line: 7, Col: 3}}}
	_, err := Up(t.Context(), plan, Options{}, nil)
	var op *OpError
	if !errors.As(err, &op) || op.Pos.Line != 7 || op.Object != "br9" {
		t.Errorf("VLAN 4095: %v", err)
	}
	if l, err := Open(plan.Name); err == nil {
		t.Error("the lab is up")
		down(t, l)
	}
}
