package lab

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookwalk/hookwalk/lab/probe"
)

// VXLANs: with one other end, with a forwarding database in place of it, and as the port of a bridge.
func TestDevicesVXLAN(t *testing.T) {
	needNamespaces(t)
	needPrograms(t, "ip", "bridge", "ping")
	probe.Need(t, probe.VXLAN)
	t.Parallel()
	l := up(t, yamlPlan(t, `
nodes:
  v1:
    kind: router
    interfaces:
      vx42: {kind: vxlan, id: 42, local: 192.0.2.1, remote: 192.0.2.2, master: br0}
      br0: {kind: bridge, members: [eth1]}
      vx7: {kind: vxlan, id: 7, local: 192.0.2.1, port: 8472, ttl: 9, learning: false, addresses: [10.7.0.1/24, "2001:db8:7::1/64"], fdb: [00:00:00:00:00:00 dst 192.0.2.2, 00:00:00:00:00:00 dst 192.0.2.3]}
      vx6: {kind: vxlan, id: 6, local: "2001:db8::1", remote: "2001:db8::2", addresses: 10.6.0.1/24}
  v2:
    kind: router
    interfaces:
      vx42: {kind: vxlan, id: 42, local: 192.0.2.2, remote: 192.0.2.1, master: br0}
      br0: {kind: bridge, members: [eth1]}
      vx7: {kind: vxlan, id: 7, local: 192.0.2.2, port: 8472, addresses: [10.7.0.2/24, "2001:db8:7::2/64"], fdb: ["00:00:00:00:00:00 dst 192.0.2.1"]}
      vx6: {kind: vxlan, id: 6, local: "2001:db8::2", remote: "2001:db8::1", link: eth0, addresses: 10.6.0.2/24}
  v3:
    interfaces:
      vx7: {kind: vxlan, id: 7, local: 192.0.2.3, port: 8472, addresses: 10.7.0.3/24, fdb: ["00:00:00:00:00:00 dst 192.0.2.1"]}
  sw: {kind: bridge}
  a:
  b:
links:
  - ["v1:eth0 192.0.2.1/24 2001:db8::1/64", sw]
  - ["v2:eth0 192.0.2.2/24 2001:db8::2/64", sw]
  - [v3:eth0 192.0.2.3/24, sw]
  - [v1:eth1, a:eth0 10.0.0.1/24]
  - [v2:eth1, b:eth0 10.0.0.2/24]
`))
	wantLink(t, l, "v1", "vx42", map[string]any{"linkinfo.info_kind": "vxlan", "linkinfo.info_data.id": 42.0, "linkinfo.info_data.local": "192.0.2.1",
		"linkinfo.info_data.remote": "192.0.2.2", "linkinfo.info_data.port": 4789.0, "linkinfo.info_data.learning": true, "master": "br0", "mtu": 1450.0})
	wantLink(t, l, "v1", "vx7", map[string]any{"linkinfo.info_data.port": 8472.0, "linkinfo.info_data.ttl": 9.0, "linkinfo.info_data.learning": false})
	wantLink(t, l, "v2", "vx6", map[string]any{"linkinfo.info_data.local6": "2001:db8::2", "linkinfo.info_data.remote6": "2001:db8::1", "linkinfo.info_data.link": "eth0", "mtu": 1430.0})
	dsts := map[string]bool{}
	for _, e := range ask(t, l, "v1", "bridge -j fdb show dev vx7") {
		if e["mac"] == "00:00:00:00:00:00" {
			dsts[fmt.Sprint(e["dst"], " ", e["state"])] = true
		}
	}
	if diff := cmp.Diff(map[string]bool{"192.0.2.2 permanent": true, "192.0.2.3 permanent": true}, dsts); diff != "" {
		t.Errorf("forwarding database (-want +got):\n%s", diff)
	}
	ping(t, l, "a", "10.0.0.2")
	ping(t, l, "v2", "10.7.0.1")
	ping(t, l, "v2", "2001:db8:7::1")
	ping(t, l, "v3", "10.7.0.1")
	ping(t, l, "v1", "10.6.0.2")
}

// Every kind of tunnel of IP in IP carries what it can.
func TestDevicesTunnels(t *testing.T) {
	needNamespaces(t)
	needPrograms(t, "ip", "ping")
	t.Parallel()
	for _, c := range []struct {
		kind, more string
		six        bool // outside
		needs      probe.Feature
		inside     []string
		want       map[string]any
	}{
		{"gre", "key: 7, ttl: 64", false, probe.GRE, []string{"10.0.0.2", "2001:db8:1::2"}, map[string]any{"linkinfo.info_kind": "gre", "linkinfo.info_data.local": "192.0.2.1",
			"linkinfo.info_data.remote": "192.0.2.2", "linkinfo.info_data.ikey": "0.0.0.7", "linkinfo.info_data.okey": "0.0.0.7", "linkinfo.info_data.ttl": 64.0}},
		{"gretap", "mac: 02:00:5e:00:53:%02d", false, probe.GRE, []string{"10.0.0.2", "2001:db8:1::2"}, map[string]any{"linkinfo.info_kind": "gretap", "address": "02:00:5e:00:53:01"}},
		{"ipip", "mtu: 1400", false, probe.IPIP, []string{"10.0.0.2"}, map[string]any{"linkinfo.info_kind": "ipip", "mtu": 1400.0}},
		{"sit", "ttl: 9", false, probe.SIT, []string{"2001:db8:1::2"}, map[string]any{"linkinfo.info_kind": "sit", "linkinfo.info_data.ttl": 9.0}},
		{"ip6tnl", "link: eth0", true, probe.GRE, []string{"10.0.0.2", "2001:db8:1::2"}, map[string]any{"linkinfo.info_kind": "ip6tnl", "linkinfo.info_data.proto": "any"}},
		{"ip6gre", "key: 0.0.1.0", true, probe.GRE, []string{"10.0.0.2", "2001:db8:1::2"}, map[string]any{"linkinfo.info_kind": "ip6gre", "linkinfo.info_data.ikey": "0.0.1.0"}},
		{"ip6gretap", "mtu: 1380", true, probe.GRE, []string{"10.0.0.2", "2001:db8:1::2"}, map[string]any{"linkinfo.info_kind": "ip6gretap"}},
	} {
		t.Run(c.kind, func(t *testing.T) {
			probe.Need(t, c.needs)
			outside := [2]string{"192.0.2.1", "192.0.2.2"}
			if c.six {
				outside = [2]string{"2001:db8::1", "2001:db8::2"}
			}
			text := "nodes:\n"
			for i, n := range []string{"a", "b"} {
				more := c.more
				if c.kind == "gretap" {
					more = fmt.Sprintf(c.more, i+1)
				}
				text += fmt.Sprintf("  %s: {interfaces: {tun: {kind: %s, local: %q, remote: %q, %s, addresses: [10.0.0.%d/24, \"2001:db8:1::%d/64\"]}}}\n",
					n, c.kind, outside[i], outside[1-i], more, i+1, i+1)
			}
			l := up(t, yamlPlan(t, text+"links: [[\"a:eth0 192.0.2.1/24 2001:db8::1/64\", \"b:eth0 192.0.2.2/24 2001:db8::2/64\"]]\n"))
			wantLink(t, l, "a", "tun", c.want)
			for _, to := range c.inside {
				ping(t, l, "a", to)
			}
		})
	}
}
