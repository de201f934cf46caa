package path

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const fakeFirewall = `table ip nat {
	chain prerouting {
		type nat hook prerouting priority dstnat; policy accept;
		iifname "wan" tcp dport 8080 dnat to 10.0.2.10:80
	}
	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		oifname "wan" masquerade
	}
}
table inet filter {
	chain forward {
		type filter hook forward priority filter; policy drop;
		ct state established,related accept
		iifname "lan" accept
		iifname "wan" tcp dport PORT accept comment "web-in"
		ip protocol icmp reject with icmp type admin-prohibited
	}
}
`

// Handles, as newFake counts them.
const (
	handleDNAT = 100 + iota
	handleMasquerade
	handleEstablished
	handleLAN
	handleWeb
	handleReject
)

func syn(dst string, dport uint16) pkt {
	return pkt{src: "198.51.100.7", dst: dst, proto: ipprotoTCP, sport: 40122, dport: dport, ttl: 64, flags: 2, seq: fakeISN}
}

// answer turns a packet round.
func answer(p pkt, flags byte) pkt {
	p.src, p.dst, p.sport, p.dport = p.dst, p.src, p.dport, p.sport
	p.flags, p.seq, p.ack, p.ttl = flags, 1, fakeISN+1, 64
	return p
}

// toForward brings a SYN to the forward hook of fw, with its destination rewritten.
func toForward(t *tape, p pkt) (*tape, pkt) {
	t.send("client", "eth0", p)
	t, p = t.forward("isp", "eth0", "eth1", p)
	t.at("fw", "wan", "dmz").rx(p).first("prerouting", p)
	t.rule("ip", "nat", "prerouting", handleDNAT, "accept", p)
	p.dst, p.dport = "10.0.2.10", 80
	t.last("prerouting", p)
	p.ttl--
	t.first("forward", p)
	return t, p
}

// scenarios are recordings with the one path that each must give; the goldens have it as text and as JSON.
var scenarios = []struct {
	name string
	port string // in the web-in rule
	tape func() *tape
	want Verdict
}{
	{"drop-by-policy", "8080", func() *tape {
		t, p := toForward(newTape("client", "203.0.113.1:8080/tcp", syn("203.0.113.1", 8080)), syn("203.0.113.1", 8080))
		return t.policy("inet", "filter", "forward", "drop", p)
	}, Drop},
	{"delivered", "80", func() *tape {
		t, p := toForward(newTape("client", "203.0.113.1:8080/tcp", syn("203.0.113.1", 8080)), syn("203.0.113.1", 8080))
		t.rule("inet", "filter", "forward", handleWeb, "accept", p)
		t.last("forward", p).first("postrouting", p)
		t.policy("ip", "nat", "postrouting", "accept", p)
		t.last("postrouting", p).tx(p)
		t.receive("web", "eth0", p)
		back := answer(p, 0x12)
		t.send("web", "eth0", back)
		t.at("fw", "dmz", "wan").rx(back).hooks(back, "prerouting")
		back.ttl--
		t.first("forward", back).rule("inet", "filter", "forward", handleEstablished, "accept", back).last("forward", back)
		t.first("postrouting", back)
		back.src, back.sport = "203.0.113.1", 8080
		t.last("postrouting", back).tx(back)
		t, back = t.forward("isp", "eth1", "eth0", back)
		t.receive("client", "eth0", back)
		t.rec.Sent = Sent{Answer: "syn-ack"}
		return t
	}, Delivered},
	{"reply-dropped", "80", func() *tape {
		t, p := toForward(newTape("client", "203.0.113.1:8080/tcp", syn("203.0.113.1", 8080)), syn("203.0.113.1", 8080))
		t.rule("inet", "filter", "forward", handleWeb, "accept", p)
		t.last("forward", p).hooks(p, "postrouting").tx(p)
		t.receive("web", "eth0", p)
		back := answer(p, 0x12)
		t.send("web", "eth0", back)
		t.at("fw", "dmz", "wan").rx(back).hooks(back, "prerouting")
		back.ttl--
		t.first("forward", back).policy("inet", "filter", "forward", "drop", back)
		return t
	}, Delivered},
	{"rejected", "80", func() *tape {
		p := pkt{src: "198.51.100.7", dst: "10.0.2.10", proto: ipprotoICMP, ttl: 64, icmpType: icmpEcho}
		t := newTape("client", "10.0.2.10", p)
		t.send("client", "eth0", p)
		t, p = t.forward("isp", "eth0", "eth1", p)
		t.at("fw", "wan", "dmz").rx(p).hooks(p, "prerouting")
		p.ttl--
		t.first("forward", p).rule("inet", "filter", "forward", handleReject, "drop", p)
		t.rec.Sent = Sent{ICMP: "admin prohibited", From: "203.0.113.1", Errno: "no route to host"}
		return t
	}, Reject},
	{"no-route", "80", func() *tape {
		p := pkt{src: "198.51.100.7", dst: "10.0.1.11", proto: ipprotoICMP, ttl: 64, icmpType: icmpEcho}
		t := newTape("client", "10.0.1.11", p)
		t.send("client", "eth0", p)
		t.at("isp", "eth0", "").rx(p).hooks(p, "prerouting")
		back := pkt{src: "198.51.100.1", dst: "198.51.100.7", proto: ipprotoICMP, ttl: 64, icmpType: icmpUnreachable}
		t.send("isp", "eth0", back)
		t.receive("client", "eth0", back)
		t.rec.Sent = Sent{ICMP: "net unreachable", From: "198.51.100.1", Errno: "network is unreachable"}
		on := true
		t.rec.Facts = []Facts{{Node: "isp", RouteErr: "network is unreachable", Forwarding: &on}}
		return t
	}, Drop},
	{"not-forwarding", "80", func() *tape {
		p := syn("10.0.2.10", 80)
		t := newTape("client", "10.0.2.10:80/tcp", p)
		t.send("client", "eth0", p)
		t.at("isp", "eth0", "").rx(p).hooks(p, "prerouting")
		off := false
		t.rec.Facts = []Facts{{Node: "isp", RouteErr: "no route to host", Forwarding: &off}}
		return t
	}, Drop},
	{"rp-filter", "80", func() *tape {
		p := syn("10.0.2.10", 80)
		t := newTape("client", "10.0.2.10:80/tcp", p)
		t.send("client", "eth0", p)
		t.at("isp", "eth0", "").rx(p).hooks(p, "prerouting")
		on := true
		t.rec.Facts = []Facts{{Node: "isp", RouteErr: "invalid cross-device link", Forwarding: &on, RPFilter: 1, ReverseDev: "eth1"}}
		return t
	}, Drop},
	{"ttl", "80", func() *tape {
		p := syn("10.0.2.10", 80)
		p.ttl = 1
		t := newTape("client", "10.0.2.10:80/tcp", p)
		t.send("client", "eth0", p)
		t.at("isp", "eth0", "").rx(p).hooks(p, "prerouting")
		return t
	}, Drop},
	{"lost-on-the-wire", "80", func() *tape {
		p := syn("203.0.113.1", 8080)
		t := newTape("client", "203.0.113.1:8080/tcp", p)
		t.send("client", "eth0", p)
		t, _ = t.forward("isp", "eth0", "eth1", p)
		t.rec.Facts = []Facts{{Node: "isp", LinkDown: "fw:wan"}}
		return t
	}, Lost},
	{"no-neighbour", "80", func() *tape {
		p := syn("198.51.100.99", 80)
		t := newTape("client", "198.51.100.99:80/tcp", p)
		t.at("client", "", "eth0").hooks(p, "output", "postrouting")
		t.rec.Facts = []Facts{{Node: "client", NextHop: "198.51.100.99", Neighbour: "incomplete"}}
		return t
	}, Lost},
	{"no-listener", "80", func() *tape {
		p := syn("198.51.100.1", 80)
		t := newTape("client", "198.51.100.1:80/tcp", p)
		t.send("client", "eth0", p)
		t.receive("isp", "eth0", p)
		rst := answer(p, 0x14)
		t.send("isp", "eth0", rst)
		t.receive("client", "eth0", rst)
		t.rec.Sent = Sent{Answer: "reset", Errno: "connection refused"}
		return t
	}, Reject},
	{"never-sent", "80", func() *tape {
		t := newTape("client", "192.0.2.1", pkt{src: "198.51.100.7", dst: "192.0.2.1", proto: ipprotoICMP, icmpType: icmpEcho})
		t.rec.Sent = Sent{Errno: "network is unreachable"}
		return t
	}, Drop},
	{"blind-node", "80", func() *tape {
		p := syn("203.0.113.1", 8080)
		t := newTape("client", "203.0.113.1:8080/tcp", p)
		t.send("client", "eth0", p)
		t.rec.Blind["isp"] = "the tracer's table could not be loaded"
		return t
	}, Error},
	{"lost-events", "80", func() *tape {
		p := syn("203.0.113.1", 8080)
		t := newTape("client", "203.0.113.1:8080/tcp", p)
		t.send("client", "eth0", p)
		t.rec.Lost["isp"] = 3
		return t
	}, Error},
}

func TestAssemble(t *testing.T) {
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			f := newFake(t, strings.ReplaceAll(fakeFirewall, "PORT", s.port))
			f.services["web"] = "http:80"
			p := Assemble(f, s.tape().rec)
			if p.Verdict != s.want {
				t.Errorf("verdict %s, want %s", p.Verdict, s.want)
			}
			var text bytes.Buffer
			WriteWhy(&text, p)
			text.WriteByte('\n')
			WriteTrace(&text, p, true)
			golden(t, s.name+".txt", text.Bytes())
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

// The order in which the nodes' sockets were read says nothing; shuffling nodes must not change the path.
func TestAssembleIgnoresArrival(t *testing.T) {
	for _, s := range scenarios {
		f := newFake(t, strings.ReplaceAll(fakeFirewall, "PORT", s.port))
		rec := s.tape().rec
		want := Assemble(f, rec).Headline()
		byNode := map[string][]Event{}
		var nodes []string
		for _, e := range rec.Events {
			if byNode[e.Node] == nil {
				nodes = append(nodes, e.Node)
			}
			byNode[e.Node] = append(byNode[e.Node], e)
		}
		rec.Events = nil
		for i := len(nodes) - 1; i >= 0; i-- {
			rec.Events = append(rec.Events, byNode[nodes[i]]...)
		}
		if got := Assemble(f, rec).Headline(); got != want {
			t.Errorf("%s: %s, but with nodes read the other way round: %s", s.name, want, got)
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

func FuzzDecode(f *testing.F) {
	p := syn("203.0.113.1", 8080)
	nh, th := p.headers()
	f.Add([]byte{}, nh, th)
	f.Fuzz(func(t *testing.T, ll, nh, th []byte) {
		p := Decode(ll, nh, th)
		_ = p.String()
	})
}
