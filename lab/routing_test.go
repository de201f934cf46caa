package lab

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookwalk/hookwalk/lab/probe"
)

// lines are the lines that a command writes, without blanks at their ends, sorted.
func lines(t *testing.T, l *Lab, node, line string) []string {
	t.Helper()
	var out []string
	for s := range strings.Lines(run(t, l, node, line)) {
		out = append(out, strings.Join(strings.Fields(s), " "))
	}
	slices.Sort(out)
	return out
}

// Routes, rules and neighbours are those that ip shows for what the file says, in the words of ip.
func TestDevicesRouting(t *testing.T) {
	needNamespaces(t)
	needPrograms(t, "ip", "ping")
	t.Parallel()
	l := up(t, yamlPlan(t, `
nodes:
  a:
    kind: router
    routes:
      - blackhole 10.0.0.0/8
      - {to: "2001:db8:bad::/48", type: prohibit, metric: 77}
      - 10.1.0.0/16 via 192.0.2.2 metric 5 mtu 1400 src 192.0.2.1
      - 10.1.0.0/16 via 192.0.2.3 metric 6
      - default via 192.0.2.2 table 100
      - throw 10.6.0.0/16 table 100
      - 10.2.0.0/16 via 203.0.113.1 dev eth0 onlink
      - 10.3.0.0/16 nexthop via 192.0.2.2 weight 2 nexthop via 192.0.2.3 dev eth0
      - {to: default, nexthops: ["2001:db8::2", {via: "2001:db8::3", weight: 3}]}
      - 10.4.0.0/16 via 2001:db8::2
      - unreachable 10.5.0.0/16
    rules:
      - from 192.0.2.0/24 table 100
      - fwmark 0x10/0xff table 100 priority 50
      - not to 10.0.0.0/8 iif eth0 ipproto tcp dport 8000-8080 lookup 100
      - {to: "2001:db8:66::/48", type: unreachable}
      - lookup main suppress_prefixlength 0 sport 53
      - oif eth0 blackhole
    neighbours:
      - 192.0.2.9 lladdr 02:00:5e:00:53:01
      - proxy 192.0.2.50 dev eth0
      - {address: "2001:db8::9", lladdr: 02:00:5e:00:53:02}
  b: {kind: router}
  c: {kind: router}
  sw: {kind: bridge}
links:
  - ["a:eth0 192.0.2.1/24 2001:db8::1/64", sw]
  - ["b:eth0 192.0.2.2/24 2001:db8::2/64", sw]
  - ["c:eth0 192.0.2.3/24 2001:db8::3/64", sw]
`))
	for _, c := range []struct {
		ask  string
		want []string
	}{
		{"ip route show proto static", []string{
			"10.1.0.0/16 via 192.0.2.2 dev eth0 src 192.0.2.1 metric 5 mtu 1400", "10.1.0.0/16 via 192.0.2.3 dev eth0 metric 6",
			"10.2.0.0/16 via 203.0.113.1 dev eth0 onlink", "10.3.0.0/16", "10.4.0.0/16 via inet6 2001:db8::2 dev eth0",
			"blackhole 10.0.0.0/8", "nexthop via 192.0.2.2 dev eth0 weight 2", "nexthop via 192.0.2.3 dev eth0 weight 1", "unreachable 10.5.0.0/16",
		}},
		{"ip route show table 100", []string{"default via 192.0.2.2 dev eth0 proto static", "throw 10.6.0.0/16 proto static"}},
		{"ip -6 route show proto static", []string{"default metric 1024 pref medium", "nexthop via 2001:db8::2 dev eth0 weight 1", "nexthop via 2001:db8::3 dev eth0 weight 3",
			"prohibit 2001:db8:bad::/48 dev lo metric 77 pref medium"}},
		{"ip rule show", []string{"0: from all lookup local", "1001: from 192.0.2.0/24 lookup 100", "1003: not from all to 10.0.0.0/8 iif eth0 ipproto tcp dport 8000-8080 lookup 100",
			"1005: from all sport 53 lookup main suppress_prefixlength 0", "1006: from all oif eth0 blackhole",
			"32766: from all lookup main", "32767: from all lookup default", "50: from all fwmark 0x10/0xff lookup 100"}},
		{"ip -6 rule show", []string{"0: from all lookup local", "1004: from all to 2001:db8:66::/48 unreachable",
			"1005: from all sport 53 lookup main suppress_prefixlength 0", "1006: from all oif eth0 blackhole",
			"32766: from all lookup main", "50: from all fwmark 0x10/0xff lookup 100"}},
		{"ip neigh show nud permanent", []string{"192.0.2.9 dev eth0 lladdr 02:00:5e:00:53:01 PERMANENT", "2001:db8::9 dev eth0 lladdr 02:00:5e:00:53:02 PERMANENT"}},
		{"ip neigh show proxy", []string{"192.0.2.50 dev eth0 proxy"}},
	} {
		if diff := cmp.Diff(c.want, lines(t, l, "a", c.ask)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.ask, diff)
		}
	}
}

// A route in the table of a VRF leads on, and one that does not exist in it does not.
func TestDevicesVRFRoutes(t *testing.T) {
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
    routes: [default via 10.0.1.2 table blue]
  b1: {gateway: 10.0.0.1}
  isp: {kind: router, routes: 10.0.0.0/24 via 10.0.1.1}
  web: {gateway: 192.0.2.1}
links:
  - [r:eth0 10.0.0.1/24, b1:eth0 10.0.0.2/24]
  - [r:eth1 10.0.1.1/24, isp:eth0 10.0.1.2/24]
  - [isp:eth1 192.0.2.1/24, web:eth0 192.0.2.80/24]
`))
	if diff := cmp.Diff([]string{"default via 10.0.1.2 dev eth1"}, lines(t, l, "r", "ip route show vrf blue proto static")); diff != "" {
		t.Errorf("routes (-want +got):\n%s", diff)
	}
	ping(t, l, "b1", "192.0.2.80")
}
