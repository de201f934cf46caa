package nft

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The kernel is the oracle: real packets pass a real ruleset, in which every rule counts, and the evaluator must say
// of every rule what its counter says.
//
//	sender: peer ========= wan :receiver
//	        02:00:00:00:00:01  02:00:00:00:00:02, 192.0.2.2/24, 2001:db8::2/64
const (
	kernelInside = "HOOKWALK_EVAL_KERNEL"
	markerPort   = 65000
)

// inNamespace runs the calling test again in network namespaces of its own, as root of a user namespace.
func inNamespace(t *testing.T) (inside bool) {
	t.Helper()
	if os.Getenv(kernelInside) != "" {
		return true
	}
	for _, tool := range []string{"nft", "ip", "unshare"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed: the kernel cannot be asked", tool)
		}
	}
	fresh := "-rn" // root needs no user namespace, and from Linux 7.2 on may write headers only outside of one
	if os.Geteuid() == 0 {
		fresh = "-n"
	}
	if out, err := exec.Command("unshare", fresh, "nft", "add", "table", "inet", "x").CombinedOutput(); err != nil {
		t.Skipf("no nftables in a new namespace here: %v: %s", err, out)
	}
	args := []string{fresh, os.Args[0], "-test.run=^" + t.Name() + "$", "-test.v", fmt.Sprintf("-test.short=%v", testing.Short())}
	if end, ok := t.Deadline(); ok { // a little earlier, to say where it hung
		args = append(args, "-test.timeout="+(time.Until(end)*9/10).String())
	}
	cmd := exec.Command("unshare", args...)
	cmd.Env = append(os.Environ(), kernelInside+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if strings.Contains(string(out), "--- SKIP: "+t.Name()) {
		t.Skipf("%s", out)
	}
	if !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Fatalf("the test did not run inside:\n%s", out)
	}
	t.Logf("%s", out)
	return false
}

// mayWrite skips a test where the kernel does not let this user load rules that write headers.
func mayWrite(t *testing.T) {
	t.Helper()
	if out, err := exec.Command("nft", "add table ip t; add chain ip t c; add rule ip t c ip ttl set 5").CombinedOutput(); err != nil {
		t.Skipf("rules may not write headers here: %s", out)
	}
}

// bench is a cable between two namespaces.
type bench struct {
	t      *testing.T
	send   int // packet socket at peer
	marker *net.UDPConn
	wan    uint32 // index of wan
	rules  *Ruleset
}

func run(t *testing.T, stdin, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// newBench builds the cable. The calling goroutine stays on one thread and one CPU, so that the kernel handles the
// packets in the order in which they are sent.
func newBench(t *testing.T) *bench {
	t.Helper()
	runtime.LockOSThread()
	var cpu unix.CPUSet
	if err := unix.SchedGetaffinity(0, &cpu); err != nil {
		t.Fatal(err)
	}
	for i := range 1024 {
		if cpu.IsSet(i) {
			cpu.Zero()
			cpu.Set(i)
			break
		}
	}
	if err := unix.SchedSetaffinity(0, &cpu); err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t}
	type sender struct {
		path string
		err  error
	}
	ready, cable, opened := make(chan sender), make(chan bool), make(chan error)
	go func() { // the thread is the sender's namespace; it ends with the goroutine
		runtime.LockOSThread()
		err := unix.Unshare(unix.CLONE_NEWNET)
		ready <- sender{fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), unix.Gettid()), err}
		if !<-cable {
			return
		}
		opened <- func() error {
			events, err := watchLinks()
			if err != nil {
				return err
			}
			for _, args := range []string{"addrgenmode none", "up"} {
				cmd := exec.Command("ip", strings.Fields("link set peer "+args)...)
				if out, err := cmd.CombinedOutput(); err != nil {
					return fmt.Errorf("ip link set peer %s: %w: %s", args, err, out)
				}
			}
			ifi, err := net.InterfaceByName("peer")
			if err != nil {
				return err
			}
			if err := events.awaitUp(ifi.Index); err != nil {
				return err
			}
			b.send, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, int(htons(unix.ETH_P_ALL)))
			if err != nil {
				return err
			}
			return unix.Bind(b.send, &unix.SockaddrLinklayer{Protocol: htons(unix.ETH_P_ALL), Ifindex: ifi.Index})
		}()
		<-cable
	}()
	s := <-ready
	if s.err != nil {
		t.Fatal(s.err)
	}
	events, err := watchLinks()
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{
		"link set lo up",
		"link add wan address " + macWan + " type veth peer name peer address " + macPeer + " netns " + s.path,
		"link set wan addrgenmode none",
		"link set wan up",
		"addr add 192.0.2.2/24 dev wan",
		"addr add 2001:db8::2/64 dev wan nodad",
		"neigh add 192.0.2.1 lladdr " + macPeer + " dev wan",
		"neigh add 2001:db8::1 lladdr " + macPeer + " dev wan",
	} {
		run(t, "", "ip", strings.Fields(args)...)
	}
	cable <- true
	if err := <-opened; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { close(cable) })
	ifi, err := net.InterfaceByName("wan")
	if err != nil {
		t.Fatal(err)
	}
	if err := events.awaitUp(ifi.Index); err != nil {
		t.Fatal(err)
	}
	b.wan = uint32(ifi.Index)
	b.marker, err = net.ListenUDP("udp", &net.UDPAddr{Port: markerPort})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func htons(v uint16) uint16 {
	return binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, v))
}

// load replaces the ruleset of the receiver.
func (b *bench) load(source string) {
	b.t.Helper()
	run(b.t, "flush ruleset\n"+source, "nft", "-f", "-")
	f, errs := Parse("kernel", []byte(source), Options{})
	if len(errs) > 0 {
		b.t.Fatal(errs.Render())
	}
	if b.rules, errs = Check(f); len(errs) > 0 {
		b.t.Fatal(errs.Render())
	}
}

// frame is the whole frame of a packet, and makes its lengths and checksums right.
func frame(p *Packet, data []byte, dst string) []byte {
	hw, _ := net.ParseMAC(dst)
	src, _ := net.ParseMAC(macPeer)
	typ := uint16(0x0800)
	if p.Family == FamilyIP6 {
		typ = 0x86dd
	}
	p.LL = binary.BigEndian.AppendUint16(append(hw, src...), typ)
	sum := func(start uint32, parts ...[]byte) uint16 {
		for _, b := range parts {
			for i := 0; i+1 < len(b); i += 2 {
				start += uint32(binary.BigEndian.Uint16(b[i:]))
			}
			if len(b)%2 == 1 {
				start += uint32(b[len(b)-1]) << 8
			}
		}
		for start > 0xffff {
			start = start>>16 + start&0xffff
		}
		return ^uint16(start)
	}
	proto := p.transport().proto
	var addrs []byte
	length := len(p.NH) + len(p.TH) + len(data)
	if p.Family == FamilyIP {
		binary.BigEndian.PutUint16(p.NH[2:], uint16(length))
		binary.BigEndian.PutUint16(p.NH[10:], 0)
		binary.BigEndian.PutUint16(p.NH[10:], sum(0, p.NH))
		addrs = p.NH[12:20]
	} else {
		binary.BigEndian.PutUint16(p.NH[4:], uint16(length-40))
		addrs = p.NH[8:40]
	}
	p.Meta.Len = Some(uint32(length))
	if d := protocolNumbered(int(proto)); d != nil && d.Checksum >= 0 && d.Checksum+2 <= len(p.TH) {
		start := uint32(0)
		if d.Pseudo {
			start = uint32(proto) + uint32(len(p.TH)+len(data))
			start += uint32(^sum(0, addrs))
		}
		binary.BigEndian.PutUint16(p.TH[d.Checksum:], sum(start, p.TH, data))
	}
	out := append([]byte(nil), p.LL...)
	return append(append(append(out, p.NH...), p.TH...), data...)
}

// receive puts a packet on the cable and waits until the receiver is done with it. It completes p with what is known
// of a packet in prerouting.
func (b *bench) receive(p *Packet, data []byte, mac string) {
	b.t.Helper()
	f := frame(p, data, mac)
	b.deliver(f)
	b.complete(p, mac)
	if at := p.transport().offset; at > 0 { // behind extension headers it is not where the builder put it
		p.NH, p.TH = f[14:14+at], f[14+at:]
	}
}

// deliver puts a frame on the cable and waits until the receiver is done with it: until it has got the packet behind it.
func (b *bench) deliver(f []byte) {
	b.t.Helper()
	if _, err := unix.Write(b.send, f); err != nil {
		b.t.Fatal(err)
	}
	m := newPacket(b.t, fmt.Sprintf("udp 192.0.2.1:1 192.0.2.2:%d", markerPort))
	if _, err := unix.Write(b.send, frame(m, make([]byte, 8), macWan)); err != nil {
		b.t.Fatal(err)
	}
	if err := b.marker.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		b.t.Fatal(err)
	}
	if _, _, err := b.marker.ReadFrom(make([]byte, 64)); err != nil {
		b.t.Fatalf("the marker behind the packet was not delivered: %v", err)
	}
}

// traced is a packet as a trace event of the kernel has it: nf_trace_fill_pkt_info, net/netfilter/nf_tables_trace.c.
func traced(p *Packet) *Packet {
	c := p.clone()
	c.NH, c.TH = c.NH[:min(40, len(c.NH))], c.TH[:min(20, len(c.TH))]
	return c
}

func (b *bench) complete(p *Packet, mac string) {
	o := &p.Meta
	o.Iif, o.Iifname, o.Iiftype = Some(b.wan), Some("wan"), Some[uint16](1)
	o.Oif, o.Oifname = Some[uint32](0), Some("")
	o.Mark, o.Priority = Some[uint32](0), Some[uint32](0)
	switch mac {
	case macWan:
		o.Pkttype = Some[uint8](0) // PACKET_HOST
	case macAll:
		o.Pkttype = Some[uint8](1) // PACKET_BROADCAST
	}
}

// counters are the packets that each rule has counted, by chain.
func (b *bench) counters() map[string][]uint64 {
	b.t.Helper()
	var list struct {
		Nftables []struct {
			Rule *struct {
				Family, Table, Chain string
				Expr                 []struct {
					Counter json.RawMessage // an object, or the name of one
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(run(b.t, "", "nft", "-j", "list", "ruleset")), &list); err != nil {
		b.t.Fatal(err)
	}
	out := map[string][]uint64{}
	for _, n := range list.Nftables {
		if n.Rule == nil {
			continue
		}
		key := n.Rule.Family + " " + n.Rule.Table + " " + n.Rule.Chain
		var packets uint64
		for _, e := range n.Rule.Expr {
			var c struct{ Packets uint64 }
			if json.Unmarshal(e.Counter, &c) == nil {
				packets = c.Packets
			}
		}
		out[key] = append(out[key], packets)
	}
	return out
}

// tally is how many answers were compared with the kernel's.
type tally struct{ rules, packets, yes, no, unknown int }

// compare holds a base chain against a packet that has passed it, and the answers against what was counted since
// before. Every rule of the chain and of those it jumps to must count, but for one that lets the marker go.
func (b *bench) compare(name string, c *Chain, p *Packet, before, after map[string][]uint64, sum *tally) {
	b.t.Helper()
	sum.packets++
	asked := map[*Rule]bool{} // the evaluator did not know
	result := c.Eval(p, EvalOptions{Resolve: func(rr *RuleResult) Answer {
		asked[rr.Rule] = true
		return answer(counted(rr.Rule, before, after))
	}})
	seen := map[*Rule]bool{}
	for i := range result.Rules {
		rr := &result.Rules[i]
		seen[rr.Rule] = true
		if !counts(rr.Rule) {
			continue
		}
		if asked[rr.Rule] {
			sum.unknown++
			continue
		}
		got := counted(rr.Rule, before, after)
		if got {
			sum.yes++
		} else {
			sum.no++
		}
		if got != (rr.Match == Yes) {
			b.t.Errorf("%s: `%s`: %s; the kernel: %s\n%s", name, rr.Rule.Text, rr.Match, answer(got), render(*rr))
		}
	}
	for _, chain := range c.Table.Chains {
		for _, r := range chain.Rules {
			if !seen[r] && counts(r) && chain.Base == nil && counted(r, before, after) {
				b.t.Errorf("%s: the kernel came to `%s` of chain %s, the evaluator did not", name, r.Text, chain.Name)
			}
		}
	}
}

func counts(r *Rule) bool { return strings.Contains(r.Text, "counter") }

func counted(r *Rule, before, after map[string][]uint64) bool {
	key := r.Chain.Table.Family.String() + " " + r.Chain.Table.Name + " " + r.Chain.Name
	was := uint64(0)
	if len(before[key]) > 0 {
		was = before[key][r.Index]
	}
	return after[key][r.Index] > was
}

func (s *tally) check(t *testing.T, rules, packets int) {
	t.Helper()
	t.Logf("%d rules, %d packets: %d yes, %d no, %d unknown", s.rules, s.packets, s.yes, s.no, s.unknown)
	if s.rules < rules || s.packets < packets || s.yes < rules || s.no < rules {
		t.Errorf("too few comparisons: %+v", *s)
	}
}
