package nft

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// trackedRules are held against packets that conntrack has seen.
var trackedRules = []string{
	`ct state new`, `ct state established`, `ct state related`, `ct state invalid`, `ct state untracked`,
	`ct state new,established`, `ct state established,related`, `ct state != invalid`, `ct state != new`, `ct state == new`,
	`ct state { new, established }`, `ct state != { new, invalid }`, `ct state & (new | related) != 0`,
	`ct direction original`, `ct direction reply`, `ct direction != reply`, `ct status seen-reply`, `ct status confirmed`,
	`ct status != confirmed`, `ct status assured,seen-reply`, `ct status & (seen-reply | confirmed) == (seen-reply | confirmed)`,
	`ct status ! seen-reply`, `ct protocol udp`, `ct protocol != udp`, `ct protocol { tcp, udp }`, `ct l3proto ipv4`, `ct l3proto != ipv4`,
	`ct original ip saddr 192.0.2.1`, `ct original ip saddr != 192.0.2.1`, `ct reply ip saddr 192.0.2.2`, `ct original ip daddr { 192.0.2.1, 192.0.2.2 }`,
	`ct original ip6 saddr 2001:db8::1`, `ct reply ip6 daddr != 2001:db8::1`,
	`meta l4proto udp ct original proto-dst 7`, `meta l4proto udp ct reply proto-src != 7`, `meta l4proto tcp ct original proto-src 40000`,
	`ct zone 0`, `ct zone != 0`, `ct helper "ftp"`, `ct helper != "ftp"`, `ct state . ct direction { established . reply }`,
	`ct state new ct direction original`, `ct mark 0`, `ct mark != 0`, `ct mark 5`, `ct mark & 0xf == 5`, `ct mark < 5`, `ct mark 1-9`,
	`ct mark { 0, 5 }`, `meta mark set ct mark`, `meta mark 5`, `meta mark 0`, `udp dport 7 ct mark set 5`, `ct mark 5 meta mark set 6`, `meta mark 6`,
	`ct mark set meta mark udp dport 8`, `ct expiration > 1s`, `ct bytes > 0`, `ct packets 0-9`, `ct id 0`,
}

// trackedPackets are sent in this order. A word without = says what the receiver does before.
var trackedPackets = []string{
	"udp 192.0.2.1:5000 192.0.2.2:7 ct=new dir=0 status=0 ctmark=0 zone=0 helper= original=192.0.2.1:5000>192.0.2.2:7 reply=192.0.2.2:7>192.0.2.1:5000",
	"udp 192.0.2.1:5000 192.0.2.2:7 answer ct=established dir=0 status=10 ctmark=6 zone=0 helper= original=192.0.2.1:5000>192.0.2.2:7 reply=192.0.2.2:7>192.0.2.1:5000",
	"udp 192.0.2.1:6001 192.0.2.2:7 begin ct=established dir=1 status=10 ctmark=0 original=192.0.2.2:7>192.0.2.1:6001 reply=192.0.2.1:6001>192.0.2.2:7",
	"icmp 192.0.2.1 192.0.2.2 type=3 code=3 quote ct=related dir=1 zone=0",
	"tcp 192.0.2.1:40000 192.0.2.2:81 flags=syn ct=new dir=0 status=0 ctmark=0 original=192.0.2.1:40000>192.0.2.2:81",
	"tcp 192.0.2.1:40001 192.0.2.2:81 flags=ack ct=new ctmark=0 status=0",
	"tcp 192.0.2.1:40002 192.0.2.2:81 flags=syn,rst ct=invalid",
	"udp 192.0.2.1:5000 192.0.2.2:999 ct=untracked",
	"icmp 192.0.2.1 192.0.2.2 type=8 id=77 ct=new ctmark=0 dir=0",
	"icmp 192.0.2.1 192.0.2.2 type=0 id=78 ct=invalid",
	"tcp [2001:db8::1]:40000 [2001:db8::2]:81 flags=syn ct=new dir=0 status=0 ctmark=0 original=[2001:db8::1]:40000>[2001:db8::2]:81 reply=[2001:db8::2]:81>[2001:db8::1]:40000",
	"icmpv6 2001:db8::1 2001:db8::2 type=128 id=79 ct=new ctmark=0 zone=0",
	"udp [2001:db8::1]:5000 [2001:db8::2]:999 ct=untracked",
}

func TestEvalKernelConntrack(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	b := newBench(t)
	var rules strings.Builder
	for _, r := range trackedRules {
		fmt.Fprintf(&rules, "\t\t%s counter\n", r)
	}
	b.load("table inet t {\n\tchain c {\n\t\ttype filter hook prerouting priority mangle\n\t\tudp dport 65000 accept\n" + rules.String() +
		"\t}\n\tchain raw {\n\t\ttype filter hook prerouting priority raw\n\t\tudp dport { 999, 65000 } notrack\n\t}\n}\n")
	echo, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(192, 0, 2, 2), Port: 7})
	if err != nil {
		t.Fatal(err)
	}
	sum := &tally{rules: len(trackedRules)}
	for _, words := range trackedPackets {
		var data []byte
		words := strings.Join(slices.DeleteFunc(strings.Fields(words), func(w string) bool {
			switch w {
			case "answer":
				_, err = echo.WriteTo([]byte("x"), &net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 5000})
			case "begin":
				_, err = echo.WriteTo([]byte("x"), &net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 6001})
			case "quote": // what the receiver sent last
				q := newPacket(t, "udp 192.0.2.2:7 192.0.2.1:6001")
				data = frame(q, []byte("x"), macPeer)[14:]
			default:
				return false
			}
			return true
		}), " ")
		if err != nil {
			t.Fatal(err)
		}
		before := b.counters()
		p := newPacket(t, words)
		if data == nil {
			data = make([]byte, 8)
		}
		b.receive(p, data, macWan)
		after := b.counters()
		c := b.rules.Tables[0].Chain("c")
		b.compare(words, c, p, before, after, sum)
		b.compare(words+" as traced", c, traced(p), before, after, &tally{})
	}
	sum.check(t, 50, 12)
}

func TestEvalKernelVerdicts(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	b := newBench(t)
	mayWrite(t)
	b.load(verdictRules)
	table := b.rules.Tables[0]
	sum := &tally{}
	verdicts := map[VerdictKind]int{}
	before := b.counters()
	for _, words := range verdictPackets {
		p, data, mac := kernelPacket(t, words)
		b.receive(p, data, mac)
		after := b.counters()
		for _, packet := range []*Packet{p, traced(p)} {
			b.compare(words, table.Chain("c"), packet, before, after, sum)
			result := table.Chain("c").Eval(packet, EvalOptions{})
			came := after["inet t behind"][1] > before["inet t behind"][1]
			verdicts[result.Verdict]++
			switch result.Verdict {
			case VerdictAccept:
				if !came {
					t.Errorf("%s: accept, but the kernel let it not through", words)
				}
			case VerdictDrop, VerdictReject:
				if came {
					t.Errorf("%s: %s, but the kernel let it through", words, result.Verdict)
				}
			case VerdictUnknown:
				if !strings.Contains(words, ":6000") {
					t.Errorf("%s: the verdict is unknown: %s", words, result.Why)
				}
			default:
				t.Errorf("%s: %s", words, result.Verdict)
			}
		}
		before = after
	}
	sum.check(t, 0, 60)
	t.Logf("verdicts: %v", verdicts)
	for _, v := range []VerdictKind{VerdictAccept, VerdictDrop, VerdictReject, VerdictUnknown} {
		if verdicts[v] == 0 {
			t.Errorf("no packet met the verdict %s", v)
		}
	}
}

// outputRules are held against packets that sockets of the receiver send. None rewrites a header: the packets are
// read from the cable.
var outputRules = []string{
	`oifname "wan"`, `oifname != "wan"`, `oif "wan"`, `oifname "w*"`, `iifname "wan"`, `iifname != "wan"`, `iif 0`, `iif "wan"`, `iif != "lo"`,
	`meta skuid 0`, `meta skuid root`, `meta skuid != 0`, `meta skgid 0`, `meta skuid 1-1000`, `meta skuid { 0, 7 }`, `meta oiftype ether`,
	`meta oiftype != ether`, `meta iiftype ether`, `meta iiftype != ether`, `meta iifgroup default`, `ether saddr ` + macWan, `ether type ip`,
	`meta mark 0x77`, `meta mark != 0x77`, `meta mark & 0xf0 == 0x70`, `meta mark { 0, 0x77 }`, `meta priority 0`, `meta priority != 0`,
	`ct state new`, `ct state established`, `ct direction original`, `udp dport 5353`, `udp dport != 5353`, `tcp dport 81`, `tcp flags syn`, `tcp flags == syn`,
	`icmp type echo-request`, `ip daddr 192.0.2.1`, `ip saddr 192.0.2.2`, `ip6 daddr 2001:db8::1`, `ip ttl 64`, `ip dscp cs1`, `ip dscp != cs1`,
	`udp length 9`, `meta length 29`, `meta length > 40`, `meta l4proto { tcp, udp }`, `meta pkttype host`, `meta nfproto ipv6`,
	`oifname . udp dport { "wan" . 5353 }`, `meta skuid . oifname { 0 . "wan" }`, `meta mark set meta mark & 0xf`, `meta mark 7`, `meta length 20-60`,
}

func TestEvalKernelOutput(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	b := newBench(t)
	var rules strings.Builder
	for _, r := range outputRules {
		fmt.Fprintf(&rules, "\t\t%s counter\n", r)
	}
	b.load("table inet t {\n\tchain c {\n\t\ttype filter hook output priority filter\n" +
		"\t\tmeta l4proto icmpv6 accept\n" + rules.String() + "\t}\n}\n")
	if err := unix.SetsockoptTimeval(b.send, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 10}); err != nil {
		t.Fatal(err)
	}
	sum := &tally{rules: len(outputRules)}
	for _, out := range []struct {
		network, to string
		mark, tos   int
	}{
		{"udp4", "192.0.2.1:5353", 0, 0}, {"udp4", "192.0.2.1:53", 0x77, 0}, {"udp4", "192.0.2.1:5353", 0, 0x20}, {"udp4", "192.0.2.1:5354", 0x7f, 0x20},
		{"udp6", "[2001:db8::1]:5353", 0, 0}, {"udp6", "[2001:db8::1]:9", 0x77, 0}, {"tcp4", "192.0.2.1:81", 0, 0}, {"tcp4", "192.0.2.1:82", 0x77, 0x20},
		{"tcp6", "[2001:db8::1]:81", 0, 0}, {"tcp6", "[2001:db8::1]:83", 0x70, 0}, {"udp4", "192.0.2.1:1", 5, 0},
	} {
		before := b.counters()
		p := b.emit(out.network, out.to, out.mark, out.tos)
		after := b.counters()
		name := fmt.Sprintf("%s %s mark=%#x tos=%#x", out.network, out.to, out.mark, out.tos)
		b.compare(name, b.rules.Tables[0].Chains[0], p, before, after, sum)
	}
	sum.check(t, 50, 11)
}

// emit sends one packet from a socket of the receiver, and returns it as it was in output.
func (b *bench) emit(network, to string, mark, tos int) *Packet {
	b.t.Helper()
	family, level, option := unix.AF_INET, unix.IPPROTO_IP, unix.IP_TOS
	dst, port := end(b.t, to)
	var addr unix.Sockaddr = &unix.SockaddrInet4{Port: int(port)}
	if dst.Is4() {
		addr.(*unix.SockaddrInet4).Addr = dst.As4()
	} else {
		family, level, option = unix.AF_INET6, unix.IPPROTO_IPV6, unix.IPV6_TCLASS
		addr = &unix.SockaddrInet6{Port: int(port), Addr: dst.As16()}
	}
	kind := unix.SOCK_DGRAM
	if strings.HasPrefix(network, "tcp") {
		kind = unix.SOCK_STREAM | unix.SOCK_NONBLOCK
	}
	fd, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		b.t.Fatal(err)
	}
	defer unix.Close(fd)
	for _, o := range [][3]int{{unix.SOL_SOCKET, unix.SO_MARK, mark}, {level, option, tos}} {
		if err := unix.SetsockoptInt(fd, o[0], o[1], o[2]); err != nil {
			b.t.Fatal(err)
		}
	}
	if err := unix.Connect(fd, addr); err != nil && err != unix.EINPROGRESS {
		b.t.Fatal(err)
	}
	if kind == unix.SOCK_DGRAM {
		if _, err := unix.Write(fd, []byte("x")); err != nil {
			b.t.Fatal(err)
		}
	}
	p := b.captured(port)
	p.Meta.Iif, p.Meta.Iifname, p.Meta.Oif, p.Meta.Oifname = Some[uint32](0), Some(""), Some(b.wan), Some("wan")
	p.Meta.Oiftype, p.Meta.Mark = Some[uint16](1), Some(uint32(mark))
	p.Meta.SKUID, p.Meta.SKGID, p.Meta.Pkttype = Some[uint32](0), Some[uint32](0), Some[uint8](0)
	p.CT.State = Some[uint32](stateNew)
	return p
}

// captured reads frames at peer until one goes to the port.
func (b *bench) captured(port uint16) *Packet {
	b.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	buf := make([]byte, 2048)
	for time.Now().Before(deadline) {
		n, err := unix.Read(b.send, buf)
		if err != nil {
			b.t.Fatalf("no packet to port %d came: %v", port, err)
		}
		f := slices.Clone(buf[14:n])
		p := &Packet{Family: FamilyIP, NH: f, Meta: PacketMeta{Len: Some(uint32(len(f)))}}
		if f[0]>>4 == 6 {
			p.Family = FamilyIP6
		}
		t := p.transport()
		if t.offset <= 0 || t.offset+4 > len(f) || t.header != known {
			continue
		}
		p.NH, p.TH = f[:t.offset], f[t.offset:]
		if got := p.read(bitRange{TransportHeader, 16, 16}); getUint(got.bytes()) == uint64(port) && (t.proto == 6 || t.proto == 17) {
			return p
		}
	}
	b.t.Fatalf("no packet to port %d came", port)
	return nil
}
