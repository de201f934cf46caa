package path

import "strings"

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

// home is the firewall of fw with the forward rule for a port: 8080 is the mistake, 80 is right.
func home(port string) map[string]string {
	return map[string]string{"fw": strings.ReplaceAll(fakeFirewall, "PORT", port)}
}

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

// echo is a ping, answered by its reply.
func echo(src, dst string) pkt {
	return pkt{src: src, dst: dst, proto: ipprotoICMP, ttl: 64, icmpType: icmpEcho}
}

// icmpError is what a router sends about a packet.
func icmpError(from, to string, typ, code uint8) pkt {
	return pkt{src: from, dst: to, proto: ipprotoICMP, ttl: 64, icmpType: typ, icmpCode: code}
}

// scenario is a recording with the verdict that its path must have; the goldens have the path as text and as JSON.
type scenario struct {
	name  string
	rules map[string]string // of nodes
	tape  func() *tape
	want  Verdict
}

// toWeb brings a SYN through fw to web, with the right rule.
func toWeb() (*tape, pkt) {
	t, p := toForward(newTape("client", "203.0.113.1:8080/tcp", syn("203.0.113.1", 8080)), syn("203.0.113.1", 8080))
	t.rule("inet", "filter", "forward", handleWeb, "accept", p)
	t.last("forward", p).first("postrouting", p)
	t.policy("ip", "nat", "postrouting", "accept", p)
	t.last("postrouting", p).tx(p)
	t.receive("web", "eth0", p)
	return t, p
}

var endings = []scenario{
	{"drop-by-policy", home("8080"), func() *tape {
		t, p := toForward(newTape("client", "203.0.113.1:8080/tcp", syn("203.0.113.1", 8080)), syn("203.0.113.1", 8080))
		return t.policy("inet", "filter", "forward", "drop", p)
	}, Drop},
	{"delivered", home("80"), func() *tape {
		t, p := toWeb()
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
	{"reply-dropped", map[string]string{"fw": strings.ReplaceAll(home("80")["fw"], "established,related accept", "invalid drop")}, func() *tape {
		t, p := toWeb()
		back := answer(p, 0x12)
		t.send("web", "eth0", back)
		t.at("fw", "dmz", "wan").rx(back).hooks(back, "prerouting")
		back.ttl--
		t.first("forward", back).policy("inet", "filter", "forward", "drop", back)
		return t
	}, Delivered},
	{"drop-by-rule", map[string]string{"isp": `table ip raw {
	chain prerouting {
		type filter hook prerouting priority raw;
		ip saddr 192.0.2.0/24 accept
		ip daddr 203.0.113.1 tcp flags & (syn | ack) == syn counter drop
	}
}
`}, func() *tape {
		p := syn("203.0.113.1", 8080)
		t := newTape("client", "203.0.113.1:8080/tcp", p)
		t.send("client", "eth0", p)
		return t.at("isp", "eth0", "").rx(p).first("prerouting", p).rule("ip", "raw", "prerouting", 101, "drop", p)
	}, Drop},
	{"rejected", home("80"), func() *tape {
		p := echo("198.51.100.7", "10.0.2.10")
		t := newTape("client", "10.0.2.10", p)
		t.send("client", "eth0", p)
		t, p = t.forward("isp", "eth0", "eth1", p)
		t.at("fw", "wan", "dmz").rx(p).hooks(p, "prerouting")
		p.ttl--
		t.first("forward", p).rule("inet", "filter", "forward", handleReject, "drop", p)
		back := icmpError("203.0.113.1", "198.51.100.7", icmpUnreachable, 13)
		t.send("fw", "wan", back)
		t, back = t.forward("isp", "eth1", "eth0", back)
		t.receive("client", "eth0", back)
		t.rec.Sent = Sent{ICMP: "admin prohibited", From: "203.0.113.1", Errno: "no route to host"}
		return t
	}, Reject},
	{"rejected-tcp-reset", map[string]string{"isp": `table inet f {
	chain across {
		type filter hook forward priority filter; policy accept;
		tcp dport 8080 reject with tcp reset
	}
}
`}, func() *tape {
		p := syn("203.0.113.1", 8080)
		t := newTape("client", "203.0.113.1:8080/tcp", p)
		t.send("client", "eth0", p)
		t.at("isp", "eth0", "eth1").rx(p).hooks(p, "prerouting")
		p.ttl--
		t.first("forward", p).rule("inet", "f", "across", 100, "drop", p)
		rst := answer(p, 0x14)
		t.send("isp", "eth0", rst)
		t.receive("client", "eth0", rst)
		t.rec.Sent = Sent{Answer: "reset", Errno: "connection refused"}
		return t
	}, Reject},
	{"rejected-by-a-stranger", nil, func() *tape {
		p := syn("203.0.113.1", 8080)
		t := newTape("client", "203.0.113.1:8080/tcp", p)
		t.send("client", "eth0", p)
		t.at("isp", "eth0", "eth1").rx(p).hooks(p, "prerouting")
		p.ttl--
		t.first("forward", p).rule("ip", "handmade", "x", 7, "drop", p)
		rst := answer(p, 0x14)
		t.send("isp", "eth0", rst)
		t.receive("client", "eth0", rst)
		t.rec.Sent = Sent{Answer: "reset", Errno: "connection refused"}
		return t
	}, Reject},
	{"limit-used-up", map[string]string{"isp": `table inet filter {
	chain forward {
		type filter hook forward priority filter; policy drop;
		tcp dport 8080 limit rate 5/minute burst 2 packets accept
		tcp dport 80 limit rate 5/minute accept
	}
}
`}, func() *tape {
		p := syn("203.0.113.1", 8080)
		t := newTape("client", "203.0.113.1:8080/tcp", p)
		t.send("client", "eth0", p)
		t.at("isp", "eth0", "eth1").rx(p).hooks(p, "prerouting")
		p.ttl--
		return t.first("forward", p).policy("inet", "filter", "forward", "drop", p)
	}, Drop},
	{"a-stranger-among-rules", home("80"), func() *tape {
		t, p := toForward(newTape("client", "203.0.113.1:8080/tcp", syn("203.0.113.1", 8080)), syn("203.0.113.1", 8080))
		return t.rule("inet", "filter", "forward", 29, "drop", p)
	}, Drop},
	{"jump-chains", map[string]string{"isp": `table inet filter {
	chain allow {
		tcp dport 22 accept
		tcp dport 8443 accept
	}
	chain forward {
		type filter hook forward priority filter; policy drop;
		iifname "eth0" jump allow
		ip saddr 192.0.2.1 accept
	}
}
`}, func() *tape {
		p := syn("203.0.113.1", 8080)
		t := newTape("client", "203.0.113.1:8080/tcp", p)
		t.send("client", "eth0", p)
		t.at("isp", "eth0", "eth1").rx(p).hooks(p, "prerouting")
		p.ttl--
		t.first("forward", p).event(Event{Family: "inet", Table: "filter", Chain: "forward", Type: EventRule, Handle: 102,
			Verdict: "jump", Jump: "allow"}, &p)
		t.then("inet", "filter", "allow", 0, "continue")
		t.then("inet", "filter", "forward", 0, "continue")
		return t.event(Event{Family: "inet", Table: "filter", Chain: "forward", Type: EventPolicy, Policy: "drop"}, nil)
	}, Drop},
	{"no-listener", nil, func() *tape {
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
	{"udp-no-answer", nil, func() *tape {
		p := pkt{src: "198.51.100.7", dst: "198.51.100.1", proto: ipprotoUDP, sport: 40122, dport: 9, ttl: 64}
		t := newTape("client", "198.51.100.1:9/udp", p)
		t.send("client", "eth0", p)
		t.receive("isp", "eth0", p)
		t.rec.Facts = []Facts{{Node: "isp", Listened: true, Listener: "udp 0.0.0.0:9"}}
		return t
	}, Delivered},
	{"no-way-back", nil, func() *tape {
		p := syn("198.51.100.1", 80)
		t := newTape("client", "198.51.100.1:80/tcp", p)
		t.send("client", "eth0", p)
		t.receive("isp", "eth0", p)
		t.rec.Facts = []Facts{{Node: "isp", Listened: true, Listener: "tcp 0.0.0.0:80", ReverseErr: "network is unreachable"}}
		return t
	}, Delivered},
	{"blackhole-back", nil, func() *tape {
		p := echo("198.51.100.7", "198.51.100.1")
		t := newTape("client", "isp", p)
		t.send("client", "eth0", p)
		t.receive("isp", "eth0", p)
		t.rec.Facts = []Facts{{Node: "isp", ReverseErr: "invalid argument", ReverseType: "blackhole"}}
		return t
	}, Delivered},
	{"reply-not-translated", nil, func() *tape {
		p := syn("198.51.100.1", 80)
		t := newTape("client", "198.51.100.1:80/tcp", p)
		t.send("client", "eth0", p)
		t.receive("isp", "eth0", p)
		back := answer(p, 0x12)
		back.sport = 8080
		t.send("isp", "eth0", back)
		return t.receive("client", "eth0", back)
	}, Delivered},
	{"echo-ignored", nil, func() *tape {
		p := echo("198.51.100.7", "198.51.100.1")
		t := newTape("client", "isp", p)
		t.send("client", "eth0", p)
		t.receive("isp", "eth0", p)
		t.rec.Facts = []Facts{{Node: "isp", EchoIgnored: true}}
		return t
	}, Delivered},
	{"loopback", nil, func() *tape {
		p := echo("198.51.100.7", "198.51.100.7")
		t := newTape("client", "client", p)
		t.at("client", "", "lo").hooks(p, "output", "postrouting")
		t.at("client", "lo", "").hooks(p, "prerouting", "input")
		back := p
		back.icmpType = icmpEchoReply
		t.at("client", "", "lo").hooks(back, "output", "postrouting")
		t.at("client", "lo", "").hooks(back, "prerouting", "input")
		t.rec.Sent = Sent{Answer: "echo-reply"}
		return t
	}, Delivered},
	{"queued", nil, func() *tape {
		p := syn("203.0.113.1", 8080)
		t := newTape("client", "203.0.113.1:8080/tcp", p)
		t.send("client", "eth0", p)
		return t.at("isp", "eth0", "").rx(p).first("prerouting", p).rule("ip", "q", "pre", 9, "queue", p)
	}, Lost},
	{"never-left-the-hook", nil, func() *tape {
		p := syn("203.0.113.1", 8080)
		t := newTape("client", "203.0.113.1:8080/tcp", p)
		t.send("client", "eth0", p)
		t.at("isp", "eth0", "").rx(p).first("prerouting", p)
		t.rec.Facts = []Facts{{Node: "isp", Legacy: []string{"filter", "nat"}}}
		return t
	}, Lost},
}
