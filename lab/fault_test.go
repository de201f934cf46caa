package lab

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/lab/probe"
	"github.com/hookwalk/hookwalk/lab/traffic"
	"github.com/hookwalk/hookwalk/topology"
)

// faultLab is a lab with faults.
type faultLab struct {
	*Lab
	t *testing.T
}

// do changes the faults and gives those in force, each in a line.
func (l faultLab) do(r FaultRequest) []string {
	l.t.Helper()
	report, err := l.Fault(l.t.Context(), r)
	if err != nil {
		l.t.Fatalf("%+v: %v", r, err)
	}
	var out []string
	for _, f := range report.Faults {
		out = append(out, f.String())
	}
	return out
}

func (l faultLab) link(a, b, do string) []string {
	return l.do(FaultRequest{Link: &LinkRequest{A: a, B: b, Do: do}})
}

// state is all that the network of a node consists of, without what only time changes.
func (l faultLab) state(node string) string {
	l.t.Helper()
	out, code := output(l.t, l.Lab, node, "ip addr; ip route show table all; ip -6 route show table all; tc qdisc show")
	if code != 0 {
		l.t.Fatalf("%s: %s", node, out)
	}
	// A device that was down has another order of routes; lifetimes and queue states are not of interest.
	lines := strings.Split(regexp.MustCompile(`(?m) ((state|mode|group|qlen) \S+|linkdown|dead)|<[^>]*>`).ReplaceAllString(out, ""), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func (l faultLab) reaches(from, to string) bool {
	l.t.Helper()
	rec, err := l.Send(l.t.Context(), from, to, traffic.AnyFamily)
	if err != nil {
		l.t.Fatal(err)
	}
	return rec.Sent.Answer != "" && rec.Sent.Answer != "reset"
}

func newFaultLab(t *testing.T, p *topology.Plan) faultLab {
	needNamespaces(t)
	t.Parallel()
	return faultLab{up(t, p), t}
}

// A link goes down at both ends, and comes up with all that the file says: addresses and routes of both families.
func TestFaultLinkDownUp(t *testing.T) {
	l := newFaultLab(t, homePlan(newName()))
	nodes := []string{"client", "isp", "fw", "lan", "web"}
	before := map[string]string{}
	// What the file does not have comes back, too.
	if out, code := output(t, l.Lab, "isp", "ip route add 192.0.2.0/24 via 203.0.113.1; ip route add 192.0.2.7 dev eth1 table 7; "+
		"ip -6 addr add 2001:db8:99::1/64 dev eth1 nodad; ip -6 route add 2001:db8:77::/48 via 2001:db8:99::2; ip route add blackhole 192.0.2.99"); code != 0 {
		t.Fatal(out)
	}
	for _, n := range nodes {
		before[n] = l.state(n)
	}
	for _, tt := range []struct{ a, b, name, from, to, other string }{
		{"isp", "fw", "isp:eth1 -- fw:wan", "client", "2001:db8:3::10", "fw"},
		{"fw:lan", "lan", "fw:lan -- lan:p0", "pc1", "10.0.1.1", "isp"},
		{"lan", "pc1:eth0", "pc1:eth0 -- lan:p1", "pc1", "10.0.1.1", "isp"},
		{"client:eth0", "isp:eth0", "client:eth0 -- isp:eth0", "client", "web:80", "fw"},
	} {
		if !l.reaches(tt.from, tt.to) {
			t.Fatalf("%s does not reach %s", tt.from, tt.to)
		}
		if diff := cmp.Diff([]string{tt.name + "  down"}, l.link(tt.a, tt.b, FaultDown)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if l.reaches(tt.from, tt.to) {
			t.Errorf("%s reaches %s over a link that is down", tt.from, tt.to)
		}
		s, err := l.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if s.LinksUp() != len(s.Links)-1 || len(s.Faults) != 1 {
			t.Errorf("%s: %d/%d links are up, faults %v", tt.name, s.LinksUp(), len(s.Links), s.Faults)
		}
		if got := l.link(tt.a, tt.b, FaultUp); len(got) != 0 {
			t.Errorf("after up: %v", got)
		}
		if !l.reaches(tt.from, tt.to) { // at once
			t.Errorf("%s does not reach %s any more", tt.from, tt.to)
		}
		for _, n := range nodes {
			if diff := cmp.Diff(before[n], l.state(n)); diff != "" {
				t.Errorf("%s after %s was down (-before +after):\n%s", n, tt.name, diff)
			}
		}
	}
}

// What keeps a link down adds up: it is up again when the last reason is gone.
func TestFaultsAddUp(t *testing.T) {
	l := newFaultLab(t, homePlan(newName()))
	isUp := func(want bool) {
		t.Helper()
		s, err := l.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if s.Links[1].Up != want {
			t.Errorf("%s -- %s is up: %v, want %v; faults %v", s.Links[1].A, s.Links[1].B, s.Links[1].Up, want, s.Faults)
		}
	}
	l.link("isp", "fw", FaultDown)
	l.do(FaultRequest{Partition: [][]string{{"client", "isp"}, {"fw", "web"}}})
	l.do(FaultRequest{Node: &NodeRequest{"fw", FaultStop}})
	isUp(false)
	_, err := l.Fault(t.Context(), FaultRequest{Link: &LinkRequest{A: "fw", B: "isp", Do: FaultUp}})
	if err == nil || !strings.Contains(err.Error(), "it stays down: node fw is stopped, a partition") {
		t.Errorf("up: %v", err)
	}
	isUp(false)
	l.do(FaultRequest{Heal: true})
	isUp(false)
	if got := l.do(FaultRequest{Node: &NodeRequest{"fw", FaultStart}}); len(got) != 0 {
		t.Errorf("left is %v", got)
	}
	isUp(true)
	if !l.reaches("client", "web:80") {
		t.Error("client does not reach web")
	}
	want := []string{"fw  stopped", "partition client,isp | fw  down: isp:eth1 -- fw:wan"}
	l.do(FaultRequest{Partition: [][]string{{"client", "isp"}, {"fw"}}})
	if diff := cmp.Diff(want, l.do(FaultRequest{Node: &NodeRequest{"fw", FaultStop}})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := l.do(FaultRequest{Clear: true}); len(got) != 0 {
		t.Errorf("left is %v", got)
	}
	isUp(true)
	if !l.reaches("client", "web:80") || !l.reaches("pc1", "10.0.1.1") {
		t.Error("after clear not all is as before")
	}
}

// A fault changes only what it names, and clear gives back what the file says.
func TestFaultImpair(t *testing.T) {
	probe.Need(t, probe.TBF)
	l := newFaultLab(t, impaired(t, topology.Veth, "rate 1mbit", ""))
	rate := func(node, want string) {
		t.Helper()
		out, code := output(t, l.Lab, node, "tc qdisc show dev eth0")
		if code == 127 {
			t.Skip("tc is not installed, which this asks")
		}
		if got := regexp.MustCompile(`rate \S+|noqueue`).FindString(out); got != want {
			t.Errorf("%s has %q, want %q", node, got, want)
		}
	}
	impair := func(a, b string, oneWay bool, words string) []string {
		t.Helper()
		return l.do(FaultRequest{Link: &LinkRequest{A: a, B: b, Do: FaultImpair, OneWay: oneWay, Impair: strings.Fields(words)}})
	}
	rate("a", "rate 1Mbit")
	rate("b", "noqueue")
	for _, tt := range []struct {
		a, b, words string
		oneWay      bool
		want, rateA string
		rateB       string
	}{
		{"b", "a", "rate 3mbit", true, "a:eth0 -- b:eth0  b:eth0 sends with rate 3mbit", "rate 1Mbit", "rate 3Mbit"},
		{"a", "b", "limit 50", false, "a:eth0 -- b:eth0  a:eth0 sends with rate 1mbit limit 50; b:eth0 sends with rate 3mbit limit 50", "rate 1Mbit", "rate 3Mbit"},
		{"a", "b", "rate 5mbit", false, "a:eth0 -- b:eth0  each sends with rate 5mbit limit 50", "rate 5Mbit", "rate 5Mbit"},
	} {
		if diff := cmp.Diff([]string{tt.want}, impair(tt.a, tt.b, tt.oneWay, tt.words)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.words, diff)
		}
		rate("a", tt.rateA)
		rate("b", tt.rateB)
	}
	// A link that goes down and comes up keeps it.
	l.link("a", "b", FaultDown)
	l.link("a", "b", FaultUp)
	rate("b", "rate 5Mbit")
	if got := l.link("a", "b", FaultClear); len(got) != 0 {
		t.Errorf("left is %v", got)
	}
	rate("a", "rate 1Mbit")
	rate("b", "noqueue")
}

// What cannot be is refused, says what would be right, and changes nothing.
func TestFaultRefuses(t *testing.T) {
	p := homePlan(newName())
	addLink(p, "isp:eth2 10.9.0.1/24", "fw:eth2 10.9.0.2/24")
	l := newFaultLab(t, p)
	link := func(a, b, do, words string) FaultRequest {
		return FaultRequest{Link: &LinkRequest{A: a, B: b, Do: do, Impair: strings.Fields(words), Every: time.Millisecond}}
	}
	for _, tt := range []struct {
		r    FaultRequest
		want string
	}{
		{link("client", "ispp", FaultDown, ""), `there is no node "ispp"; did you mean "isp"?`},
		{link("client", "web", FaultDown, ""), "no link joins client and web; client has client:eth0 -- isp:eth0"},
		{link("client:eth9", "isp", FaultDown, ""), "client:eth9 is no end of a link; client has client:eth0 -- isp:eth0"},
		{link("isp", "fw", FaultDown, ""), "2 links join isp and fw, say which end: isp:eth1 -- fw:wan, isp:eth2 -- fw:eth2"},
		{link("client", "isp", FaultImpair, "dely 20ms"), `there is no impairment "dely"; did you mean "delay"?`},
		{link("client", "isp", FaultImpair, "rate 20"), "the rate 20 has no unit"},
		{link("client", "isp", FaultFlap, ""), "cannot flap faster than every 20ms"},
		{link("client", "isp", "explode", ""), `"explode" means nothing here`},
		{FaultRequest{Node: &NodeRequest{"fww", FaultStop}}, `there is no node "fww"; did you mean "fw"?`},
		{FaultRequest{Node: &NodeRequest{"fw", "melt"}}, `"melt" means nothing here`},
		{FaultRequest{Partition: [][]string{{"fw"}, {"ips"}}}, `there is no node "ips"; did you mean "isp"?`},
		{FaultRequest{Partition: [][]string{{"fw"}, {"isp", "fw"}}}, "fw stands in it twice"},
		{FaultRequest{Partition: [][]string{{"fw"}}}, "two sets of nodes"},
		{FaultRequest{Partition: [][]string{{"client"}, {"web"}}}, "no link joins these sets"},
	} {
		_, err := l.Fault(t.Context(), tt.r)
		var op *OpError
		if !errors.As(err, &op) || !op.Bad || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v, want %q", tt.r, err, tt.want)
		}
	}
	if got := l.do(FaultRequest{}); len(got) != 0 {
		t.Errorf("in force is %v", got)
	}
	l.link("fw:eth2", "isp:eth2", FaultDown)
	if !l.reaches("client", "web:80") {
		t.Error("the wrong link is down")
	}
}

// A flap goes down and up the number of times that it should, and ends.
func TestFaultFlap(t *testing.T) {
	l := newFaultLab(t, impaired(t, topology.Veth, "", ""))
	downs := func() string {
		out, _ := output(t, l.Lab, "a", "cat /sys/class/net/eth0/carrier_down_count")
		return strings.TrimSpace(out)
	}
	was := downs()
	flap := FaultRequest{Link: &LinkRequest{A: "a", B: "b", Do: FaultFlap, Times: 3, Every: 40 * time.Millisecond}}
	if got := l.do(flap); len(got) != 1 || !strings.HasPrefix(got[0], "a:eth0 -- b:eth0  flaps every 40ms, 3 left; down") {
		t.Errorf("got %v", got)
	}
	for deadline := time.Now().Add(10 * time.Second); len(l.do(FaultRequest{})) > 0; {
		if time.Now().After(deadline) {
			t.Fatal("it does not end")
		}
	}
	var before, after int
	if _, err := fmt.Sscan(was+" "+downs(), &before, &after); err != nil || after-before != 3 {
		t.Errorf("carrier was lost %s times before, %s after; %v", was, downs(), err)
	}
	if !l.reaches("a", "2001:db8::2") {
		t.Error("the link is down")
	}
	flap.Link.Times = 0
	l.do(flap)
	if got := l.link("a", "b", FaultClear); len(got) != 0 || !l.reaches("a", "b") {
		t.Errorf("after clear: %v", got)
	}
}

// Processes of a node are held, others are not, and one that somebody else stopped stays so.
func TestFaultPause(t *testing.T) {
	p := impaired(t, topology.Veth, "", "")
	for i, line := range []string{"sleep 1000 & sleep 2000 &", "setsid sh -c 'sleep 3000 & sleep 0.2; kill -STOP $!; wait' &"} {
		p.Nodes[0].Exec = append(p.Nodes[0].Exec, topology.Command{Line: line})
		if i == 0 {
			p.Nodes[1].Exec = p.Nodes[0].Exec
		}
	}
	l := newFaultLab(t, p)
	states := func(node string) string {
		out, _ := output(t, l.Lab, node, `for p in $(pgrep -x sleep); do [ $(stat -Lc %i /proc/$p/ns/net) = $(stat -Lc %i /proc/self/ns/net) ] &&
			echo $(tr '\0' ' ' < /proc/$p/cmdline | cut -d' ' -f2) $(cut -d' ' -f3 /proc/$p/stat); done | sort`)
		return strings.ReplaceAll(strings.Join(strings.Fields(out), " "), " R", " S") // just let go
	}
	const all, held = "1000 S 2000 S 3000 T", "1000 T 2000 T 3000 T"
	for deadline := time.Now().Add(5 * time.Second); states("a") != all; {
		if time.Now().After(deadline) {
			t.Fatalf("a has %q", states("a"))
		}
	}
	for _, tt := range []struct{ do, want, stateA, stateB string }{
		{FaultPause, "a  paused, 3 processes held", held, "1000 S 2000 S"},
		{FaultPause, "a  paused, 3 processes held", held, "1000 S 2000 S"},
		{FaultResume, "", all, "1000 S 2000 S"},
		{FaultStop, "a  stopped, 3 processes held", held, "1000 S 2000 S"},
		{FaultStart, "", all, "1000 S 2000 S"},
		{FaultPause, "a  paused, 3 processes held", held, "1000 S 2000 S"},
		{FaultStop, "a  stopped, 3 processes held", held, "1000 S 2000 S"},
		{FaultStart, "", all, "1000 S 2000 S"},
	} {
		got := strings.Join(l.do(FaultRequest{Node: &NodeRequest{"a", tt.do}}), ";")
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.do, got, tt.want)
		}
		if a, b := states("a"), states("b"); a != tt.stateA || b != tt.stateB {
			t.Errorf("%s: a has %q, b has %q", tt.do, a, b)
		}
	}
}

// A stopped node has no services; started again, it has them.
func TestFaultStopServices(t *testing.T) {
	l := newFaultLab(t, homePlan(newName()))
	before := l.state("web")
	l.do(FaultRequest{Node: &NodeRequest{"web", FaultStop}})
	if l.reaches("client", "web:80") {
		t.Error("a stopped node answers")
	}
	if out, _ := output(t, l.Lab, "web", "cat /proc/net/tcp6 /proc/net/udp6 | grep -c ' 0A \\|:0007'"); strings.TrimSpace(out) != "0" {
		t.Errorf("%s sockets listen", out)
	}
	l.do(FaultRequest{Node: &NodeRequest{"web", FaultStart}})
	for _, to := range []string{"web:80", "web:7/udp", "[2001:db8:3::10]:80"} {
		if !l.reaches("client", to) {
			t.Errorf("%s does not answer", to)
		}
	}
	if diff := cmp.Diff(before, l.state("web")); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}

// The reason of a packet that did not arrive names the link that is down.
func TestFaultWhy(t *testing.T) {
	l := newFaultLab(t, homePlan(newName()))
	for _, tt := range []struct{ a, b, from, to string }{
		{"client", "isp", "client", "web:80"},
		{"isp", "fw", "client", "web:80"},
		{"fw", "web", "client", "web:80"},
		{"pc1", "lan", "fw", "pc1"},
	} {
		l.link(tt.a, tt.b, FaultDown)
		p, err := l.Why(t.Context(), tt.from, tt.to, traffic.AnyFamily)
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		path.WriteWhy(&text, p)
		if p.Verdict == path.Delivered || !strings.Contains(text.String(), "down") {
			t.Errorf("%s -- %s is down, and why %s %s says\n%s", tt.a, tt.b, tt.from, tt.to, text.String())
		}
		l.link(tt.a, tt.b, FaultClear)
	}
}

// Who watches is told of every change, and of the end.
func TestWatchFaults(t *testing.T) {
	p := impaired(t, topology.Veth, "", "")
	addNode(p, "c", topology.Host)
	addLink(p, "b:eth1 198.51.100.1/24", "c:eth0 198.51.100.2/24")
	l := newFaultLab(t, p)
	seen := make(chan []Fault, 10)
	ended := make(chan error, 1)
	go func() { ended <- l.WatchFaults(t.Context(), func(f []Fault) { seen <- f }) }()
	next := func(want int) []Fault {
		t.Helper()
		select {
		case f := <-seen:
			if len(f) != want {
				t.Errorf("%d faults, want %d: %v", len(f), want, f)
			}
			return f
		case <-time.After(10 * time.Second):
			t.Fatal("nothing is said")
			return nil
		}
	}
	next(0)
	l.link("a", "b", FaultDown)
	next(1)
	l.do(FaultRequest{}) // changes nothing
	l.do(FaultRequest{Node: &NodeRequest{"c", FaultStop}})
	list := next(2)
	down, bad := Ends(p, list)
	want := map[string]bool{"a:eth0": true, "b:eth0": true, "b:eth1": true, "c:eth0": true}
	if diff := cmp.Diff(want, down); diff != "" || bad["a:eth0"] {
		t.Errorf("impaired %v, down (-want +got):\n%s", bad, diff)
	}
	l.do(FaultRequest{Clear: true})
	next(0)
	down2, err := l.Down(t.Context())
	if err != nil || len(down2.Left) > 0 {
		t.Errorf("down: %v, %v", down2, err)
	}
	if err := <-ended; err != nil {
		t.Errorf("the end is %v", err)
	}
}

// Ends adds what the file says to what was done.
func TestFaultEnds(t *testing.T) {
	none, loss := "", "loss 1%"
	p := newPlan("x")
	for _, n := range []string{"a", "b", "c", "d"} {
		addNode(p, n, topology.Host)
	}
	addLink(p, "a:eth0", "b:eth0")
	addLink(p, "b:eth1", "c:eth0")
	addLink(p, "c:eth1", "d:eth0")
	p.Links[0].A.Impair = topology.Impairment{Delay: time.Millisecond}
	p.Links[1].B.Impair = topology.Impairment{Delay: time.Millisecond}
	down, impaired := Ends(p, []Fault{
		{Link: &LinkFault{A: "a:eth0", B: "b:eth0", SendA: &none, SendB: &loss}},
		{Node: &NodeFault{Name: "a", State: "paused"}},
		{Partition: &PartitionFault{Links: []string{"c:eth1 -- d:eth0"}}},
	})
	if diff := cmp.Diff(map[string]bool{"c:eth1": true, "d:eth0": true}, down); diff != "" {
		t.Errorf("down (-want +got):\n%s", diff)
	}
	want := map[string]bool{"a:eth0": false, "b:eth0": true, "b:eth1": false, "c:eth0": true, "c:eth1": false, "d:eth0": false}
	if diff := cmp.Diff(want, impaired); diff != "" {
		t.Errorf("impaired (-want +got):\n%s", diff)
	}
}

// A paused node takes connections, as its kernel does, and answers nothing until it goes on; its kernel answers pings.
func TestFaultPauseServices(t *testing.T) {
	l := newFaultLab(t, homePlan(newName()))
	l.do(FaultRequest{Node: &NodeRequest{"web", FaultPause}})
	if l.reaches("client", "web:7/udp") {
		t.Error("echo answers")
	}
	for _, to := range []string{"web", "web:80"} { // an echo request; a handshake
		if !l.reaches("client", to) {
			t.Errorf("the kernel does not answer for %s", to)
		}
	}
	l.do(FaultRequest{Node: &NodeRequest{"web", FaultResume}})
	if !l.reaches("client", "web:7/udp") {
		t.Error("echo does not answer")
	}
	// Stopped while it is paused, it starts as it was before.
	l.do(FaultRequest{Node: &NodeRequest{"web", FaultPause}})
	l.do(FaultRequest{Node: &NodeRequest{"web", FaultStop}})
	l.do(FaultRequest{Node: &NodeRequest{"web", FaultStart}})
	for _, to := range []string{"web:80", "web:7/udp"} {
		if !l.reaches("client", to) {
			t.Errorf("%s does not answer", to)
		}
	}
}
