package lab

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A name that is too long for the kernel works as the second name of the device.
func TestDevicesLongNames(t *testing.T) {
	needNamespaces(t)
	needPrograms(t, "ip", "ping")
	t.Parallel()
	l := up(t, yamlPlan(t, `
nodes:
  a:
    sysctls: {net.ipv4.conf.to-the-other-router.rp_filter: 2}
    routes: 10.1.0.0/16 via 192.0.2.2 dev to-the-other-router
    interfaces:
      bridge-with-a-long-name: {kind: bridge, members: [port-with-a-long-name]}
  b: {kind: router}
links:
  - [a:to-the-other-router 192.0.2.1/24, b:eth0 192.0.2.2/24]
  - [a:port-with-a-long-name, b:eth1]
`))
	wantLink(t, l, "a", "to-the-other-router", map[string]any{"ifname": "to-the-other-ro", "altnames": []any{"to-the-other-router"}})
	wantLink(t, l, "a", "port-with-a-long-name", map[string]any{"ifname": "port-with-a-lon", "master": "bridge-with-a-l"})
	wantLink(t, l, "a", "bridge-with-a-long-name", map[string]any{"ifname": "bridge-with-a-l", "linkinfo.info_kind": "bridge"})
	if diff := cmp.Diff([]string{"10.1.0.0/16 via 192.0.2.2 dev to-the-other-ro"}, lines(t, l, "a", "ip route show proto static")); diff != "" {
		t.Errorf("routes (-want +got):\n%s", diff)
	}
	if got := run(t, l, "a", "cat /proc/sys/net/ipv4/conf/to-the-other-ro/rp_filter"); got != "2" {
		t.Errorf("rp_filter is %q", got)
	}
	ping(t, l, "a", "192.0.2.2")
}

// What is sent is one packet for each event, unless the file has it otherwise.
func TestDevicesOffloads(t *testing.T) {
	needNamespaces(t)
	needPrograms(t, "ip", "bash")
	t.Parallel()
	l := up(t, yamlPlan(t, `
nodes:
  a: {interfaces: {br9: {kind: bridge, members: [eth2], addresses: 203.0.113.1/24}}}
  b: {services: discard}
links:
  - [a:eth0 192.0.2.1/24, b:eth0 192.0.2.2/24]
  - {ends: [a:eth1 198.51.100.1/24, b:eth1 198.51.100.2/24], offloads: true}
  - [a:eth2, b:eth2 203.0.113.2/24]
`))
	for _, c := range []struct {
		dev, to string
		single  bool
	}{{"eth0", "192.0.2.2", true}, {"eth1", "198.51.100.2", false}, {"eth2", "203.0.113.2", true}} {
		run(t, l, "a", "bash -c 'head -c 1000000 /dev/zero > /dev/tcp/"+c.to+"/9'")
		rx := pick(ask(t, l, "b", "ip -s -j link show dev "+c.dev)[0], "stats64.rx").(map[string]any)
		if got := rx["bytes"].(float64)/rx["packets"].(float64) <= 1514; got != c.single {
			t.Errorf("%s: %v bytes came in %v packets", c.dev, rx["bytes"], rx["packets"])
		}
	}
	wantLink(t, l, "a", "eth0", map[string]any{"gso_max_segs": 1.0})
	wantLink(t, l, "b", "eth0", map[string]any{"gso_max_segs": 1.0})
	wantLink(t, l, "a", "eth1", map[string]any{"gso_max_segs": 65535.0})
	wantLink(t, l, "a", "br9", map[string]any{"gso_max_segs": 1.0})
}
