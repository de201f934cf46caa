package record

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookwalk/hookwalk/lab/path"
)

func recorded(t *testing.T, name string) *path.Path {
	t.Helper()
	js, err := os.ReadFile("../testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	p := &path.Path{}
	if err := json.Unmarshal(js, p); err != nil {
		t.Fatal(err)
	}
	return p
}

func filled(t *testing.T) *Log {
	t.Helper()
	l := NewLog(nil)
	for i, name := range []string{"drop", "delivered", "no-route", "lost"} {
		l.Add(recorded(t, name), time.Unix(int64(100*i), 0))
	}
	return l
}

func TestLog(t *testing.T) {
	l := filled(t)
	var names []string
	for i, p := range l.Packets {
		names = append(names, p.Name())
		if l.Index(p) != i {
			t.Errorf("%s is at %d, said to be at %d", p.Name(), i, l.Index(p))
		}
	}
	if d := cmp.Diff([]string{"P1", "P2", "P2 reply", "P3", "P3 reply", "P4"}, names); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if l.Drops != 3 {
		t.Errorf("%d packets did not arrive, want 3", l.Drops)
	}
	if d := cmp.Diff(map[string]int{"fw": 1, "isp": 2}, l.DropsAt()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	forward := ChainKey{"fw", "forward", "inet", "filter", "forward"}
	if d := cmp.Diff(Count{Packets: 3, Drops: 1}, l.Chain(forward)); d != "" {
		t.Errorf("forward (-want +got):\n%s", d)
	}
	for _, p := range l.Packets {
		for step := range p.Path.Steps {
			if e := l.Events[l.Find(p, step)]; e.Packet != p || e.Step != step {
				t.Fatalf("step %d of %s is not where Find says", step, p.Name())
			}
		}
		if l.Find(p, -1) != -1 || l.Find(p, len(p.Path.Steps)) != -1 {
			t.Errorf("Find finds steps of %s that there are not", p.Name())
		}
	}
}

func TestFilter(t *testing.T) {
	l := filled(t)
	for _, c := range []struct {
		words string
		want  string
	}{
		{"", "everything"},
		{"DNAT iifname fw", "1 of P1, 1 of P2, 1 of P2 reply"}, // the reply's NAT names the rule it undoes
		{"fw.nft:16", "1 of P1"},
		{"drop", "1 of P1, 1 of P3"},
		{"p2 reply client", "5 of P2 reply"},
		{"no such thing", "nothing"},
	} {
		got := "everything"
		if match := l.Filter(c.words); match != nil {
			got = ""
			count := map[string]int{}
			for _, i := range match {
				count[l.Events[i].Packet.Name()]++
			}
			for _, p := range l.Packets {
				if n := count[p.Name()]; n > 0 {
					if got != "" {
						got += ", "
					}
					got += fmt.Sprintf("%d of %s", n, p.Name())
				}
			}
			if got == "" {
				got = "nothing"
			}
		}
		if got != c.want {
			t.Errorf("%q: %s, want %s", c.words, got, c.want)
		}
	}
	// What comes later is found too.
	before := len(l.Filter("dnat"))
	l.Add(recorded(t, "drop"), time.Unix(0, 0))
	if after := len(l.Filter("dnat")); after != before+1 {
		t.Errorf("%d events with dnat, %d after one more packet", before, after)
	}
}

func TestVisits(t *testing.T) {
	step := func(node string) path.Step { return path.Step{Node: node} }
	p := &path.Path{Steps: []path.Step{step("r1"), step("r1"), step("r2"), step("r1"), step("r3")},
		Views: []path.NodeView{{Node: "r1", In: "first"}, {Node: "r2"}, {Node: "r1", In: "second"}}}
	packet := NewPacket(1, p, p.Probe, false, time.Time{}, nil)
	var got []string
	for _, v := range packet.Visits {
		in := "no view"
		if v.View != nil {
			in = v.View.In
		}
		got = append(got, fmt.Sprintf("%s %d-%d %s", v.Node, v.First, v.Last, in))
	}
	if d := cmp.Diff([]string{"r1 0-1 first", "r2 2-2 ", "r1 3-3 second", "r3 4-4 no view"}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for i, want := range []int{0, 0, 1, 2, 3} {
		if v := packet.VisitOf(i); v != want {
			t.Errorf("step %d belongs to visit %d, want %d", i, v, want)
		}
	}
}

// The node that a packet was going to and never saw: what the path says, or else who has the address.
func TestAbsent(t *testing.T) {
	web := netip.MustParseAddr("10.0.2.10")
	owner := func(a netip.Addr) string { return map[netip.Addr]string{web: "web"}[a] }
	at := func(verdict path.Verdict, toward string, dst netip.Addr) *path.Path {
		return &path.Path{Verdict: verdict, Toward: toward, Probe: path.Probe{Node: "asked"},
			Steps: []path.Step{{Node: "client"}, {Node: "fw", Packet: path.Packet{Dst: dst}}}}
	}
	for _, c := range []struct {
		name string
		p    *path.Path
		want string
	}{
		{"the path says it", at(path.Drop, "server", web), "server"},
		{"the owner of the address", at(path.Drop, "", web), "web"},
		{"nobody's address", at(path.Lost, "", netip.MustParseAddr("192.0.2.1")), "asked"},
		{"it was there", at(path.Reject, "fw", web), ""},
		{"delivered", at(path.Delivered, "web", web), ""},
		{"no steps", &path.Path{Verdict: path.Error, Toward: "web"}, ""},
	} {
		if got := NewPacket(1, c.p, c.p.Probe, false, time.Time{}, owner).Absent; got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
