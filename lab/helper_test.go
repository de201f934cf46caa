package lab

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/hookwalk/hookwalk/topology"
)

// Tests that need a kernel run as whoever runs them; as root, TestAsOrdinaryUser runs all of them again as another
// user.
func TestMain(m *testing.M) {
	Main()
	// With the race detector every process waits a second at its end, in case other threads have something to report.
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE")); err != nil {
		panic(err)
	}
	if role := os.Getenv(roleVar); role != "" {
		if err := roles[role](); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

const ordinaryUser = 65534

// TestAsOrdinaryUser runs every other test of this package as an ordinary user, from a copy of this program that the
// user can read.
func TestAsOrdinaryUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("this is an ordinary user already")
	}
	if testing.Short() {
		t.Skip("-short: runs everything again")
	}
	dir, err := os.MkdirTemp("/tmp", "hookwalk")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "lab.test")
	b, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, b, 0o755); err != nil {
		t.Fatal(err)
	}
	home := filepath.Join(dir, "home")
	if err := os.Mkdir(home, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(home, ordinaryUser, ordinaryUser); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "-test.v", "-test.parallel=4")
	cmd.Dir = home
	cmd.Env = []string{"HOME=" + home, "TMPDIR=" + home, "PATH=" + os.Getenv("PATH"),
		"GORACE=" + os.Getenv("GORACE")}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: ordinaryUser, Gid: ordinaryUser}}
	out, err := cmd.CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "--- FAIL") || strings.Contains(line, "--- SKIP") {
			t.Log(strings.TrimSpace(line))
		}
	}
	if err != nil {
		t.Errorf("as uid %d: %v\n%s", ordinaryUser, err, out)
	}
}

// needNamespaces skips a test where this user may not make a lab.
func needNamespaces(t testing.TB) {
	t.Helper()
	attr := isolation()
	cmd := exec.Command("/proc/self/exe", "-test.run=^$")
	cmd.SysProcAttr = attr
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("this user cannot make namespaces here: %v %s", namespaceError(err), out)
	}
}

var labs atomic.Int32

// newName gives a lab a name that no other test has.
func newName() string { return fmt.Sprintf("test%d-%d", os.Getpid(), labs.Add(1)) }

// up starts a lab and ends it with the test.
func up(t testing.TB, plan *topology.Plan) *Lab {
	t.Helper()
	l, err := Up(context.Background(), plan, Options{}, nil)
	if err != nil {
		t.Fatalf("up: %v", err)
	}
	t.Cleanup(func() { down(t, l) })
	return l
}

// down ends a lab, if it is not ended yet.
func down(t testing.TB, l *Lab) {
	t.Helper()
	r, err := l.Down(context.Background())
	var gone *NotUpError
	if errors.As(err, &gone) {
		return
	}
	if err != nil {
		t.Errorf("down: %v", err)
	} else if len(r.Left) > 0 {
		t.Errorf("down: left are %v", r.Left)
	}
}

// plan begins a plan that link and others add to.
func newPlan(name string) *topology.Plan {
	return &topology.Plan{V: topology.PlanVersion, Name: name, File: "testdata/lab.yaml"}
}

func addNode(p *topology.Plan, name string, kind topology.Kind) *topology.Node {
	on := "0"
	if kind == topology.Router {
		on = "1"
	}
	p.Nodes = append(p.Nodes, topology.Node{Name: name, Kind: kind, Pos: topology.Pos{File: p.File, Line: len(p.Nodes) + 1, Col: 3},
		Sysctls: []topology.Sysctl{
			{Key: "net.ipv4.ip_forward", Value: on, Implied: true},
			{Key: "net.ipv6.conf.all.forwarding", Value: on, Implied: true},
			{Key: "net.ipv4.conf.all.rp_filter", Value: "0", Implied: true},
			{Key: "net.ipv4.conf.default.rp_filter", Value: "0", Implied: true},
			{Key: "net.ipv6.conf.default.accept_dad", Value: "0", Implied: true},
			{Key: "net.ipv6.conf.default.accept_ra", Value: "0", Implied: true},
			{Key: "net.ipv4.icmp_ratemask", Value: "0", Implied: true},
			{Key: "net.ipv6.icmp.ratemask", Value: "255", Implied: true},
			{Key: "net.ipv4.ping_group_range", Value: "0 0", Implied: true},
		}})
	n := &p.Nodes[len(p.Nodes)-1]
	if kind == topology.Bridge {
		n.Bridges = []topology.BridgeDevice{{Name: "br0"}}
		for _, f := range []string{"ip", "ip6", "arp"} {
			n.Sysctls = append(n.Sysctls, topology.Sysctl{Key: "net.bridge.bridge-nf-call-" + f + "tables", Value: "0", Implied: true})
		}
	}
	return n
}

// end reads "node:iface addr addr"; the bridge node's ends are ports of br0.
func end(p *topology.Plan, s string) topology.End {
	words := strings.Fields(s)
	node, iface, _ := strings.Cut(words[0], ":")
	e := topology.End{Node: node, Iface: iface, Pos: topology.Pos{File: p.File, Line: 100 + len(p.Links), Col: 5}}
	for _, w := range words[1:] {
		e.Addrs = append(e.Addrs, netip.MustParsePrefix(w))
	}
	for _, n := range p.Nodes {
		if n.Name == node && n.Kind == topology.Bridge {
			e.Master = "br0"
		}
	}
	return e
}

func addLink(p *topology.Plan, a, b string) {
	p.Links = append(p.Links, topology.Link{A: end(p, a), B: end(p, b), Pos: topology.Pos{File: p.File, Line: 100 + len(p.Links), Col: 3}})
}

func route(dst, via string) topology.Route {
	return topology.Route{Dst: netip.MustParsePrefix(dst), Via: netip.MustParseAddr(via)}
}

// homePlan is
//
//	client -- isp -- fw -- lan(bridge) -- pc1
//	                  |          \------- pc2
//	                 web
func homePlan(name string) *topology.Plan {
	p := newPlan(name)
	addNode(p, "client", topology.Host).Routes = []topology.Route{route("0.0.0.0/0", "198.51.100.1"), route("::/0", "2001:db8:1::1")}
	addNode(p, "isp", topology.Router).Routes = []topology.Route{route("10.0.0.0/8", "203.0.113.1"), route("2001:db8::/32", "2001:db8:2::1")}
	addNode(p, "fw", topology.Router).Routes = []topology.Route{route("0.0.0.0/0", "203.0.113.2"), route("::/0", "2001:db8:2::2")}
	addNode(p, "lan", topology.Bridge)
	addNode(p, "pc1", topology.Host).Routes = []topology.Route{route("0.0.0.0/0", "10.0.1.1")}
	addNode(p, "pc2", topology.Host).Routes = []topology.Route{route("0.0.0.0/0", "10.0.1.1")}
	web := addNode(p, "web", topology.Host)
	web.Routes = []topology.Route{route("0.0.0.0/0", "10.0.2.1"), route("::/0", "2001:db8:3::1")}
	web.Services = []topology.Service{
		{Name: "http", Proto: "tcp", Port: 80}, {Name: "echo", Proto: "udp", Port: 7}, {Name: "echo", Proto: "tcp", Port: 7},
		{Name: "discard", Proto: "udp", Port: 9}, {Name: "discard", Proto: "tcp", Port: 9},
	}
	addLink(p, "client:eth0 198.51.100.7/24 2001:db8:1::7/64", "isp:eth0 198.51.100.1/24 2001:db8:1::1/64")
	addLink(p, "isp:eth1 203.0.113.2/30 2001:db8:2::2/64", "fw:wan 203.0.113.1/30 2001:db8:2::1/64")
	addLink(p, "fw:lan 10.0.1.1/24", "lan:p0")
	addLink(p, "pc1:eth0 10.0.1.11/24", "lan:p1")
	addLink(p, "pc2:eth0 10.0.1.12/24", "lan:p2")
	addLink(p, "fw:dmz 10.0.2.1/24 2001:db8:3::1/64", "web:eth0 10.0.2.10/24 2001:db8:3::10/64")
	return p
}

// rulesPlan is homePlan with rules on fw.
func rulesPlan(name string) *topology.Plan {
	p := homePlan(name)
	p.Node("fw").Ruleset = &topology.Ruleset{Main: "fw.nft", Pos: topology.Pos{File: p.File, Line: 3, Col: 9},
		Files: map[string]string{"fw.nft": `table inet filter {
	chain forward {
		type filter hook forward priority filter; policy drop;
		ct state established,related accept
		udp dport 7 accept
	}
}
`}}
	return p
}

// output runs a command line in a node and gives what it writes, and its exit code.
func output(t testing.TB, l *Lab, node, line string) (string, int) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	text := make(chan string)
	go func() { text <- readTail(r) }()
	code, err := l.Exec(t.Context(), Command{Node: node, Args: []string{"sh", "-c", line}, Stdout: w, Stderr: w})
	w.Close()
	got := <-text
	if err != nil {
		t.Fatalf("exec on %s: %v", node, err)
	}
	return got, code
}
