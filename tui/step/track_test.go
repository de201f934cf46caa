package step

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/tui/record"
	"github.com/hookwalk/hookwalk/tui/theme"
)

var glyphs = theme.Unicode()

// recorded are the packets of a file: the probe, and what came back.
func recorded(t *testing.T, name string) []*record.Packet {
	t.Helper()
	js, err := os.ReadFile("../testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	p := &path.Path{}
	if err := json.Unmarshal(js, p); err != nil {
		t.Fatal(err)
	}
	l := record.NewLog(nil)
	l.Add(p, time.Time{})
	return l.Packets
}

// sketch is a track in one line: "wan prerouting(ct dstnat) route ...". A column that was not visited has a minus
// behind it, a segment that was not reached stands in brackets.
func sketch(t *track) string {
	var parts []string
	for _, seg := range t.segments {
		var cols []string
		for _, c := range seg.columns {
			name := c.name
			if c.step < 0 && !c.tracked {
				name += "-"
			}
			if c.verdict != "" {
				name += "=" + c.verdict
			}
			cols = append(cols, name)
		}
		text := seg.title
		if seg.kind == segHook {
			text += "(" + strings.Join(cols, " ") + ")"
		} else if v := seg.columns[0].verdict; bad(v) {
			text += "=" + v
		}
		if !seg.reached {
			text = "[" + text + "]"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, " ")
}

func TestTrack(t *testing.T) {
	for _, c := range []struct {
		file  string
		reply bool
		want  []string // of each node
	}{
		{"drop", false, []string{
			"local process route output(no chain) postrouting(no chain) eth0",
			"eth0 prerouting(no chain) route forward(no chain) postrouting(no chain) eth1",
			"wan prerouting(conntrack dstnat=DNAT) route forward(filter=DROP) [postrouting(srcnat-)] [dmz]",
		}},
		{"delivered", false, []string{
			"local process route output(no chain) postrouting(no chain) eth0",
			"eth0 prerouting(no chain) route forward(no chain) postrouting(no chain) eth1",
			"wan prerouting(conntrack dstnat=DNAT) route forward(filter=ACCEPT) postrouting(srcnat=ACCEPT) dmz",
			"eth0 prerouting(no chain) route input(no chain) local process",
		}},
		{"delivered", true, []string{
			"local process route output(no chain) postrouting(no chain) eth0",
			"dmz prerouting(conntrack dstnat-) route forward(filter=ACCEPT) postrouting(srcnat- conntrack=NAT) wan",
			"eth1 prerouting(no chain) route forward(no chain) postrouting(no chain) eth0",
			"eth0 prerouting(no chain) route input(no chain) local process",
		}},
		{"no-route", false, []string{
			"local process route output(no chain) postrouting(no chain) eth0",
			"eth0 prerouting(no chain) route=DROP [forward(no chain-)] [postrouting(no chain-)]",
		}},
		{"lost", false, []string{
			"local process route output(no chain) postrouting(no chain) eth0",
			"eth0 prerouting(no chain) route forward(no chain) postrouting(no chain) neighbour=LOST",
		}},
		{"never-sent", false, []string{"local process route=DROP [output(no chain-)] [postrouting(no chain-)]"}},
		{"refused", false, []string{
			"local process route output(no chain) postrouting(no chain) eth0",
			"eth0 prerouting(no chain) route forward(no chain) postrouting(no chain) eth1",
			"wan prerouting(conntrack dstnat=ACCEPT) route input(no chain) local process=REJECT",
		}},
	} {
		packets := recorded(t, c.file)
		p := packets[0]
		if c.reply {
			p = packets[1]
		}
		var got []string
		for i := range p.Visits {
			got = append(got, sketch(newTrack(p, &p.Visits[i])))
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", p.Name()+" of "+c.file, d)
		}
	}
}

// Ends that the recorded packets do not have.
func TestTrackForesees(t *testing.T) {
	hook := func(name, chain string) path.Station {
		return path.Station{Kind: path.KindHook, Hook: name, Family: "inet", Table: "t", Chain: chain, PriorityName: chain}
	}
	rx := path.Station{Kind: path.KindDevice, Hook: "rx", Dev: "eth0"}
	view := func(out string, hooks ...path.Hook) path.NodeView {
		return path.NodeView{Node: "fw", In: "eth0", Out: out, Hooks: hooks}
	}
	pre := path.Hook{Name: "prerouting", Chains: []path.Chain{{Station: hook("prerouting", "raw")}, {Station: hook("prerouting", "mangle")}}}
	in := path.Hook{Name: "input", Chains: []path.Chain{{Station: hook("input", "filter")}, {Station: hook("input", "filter"), Rules: 1}}}
	for _, c := range []struct {
		name  string
		to    string
		view  path.NodeView
		steps []path.Step
		want  string
	}{
		{"at the device", "fw", view("", pre, in), []path.Step{{Station: rx, Event: "RX"}, {Station: path.Station{Kind: path.KindDevice, Hook: "rx"}, Event: "LOST"}},
			"eth0=LOST [prerouting(raw- mangle-)] [route] [input(filter.1- filter.2-)] [local process]"},
		{"in prerouting, to go on", "web", view("eth1", pre, in), []path.Step{{Station: rx, Event: "RX"}, {Station: hook("prerouting", "raw"), Event: "DROP"}},
			"eth0 prerouting(raw=DROP mangle-) [route] [forward(no chain-)] [postrouting(no chain-)] [eth1]"},
		{"in prerouting, to stay", "fw", view("", pre), []path.Step{{Station: rx, Event: "RX"}, {Station: hook("prerouting", "mangle"), Event: "REJECT"}},
			"eth0 prerouting(raw- mangle=REJECT) [route] [input(no chain-)] [local process]"},
		{"in input", "fw", view("", pre, in), []path.Step{{Station: hook("input", "filter"), Event: "DROP"}},
			"input(filter.1=DROP filter.2-) [local process]"},
		{"a chain that the picture does not have", "web", view("eth1"), []path.Step{{Station: hook("forward", "new"), Event: "DROP"}},
			"forward(new=DROP) [postrouting(no chain-)] [eth1]"},
		{"on the cable", "web", view("eth1"), []path.Step{{Station: path.Station{Kind: path.KindDevice, Hook: "tx", Dev: "eth1"}, Event: "TX"},
			{Station: path.Station{Kind: path.KindDevice, Hook: "link"}, Event: "LOST"}}, "eth1 cable=LOST"},
	} {
		for i := range c.steps {
			c.steps[i].N, c.steps[i].Node = i+1, "fw"
		}
		p := &path.Path{Verdict: path.Drop, Probe: path.Probe{Node: c.to}, Steps: c.steps, Views: []path.NodeView{c.view}}
		packet := record.NewPacket(1, p, p.Probe, false, time.Time{}, nil)
		if got := sketch(newTrack(packet, &packet.Visits[0])); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

// Every step has a place on the track of its node, so that the screen can always say "you are here".
func TestEveryStepHasAPlace(t *testing.T) {
	for _, file := range []string{"drop", "delivered", "no-route", "lost", "never-sent", "refused", "masquerade"} {
		for _, p := range recorded(t, file) {
			for i := range p.Visits {
				v := &p.Visits[i]
				tr := newTrack(p, v)
				for s := v.First; s <= v.Last; s++ {
					at, ok := tr.at[s]
					if !ok || at.segment >= len(tr.segments) || at.column >= len(tr.segments[at.segment].columns) {
						t.Errorf("%s of %s: step %d (%s on %s) is at %v", p.Name(), file, s+1, p.Path.Steps[s].Event, v.Node, at)
					}
				}
			}
		}
	}
}

func TestExpr(t *testing.T) {
	m := New(glyphs)
	for _, c := range []struct {
		x    path.Expr
		want string
	}{
		{path.Expr{Text: "tcp dport 8080", Match: path.No, Want: "8080", Got: "80"}, "tcp dport 80 ≠ 8080"},
		{path.Expr{Text: "ct state established,related", Match: path.No, Want: "established,related", Got: "new"}, "ct state = new"},
		{path.Expr{Text: `ip saddr { 192.0.2.1, 192.0.2.2 }`, Match: path.No, Want: "{ 192.0.2.1, 192.0.2.2 }", Got: "192.0.2.9"}, "ip saddr = 192.0.2.9"},
		{path.Expr{Text: "tcp dport != 22", Match: path.No, Want: "22", Got: "22"}, "tcp dport != 22: is 22"},
		{path.Expr{Text: "ip saddr @bad", Match: path.No, Got: "192.0.2.9"}, "ip saddr @bad: is 192.0.2.9"},
		{path.Expr{Text: `iifname "wan"`, Match: path.Yes}, `iifname "wan" ✓`},
		{path.Expr{Text: "limit rate 1/second", Match: path.Unknown, Why: "it depends on earlier packets"}, "limit rate 1/second: cannot be known, it depends on earlier packets"},
	} {
		if got := m.expr(&c.x); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

func TestVerdict(t *testing.T) {
	m := New(glyphs)
	for _, c := range []struct {
		e    path.Eval
		want string
	}{
		{path.Eval{Match: path.No}, "✗ miss"},
		{path.Eval{Match: path.Unknown}, "? unknown"},
		{path.Eval{Match: path.Yes, Verdict: "policy drop", Policy: true}, "✗ DROP"},
		{path.Eval{Match: path.Yes, Verdict: "policy accept", Policy: true}, "● ACCEPT"},
		{path.Eval{Match: path.Yes, Verdict: "dnat to 10.0.2.10:80"}, "● DNAT"},
		{path.Eval{Match: path.Yes, Verdict: "reject with tcp reset"}, "R REJECT"},
		{path.Eval{Match: path.Yes, Verdict: "jump web"}, "● JUMP"},
		{path.Eval{Match: path.Yes}, "● MATCH"},
	} {
		if got, _ := m.verdict(&c.e); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}
