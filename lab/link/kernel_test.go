package link

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/lab/netns"
)

// inside re-executes the running test in new user, mount and network namespaces with a /run/netns of its own; it
// reports whether the caller is the inner process.
func inside(t *testing.T) bool {
	t.Helper()
	if os.Getenv("HOOKWALK_LINK_INNER") != "" {
		for _, m := range []struct{ kind, at string }{{"proc", "/proc"}, {"tmpfs", "/run"}} {
			if err := unix.Mount(m.kind, m.at, m.kind, 0, ""); err != nil {
				t.Fatalf("mount %s: %v", m.at, err)
			}
		}
		if err := os.Mkdir(netns.Dir, 0o755); err != nil {
			t.Fatal(err)
		}
		return true
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), "HOOKWALK_LINK_INNER=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS | syscall.CLONE_NEWNET | syscall.CLONE_NEWPID,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getegid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOSPC) {
		t.Skipf("user namespaces are not allowed here: %v", err)
	}
	if err != nil || !strings.Contains(string(out), "PASS: "+t.Name()) {
		t.Fatalf("inner test: %v\n%s", err, out)
	}
	t.Logf("%s", out)
	return false
}

// in runs f in a node with a Conn.
func in(node string, f func(*Conn) error) error {
	return netns.Do(node, func() error {
		c, err := Open()
		if err != nil {
			return err
		}
		defer c.Close()
		return f(c)
	})
}

// pair makes nodes a and b with a cable between them, numbered 10 and 20.
func pair(i int) (a, b string, err error) {
	a, b = fmt.Sprint("a", i), fmt.Sprint("b", i)
	err = netns.Hop(func(h *netns.Hopper) error {
		c, err := Open()
		if err != nil {
			return err
		}
		defer c.Close()
		var fds [2]int
		for i, name := range []string{a, b} {
			if err := h.Create(name); err != nil {
				return err
			}
			if fds[i], err = netns.Open(name); err != nil {
				return err
			}
			defer unix.Close(fds[i])
		}
		return c.AddVeth(Device{Name: "eth0", Index: 10, Netns: fds[0], MTU: 1400, MAC: "02:00:00:00:00:0a"},
			Device{Name: "eth7", Index: 20, Netns: fds[1], MTU: 1400})
	})
	return a, b, err
}

func TestAddVeth(t *testing.T) {
	t.Parallel()
	if !inside(t) {
		return
	}
	a, b, err := pair(0)
	if err != nil {
		t.Fatal(err)
	}
	if list, err := net.Interfaces(); err != nil || len(list) != 1 {
		t.Errorf("devices at home: %v, %v", list, err)
	}
	for _, want := range []struct {
		node string
		dev  net.Interface
	}{{a, net.Interface{Index: 10, Name: "eth0", MTU: 1400}}, {b, net.Interface{Index: 20, Name: "eth7", MTU: 1400}}} {
		err := netns.Do(want.node, func() error {
			dev, err := net.InterfaceByName(want.dev.Name)
			if err != nil {
				return err
			}
			if dev.Index != want.dev.Index || dev.MTU != want.dev.MTU {
				t.Errorf("%s has %+v", want.node, dev)
			}
			if want.node == a && dev.HardwareAddr.String() != "02:00:00:00:00:0a" {
				t.Errorf("hardware address %v", dev.HardwareAddr)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// Errors have the errno and, where the kernel gives one, its explanation.
func TestErrors(t *testing.T) {
	t.Parallel()
	if !inside(t) {
		return
	}
	a, _, err := pair(0)
	if err != nil {
		t.Fatal(err)
	}
	err = in(a, func(c *Conn) error {
		addr := netip.MustParsePrefix("192.0.2.1/24")
		if err := c.AddAddr(10, addr); err != nil {
			return err
		}
		if err := c.AddAddr(10, addr); !errors.Is(err, unix.EEXIST) {
			t.Errorf("the same address again: %v", err)
		}
		if err := c.AddAddr(99, addr); !errors.Is(err, unix.ENODEV) {
			t.Errorf("address for no device: %v", err)
		}
		if err := c.Up(10); err != nil {
			return err
		}
		err := c.AddRoute(Route{Dst: netip.MustParsePrefix("0.0.0.0/0"), Via: netip.MustParseAddr("203.0.113.1")})
		if !errors.Is(err, unix.ENETUNREACH) || !strings.Contains(err.Error(), "gateway") {
			t.Errorf("gateway that is off the link: %v", err)
		}
		var lacks *NotReadyError
		if err := c.Await([]Want{{Name: "eth0", Index: 10}}, time.Now()); !errors.As(err, &lacks) || lacks.Lacks != "has no carrier" {
			t.Errorf("the other end is down: %v", err)
		}
		if err := c.Await([]Want{{Name: "eth9", Index: 99}}, time.Now()); !errors.Is(err, unix.ENODEV) {
			t.Errorf("no device: %v", err)
		}
		return c.AddRoute(Route{Dst: netip.MustParsePrefix("198.51.100.0/24"), Index: 10})
	})
	if err != nil {
		t.Error(err)
	}
}

// Right behind Await a packet arrives, in both families, whichever end came up first. Without it some are lost: the
// end that was up first drops what it sends until the kernel's link watch has run.
func TestAwait(t *testing.T) {
	t.Parallel()
	if !inside(t) {
		return
	}
	lost := map[bool]int{}
	for i := range 100 {
		waiting := i%2 == 0
		if err := firstDatagram(i, waiting); err != nil {
			if waiting {
				t.Fatalf("round %d: %v", i, err)
			}
			lost[waiting]++
		}
	}
	t.Logf("without Await %d of 50 first packets were lost", lost[false])
}

// firstDatagram makes a cable and sends one datagram from the end that was up first, with everything opened before.
func firstDatagram(i int, waiting bool) error {
	a, b, err := pair(i)
	if err != nil {
		return err
	}
	network := []string{"udp4", "udp6"}[i/2%2]
	var there *Conn
	var receiver net.PacketConn
	err = netns.Do(b, func() (err error) {
		if there, err = Open(); err != nil {
			return err
		}
		if err := prepare(there, 20, "eth7", 2); err != nil {
			return err
		}
		receiver, err = net.ListenPacket(network, ":7")
		return err
	})
	if err != nil {
		return err
	}
	defer there.Close()
	defer receiver.Close()
	err = in(a, func(here *Conn) error {
		if err := prepare(here, 10, "eth0", 1); err != nil {
			return err
		}
		sender, err := net.ListenPacket(network, ":0")
		if err != nil {
			return err
		}
		defer sender.Close()
		to := &net.UDPAddr{IP: net.IP{192, 0, 2, 2}, Port: 7}
		if network == "udp6" {
			to.IP = net.ParseIP("2001:db8::2")
		}
		if err := errors.Join(here.Up(10), there.Up(20)); err != nil {
			return err
		}
		if waiting { // for both ends, as a lab does: one that is not ready answers no neighbour solicitation
			deadline := time.Now().Add(10 * time.Second)
			err := here.Await([]Want{{Name: "eth0", Index: 10, IPv6: true}}, deadline)
			if err := errors.Join(err, netns.Do(b, func() error {
				return there.Await([]Want{{Name: "eth7", Index: 20, IPv6: true}}, deadline)
			})); err != nil {
				return err
			}
		}
		_, err = sender.WriteTo([]byte("first"), to)
		return err
	})
	if err != nil {
		return err
	}
	patience := 200 * time.Millisecond
	if waiting {
		patience = 900 * time.Millisecond // a slow machine; a solicitation that was lost is repeated after 1 s
	}
	if err := receiver.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	_, _, err = receiver.ReadFrom(make([]byte, 10))
	return err
}

// prepare gives a device that is down its addresses, without duplicate address detection.
func prepare(c *Conn, index int, dev string, host int) error {
	sysctls, err := NewSysctls()
	if err != nil {
		return err
	}
	defer sysctls.Close()
	if err := sysctls.Set("net.ipv6.conf."+dev+".accept_dad", "0"); err != nil {
		return err
	}
	for _, p := range []string{"192.0.2.%d/24", "2001:db8::%d/64"} {
		if err := c.AddAddr(index, netip.MustParsePrefix(fmt.Sprintf(p, host))); err != nil {
			return err
		}
	}
	return nil
}

// Await is woken by the events that it waits for: first the carrier, then the end of duplicate address detection.
func TestAwaitEvents(t *testing.T) {
	t.Parallel()
	if !inside(t) {
		return
	}
	a, b, err := pair(0)
	if err != nil {
		t.Fatal(err)
	}
	err = in(a, func(c *Conn) error {
		if err := c.AddAddr(10, netip.MustParsePrefix("2001:db8::1/64")); err != nil {
			return err
		}
		if err := c.Up(10); err != nil { // its link-local address will be tentative
			return err
		}
		began := make(chan error, 1)
		var there *Conn
		if err := netns.Do(b, func() (err error) { there, err = Open(); return err }); err != nil {
			return err
		}
		defer there.Close()
		soon := time.AfterFunc(20*time.Millisecond, func() { began <- there.Up(20) }) // Await waits by then, or sees it at once
		defer soon.Stop()
		begin := time.Now()
		if err := c.Await([]Want{{Name: "eth0", Index: 10, IPv6: true}}, time.Now().Add(20*time.Second)); err != nil {
			return err
		}
		t.Logf("usable after %v", time.Since(begin))
		lacking, err := c.lackingIPv6([]Want{{Name: "eth0", Index: 10, IPv6: true}})
		if lacking != nil || err != nil {
			t.Errorf("not usable: %v, %v", lacking, err)
		}
		return <-began
	})
	if err != nil {
		t.Error(err)
	}
}

func TestSysctls(t *testing.T) {
	t.Parallel()
	if !inside(t) {
		return
	}
	err := netns.Hop(func(h *netns.Hopper) error {
		s, err := NewSysctls()
		if err != nil {
			return err
		}
		defer s.Close()
		for i := range 2*renewAfter + 3 { // over a renewal
			if err := errors.Join(h.Create(fmt.Sprint("n", i)), s.Entered(), s.Set("net.ipv4.ip_forward", fmt.Sprint(i%2))); err != nil {
				return fmt.Errorf("namespace %d: %w", i, err)
			}
		}
		for i := range 2*renewAfter + 3 {
			if err := h.Enter(fmt.Sprint("n", i)); err != nil {
				return err
			}
			if v, err := GetSysctl("net.ipv4.ip_forward"); v != fmt.Sprint(i%2) || err != nil {
				t.Errorf("namespace %d has %q, %v", i, v, err)
			}
		}
		if err := s.Entered(); err != nil {
			return err
		}
		for _, c := range []struct {
			key  string
			want error
		}{{"net.ipv4.no_such_thing", fs.ErrNotExist}, {"net.ipv4.conf.eth0/5.rp_filter", fs.ErrNotExist}, {"net.nothing.x", fs.ErrNotExist},
			{"net.ipv4.tcp_fin_timeout", nil}, {"net.ipv4.conf.all.rp_filter", nil}} {
			if err := s.Set(c.key, "2"); !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", c.key, err, c.want)
			}
		}
		for _, key := range []string{"kernel.hostname", "net", "net.ipv4", "net..x"} {
			if err := s.Set(key, "x"); err == nil {
				t.Errorf("%s: was written", key)
			}
		}
		if err := s.Set("net.ipv4.tcp_fin_timeout", "nonsense"); !errors.Is(err, unix.EINVAL) {
			t.Errorf("a bad value: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
