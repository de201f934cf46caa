package lab

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookwalk/hookwalk/lab/probe"
)

// wireguard devices have keys of their own and know their peers; what is sent through them is encrypted on the link.
func TestDevicesWireGuard(t *testing.T) {
	needNamespaces(t)
	needPrograms(t, "ip", "ping", "wg")
	probe.Need(t, probe.WireGuard)
	t.Parallel()
	const foreign = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	plan := yamlPlan(t, `
nodes:
  a:
    kind: router
    routes: [10.2.0.0/24 dev wg0, 198.51.100.0/24 via 203.0.113.2]
    interfaces:
      wg0:
        kind: wireguard
        addresses: [10.0.0.1/24, "2001:db8:1::1/64"]
        peers:
          - {node: b, allowed: [10.0.0.2/32, "2001:db8:1::2/128", 10.2.0.0/24], keepalive: 25}
          - c
          - {key: `+foreign+`, allowed: 10.9.0.0/16, endpoint: "[2001:db8::99]:77"}
  b:
    interfaces:
      wg0: {kind: wireguard, listen: 777, peers: [{node: a, endpoint: 192.0.2.1, allowed: 10.0.0.0/8}], addresses: [10.0.0.2/24, 10.2.0.1/24]}
  c:
    gateway: 198.51.100.1
    interfaces:
      wg0: {kind: wireguard, mtu: 1300, peers: [{node: a, allowed: [10.0.0.1/32, "2001:db8:1::1/128"], endpoint: 203.0.113.1}], addresses: [10.0.0.3/24, "2001:db8:1::3/64"]}
  r: {kind: router}
links:
  - [a:eth0 192.0.2.1/24, b:eth0 192.0.2.2/24]
  - [a:eth1 203.0.113.1/24, r:eth0 203.0.113.2/24]
  - [r:eth1 198.51.100.1/24, c:eth0 198.51.100.2/24]
`)
	l := up(t, plan)
	public := map[string]string{}
	for _, n := range []string{"a", "b", "c"} {
		public[n] = strings.TrimSpace(run(t, l, n, "wg show wg0 public-key"))
	}
	if public["a"] == public["b"] || public["a"] == public["c"] || len(public["a"]) != 44 {
		t.Errorf("keys: %v", public)
	}
	if diff := cmp.Diff("51820", strings.TrimSpace(run(t, l, "a", "wg show wg0 listen-port"))); diff != "" {
		t.Error(diff)
	}
	for _, c := range []struct{ ask, want string }{
		{"allowed-ips", fmt.Sprintf("%s\t10.0.0.2/32 2001:db8:1::2/128 10.2.0.0/24\n%s\t10.0.0.3/32 2001:db8:1::3/128\n%s\t10.9.0.0/16\n", public["b"], public["c"], foreign)},
		{"endpoints", fmt.Sprintf("%s\t192.0.2.2:777\n%s\t(none)\n%s\t[2001:db8::99]:77\n", public["b"], public["c"], foreign)},
		{"persistent-keepalive", fmt.Sprintf("%s\t25\n%s\toff\n%s\toff\n", public["b"], public["c"], foreign)},
	} {
		if diff := cmp.Diff(words(c.want), words(run(t, l, "a", "wg show wg0 "+c.ask))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.ask, diff)
		}
	}
	ping(t, l, "a", "10.0.0.2")
	ping(t, l, "b", "10.0.0.1")
	ping(t, l, "a", "10.2.0.1")
	ping(t, l, "c", "10.0.0.1") // through a router, and a learns where it is
	ping(t, l, "a", "2001:db8:1::3")
	wantLink(t, l, "c", "wg0", map[string]any{"mtu": 1300.0, "linkinfo.info_kind": "wireguard"})
}

// words are the words of each line, lines and words in order.
func words(s string) []string {
	var out []string
	for line := range strings.Lines(s) {
		f := strings.Fields(line)
		if len(f) > 1 {
			slices.Sort(f[1:])
		}
		out = append(out, strings.Join(f, " "))
	}
	slices.Sort(out)
	return out
}
