package tui

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/hookwalk/hookwalk/topology"
)

// The node card names each device that is no end of a link, with its addresses and its kind.
func TestDevices(t *testing.T) {
	config := testConfig(t)
	addrs := []netip.Prefix{netip.MustParsePrefix("192.0.2.1/24")}
	n := config.Plan.Node(config.Plan.Nodes[0].Name)
	n.Bridges = []topology.BridgeDevice{{Name: "br1", Addrs: addrs}, {Name: "br2"}}
	n.Devices = []topology.Device{{Name: "mv", Kind: topology.Macvlan, Addrs: addrs}, {Name: "d0", Kind: topology.Dummy}}
	m := start(t, config, 120, 36)
	press(t, m, "/"+n.Name+"<enter>")
	got := screen(t, m)
	for _, want := range []string{"br1    192.0.2.1/24  bridge ", "br2    bridge ", "mv     192.0.2.1/24  macvlan ", "d0     dummy "} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not on the screen:\n%s", want, got)
		}
	}
}
