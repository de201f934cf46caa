package lab

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/lab/probe"
	"github.com/hookwalk/hookwalk/lab/traffic"
)

// wantWay wants a packet to be delivered, and to have passed these nodes.
func wantWay(t *testing.T, l *Lab, from, to, want string) {
	t.Helper()
	p, err := l.Why(t.Context(), from, to, traffic.AnyFamily)
	if err != nil {
		t.Errorf("%s to %s: %v", from, to, err)
		return
	}
	if diff := cmp.Diff(want, strings.Join(p.Nodes, " ")); diff != "" || p.Verdict != path.Delivered {
		t.Errorf("%s to %s: %s (-want +got):\n%s", from, to, p.Headline(), diff)
	}
}

// A path goes on through bridges in routers, VXLANs and macvlans.
func TestDevicesPath(t *testing.T) {
	needNamespaces(t)
	probe.Need(t, probe.VXLAN, probe.Macvlan)
	t.Parallel()
	l := up(t, yamlPlan(t, `
nodes:
  v1: {kind: router, interfaces: {br0: {kind: bridge, members: [eth1]}, vx: {kind: vxlan, id: 42, local: 192.0.2.1, remote: 192.0.2.2, master: br0}}}
  v2: {kind: router, interfaces: {br0: {kind: bridge, members: [eth1]}, vx: {kind: vxlan, id: 42, local: 192.0.2.2, remote: 192.0.2.1, master: br0}}}
  a:
  b: {services: echo, interfaces: {m0: {kind: macvlan, link: eth1, addresses: 10.9.0.1/24}}}
  c:
links:
  - [v1:eth0 192.0.2.1/24, v2:eth0 192.0.2.2/24]
  - [v1:eth1, a:eth0 10.0.0.1/24]
  - [v2:eth1, b:eth0 10.0.0.2/24]
  - [b:eth1, c:eth0 10.9.0.2/24]
`))
	wantWay(t, l, "a", "10.0.0.2:7/tcp", "a v1 v2 b")
	wantWay(t, l, "a", "10.0.0.2:7/udp", "a v1 v2 b")
	wantWay(t, l, "c", "10.9.0.1:7/udp", "c b")
}

// The same for VLANs, bonds, VRFs and tunnels.
func TestDevicesPathMore(t *testing.T) {
	needNamespaces(t)
	probe.Need(t, probe.BridgeVLAN, probe.VLAN, probe.Bond, probe.VRF, probe.GRE, probe.WireGuard)
	t.Parallel()
	plan := yamlPlan(t, `
nodes:
  sw: {kind: bridge, vlan-aware: true}
  r1:
    kind: router
    gateway: 203.0.113.2
    interfaces:
      eth0.10: {kind: vlan, addresses: 10.0.10.1/24}
      eth0.20: {kind: vlan, addresses: 10.0.20.1/24}
      bond0: {kind: bond, mode: active-backup, members: [eth1, eth2], addresses: 10.3.0.1/24}
      gre1: {kind: gre, local: 203.0.113.1, remote: 203.0.113.2, addresses: 10.4.0.1/24}
      wg0: {kind: wireguard, addresses: 10.5.0.1/24, peers: r2}
      blue: {kind: vrf, members: [eth4, eth5]}
  r2:
    kind: router
    gateway: 203.0.113.1
    services: echo
    interfaces:
      gre1: {kind: gre, local: 203.0.113.2, remote: 203.0.113.1, addresses: 10.4.0.2/24}
      wg0: {kind: wireguard, addresses: 10.5.0.2/24, peers: r1}
  pc1: {gateway: 10.0.10.1}
  pc2: {gateway: 10.0.20.1, services: echo}
  pc3: {services: echo, gateway: 10.3.0.1, interfaces: {bond0: {kind: bond, mode: active-backup, members: [eth0, eth1], addresses: 10.3.0.2/24}}}
  v1: {gateway: 10.6.0.1}
  v2: {gateway: 10.7.0.1, services: echo}
links:
  - ends: [{node: sw, interface: trunk, vlan: {tagged: [10, 20]}}, r1:eth0]
  - ends: [{node: sw, vlan: 10}, pc1:eth0 10.0.10.11/24]
  - ends: [{node: sw, vlan: 20}, pc2:eth0 10.0.20.12/24]
  - [r1:eth1, pc3:eth0]
  - [r1:eth2, pc3:eth1]
  - [r1:eth3 203.0.113.1/24, r2:eth0 203.0.113.2/24]
  - [r1:eth4 10.6.0.1/24, v1:eth0 10.6.0.2/24]
  - [r1:eth5 10.7.0.1/24, v2:eth0 10.7.0.2/24]
`)
	if got := plan.Cable("r1", "eth0.20"); got != "eth0" || plan.Cable("r1", "bond0") != "bond0" {
		t.Errorf("eth0.20 leaves by %s", got)
	}
	l := up(t, plan)
	wantWay(t, l, "pc1", "10.0.20.12:7/tcp", "pc1 sw r1 sw pc2")
	wantWay(t, l, "pc1", "10.3.0.2:7/udp", "pc1 sw r1 pc3")
	wantWay(t, l, "r1", "10.4.0.2:7/tcp", "r1 r2")
	wantWay(t, l, "r1", "10.5.0.2:7/udp", "r1 r2")
	wantWay(t, l, "v1", "10.7.0.2:7/tcp", "v1 r1 v2")
}

// A path leads through IPsec, also over a router that sees only what is encrypted.
func TestDevicesPathXFRM(t *testing.T) {
	needNamespaces(t)
	probe.Need(t, probe.ESP)
	t.Parallel()
	l := up(t, yamlPlan(t, `
nodes:
  a: {kind: router, gateway: 192.0.2.2, xfrm: {local: 192.0.2.1, remote: 198.51.100.1, from: 10.1.0.0/24, to: 10.2.0.0/24}}
  r: {kind: router}
  b: {kind: router, gateway: 198.51.100.2, xfrm: {local: 198.51.100.1, remote: 192.0.2.1, from: 10.2.0.0/24, to: 10.1.0.0/24}}
  pc1: {gateway: 10.1.0.1}
  pc2: {gateway: 10.2.0.1, services: echo}
links:
  - [a:eth0 192.0.2.1/24, r:eth0 192.0.2.2/24]
  - [b:eth0 198.51.100.1/24, r:eth1 198.51.100.2/24]
  - [a:eth1 10.1.0.1/24, pc1:eth0 10.1.0.11/24]
  - [b:eth1 10.2.0.1/24, pc2:eth0 10.2.0.12/24]
`))
	wantWay(t, l, "pc1", "10.2.0.12:7/tcp", "pc1 a b pc2")
}
