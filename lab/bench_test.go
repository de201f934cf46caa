package lab

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/lab/netns"
	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/lab/traffic"
	"github.com/hookwalk/hookwalk/topology"
)

// chainPlan is n1 -- n2 -- ... -- nN, each link with a /30 and a /64.
func chainPlan(name string, nodes int) *topology.Plan {
	p := newPlan(name)
	for i := range nodes {
		kind := topology.Router
		if i == 0 || i == nodes-1 {
			kind = topology.Host
		}
		addNode(p, "n"+strconv.Itoa(i+1), kind)
	}
	for i := range nodes - 1 {
		four, six := chainAddrs(i)
		p.Links = append(p.Links, topology.Link{
			A: topology.End{Node: "n" + strconv.Itoa(i+1), Iface: "right", Addrs: []netip.Prefix{four[0], six[0]}},
			B: topology.End{Node: "n" + strconv.Itoa(i+2), Iface: "left", Addrs: []netip.Prefix{four[1], six[1]}},
		})
	}
	return p
}

// chainAddrs are the addresses of the ends of link i.
func chainAddrs(i int) (four, six [2]netip.Prefix) {
	for end := range 2 {
		a := 4*i + end + 1
		four[end] = netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(a >> 16), byte(a >> 8), byte(a)}), 30)
		six[end] = netip.MustParsePrefix(fmt.Sprintf("2001:db8:0:%x::%d/64", i, end+1))
	}
	return four, six
}

// BenchmarkUpChain1000 deploys 1,000 nodes in a chain, three times an op. x-bare is the time relative to the same
// network made with bare netlink calls, in turns within one run, the best of each: whatever else the machine does
// makes both slower, but not at the same moment.
func BenchmarkUpChain1000(b *testing.B) { benchmarkUp(b, 1000) }

// BenchmarkUpChain6 is a small lab: what counts is the time itself.
func BenchmarkUpChain6(b *testing.B) { benchmarkUp(b, 6) }

func benchmarkUp(b *testing.B, nodes int) {
	needNamespaces(b)
	const turns = 3
	best := func(old, now time.Duration) time.Duration {
		if old == 0 || now < old {
			return now
		}
		return old
	}
	var ours, bare, ending time.Duration // ending is the worst
	var memory int
	phases := map[string]time.Duration{}
	for b.Loop() {
		for range turns {
			b.StopTimer()
			bare = best(bare, runBare(b, nodes))
			drain(b)
			plan := chainPlan(newName(), nodes)
			b.StartTimer()
			begin := time.Now()
			l, err := Up(context.Background(), plan, Options{}, func(p Progress) { phases[p.Phase] = best(phases[p.Phase], p.Took) })
			if err != nil {
				b.Fatal(err)
			}
			ours = best(ours, time.Since(begin))
			b.StopTimer()
			s, err := l.Status(context.Background())
			if err != nil {
				b.Fatal(err)
			}
			memory = max(memory, residentKiB(b, s.Holder.Pid))
			begin = time.Now()
			down(b, l)
			ending = max(ending, time.Since(begin))
			drain(b)
			b.StartTimer()
		}
	}
	b.ReportMetric(float64(ours)/float64(bare), "x-bare")
	b.ReportMetric(ours.Seconds()*1000, "up-ms")
	b.ReportMetric(float64(memory)/1024, "holder-MiB")
	b.ReportMetric(ending.Seconds()*1000, "down-ms")
	for name, took := range phases {
		b.ReportMetric(took.Seconds()*1000, name+"-ms")
	}
}

// BenchmarkWhy asks about one packet that arrives and one that a rule discards, on a running lab: two answers an op.
func BenchmarkWhy(b *testing.B) {
	needNamespaces(b)
	l := up(b, rulesPlan(newName()))
	var took [2]time.Duration
	for b.Loop() {
		for i, to := range []string{"10.0.2.10:7/udp", "10.0.2.10:80/tcp"} {
			begin := time.Now()
			p, err := l.Why(context.Background(), "client", to, traffic.AnyFamily)
			if err != nil {
				b.Fatal(err)
			}
			if want := []path.Verdict{path.Delivered, path.Drop}[i]; p.Verdict != want {
				b.Fatalf("%s, want %s", p.Headline(), want)
			}
			took[i] += time.Since(begin)
		}
	}
	b.ReportMetric(took[0].Seconds()*1000/float64(b.N), "delivered-ms")
	b.ReportMetric(took[1].Seconds()*1000/float64(b.N), "drop-ms")
}

func residentKiB(b *testing.B, pid int) int {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); f[0] == "VmRSS:" {
			n, _ := strconv.Atoi(f[1])
			return n
		}
	}
	return 0
}

// Roles of this test program when it was started by itself, in namespaces of its own.
const roleVar = "HOOKWALK_TEST_ROLE"

var roles = map[string]func() error{
	"bare":  func() error { return bareNetlink(os.Getenv("HOOKWALK_TEST_NODES")) },
	"drain": drainNamespaces,
}

// inRole runs this program in a role and gives what it prints.
func inRole(t testing.TB, role string, env ...string) string {
	t.Helper()
	return inRoleAs(t, isolation(), role, env...)
}

func inRoleAs(t testing.TB, attr *syscall.SysProcAttr, role string, env ...string) string {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(append(os.Environ(), roleVar+"="+role), env...)
	cmd.SysProcAttr = attr
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", role, err, &stderr)
	}
	return string(out)
}

func runBare(t testing.TB, nodes int) time.Duration {
	ns, err := strconv.ParseInt(strings.TrimSpace(inRole(t, "bare", "HOOKWALK_TEST_NODES="+strconv.Itoa(nodes))), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return time.Duration(ns)
}

// bareNetlink makes the chain and prints how long that took, in nanoseconds.
func bareNetlink(nodes string) error {
	n, err := strconv.Atoi(nodes)
	if err != nil {
		return err
	}
	begin := time.Now()
	fds := make([]int, n)
	threads := func(n int, f func(i int) error) error {
		var next atomic.Int64
		var wg sync.WaitGroup
		var failed atomic.Value
		for range runtime.NumCPU() {
			wg.Go(func() {
				if err := netns.Hop(func(*netns.Hopper) error {
					for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
						if err := f(i); err != nil {
							return err
						}
					}
					return nil
				}); err != nil {
					failed.Store(err)
				}
			})
		}
		wg.Wait()
		err, _ := failed.Load().(error)
		return err
	}
	if err := threads(n, func(i int) (err error) {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return err
		}
		fds[i], err = unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		return err
	}); err != nil {
		return err
	}

	handle, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	if err := threads(n-1, func(i int) error {
		return handle.LinkAdd(&netlink.Veth{
			LinkAttrs: netlink.LinkAttrs{Name: "right", Namespace: netlink.NsFd(fds[i]), TxQLen: -1},
			PeerName:  "left", PeerNamespace: netlink.NsFd(fds[i+1]), PeerTxQLen: -1,
		})
	}); err != nil {
		return err
	}

	if err := threads(n, func(i int) error {
		if err := unix.Setns(fds[i], unix.CLONE_NEWNET); err != nil {
			return err
		}
		h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
		if err != nil {
			return err
		}
		defer h.Close()
		links, err := h.LinkList()
		if err != nil {
			return err
		}
		for _, l := range links {
			for _, p := range bareAddrs(i, l.Attrs().Name) {
				ip := &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
				if err := h.AddrAdd(l, &netlink.Addr{IPNet: ip, Flags: unix.IFA_F_NODAD}); err != nil {
					return err
				}
			}
			if err := h.LinkSetUp(l); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	fmt.Println(time.Since(begin).Nanoseconds())
	return nil
}

// bareAddrs are the addresses of a device of node i.
func bareAddrs(i int, device string) []netip.Prefix {
	switch device {
	case "right":
		four, six := chainAddrs(i)
		return []netip.Prefix{four[0], six[0]}
	case "left":
		four, six := chainAddrs(i - 1)
		return []netip.Prefix{four[1], six[1]}
	}
	return nil
}

// drain waits until the kernel has removed every network namespace that is not used any more: it does so in the
// background, in order.
func drain(t testing.TB) {
	inRole(t, "drain") // may be in one batch with the others, of which devices go first
	inRole(t, "drain")
}

// drainNamespaces makes a network namespace with a cable to this one, and lets it go. When it is removed the cable
// vanishes, which the kernel reports.
func drainNamespaces() error {
	updates := make(chan netlink.LinkUpdate, 16)
	if err := netlink.LinkSubscribe(updates, nil); err != nil {
		return err
	}
	home, err := unix.Open("/proc/self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if err := netns.Hop(func(*netns.Hopper) error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return err
		}
		return netlink.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "there"},
			PeerName: "here", PeerNamespace: netlink.NsFd(home)})
	}); err != nil {
		return err
	}
	for u := range updates {
		if u.Header.Type == unix.RTM_DELLINK && u.Link.Attrs().Name == "here" {
			return nil
		}
	}
	return fmt.Errorf("the kernel's reports ended")
}
