package traffic

import (
	"context"
	"encoding/binary"
	"net/netip"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// inScratch runs the test again in a user and network namespace of its own, where it is root and alone. It gives
// true inside.
func inScratch(t *testing.T) bool {
	t.Helper()
	const env = "HOOKWALK_TEST_SCRATCH"
	if os.Getenv(env) == t.Name() {
		return true
	}
	cmd := exec.Command("/proc/self/exe", "-test.run", "^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), env+"="+t.Name())
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER | unix.CLONE_NEWNET, GidMappingsEnableSetgroups: false,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}}
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatalf("in a scratch namespace: %v", err)
	}
	return false
}

// loopback brings lo up and lets group 0 send pings.
func loopback(t *testing.T) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	ifr, err := unix.NewIfreq("lo")
	if err != nil {
		t.Fatal(err)
	}
	ifr.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, ifr); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("/proc/sys/net/ipv4/ping_group_range", []byte("0 0"), 0); err != nil {
		t.Fatal(err)
	}
}

var testTag = [8]byte{0xca, 0xfe, 0xba, 0xbe, 1, 2, 3, 4}

var loopbacks = []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.IPv6Loopback()}

// send opens, sends and waits.
func send(t *testing.T, p Probe) Answer {
	t.Helper()
	s, err := Open(p)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if a, done := s.Send(); done {
		return a
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	a, err := s.Wait(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestPing(t *testing.T) {
	if !inScratch(t) {
		return
	}
	loopback(t)
	for _, dst := range loopbacks {
		if a := send(t, Probe{Proto: "icmp", Dst: dst, Tag: testTag}); a.Kind != "reply" || a.From != dst {
			t.Errorf("ping %s: %+v", dst, a)
		}
	}
}

// A handshake must carry the tag as its sequence number: that is how the SYN is found again on every node.
func TestTCPSequenceNumber(t *testing.T) {
	if !inScratch(t) {
		return
	}
	loopback(t)
	for _, dst := range loopbacks {
		t.Run(dst.String(), func(t *testing.T) {
			port := listen(t, dst)
			syns := capture(t)
			if a := send(t, Probe{Proto: "tcp", Dst: dst, Port: port, Tag: testTag}); a.Kind != "syn-ack" {
				t.Fatalf("connect: %+v", a)
			}
			if got, want := firstSYN(t, syns), binary.BigEndian.Uint32(testTag[:]); got != want {
				t.Errorf("sequence number %#x, want %#x", got, want)
			}
		})
	}
}

// Datagrams and echo requests carry the tag in front of their payload, where no NAT looks.
func TestPayloadBeginsWithTag(t *testing.T) {
	if !inScratch(t) {
		return
	}
	loopback(t)
	for _, dst := range loopbacks {
		for _, proto := range []string{"udp", "icmp"} {
			packets := capture(t)
			send(t, Probe{Proto: proto, Dst: dst, Port: 9, Tag: testTag})
			const l4Header = 8 // of UDP (RFC 768) and of an echo (RFC 792, RFC 4443)
			if tag := firstPayload(t, packets, l4Header); tag != testTag {
				t.Errorf("%s to %s begins with %x, want %x", proto, dst, tag, testTag)
			}
		}
	}
}

// firstPayload gives the first bytes of the payload of the first captured packet.
func firstPayload(t *testing.T, fd, l4Header int) (tag [8]byte) {
	t.Helper()
	buf := make([]byte, 2000)
	n, _, err := unix.Recvfrom(fd, buf, unix.MSG_DONTWAIT)
	if err != nil {
		t.Fatalf("nothing was captured: %v", err)
	}
	header := 20
	if buf[0]>>4 == 6 {
		header = 40
	}
	if n < header+l4Header+len(tag) {
		t.Fatalf("a packet of %d bytes", n)
	}
	copy(tag[:], buf[header+l4Header:])
	return tag
}

func TestRefused(t *testing.T) {
	if !inScratch(t) {
		return
	}
	loopback(t)
	for _, dst := range loopbacks {
		a := send(t, Probe{Proto: "tcp", Dst: dst, Port: 9, Tag: testTag})
		if a.Kind != "reset" || a.Errno != unix.ECONNREFUSED {
			t.Errorf("tcp to a closed port of %s: %+v", dst, a)
		}
		a = send(t, Probe{Proto: "udp", Dst: dst, Port: 9, Tag: testTag})
		if a.Errno != unix.ECONNREFUSED || !a.HasICMP || a.From != dst {
			t.Errorf("udp to a closed port of %s: %+v", dst, a)
		}
	}
}

func TestNoRoute(t *testing.T) {
	if !inScratch(t) {
		return
	}
	loopback(t)
	a := send(t, Probe{Proto: "udp", Dst: netip.MustParseAddr("192.0.2.1"), Port: 9, Tag: testTag})
	if a.Errno != unix.ENETUNREACH || a.HasICMP {
		t.Errorf("udp without a route: %+v", a)
	}
}

func TestWaitEnds(t *testing.T) {
	if !inScratch(t) {
		return
	}
	loopback(t)
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Port: 7, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	s, err := Open(Probe{Proto: "udp", Dst: loopbacks[0], Port: 7, Tag: testTag})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if a, done := s.Send(); done {
		t.Fatalf("send: %+v", a)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go cancel()
	if a, err := s.Wait(ctx); err != nil || a != (Answer{}) {
		t.Errorf("nobody answered, yet: %+v, %v", a, err)
	}
}

func listen(t *testing.T, addr netip.Addr) uint16 {
	t.Helper()
	family := unix.AF_INET
	if addr.Is6() {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := unix.Bind(fd, sockaddr(addr, 0)); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 1); err != nil {
		t.Fatal(err)
	}
	sa, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return addrPort(sa).Port()
}

// capture opens a packet socket that sees everything from now on, network header first.
func capture(t *testing.T) int {
	t.Helper()
	const all = 0x0300 // htons(ETH_P_ALL)
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM, all)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

// firstSYN is the sequence number of the first SYN among the captured packets.
func firstSYN(t *testing.T, fd int) uint32 {
	t.Helper()
	buf := make([]byte, 2000)
	for {
		n, _, err := unix.Recvfrom(fd, buf, unix.MSG_DONTWAIT)
		if err != nil {
			t.Fatalf("no SYN was captured: %v", err)
		}
		header := 20
		if buf[0]>>4 == 6 {
			header = 40
		}
		if n < header+20 {
			continue
		}
		if tcp := buf[header:]; tcp[13]&0x12 == 0x02 {
			return binary.BigEndian.Uint32(tcp[4:8])
		}
	}
}

func TestOpenErrors(t *testing.T) {
	if _, err := Open(Probe{Proto: "sctp", Dst: loopbacks[0]}); err == nil {
		t.Error("sctp was accepted")
	}
}
