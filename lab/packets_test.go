package lab

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/lab/netns"
	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/lab/probe"
	"github.com/hookwalk/hookwalk/lab/traffic"
	"github.com/hookwalk/hookwalk/topology"
)

// rolePackets is an agent that sends numbered frames over a cable, and tells which arrived.
const rolePackets = "test-packets"

func init() { RegisterAgent(rolePackets, packetsAgent) }

// packetsOrder says what to send.
type packetsOrder struct {
	From, To string // nodes; the device is eth0
	Count    int
	Gap      time.Duration // between two frames
	Want     int           // that should arrive: so many are waited for
	Quiet    time.Duration // then, nothing came for so long: nothing more will
}

// arrived is one frame.
type arrived struct {
	Seq   int
	Took  time.Duration
	Wrong int // bytes of its padding
}

// etherTest is an EtherType for local experiments, IEEE Std 802 (ETH_P_802_EX1, include/uapi/linux/if_ether.h).
const etherTest = 0x88b5

const frameSize = 200

func packetsAgent(_ context.Context, conn net.Conn, arg json.RawMessage) error {
	var o packetsOrder
	if err := json.Unmarshal(arg, &o); err != nil {
		return err
	}
	from, err := rawSocket(o.From)
	if err != nil {
		return err
	}
	to, err := rawSocket(o.To)
	if err != nil {
		return err
	}
	start := time.Now()
	sent := make(chan error, 1)
	go func() { sent <- sendNumbered(from, start, o) }()
	list := []arrived{}
	buf := make([]byte, 2*frameSize)
	for {
		wait := 20 * time.Second
		if len(list) >= o.Want {
			wait = o.Quiet
		}
		timeout := unix.NsecToTimeval(int64(wait))
		if err := unix.SetsockoptTimeval(to, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout); err != nil {
			return err
		}
		n, _, err := unix.Recvfrom(to, buf, 0)
		if errors.Is(err, unix.EAGAIN) {
			break
		}
		if errors.Is(err, unix.EINTR) { // the Go runtime's
			continue
		}
		if err != nil {
			return err
		}
		if n < frameSize {
			continue
		}
		a := arrived{Seq: int(binary.BigEndian.Uint32(buf[14:])), Took: time.Since(start) - time.Duration(binary.BigEndian.Uint64(buf[18:]))}
		for _, b := range buf[26:frameSize] {
			if b != 0xa5 {
				a.Wrong++
			}
		}
		list = append(list, a)
	}
	if err := <-sent; err != nil {
		return err
	}
	return json.NewEncoder(conn).Encode(list)
}

func sendNumbered(fd int, start time.Time, o packetsOrder) error {
	frame := make([]byte, frameSize)
	for i := range frame {
		frame[i] = 0xa5
	}
	copy(frame, []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1})
	binary.BigEndian.PutUint16(frame[12:], etherTest)
	next := time.Now()
	for i := range o.Count {
		time.Sleep(time.Until(next))
		next = next.Add(o.Gap)
		binary.BigEndian.PutUint32(frame[14:], uint32(i))
		binary.BigEndian.PutUint64(frame[18:], uint64(time.Since(start)))
		if _, err := unix.Write(fd, frame); err != nil && !errors.Is(err, unix.ENOBUFS) {
			return err
		}
	}
	return nil
}

// rawSocket is a packet socket on eth0 of a node.
func rawSocket(node string) (fd int, err error) {
	err = netns.Do(node, func() error {
		dev, err := net.InterfaceByName("eth0")
		if err != nil {
			return err
		}
		proto := binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, etherTest))
		fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, int(proto))
		if err != nil {
			return err
		}
		return unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: proto, Ifindex: dev.Index})
	})
	return fd, err
}

// packets sends frames from one end of a lab's cable to the other.
func packets(t *testing.T, l *Lab, o packetsOrder) []arrived {
	t.Helper()
	a, err := l.Agent(t.Context(), rolePackets, o)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	var list []arrived
	if err := json.NewDecoder(a).Decode(&list); err != nil {
		t.Fatal(err)
	}
	return list
}

// What the file says of a cable is what happens to frames, whatever does it: netem in the kernel, or hookwalk itself.
func TestNetemPackets(t *testing.T) { testPackets(t, topology.Veth, probe.Netem) }

func TestTapPackets(t *testing.T) { testPackets(t, topology.Tap, probe.Tun) }

func testPackets(t *testing.T, kind topology.LinkKind, need probe.Feature) {
	probe.Need(t, need)
	needNamespaces(t)
	t.Parallel()
	for name, tt := range map[string]struct {
		words string
		want  int // frames that arrive for sure
		check func(t *testing.T, there []arrived)
	}{
		"nothing": {"", 200, func(t *testing.T, there []arrived) {
			if len(there) != 200 {
				t.Errorf("%d arrived", len(there))
			}
		}},
		"all-lost": {"loss 100%", 0, func(t *testing.T, there []arrived) {
			if len(there) != 0 {
				t.Errorf("%d arrived", len(there))
			}
		}},
		"some-lost": {"loss 30%", 90, func(t *testing.T, there []arrived) {
			if len(there) < 90 || len(there) > 190 {
				t.Errorf("%d arrived", len(there))
			}
		}},
		"delay": {"delay 50ms", 200, func(t *testing.T, there []arrived) {
			var took []time.Duration
			for _, a := range there {
				took = append(took, a.Took)
			}
			// How late they are is up to the machine; the quickest of many shows what the cable does.
			if len(there) != 200 || slices.Min(took) < 50*time.Millisecond || slices.Min(took) > 500*time.Millisecond {
				t.Errorf("%d arrived after %v", len(there), took)
			}
		}},
		"duplicate": {"duplicate 100%", 400, func(t *testing.T, there []arrived) {
			times := map[int]int{}
			for _, a := range there {
				times[a.Seq]++
			}
			for seq, n := range times {
				if n != 2 {
					t.Errorf("frame %d came %d times", seq, n)
				}
			}
			if len(there) != 400 {
				t.Errorf("%d arrived", len(there))
			}
		}},
		"reorder": {"delay 100ms reorder 30%", 200, func(t *testing.T, there []arrived) {
			overtaken, most := 0, -1
			for _, a := range there {
				if a.Seq < most {
					overtaken++
				}
				most = max(most, a.Seq)
			}
			if len(there) != 200 || overtaken == 0 {
				t.Errorf("%d arrived, %d were overtaken", len(there), overtaken)
			}
		}},
		"corrupt": {"corrupt 100%", 120, func(t *testing.T, there []arrived) {
			wrong := 0
			for _, a := range there {
				if a.Wrong > 1 {
					t.Errorf("%d bytes of a frame are wrong", a.Wrong)
				}
				wrong += a.Wrong
			}
			// A wrong bit may hit the header: the frame is for somebody else then, or of no known kind.
			if len(there) < 120 || wrong < 100 {
				t.Errorf("%d arrived, %d are wrong", len(there), wrong)
			}
		}},
		"rate": {"rate 160kbit delay 1ms", 200, func(t *testing.T, there []arrived) { // 10 ms for each frame, sent each 2 ms
			if len(there) != 200 {
				t.Fatalf("%d arrived", len(there))
			}
			if last := there[len(there)-1]; last.Took < 1500*time.Millisecond {
				t.Errorf("the last one took %v", last.Took)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := up(t, impaired(t, kind, tt.words, ""))
			o := packetsOrder{From: "a", To: "b", Count: 200, Gap: 2 * time.Millisecond, Want: tt.want, Quiet: time.Second}
			tt.check(t, packets(t, l, o))
			// The other direction is left alone.
			o.From, o.To = "b", "a"
			o.Count, o.Want = 20, 20
			if back := packets(t, l, o); len(back) != 20 {
				t.Errorf("%d of 20 came back", len(back))
			}
		})
	}
}

// The cable in user space obeys faults: its ends lose their carrier and keep everything else.
func TestTapFaults(t *testing.T) {
	probe.Need(t, probe.Tun)
	l := newFaultLab(t, impaired(t, topology.Tap, "delay 1ms", ""))
	before := l.state("a")
	if !l.reaches("a", "2001:db8::2") {
		t.Fatal("a does not reach b")
	}
	l.link("a", "b", FaultDown)
	if l.reaches("a", "b") {
		t.Error("a reaches b over a cable that is pulled")
	}
	if got := l.state("a"); got != before {
		t.Errorf("before\n%s\nafter\n%s", before, got)
	}
	s, err := l.Status(t.Context())
	if err != nil || s.LinksUp() != 0 {
		t.Errorf("%d links are up, %v", s.LinksUp(), err)
	}
	l.link("a", "b", FaultUp)
	if !l.reaches("a", "b") || !l.reaches("a", "2001:db8::2") {
		t.Error("a does not reach b any more")
	}
	l.do(FaultRequest{Link: &LinkRequest{A: "b", B: "a", Do: FaultImpair, Impair: []string{"loss", "100%"}, OneWay: true}})
	if l.reaches("a", "b") {
		t.Error("nothing is lost")
	}
	o := packetsOrder{From: "a", To: "b", Count: 20, Gap: time.Millisecond, Want: 20, Quiet: 300 * time.Millisecond}
	if there := packets(t, l.Lab, o); len(there) != 20 {
		t.Errorf("%d of 20 came", len(there))
	}
	l.link("a", "b", FaultClear)
	for range 4 { // ARP asks again each second, and gave up on nobody yet
		if l.reaches("a", "b") {
			return
		}
	}
	t.Error("clear does not give it back")
}

// Without the right to open /dev/net/tun the error says how to get it.
func TestTapRefused(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err == nil {
		_ = unix.Close(fd)
	}
	open := err == nil
	l, err := Up(t.Context(), impaired(t, topology.Tap, "", ""), Options{}, nil)
	if err == nil {
		down(t, l)
	}
	var op *OpError
	switch {
	case open && err != nil:
		t.Errorf("it can be opened: %v", err)
	case !open && (!errors.As(err, &op) || op.Hint == "" || !op.Pos.IsValid()):
		t.Errorf("it cannot be opened: %v", err)
	}
}

// Links that delay packets are waited for: what arrives late has arrived.
func TestWhyWaits(t *testing.T) {
	probe.Need(t, probe.Tun)
	p := impaired(t, topology.Tap, "delay 400ms", "delay 400ms 50ms distribution normal")
	p.Nodes[1].Services = []topology.Service{{Name: "http", Proto: "tcp", Port: 80}, {Name: "echo", Proto: "udp", Port: 7}}
	l := newFaultLab(t, p)
	ask := func(to string) {
		t.Helper()
		got, err := l.Why(t.Context(), "a", to, traffic.AnyFamily)
		if err != nil {
			t.Fatal(err)
		}
		if got.Verdict != path.Delivered || got.Reply == nil || got.Reply.Verdict != path.Delivered {
			t.Errorf("%s: %s", to, got.Headline())
		}
	}
	ask("b:80") // with ARP
	ask("b:7/udp")
	ask("b")
	if !l.reaches("a", "2001:db8::2") {
		t.Error("nobody waited for the answer")
	}
	l.do(FaultRequest{Link: &LinkRequest{A: "a", B: "b", Do: FaultImpair, Impair: []string{"delay", "900ms"}}})
	ask("b")
	l.do(FaultRequest{Link: &LinkRequest{A: "a", B: "b", Do: FaultImpair, Impair: []string{"loss", "100%", "delay", "10ms"}}})
	if got, err := l.Why(t.Context(), "a", "b", traffic.AnyFamily); err != nil || got.Verdict != path.Lost {
		t.Errorf("all is lost, and why says %v, %v", got, err)
	}
}

// Cables end with the lab, also one that is killed, and many at once.
func TestTapDown(t *testing.T) {
	probe.Need(t, probe.Tun)
	needNamespaces(t)
	t.Parallel()
	p := newPlan(newName())
	const n = 40
	for i := range n + 1 {
		addNode(p, fmt.Sprint("n", i), topology.Host)
	}
	for i := range n {
		addLink(p, fmt.Sprintf("n%d:r 10.0.%d.1/24", i, i), fmt.Sprintf("n%d:l 10.0.%d.2/24", i+1, i))
		p.Links[i].Kind = topology.Tap
	}
	l := up(t, p)
	r, err := l.Down(t.Context())
	if err != nil || len(r.Left) > 0 || r.Taps != n {
		t.Errorf("%v, %v", r, err)
	}
	l = up(t, p)
	s, err := l.Status(t.Context())
	if err != nil || s.LinksUp() != n {
		t.Fatalf("%d links are up, %v", s.LinksUp(), err)
	}
	if err := unix.Kill(s.Holder.Pid, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	r, err = l.Down(t.Context())
	var gone *NotUpError
	if err == nil && len(r.Left) > 0 || err != nil && !errors.As(err, &gone) {
		t.Errorf("after the holder was killed: %v, %v", r, err)
	}
}
