package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/lab/netns"
	"github.com/hookwalk/hookwalk/topology"
)

// knock is a first packet: one datagram to an echo service, never sent again.
type knock struct{ From, To string }

func init() {
	RegisterAgent("test-knock", func(_ context.Context, conn net.Conn, arg json.RawMessage) error {
		var knocks []knock
		if err := json.Unmarshal(arg, &knocks); err != nil {
			return err
		}
		nodes, err := os.ReadDir(netns.Dir)
		if err != nil {
			return err
		}
		for _, n := range nodes {
			if err := netns.Do(n.Name(), askOnce); err != nil {
				return fmt.Errorf("node %s: %w", n.Name(), err)
			}
		}
		for _, k := range knocks {
			if err := netns.Do(k.From, func() error { return knockOnce(k.To) }); err != nil {
				return fmt.Errorf("the first packet from %s to %s: %w", k.From, k.To, err)
			}
		}
		_, err = fmt.Fprint(conn, "answered")
		return err
	})
}

// askOnce has the devices of a node ask for a neighbour only once. Else the kernel would ask again after a second, for
// a packet that it kept, and hide that the first question went nowhere (mcast_solicit in arp(7)).
func askOnce() error {
	devices, err := net.Interfaces()
	if err != nil {
		return err
	}
	for _, d := range devices {
		for family, table := range map[uint8]string{unix.AF_INET: "arp_cache", unix.AF_INET6: "ndisc_cache"} {
			const name, parms, ifindex, mcastProbes = 1, 6, 1, 11 // NDTA_* and NDTPA_*, include/uapi/linux/neighbour.h
			r := nl.NewNetlinkRequest(unix.RTM_SETNEIGHTBL, unix.NLM_F_ACK|unix.NLM_F_REPLACE)
			p := nl.NewRtAttr(parms, nil)
			p.AddRtAttr(ifindex, nl.Uint32Attr(uint32(d.Index)))
			p.AddRtAttr(mcastProbes, nl.Uint32Attr(1))
			ndtmsg := []byte{family, 0, 0, 0}
			r.AddRawData(slices.Concat(ndtmsg, nl.NewRtAttr(name, nl.ZeroTerminated(table)).Serialize(), p.Serialize()))
			_, err := r.Execute(unix.NETLINK_ROUTE, 0)
			if errors.Is(err, unix.ENOENT) && d.Flags&net.FlagUp == 0 {
				continue // of a device that a kernel module puts into every namespace, and that has no addresses
			}
			if err != nil {
				return fmt.Errorf("%s of %s: %w", table, d.Name, err)
			}
		}
	}
	return nil
}

// knockOnce sends one datagram and wants it back from where it went.
func knockOnce(to string) error {
	c, err := net.ListenPacket("udp", "")
	if err != nil {
		return err
	}
	defer c.Close()
	addr, err := net.ResolveUDPAddr("udp", to)
	if err != nil {
		return err
	}
	if err := c.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return err
	}
	if _, err := c.WriteTo([]byte("knock"), addr); err != nil {
		return err
	}
	buf := make([]byte, 16)
	n, from, err := c.ReadFrom(buf)
	if err != nil {
		return err
	}
	if string(buf[:n]) != "knock" || from.String() != addr.String() {
		return fmt.Errorf("%q came from %v", buf[:n], from)
	}
	return nil
}

// The first packet after up arrives, whichever way: over routers, over a bridge, in both families. 200 times in a row.
func TestFirstPacket(t *testing.T) {
	needNamespaces(t)
	deploys := 200
	if testing.Short() {
		deploys = 20
	}
	t.Parallel()
	knocks := []knock{{"pc1", "10.0.1.12:7"}, {"pc2", "[2001:db8:4::11]:7"}, {"client", "[2001:db8:3::10]:7"}, {"pc1", "10.0.2.10:7"},
		{"web", "10.0.1.12:7"}, {"web", "[2001:db8:4::12]:7"}}
	for i := range deploys {
		plan := firstPlan(newName())
		l, err := Up(t.Context(), plan, Options{}, nil)
		if err != nil {
			t.Fatalf("deploy %d: %v", i, err)
		}
		a, err := l.Agent(t.Context(), "test-knock", slices.Concat(knocks[i%6:], knocks[:i%6])) // each is the very first now and then
		if err != nil {
			t.Fatalf("deploy %d: %v", i, err)
		}
		if b, err := io.ReadAll(a); string(b) != "answered" {
			t.Fatalf("deploy %d: %q, %v", i, b, err)
		}
		a.Close()
		if r, err := l.Down(t.Context()); err != nil || len(r.Left) > 0 {
			t.Fatalf("deploy %d: down: %v, %v", i, r, err)
		}
	}
}

// firstPlan is homePlan with IPv6 on the bridge, too, and echo in every host behind the firewall.
func firstPlan(name string) *topology.Plan {
	p := homePlan(name)
	for i, words := range []string{"fw:lan 2001:db8:4::1/64", "pc1:eth0 2001:db8:4::11/64", "pc2:eth0 2001:db8:4::12/64"} {
		a := &p.Links[2+i].A
		e := end(p, words)
		if e.Node != a.Node || e.Iface != a.Iface {
			panic(words)
		}
		a.Addrs = append(a.Addrs, e.Addrs...)
	}
	for _, n := range []string{"pc1", "pc2"} {
		p.Node(n).Routes = append(p.Node(n).Routes, route("::/0", "2001:db8:4::1"))
		p.Node(n).Services = []topology.Service{{Name: "echo", Proto: "udp", Port: 7}}
	}
	return p
}

// A service answers from the address that it was asked at, in both families, over both protocols.
func TestServices(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	l := up(t, homePlan(newName()))
	a, err := l.Agent(t.Context(), "test-services", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := io.ReadAll(a)
	if err != nil {
		t.Fatal(err)
	}
	want := "web http:80\nyou are 10.0.1.11\nyou asked 10.0.2.10:80\n" +
		"web http:80\nyou are 2001:db8:1::7\nyou asked [2001:db8:3::10]:80\n" +
		"echo echo \ndiscard timeout\n"
	if string(b) != want {
		t.Errorf("%q, want %q", b, want)
	}
	lines, err := l.Logs(t.Context(), "web")
	if err != nil || len(lines) < 2 || !strings.Contains(lines[0].Text, `GET "/who" from 10.0.1.11:`) || lines[0].Source != "http:80/tcp" {
		t.Errorf("logs %+v, %v", lines, err)
	}
	if lines, err := l.Logs(t.Context(), "pc1"); err != nil || len(lines) != 0 {
		t.Errorf("logs of another node %+v, %v", lines, err)
	}
}

func init() {
	RegisterAgent("test-services", func(_ context.Context, conn net.Conn, _ json.RawMessage) error {
		for _, k := range []knock{{"pc1", "10.0.2.10:80"}, {"client", "[2001:db8:3::10]:80"}} {
			if err := netns.Do(k.From, func() error { return askHTTP(conn, k.To) }); err != nil {
				return fmt.Errorf("http from %s: %w", k.From, err)
			}
		}
		return netns.Do("client", func() error {
			for _, to := range []string{"[2001:db8:3::10]:7", "10.0.2.10:7"} {
				c, err := net.Dial("tcp", to)
				if err != nil {
					return err
				}
				defer c.Close()
				fmt.Fprint(c, "echo")
				buf := make([]byte, 4)
				if _, err := io.ReadFull(c, buf); err != nil {
					return err
				}
				fmt.Fprintf(conn, "%s ", buf)
			}
			c, err := net.Dial("udp", "10.0.2.10:9")
			if err != nil {
				return err
			}
			defer c.Close()
			fmt.Fprint(c, "nothing comes back")
			if err := c.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
				return err
			}
			if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
				return fmt.Errorf("discard answers: %w", err)
			}
			fmt.Fprint(conn, "\ndiscard timeout\n")
			return nil
		})
	})
}

// askHTTP writes what the web server says, without our port.
func askHTTP(w io.Writer, to string) error {
	c, err := net.Dial("tcp", to)
	if err != nil {
		return err
	}
	defer c.Close()
	fmt.Fprintf(c, "GET /who HTTP/1.0\r\n\r\n")
	b, err := io.ReadAll(c)
	if err != nil {
		return err
	}
	_, body, _ := strings.Cut(string(b), "\r\n\r\n")
	own := c.LocalAddr().(*net.TCPAddr)
	body = strings.Replace(body, own.String(), own.IP.String(), 1)
	_, err = io.WriteString(w, body)
	return err
}

// A node with two addresses on one cable answers from the one that was asked, though routing prefers the other.
func TestServiceOfSecondAddress(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	p := newPlan(newName())
	addNode(p, "a", topology.Host)
	addNode(p, "b", topology.Host).Services = []topology.Service{{Name: "echo", Proto: "udp", Port: 7}}
	addLink(p, "a:eth0 192.0.2.1/24 2001:db8::1/64", "b:eth0 192.0.2.2/24 192.0.2.3/24 2001:db8::2/64 2001:db8::3/64")
	l := up(t, p)
	a, err := l.Agent(t.Context(), "test-knock", []knock{{"a", "192.0.2.3:7"}, {"a", "192.0.2.2:7"}, {"a", "[2001:db8::3]:7"},
		{"a", "[2001:db8::2]:7"}, {"b", "127.0.0.1:7"}, {"b", "[::1]:7"}})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if b, err := io.ReadAll(a); string(b) != "answered" {
		t.Errorf("%q, %v", b, err)
	}
}
