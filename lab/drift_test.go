package lab

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDrift changes a lab by hand and has it seen; what the lab itself has, also under faults and a trace, is none.
func TestDrift(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	p := rulesPlan(newName())
	l := up(t, p)
	drift := func() []string {
		t.Helper()
		list, err := l.Drift(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, d := range list {
			out = append(out, d.Op.Sign()+" "+d.String())
		}
		slices.Sort(out)
		return out
	}
	if got := drift(); got != nil {
		t.Fatalf("a new lab has drifted: %v", got)
	}
	for _, r := range []FaultRequest{{Link: &LinkRequest{A: "client", B: "isp", Do: FaultDown}}, {Node: &NodeRequest{Name: "web", Do: FaultStop}}} {
		if _, err := l.Fault(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if got := drift(); got != nil {
		t.Errorf("faults are drift: %v", got)
	}
	if _, err := l.Fault(t.Context(), FaultRequest{Clear: true}); err != nil {
		t.Fatal(err)
	}
	for node, line := range map[string]string{
		"pc1":    "ip addr add 10.0.1.99/24 dev eth0 && ip route del default && ip route add 192.0.2.0/24 via 10.0.1.1",
		"pc2":    "ip link del eth0",
		"client": "ip link add v0 type veth peer name v1 && echo 61 > /proc/sys/net/ipv4/ip_default_ttl && echo 1 > /proc/sys/net/ipv4/ip_forward",
	} {
		if text, code := output(t, l, node, line); code != 0 {
			t.Fatalf("%s: %d %s", node, code, text)
		}
	}
	want := []string{
		"+ address 10.0.1.99/24 of eth0 on pc1", "+ device v0 on client", "+ device v1 on client",
		"+ route 192.0.2.0/24 via 10.0.1.1 dev eth0 on pc1", "- device eth0 on pc2", "- device p2 on lan",
		"- route 0.0.0.0/0 via 10.0.1.1 on pc1", "- route 0.0.0.0/0 via 10.0.1.1 on pc2", "~ sysctl net.ipv4.ip_forward on client  0 -> 1",
	}
	if text, code := output(t, l, "fw", "nft insert rule inet filter forward counter && nft add table ip mine"); code == 0 {
		want = append(want, "+ rules ip mine on fw", "~ rules inet filter forward on fw  2 rules -> 3 rules, 1 of them not of the file")
	} else {
		t.Logf("no nft here: %s", text)
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, drift()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
