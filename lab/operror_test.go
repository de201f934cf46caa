package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/lab/probe"
	"github.com/hookwalk/hookwalk/topology"
)

func TestOpError(t *testing.T) {
	pos := topology.Pos{File: "lab.yaml", Line: 12, Col: 5}
	for _, c := range []struct {
		err  *OpError
		want string
	}{
		{&OpError{Op: "add address 10.0.0.1/24", Node: "fw", Object: "wan", Pos: pos, Err: unix.EEXIST},
			"lab.yaml:12:5: add address 10.0.0.1/24 on fw:wan: file exists"},
		{&OpError{Op: "make links", Err: fmt.Errorf("%w: explained", unix.EINVAL), Hint: "one\ntwo"},
			"make links: invalid argument: explained\n    one\n    two"},
		{&OpError{Op: "make the node", Node: "fw", Bad: true}, "make the node on fw"},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
		b, err := json.Marshal(c.err)
		if err != nil {
			t.Fatal(err)
		}
		var back OpError
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		if back.Error() != c.want || errors.Is(c.err, unix.EEXIST) != errors.Is(&back, unix.EEXIST) || errors.Is(&back, unix.Errno(0)) || back.Bad != c.err.Bad {
			t.Errorf("after the wire: %q", back.Error())
		}
	}
}

// Whatever the kernel refuses ends up with its place in the file, and leaves nothing.
func TestUpErrors(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	for _, c := range []struct {
		name string
		wreck
		want string // part of the message; POS is where
		errs error
	}{
		{"gateway off the link", func(p *topology.Plan) topology.Pos {
			return setPos(&p.Node("pc1").Routes[0], func(r *topology.Route) { r.Via = netip.MustParseAddr("192.0.2.9") })
		}, "POS: add route 0.0.0.0/0 via 192.0.2.9 on pc1: network is unreachable: Nexthop has invalid gateway\n    the gateway must be", unix.ENETUNREACH},
		{"address twice", func(p *topology.Plan) topology.Pos {
			e := &p.Links[0].A
			e.Addrs = append(e.Addrs, e.Addrs[0])
			return e.Pos
		}, "POS: add address 198.51.100.7/24 on client:eth0: file exists", unix.EEXIST},
		{"bad device name", func(p *topology.Plan) topology.Pos {
			p.Links[2].A.Iface = "a/b"
			return p.Links[2].Pos
		}, "POS: make link fw:a/b -- lan:p0: invalid argument", unix.EINVAL},
		{"no such node", func(p *topology.Plan) topology.Pos {
			p.Links[0].B.Node = "ips"
			return p.Links[0].B.Pos
		}, "POS: make a link on ips:eth0: there is no such node", nil},
		{"mtu too small for IPv6", func(p *topology.Plan) topology.Pos {
			p.Links[0].MTU = 20
			return p.Links[0].Pos
		}, "POS: make link client:eth0 -- isp:eth0: invalid argument", unix.EINVAL},
		{"unknown sysctl", sysctl("net.ipv4.no_such", "1"),
			"POS: set net.ipv4.no_such = 1 on web: no such parameter in a network namespace of this kernel", nil},
		{"bad value", sysctl("net.ipv4.conf.eth0.rp_filter", "many"), "POS: set net.ipv4.conf.eth0.rp_filter = many on web: invalid argument", unix.EINVAL},
		{"sysctl of the machine", sysctl("kernel.hostname", "x"), "POS: set kernel.hostname = x on web: kernel.hostname belongs to the whole machine", nil},
		{"port in use", func(p *topology.Plan) topology.Pos {
			n := p.Node("web")
			n.Services = append(n.Services, topology.Service{Name: "http", Proto: "tcp", Port: 7, Pos: topology.Pos{File: "f", Line: 7, Col: 7}})
			return n.Services[len(n.Services)-1].Pos
		}, "POS: start service http:7/tcp on web: listen on port 7/tcp: address already in use", unix.EADDRINUSE},
		{"command fails", func(p *topology.Plan) topology.Pos {
			n := p.Node("web")
			n.Exec = []topology.Command{{Line: "true"}, {Line: "echo it is so; exit 9", Pos: topology.Pos{File: "f", Line: 8, Col: 7}}}
			return n.Exec[1].Pos
		}, `POS: run "echo it is so; exit 9" on web: exit code 9: it is so`, nil},
	} {
		plan := homePlan(newName())
		pos := c.wreck(plan)
		_, err := Up(t.Context(), plan, Options{}, nil)
		var op *OpError
		if !errors.As(err, &op) {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if want := strings.Replace(c.want, "POS", pos.String(), 1); !strings.HasPrefix(op.Error(), want) {
			t.Errorf("%s: %q, want %q", c.name, op.Error(), want)
		}
		if c.errs != nil && !errors.Is(err, c.errs) {
			t.Errorf("%s: %v is not %v", c.name, err, c.errs)
		}
		if err := nothingOf(plan.Name); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// wreck makes a mistake in a plan and says where.
type wreck func(p *topology.Plan) topology.Pos

func setPos(r *topology.Route, f func(*topology.Route)) topology.Pos {
	f(r)
	r.Pos = topology.Pos{File: "f", Line: 9, Col: 9}
	return r.Pos
}

func sysctl(key, value string) wreck {
	return func(p *topology.Plan) topology.Pos {
		pos := topology.Pos{File: "f", Line: 6, Col: 6}
		n := p.Node("web")
		n.Sysctls = append(n.Sysctls, topology.Sysctl{Key: key, Value: value, Pos: pos})
		return pos
	}
}

func TestStartCommands(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	p := homePlan(newName())
	p.Node("pc1").Exec = []topology.Command{{Line: "hostname; pwd"}, {Line: "echo $HOOKWALK_NODE >&2"}}
	l, err := Up(t.Context(), p, Options{Dir: "/usr"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer down(t, l)
	var got []string
	for len(got) < 3 { // a command's last words may be on their way
		lines, err := l.Logs(t.Context(), "pc1")
		if err != nil {
			t.Fatal(err)
		}
		got = nil
		for _, line := range lines {
			got = append(got, line.Source+"> "+line.Text)
		}
	}
	if want := "hostname; pwd> pc1|hostname; pwd> /usr|echo $HOOKWALK_NODE >&2> pc1"; strings.Join(got, "|") != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestExplainNamespaces(t *testing.T) {
	for _, c := range []struct {
		err        error
		privileged bool
		key, value string
		want       string
	}{
		{unix.EPERM, false, "kernel.apparmor_restrict_unprivileged_userns", "1",
			"need CAP_SYS_ADMIN and CAP_NET_ADMIN in a user namespace; kernel.apparmor_restrict_unprivileged_userns=1 forbids it: operation not permitted\n" +
				"    run: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0\n    or:  sudo hookwalk up ..."},
		{unix.EPERM, false, "kernel.unprivileged_userns_clone", "0",
			"need CAP_SYS_ADMIN and CAP_NET_ADMIN in a user namespace; kernel.unprivileged_userns_clone=0 forbids it: operation not permitted\n" +
				"    run: sudo sysctl kernel.unprivileged_userns_clone=1\n    or:  sudo hookwalk up ..."},
		{unix.ENOSPC, true, "user.max_net_namespaces", "0",
			"need new namespaces; user.max_net_namespaces=0 forbids it: no space left on device\n    run: sudo sysctl user.max_net_namespaces=15000"},
		{unix.ENOSPC, false, "", "", "make the lab's namespaces: no space left on device\n    the limits in /proc/sys/user/max_*_namespaces are reached: end other labs or containers, or raise them"},
		{unix.EINVAL, false, "", "", "make the lab's namespaces: invalid argument\n    this kernel was built without CONFIG_USER_NS, which labs of an ordinary user need: sudo hookwalk up ..."},
		{unix.EPERM, true, "", "", "need new namespaces: operation not permitted\n    inside a container: start it with --security-opt seccomp=unconfined, or --privileged"},
	} {
		err := explainNamespaces(fmt.Errorf("fork/exec /proc/self/exe: %w", c.err), c.privileged, probe.ReadSettings(func(key string) string {
			if key == c.key {
				return c.value
			}
			return "unset"
		}))
		if err.Error() != c.want {
			t.Errorf("%v %v:\n%v, want\n%s", c.err, c.key, err, c.want)
		}
	}
}
