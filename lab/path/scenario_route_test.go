package path

// toISP brings a packet to the routing decision of isp.
func toISP(to string, p pkt, facts Facts) *tape {
	t := newTape("client", to, p)
	t.send("client", "eth0", p)
	t.at("isp", "eth0", "").rx(p).hooks(p, "prerouting")
	facts.Node = "isp"
	t.rec.Facts = []Facts{facts}
	return t
}

func ptr[T any](v T) *T { return &v }

var routes = []scenario{
	{"no-route", nil, func() *tape {
		t := toISP("10.0.1.11", echo("198.51.100.7", "10.0.1.11"), Facts{RouteErr: "network is unreachable", Forwarding: ptr(true)})
		back := icmpError("198.51.100.1", "198.51.100.7", icmpUnreachable, 0)
		t.send("isp", "eth0", back)
		t.receive("client", "eth0", back)
		t.rec.Sent = Sent{ICMP: "net unreachable", From: "198.51.100.1", Errno: "network is unreachable"}
		return t
	}, Drop},
	{"blackhole", nil, func() *tape {
		return toISP("10.0.1.11", echo("198.51.100.7", "10.0.1.11"), Facts{RouteErr: "invalid argument", RouteType: "blackhole", Forwarding: ptr(true)})
	}, Drop},
	{"not-forwarding", nil, func() *tape {
		return toISP("10.0.2.10:80/tcp", syn("10.0.2.10", 80), Facts{RouteErr: "no route to host", Forwarding: ptr(false)})
	}, Drop},
	{"rp-filter", nil, func() *tape {
		return toISP("10.0.2.10:80/tcp", syn("10.0.2.10", 80),
			Facts{RouteErr: "invalid cross-device link", Forwarding: ptr(true), RPFilter: 1, ReverseDev: "eth1"})
	}, Drop},
	{"rp-filter-no-way-back", nil, func() *tape {
		return toISP("10.0.2.10:80/tcp", syn("10.0.2.10", 80),
			Facts{RouteErr: "invalid cross-device link", Forwarding: ptr(true), RPFilter: 2, ReverseErr: "network is unreachable"})
	}, Drop},
	{"martian", nil, func() *tape {
		p := syn("10.0.2.10", 80)
		p.src = "198.51.100.1"
		return toISP("10.0.2.10:80/tcp", p, Facts{RouteErr: "invalid argument", Martian: true, Forwarding: ptr(true)})
	}, Drop},
	{"route-unknown", nil, func() *tape {
		return toISP("10.0.2.10:80/tcp", syn("10.0.2.10", 80), Facts{Route: "via 203.0.113.1 dev eth1", RouteType: "unicast"})
	}, Drop},
	{"ttl", nil, func() *tape {
		p := syn("10.0.2.10", 80)
		p.ttl = 1
		return toISP("10.0.2.10:80/tcp", p, Facts{Route: "via 203.0.113.1 dev eth1", Forwarding: ptr(true)})
	}, Drop},
	{"loop", nil, func() *tape {
		p := echo("198.51.100.7", "192.0.2.99")
		p.ttl = 9
		t := newTape("client", "192.0.2.99", p)
		t.send("client", "eth0", p)
		t, p = t.forward("isp", "eth0", "eth1", p)
		for p.ttl > 2 {
			t, p = t.forward("fw", "wan", "wan", p)
			t, p = t.forward("isp", "eth1", "eth1", p)
		}
		t, p = t.forward("fw", "wan", "wan", p)
		t.at("isp", "eth1", "").rx(p).hooks(p, "prerouting")
		back := icmpError("203.0.113.2", "198.51.100.7", icmpTimeExceeded, 0)
		t.send("isp", "eth0", back)
		t.receive("client", "eth0", back)
		t.rec.Sent = Sent{ICMP: "time exceeded", From: "203.0.113.2", Errno: "no route to host"}
		t.rec.Facts = []Facts{{Node: "isp", Route: "via 203.0.113.1 dev eth1", Forwarding: ptr(true)}}
		return t
	}, Drop},
	{"lost-on-the-wire", nil, func() *tape {
		p := syn("203.0.113.1", 8080)
		t := newTape("client", "203.0.113.1:8080/tcp", p)
		t.send("client", "eth0", p)
		t, _ = t.forward("isp", "eth0", "eth1", p)
		t.rec.Facts = []Facts{{Node: "isp", LinkDown: "fw:wan"}}
		return t
	}, Lost},
	{"no-cable", nil, func() *tape {
		p := syn("203.0.113.1", 8080)
		t := newTape("client", "203.0.113.1:8080/tcp", p)
		return t.send("client", "dummy0", p)
	}, Lost},
	{"not-addressed", nil, func() *tape {
		p := syn("203.0.113.1", 8080)
		t := newTape("client", "203.0.113.1:8080/tcp", p)
		t.send("client", "eth0", p)
		return t.at("isp", "eth0", "").rx(p)
	}, Lost},
	{"no-neighbour", nil, func() *tape {
		p := syn("198.51.100.99", 80)
		t := newTape("client", "198.51.100.99:80/tcp", p)
		t.at("client", "", "eth0").hooks(p, "output", "postrouting")
		t.rec.Facts = []Facts{{Node: "client", NextHop: "198.51.100.99", Neighbour: "incomplete"}}
		return t
	}, Lost},
	{"no-neighbour-ipv6", nil, func() *tape {
		p := pkt{src: "2001:db8:1::7", dst: "2001:db8:1::99", proto: ipprotoICMPv6, ttl: 64, icmpType: icmp6Echo}
		t := newTape("client", "2001:db8:1::99", p)
		t.at("client", "", "eth0").hooks(p, "output", "postrouting")
		t.rec.Facts = []Facts{{Node: "client", NextHop: "2001:db8:1::99", Neighbour: "failed"}}
		return t
	}, Lost},
	{"never-sent", nil, func() *tape {
		t := newTape("client", "192.0.2.1", echo("198.51.100.7", "192.0.2.1"))
		t.rec.Sent = Sent{Errno: "network is unreachable"}
		return t
	}, Drop},
	{"never-sent-prohibit", nil, func() *tape {
		t := newTape("client", "192.0.2.1", echo("198.51.100.7", "192.0.2.1"))
		t.rec.Sent = Sent{Errno: "permission denied"}
		t.rec.Facts = []Facts{{Node: "client", RouteErr: "permission denied", RouteType: "prohibit"}}
		return t
	}, Drop},
	{"never-sent-blackhole", nil, func() *tape {
		t := newTape("client", "192.0.2.1", echo("198.51.100.7", "192.0.2.1"))
		t.rec.Sent = Sent{Errno: "invalid argument"}
		t.rec.Facts = []Facts{{Node: "client", RouteErr: "invalid argument", RouteType: "blackhole"}}
		return t
	}, Drop},
	{"never-sent-blind", nil, func() *tape {
		t := newTape("client", "192.0.2.1", echo("198.51.100.7", "192.0.2.1"))
		t.rec.Blind["client"] = "the tracer's table could not be loaded"
		return t
	}, Error},
	{"blind-node", nil, func() *tape {
		p := syn("203.0.113.1", 8080)
		t := newTape("client", "203.0.113.1:8080/tcp", p)
		t.send("client", "eth0", p)
		t.rec.Blind["isp"] = "the tracer's table could not be loaded"
		return t
	}, Error},
	{"blind-node-between", nil, func() *tape {
		p := syn("203.0.113.1", 8080)
		t := newTape("client", "203.0.113.1:8080/tcp", p)
		t.send("client", "eth0", p)
		t.rec.Blind["isp"] = "the tracer's table could not be loaded"
		p.ttl--
		t.receive("fw", "wan", p)
		rst := answer(p, 0x14)
		t.send("fw", "wan", rst)
		rst.ttl--
		t.receive("client", "eth0", rst)
		t.rec.Sent = Sent{Answer: "reset", Errno: "connection refused"}
		return t
	}, Reject},
	{"lost-events", nil, func() *tape {
		p := syn("203.0.113.1", 8080)
		t := newTape("client", "203.0.113.1:8080/tcp", p)
		t.send("client", "eth0", p)
		t.rec.Lost["isp"] = 3
		return t
	}, Error},
	{"lost-events-in-the-node", nil, func() *tape {
		p := syn("203.0.113.1", 8080)
		t := newTape("client", "203.0.113.1:8080/tcp", p)
		t.send("client", "eth0", p)
		t.at("isp", "eth0", "").rx(p).hooks(p, "prerouting")
		t.rec.Lost["isp"] = 3
		return t
	}, Error},
	{"lost-events-elsewhere", home("8080"), func() *tape {
		t, p := toForward(newTape("client", "203.0.113.1:8080/tcp", syn("203.0.113.1", 8080)), syn("203.0.113.1", 8080))
		t.policy("inet", "filter", "forward", "drop", p)
		t.rec.Lost["fw"] = 2
		return t
	}, Drop},
	{"no-egress-hook", nil, func() *tape {
		p := echo("198.51.100.7", "198.51.100.1")
		t := newTape("client", "isp", p)
		t.at("client", "", "eth0").hooks(p, "output", "postrouting")
		t.receive("isp", "eth0", p)
		back := p
		back.icmpType, back.src, back.dst = icmpEchoReply, p.dst, p.src
		t.at("isp", "", "eth0").hooks(back, "output", "postrouting")
		t.receive("client", "eth0", back)
		t.rec.NoEgress = []string{"client", "isp"}
		t.rec.Sent = Sent{Answer: "echo-reply"}
		return t
	}, Delivered},
}
