package path

var rewrites = []scenario{
	{"masquerade", home("80"), func() *tape {
		p := echo("10.0.1.11", "198.51.100.7")
		t := newTape("pc1", "198.51.100.7", p)
		t.send("pc1", "eth0", p)
		t.bridge("lan", "p1", "p0", p)
		t.at("fw", "lan", "wan").rx(p).first("prerouting", p).policy("ip", "nat", "prerouting", "accept", p).last("prerouting", p)
		p.ttl--
		t.first("forward", p).rule("inet", "filter", "forward", handleLAN, "accept", p).last("forward", p)
		t.first("postrouting", p).rule("ip", "nat", "postrouting", handleMasquerade, "accept", p)
		p.src = "203.0.113.1"
		t.last("postrouting", p).tx(p)
		t, p = t.forward("isp", "eth1", "eth0", p)
		t.receive("client", "eth0", p)
		back := p
		back.src, back.dst, back.icmpType, back.ttl = p.dst, p.src, icmpEchoReply, 64
		t.send("client", "eth0", back)
		t, back = t.forward("isp", "eth0", "eth1", back)
		t.at("fw", "wan", "lan").rx(back).first("prerouting", back)
		back.dst = "10.0.1.11"
		t.last("prerouting", back)
		back.ttl--
		t.first("forward", back).rule("inet", "filter", "forward", handleEstablished, "accept", back).last("forward", back)
		t.hooks(back, "postrouting").tx(back)
		t.bridge("lan", "p0", "p1", back)
		t.receive("pc1", "eth0", back)
		t.rec.Sent = Sent{Answer: "echo-reply"}
		return t
	}, Delivered},
	{"redirect", map[string]string{"isp": `table ip nat {
	chain pre {
		type nat hook prerouting priority dstnat;
		tcp dport 80 redirect to :3128
	}
}
`}, func() *tape {
		p := syn("10.0.2.10", 80)
		t := newTape("client", "10.0.2.10:80/tcp", p)
		t.send("client", "eth0", p)
		t.at("isp", "eth0", "").rx(p).first("prerouting", p).rule("ip", "nat", "pre", 100, "accept", p)
		p.dst, p.dport = "198.51.100.1", 3128
		t.last("prerouting", p).hooks(p, "input")
		rst := answer(p, 0x14)
		t.at("isp", "", "eth0").hooks(rst, "output").first("postrouting", rst)
		rst.src, rst.sport = "10.0.2.10", 80
		t.last("postrouting", rst).tx(rst)
		t.receive("client", "eth0", rst)
		t.rec.Sent = Sent{Answer: "reset", Errno: "connection refused"}
		return t
	}, Reject},
	{"mark", map[string]string{"isp": `table ip mangle {
	chain pre {
		type filter hook prerouting priority mangle;
		tcp dport 8080 meta mark set 0x7
	}
	chain across {
		type filter hook forward priority filter; policy accept;
		meta mark 0x7 tcp dport 8080 drop
	}
}
`}, func() *tape {
		p := syn("203.0.113.1", 8080)
		t := newTape("client", "203.0.113.1:8080/tcp", p)
		t.send("client", "eth0", p)
		t.at("isp", "eth0", "eth1").rx(p).first("prerouting", p)
		p.mark = 7 // the event is sent when the rule has run
		t.rule("ip", "mangle", "pre", 100, "continue", p)
		t.then("ip", "mangle", "pre", 0, "continue")
		t.event(Event{Family: "ip", Table: "mangle", Chain: "pre", Type: EventPolicy, Policy: "accept"}, nil)
		t.last("prerouting", p)
		p.ttl--
		return t.first("forward", p).rule("ip", "mangle", "across", 101, "drop", p)
	}, Drop},
	{"mark-near-miss", map[string]string{"isp": `table ip f {
	chain across {
		type filter hook forward priority filter; policy drop;
		meta mark 0x7 tcp dport 8080 accept
	}
}
`}, func() *tape {
		p := syn("203.0.113.1", 8080)
		t := newTape("client", "203.0.113.1:8080/tcp", p)
		t.send("client", "eth0", p)
		t.at("isp", "eth0", "eth1").rx(p).hooks(p, "prerouting")
		p.ttl--
		return t.first("forward", p).policy("ip", "f", "across", "drop", p)
	}, Drop},
	{"vmap-and-jump", map[string]string{"isp": `table ip nat {
	chain pre {
		type nat hook prerouting priority dstnat;
		tcp dport 8080 dnat to 203.0.113.1:80
	}
}
table ip f {
	chain web { ip daddr 203.0.113.0/24 accept; }
	chain across {
		type filter hook forward priority filter; policy drop;
		tcp dport vmap { 22 : drop, 8080 : accept }
		iifname "eth0" tcp dport { 8080, 8443 } jump web
		iifname "eth0" tcp dport { 22, 23 } jump web
	}
}
`}, func() *tape {
		p := syn("203.0.113.1", 8080)
		t := newTape("client", "203.0.113.1:8080/tcp", p)
		t.send("client", "eth0", p)
		t.at("isp", "eth0", "eth1").rx(p).first("prerouting", p).rule("ip", "nat", "pre", 100, "accept", p)
		p.dport = 80
		t.last("prerouting", p)
		p.ttl--
		return t.first("forward", p).policy("ip", "f", "across", "drop", p)
	}, Drop},
	{"two-nats", map[string]string{
		"isp": `table ip nat {
	chain pre {
		type nat hook prerouting priority dstnat;
		ip daddr 198.51.100.1 tcp dport 443 dnat to 203.0.113.1:8080
	}
}
`,
		"fw": home("443")["fw"],
	}, func() *tape {
		p := syn("198.51.100.1", 443)
		t := newTape("client", "198.51.100.1:443/tcp", p)
		t.send("client", "eth0", p)
		t.at("isp", "eth0", "eth1").rx(p).first("prerouting", p).rule("ip", "nat", "pre", 100, "accept", p)
		p.dst, p.dport = "203.0.113.1", 8080
		t.last("prerouting", p)
		p.ttl--
		t.hooks(p, "forward", "postrouting").tx(p)
		t.at("fw", "wan", "dmz").rx(p).first("prerouting", p)
		t.rule("ip", "nat", "prerouting", handleDNAT, "accept", p)
		p.dst, p.dport = "10.0.2.10", 80
		t.last("prerouting", p)
		p.ttl--
		return t.first("forward", p).policy("inet", "filter", "forward", "drop", p)
	}, Drop},
	{"ipv6-dnat", map[string]string{"isp": `table ip6 nat {
	chain pre {
		type nat hook prerouting priority dstnat;
		tcp dport 8080 dnat to [2001:db8:2::10]:80
	}
}
table inet filter {
	chain across {
		type filter hook forward priority filter; policy drop;
		ip6 daddr 2001:db8:2::10 tcp dport { 8080, 8443 } accept
	}
}
`}, func() *tape {
		p := pkt{src: "2001:db8:1::7", dst: "2001:db8:3::1", proto: ipprotoTCP, sport: 40122, dport: 8080, ttl: 64, flags: 2, seq: fakeISN}
		t := newTape("client", "[2001:db8:3::1]:8080/tcp", p)
		t.send("client", "eth0", p)
		t.at("isp", "eth0", "eth1").rx(p).first("prerouting", p).rule("ip6", "nat", "pre", 100, "accept", p)
		p.dst, p.dport = "2001:db8:2::10", 80
		t.last("prerouting", p)
		p.ttl--
		return t.first("forward", p).policy("inet", "filter", "across", "drop", p)
	}, Drop},
}

// Rules of a bridge, and of IP on the same node.
const fakeBridge = `table bridge filter {
	chain pre { type filter hook prerouting priority dstnat; policy accept; }
	chain across {
		type filter hook forward priority filter; policy accept;
		ether type ip ip daddr 10.0.1.12 drop
	}
}
table ip filter {
	chain across {
		type filter hook forward priority filter; policy drop;
		ip daddr 10.0.1.13 accept
	}
}
`

var bridges = []scenario{
	{"bridge-drop", map[string]string{"lan": fakeBridge}, func() *tape {
		p := echo("10.0.1.11", "10.0.1.12")
		t := newTape("pc1", "pc2", p)
		t.send("pc1", "eth0", p)
		t.at("lan", "p1", "p2").rx(p).own("bridge", "prerouting"+SuffixFirst, p)
		t.policy("bridge", "filter", "pre", "accept", p).own("bridge", "prerouting"+SuffixLast, p)
		return t.own("bridge", "forward"+SuffixFirst, p).rule("bridge", "filter", "across", 100, "drop", p)
	}, Drop},
	{"bridge-netfilter", map[string]string{"lan": fakeBridge}, func() *tape {
		p := echo("10.0.1.11", "10.0.1.1")
		t := newTape("pc1", "10.0.1.1", p)
		t.send("pc1", "eth0", p)
		t.at("lan", "p1", "p0").rx(p).own("bridge", "prerouting"+SuffixFirst, p)
		t.policy("bridge", "filter", "pre", "accept", p).hooks(p, "prerouting").own("bridge", "prerouting"+SuffixLast, p)
		t.own("bridge", "forward"+SuffixFirst, p).policy("bridge", "filter", "across", "accept", p)
		return t.first("forward", p).policy("ip", "filter", "across", "drop", p)
	}, Drop},
	{"bridge-netfilter-through", map[string]string{"lan": fakeBridge}, func() *tape {
		p := echo("10.0.1.11", "10.0.1.13")
		t := newTape("pc1", "10.0.1.13", p)
		t.send("pc1", "eth0", p)
		t.at("lan", "p1", "p2").rx(p).own("bridge", "prerouting"+SuffixFirst, p)
		t.policy("bridge", "filter", "pre", "accept", p).hooks(p, "prerouting").own("bridge", "prerouting"+SuffixLast, p)
		t.own("bridge", "forward"+SuffixFirst, p).policy("bridge", "filter", "across", "accept", p)
		t.first("forward", p).rule("ip", "filter", "across", 101, "accept", p).last("forward", p)
		t.own("bridge", "forward"+SuffixLast, p).bridgeHooks(p, "postrouting").hooks(p, "postrouting").tx(p)
		return t.at("pc2", "eth0", "").rx(p)
	}, Lost},
	{"bridge-floods", nil, func() *tape {
		p := echo("10.0.1.11", "10.0.1.1")
		t := newTape("pc1", "10.0.1.1", p)
		t.send("pc1", "eth0", p)
		// the frame goes to p0 as a copy, with another trace id, and itself to p2
		t.at("lan", "p1", "p2").rx(p).bridgeHooks(p, "prerouting")
		frame := t.id
		t.at("lan", "p1", "p0").bridgeHooks(p, "forward", "postrouting").tx(p)
		t.id, t.out = frame, "p2"
		t.bridgeHooks(p, "forward", "postrouting").tx(p)
		t.id += 10
		t.at("pc2", "eth0", "").rx(p)
		t.receive("fw", "lan", p)
		back := p
		back.src, back.dst, back.icmpType = p.dst, p.src, icmpEchoReply
		t.send("fw", "lan", back)
		t.bridge("lan", "p0", "p1", back)
		t.receive("pc1", "eth0", back)
		t.rec.Sent = Sent{Answer: "echo-reply"}
		return t
	}, Delivered},
	{"bridge-itself", nil, func() *tape {
		p := echo("10.0.1.11", "10.0.1.2")
		t := newTape("pc1", "lan", p)
		t.send("pc1", "eth0", p)
		t.at("lan", "p1", "").rx(p).bridgeHooks(p, "prerouting", "input")
		t.at("lan", "br0", "").rx(p).hooks(p, "prerouting", "input")
		back := p
		back.src, back.dst, back.icmpType = p.dst, p.src, icmpEchoReply
		t.at("lan", "", "br0").hooks(back, "output", "postrouting").tx(back)
		t.out = "p1"
		t.bridgeHooks(back, "output", "postrouting").tx(back)
		t.receive("pc1", "eth0", back)
		t.rec.Sent = Sent{Answer: "echo-reply"}
		return t
	}, Delivered},
	{"bridge-no-port", nil, func() *tape {
		p := echo("10.0.1.11", "10.0.1.99")
		t := newTape("pc1", "10.0.1.99", p)
		t.send("pc1", "eth0", p)
		return t.at("lan", "p1", "").rx(p).bridgeHooks(p, "prerouting")
	}, Lost},
}
