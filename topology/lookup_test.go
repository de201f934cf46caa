package topology

import (
	"net/netip"
	"os"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// cmpNetip compares addresses by value.
var cmpNetip = cmp.Options{
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
	cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }),
}

func mustLoad(t testing.TB, dir, name string) *Plan {
	t.Helper()
	plan, problems := LoadFS(os.DirFS(dir), name)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return plan
}

func TestLookup(t *testing.T) {
	p := mustLoad(t, "testdata/plan", "home-nat.yaml")

	if n := p.Node("fw"); n == nil || n.Name != "fw" || n != &p.Nodes[2] {
		t.Errorf("Node(fw) = %+v", n)
	}
	if n := p.Node("nobody"); n != nil {
		t.Errorf("Node(nobody) = %+v", n)
	}

	var names []string
	for _, e := range p.Interfaces("fw") {
		names = append(names, e.Node+":"+e.Iface)
	}
	if diff := cmp.Diff([]string{"fw:wan", "fw:lan", "fw:dmz"}, names); diff != "" {
		t.Errorf("Interfaces(fw) (-want +got):\n%s", diff)
	}
	if got := p.Interfaces("nobody"); len(got) != 0 {
		t.Errorf("Interfaces(nobody) = %v", got)
	}

	names = nil
	for _, e := range p.Ports("lan", "br0") {
		names = append(names, e.Iface)
	}
	if diff := cmp.Diff([]string{"fw", "pc1", "pc2"}, names); diff != "" {
		t.Errorf("Ports(lan) (-want +got):\n%s", diff)
	}
	if got := p.Ports("fw", "br0"); len(got) != 0 {
		t.Errorf("Ports(fw) = %v", got)
	}

	for _, tt := range []struct{ node, iface, peer string }{
		{"isp", "eth1", "fw:wan"},
		{"fw", "wan", "isp:eth1"},
		{"lan", "pc1", "pc1:eth0"},
		{"fw", "lan", "lan:fw"},
		{"fw", "eth9", ""},
		{"lan", "br0", ""},
	} {
		end, link, ok := p.Peer(tt.node, tt.iface)
		if got := end.Node + ":" + end.Iface; ok != (tt.peer != "") || ok && got != tt.peer {
			t.Errorf("Peer(%s, %s) = %s, %v", tt.node, tt.iface, got, ok)
		}
		if ok && link.A.Node != tt.node && link.B.Node != tt.node {
			t.Errorf("Peer(%s, %s) gives the link %+v", tt.node, tt.iface, link)
		}
	}

	for _, tt := range []struct{ addr, want string }{
		{"203.0.113.1", "fw:wan"},
		{"::ffff:203.0.113.1", "fw:wan"},
		{"10.0.2.10", "web:eth0"},
		{"203.0.113.9", ""},
	} {
		node, iface, ok := p.OwnerOf(netip.MustParseAddr(tt.addr))
		if got := node + ":" + iface; ok != (tt.want != "") || ok && got != tt.want {
			t.Errorf("OwnerOf(%s) = %s, %v", tt.addr, got, ok)
		}
	}

	want := []netip.Prefix{netip.MustParsePrefix("203.0.113.1/30"), netip.MustParsePrefix("10.0.1.1/24"), netip.MustParsePrefix("10.0.2.1/24")}
	if diff := cmp.Diff(want, p.AddrsOf("fw"), cmpNetip); diff != "" {
		t.Errorf("AddrsOf(fw) (-want +got):\n%s", diff)
	}
	if got, want := p.Suggest("fv"), `; did you mean "fw"?`; got != want {
		t.Errorf("Suggest(fv) = %q, want %q", got, want)
	}
	if got := p.Suggest("printer"); got != "" {
		t.Errorf("Suggest(printer) = %q", got)
	}
}

// TestLookupBridge: br0 owns addresses like any device, but is no link end.
func TestLookupBridge(t *testing.T) {
	p := mustLoad(t, "testdata/plan", "bridges.yaml")
	if node, iface, ok := p.OwnerOf(netip.MustParseAddr("2001:db8:1::250")); !ok || node != "lan" || iface != "br0" {
		t.Errorf("OwnerOf = %s:%s, %v", node, iface, ok)
	}
	if got := len(p.AddrsOf("lan")); got != 2 {
		t.Errorf("lan has %d addresses, want 2", got)
	}
	for _, e := range p.Interfaces("lan") {
		if e.Iface == "br0" {
			t.Error("br0 is among the link ends")
		}
	}
}

// TestIndexIsDropped: the index of a plan that nobody holds any more goes with it.
func TestIndexIsDropped(t *testing.T) {
	count := func() int {
		n := 0
		indexes.Range(func(any, any) bool { n++; return true })
		return n
	}
	runtime.GC()
	before := count()
	for range 10 {
		p := &Plan{Nodes: []Node{{Name: "a"}}}
		if p.Node("a") == nil {
			t.Fatal("no node a")
		}
	}
	// A cleanup runs some time after the collection that found its plan dead; each round waits for a later one.
	for range 100 {
		runtime.GC()
		if count() <= before {
			return
		}
		done := make(chan struct{})
		runtime.AddCleanup(new([64]byte), func(c chan struct{}) { close(c) }, done)
		runtime.GC()
		<-done
	}
	t.Errorf("%d indexes, %d before", count(), before)
}
