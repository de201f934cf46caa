package lab

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/hookwalk/hookwalk/lab/probe"
	"github.com/hookwalk/hookwalk/topology"
)

// TestApplyFaults: faults in force outlive a change, of links that stay and of those that are made anew; those of links
// that go are forgotten. When they end, the lab is as the new file says.
func TestApplyFaults(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	p := homePlan(newName())
	l := up(t, p)
	fault := func(r FaultRequest) []Fault {
		t.Helper()
		report, err := l.Fault(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		return report.Faults
	}
	for _, a := range []string{"client", "pc1", "pc2"} {
		b := map[string]string{"client": "isp"}[a]
		if b == "" {
			b = "lan"
		}
		fault(FaultRequest{Link: &LinkRequest{A: a, B: b, Do: FaultDown}})
	}
	fault(FaultRequest{Node: &NodeRequest{Name: "web", Do: FaultStop}})

	next := clonePlan(t, p)
	many[len(many)-1].change(next)                                                    // pc2 goes
	next.Links[0].A.Addrs = []netip.Prefix{netip.MustParsePrefix("198.51.100.8/24")}  // client, in place
	next.Node("client").Routes = []topology.Route{route("0.0.0.0/0", "198.51.100.1")} // which is down
	next.Node("client").Routes = append(next.Node("client").Routes, route("192.0.2.0/24", "198.51.100.1"))
	next.Links[3].B.Port = &topology.Port{Hairpin: true}                                     // pc1, made anew
	next.Node("web").Services = []topology.Service{{Name: "http", Proto: "tcp", Port: 8080}} // of a stopped node
	next = clonePlan(t, next)
	apply(t, l, next)
	state := func(node string) string {
		text, _ := output(t, l, node, "cat /sys/class/net/eth0/operstate")
		return strings.TrimSpace(text)
	}
	for _, node := range []string{"client", "pc1"} {
		if got := state(node); got != "down" {
			t.Errorf("%s:eth0 is %s after a change, it was held down", node, got)
		}
	}
	if list := fault(FaultRequest{}); len(list) != 3 {
		t.Errorf("faults in force: %v", list)
	}
	fault(FaultRequest{Clear: true})
	for _, node := range []string{"client", "pc1"} {
		if got := state(node); got != "up" {
			t.Errorf("%s:eth0 is %s when no fault is in force", node, got)
		}
	}
	if text, code := output(t, l, "client", "ip route show 192.0.2.0/24"); code != 0 || !strings.Contains(text, "via 198.51.100.1") {
		t.Errorf("%d %s", code, text)
	}
	sameAsFresh(t, l, next)
}

// TestApplyTap: cables in user space come, change and go, and frames go over them.
func TestApplyTap(t *testing.T) {
	needNamespaces(t)
	probe.Need(t, probe.Tun)
	t.Parallel()
	p := newPlan(newName())
	addNode(p, "a", topology.Host)
	addNode(p, "b", topology.Host)
	l := up(t, p)
	with := clonePlan(t, p)
	addLink(with, "a:eth0 10.0.0.1/24", "b:eth0 10.0.0.2/24")
	with.Links[0].Kind = topology.Tap
	ping := func() time.Duration {
		t.Helper()
		begin := time.Now()
		if text, code := output(t, l, "a", "ping -c 1 -W 5 10.0.0.2"); code != 0 {
			t.Errorf("%d %s", code, text)
		}
		return time.Since(begin)
	}
	for range 2 {
		apply(t, l, with)
		ping()
		slow := clonePlan(t, with)
		slow.Links[0].A.Impair.Delay = 300 * time.Millisecond
		apply(t, l, slow)
		if took := ping(); took < 300*time.Millisecond {
			t.Errorf("a frame that is delayed for 300 ms was there after %v", took)
		}
		apply(t, l, p)
		if text, _ := output(t, l, "b", "ls /sys/class/net | grep -v bonding_masters"); strings.TrimSpace(text) != "lo" {
			t.Errorf("left are %s", text)
		}
	}
}
