package path

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var scenarios = slices.Concat(endings, routes, rewrites, bridges)

// inJSON are the scenarios whose whole document is a golden too: one of each kind.
var inJSON = []string{"drop-by-policy", "delivered", "no-route", "masquerade", "lost-on-the-wire", "blind-node", "bridge-netfilter",
	"ipv6-dnat"}

func TestAssemble(t *testing.T) {
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			p := Assemble(newFake(t, s.rules), s.tape().rec)
			if p.Verdict != s.want {
				t.Errorf("verdict %s, want %s", p.Verdict, s.want)
			}
			var text bytes.Buffer
			WriteWhy(&text, p)
			text.WriteByte('\n')
			WriteTrace(&text, p, false)
			text.WriteByte('\n')
			WriteTrace(&text, p, true)
			golden(t, s.name+".txt", text.Bytes())
			if !slices.Contains(inJSON, s.name) {
				return
			}
			js, err := json.MarshalIndent(p, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, s.name+".json", append(js, '\n'))
		})
	}
}

// golden compares got with testdata/name; HOOKWALK_UPDATE=1 writes it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if os.Getenv("HOOKWALK_UPDATE") != "" {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s (-want +got):\n%s", name, d)
	}
}

// A socket that may not even send an echo request knows nothing of its type; it is a request all the same, and what
// was not sent back a reply.
func TestEchoOfNoEvent(t *testing.T) {
	for proto, want := range map[string]string{
		"icmp":   "icmp 198.51.100.7 > 192.0.2.1 echo-request",
		"icmpv6": "icmpv6 2001:db8:1::7 > 2001:db8:1::99 echo-request",
	} {
		p := echo("198.51.100.7", "192.0.2.1")
		if proto == "icmpv6" {
			p = pkt{src: "2001:db8:1::7", dst: "2001:db8:1::99", proto: ipprotoICMPv6}
		}
		tape := newTape("client", p.dst, p)
		probe := &tape.rec.Probe
		tape.rec.Sent = Sent{Errno: "network is unreachable", Packet: Packet{Src: probe.Src, Dst: probe.Dst, Proto: probe.Proto, ICMPID: 7}}
		path := Assemble(newFake(t, nil), tape.rec)
		if got := path.Steps[0].Packet.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	p := pkt{src: "2001:db8:1::7", dst: "2001:db8:1::1", proto: ipprotoICMPv6, ttl: 64, icmpType: icmp6Echo}
	tape := newTape("client", p.dst, p).send("client", "eth0", p).receive("isp", "eth0", p)
	tape.rec.Facts = []Facts{{Node: "isp", EchoIgnored: true}}
	reply := Assemble(newFake(t, nil), tape.rec).Reply
	if want, got := "icmpv6 2001:db8:1::1 > 2001:db8:1::7 echo-reply", reply.Steps[0].Packet.String(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// The order in which the nodes' sockets were read says nothing: however the events of different nodes are mixed, the
// path is the same.
func TestAssembleIgnoresArrival(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, s := range scenarios {
		f := newFake(t, s.rules)
		rec := s.tape().rec
		want := Assemble(f, rec)
		for range 20 {
			mixed := *rec
			mixed.Events = mix(random, rec.Events)
			if d := cmp.Diff(want, Assemble(f, &mixed), cmpopts.EquateComparable(Packet{}, Probe{}), cmpopts.IgnoreUnexported(Chain{})); d != "" {
				t.Fatalf("%s (-in order +mixed):\n%s", s.name, d)
			}
		}
	}
}

// mix interleaves the events of the nodes at random and keeps the order of each node.
func mix(random *rand.Rand, events []Event) []Event {
	byNode := map[string][]Event{}
	var nodes []string
	for _, e := range events {
		if byNode[e.Node] == nil {
			nodes = append(nodes, e.Node)
		}
		byNode[e.Node] = append(byNode[e.Node], e)
	}
	out := make([]Event, 0, len(events))
	for len(nodes) > 0 {
		i := random.IntN(len(nodes))
		n := nodes[i]
		out = append(out, byNode[n][0])
		if byNode[n] = byNode[n][1:]; len(byNode[n]) == 0 {
			nodes = slices.Delete(nodes, i, i+1)
		}
	}
	return out
}

// Another tracer that looks at the same time makes the kernel report its packets here too. They look alike and are not
// taken for the probe, wherever they were seen first.
func TestAssembleTellsTracersApart(t *testing.T) {
	f := newFake(t, home("80"))
	rec := scenarioNamed(t, "drop-by-policy").tape().rec
	want := Assemble(f, rec).Headline()
	other := scenarioNamed(t, "delivered").tape().rec
	for i := range other.Events {
		e := &other.Events[i]
		e.ID += 1000
		if e.Picks() {
			e.Handle, e.Verdict = 0, "continue" // our rules did not match
		}
	}
	mixed := *rec
	mixed.Events = append(other.Events, rec.Events...)
	if got := Assemble(f, &mixed).Headline(); got != want {
		t.Errorf("%s, and with the packets of another tracer: %s", want, got)
	}
}

func scenarioNamed(t *testing.T, name string) scenario {
	t.Helper()
	i := slices.IndexFunc(scenarios, func(s scenario) bool { return s.name == name })
	if i < 0 {
		t.Fatalf("no scenario %s", name)
	}
	return scenarios[i]
}

// A recording that was written and read gives the same path.
func TestRecordingJSON(t *testing.T) {
	for _, s := range scenarios {
		rec := s.tape().rec
		js, err := json.Marshal(rec)
		if err != nil {
			t.Fatal(err)
		}
		var again Recording
		if err := json.Unmarshal(js, &again); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(rec, &again, cmpopts.EquateComparable(Packet{}, Probe{}), cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%s (-written +read):\n%s", s.name, d)
		}
	}
}

// Any recording gives some path; nothing in it may bring the assembler down.
func FuzzAssemble(f *testing.F) {
	for _, s := range scenarios {
		js, err := json.Marshal(s.tape().rec)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(js)
	}
	net := &fake{rules: map[string]*Rules{}}
	f.Fuzz(func(t *testing.T, js []byte) {
		var rec Recording
		if json.Unmarshal(js, &rec) != nil {
			return
		}
		p := Assemble(net, &rec)
		if p.Verdict == "" || p.At == nil {
			t.Fatalf("no verdict: %+v", p)
		}
		WriteWhy(&bytes.Buffer{}, p)
		WriteTrace(&bytes.Buffer{}, p, true)
	})
}

func FuzzParsePacket(f *testing.F) {
	for _, p := range []pkt{syn("203.0.113.1", 8080), echo("198.51.100.7", "10.0.2.10"),
		{src: "2001:db8:1::7", dst: "2001:db8:2::10", proto: ipprotoUDP, sport: 1, dport: 2}} {
		nh, th := p.headers()
		f.Add([]byte{}, nh, th)
	}
	f.Fuzz(func(t *testing.T, ll, nh, th []byte) {
		p := Decode(ll, nh, th)
		_ = p.String()
		if again := Decode(ll, nh, th); again != p {
			t.Fatalf("%+v, and again: %+v", p, again)
		}
	})
}

func BenchmarkAssemble(b *testing.B) {
	f := newFake(b, home("8080"))
	rec := endings[0].tape().rec
	for b.Loop() {
		Assemble(f, rec)
	}
}
