package trace

import (
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/lab/link"
	"github.com/hookwalk/hookwalk/lab/netns"
	"github.com/hookwalk/hookwalk/lab/path"
)

// facts looks up the state of the nodes where the packet, and what came back, were seen last: enough to say why they
// went no further. The first assembly, without facts, says which nodes those are.
func (s *session) facts() []path.Facts {
	p := path.Assemble(s.network, &s.rec)
	out := s.factsOf(p, &s.rec)
	if p.Reply != nil && !p.Reply.Unsent() {
		more := s.factsOf(p.Reply, &s.rec)
		for i := range more {
			more[i].Reply = true
		}
		out = append(out, more...)
	}
	return out
}

// factsOf looks up what may explain the end of one packet. Nothing is needed where a rule decided, or where the answer
// says everything.
func (s *session) factsOf(p *path.Path, rec *path.Recording) []path.Facts {
	switch {
	case p.At == nil || p.At.Rule != nil,
		p.Verdict == path.Error && len(p.Steps) == 0,
		p.At.Hook == "socket" && rec.Sent.Answer != "":
		return nil
	}
	f := path.Facts{Node: p.At.Node}
	last := rec.Sent.Packet
	if n := len(p.Steps); n > 0 && p.Steps[n-1].Packet.Dst.IsValid() {
		last = p.Steps[n-1].Packet
	}
	err := netns.Do(p.At.Node, func() error {
		return s.ask(&f, p.At.Hook, &last)
	})
	if err != nil {
		return nil
	}
	if p.At.Hook == "route" {
		s.askWays(&f, &last, p.Nodes)
	}
	return []path.Facts{f}
}

// ask asks the calling thread's network namespace what matters at a hook.
func (s *session) ask(f *path.Facts, hook string, p *path.Packet) error {
	switch hook {
	case "socket":
		return s.askSocket(f, p)
	case "link":
		return s.askLink(f, p)
	case "neighbour":
		return s.askNeighbour(f, p)
	case "route":
		s.askRoute(f, p)
	}
	f.Legacy = legacyTables(p)
	return nil
}

// askSocket asks whether anybody listens, and whether an answer could be sent.
func (s *session) askSocket(f *path.Facts, p *path.Packet) error {
	if back := link.LookupRoute(link.RouteQuery{Dst: p.Src}); back.Err != nil {
		f.ReverseErr, f.ReverseType = back.Err.Error(), routeTypeOf(back.Err)
	}
	if p.Proto != "tcp" && p.Proto != "udp" {
		file := "/proc/sys/net/ipv4/icmp_echo_ignore_all"
		if p.Dst.Is6() {
			file = "/proc/sys/net/ipv6/icmp/echo_ignore_all"
		}
		n, err := readInt(file)
		f.EchoIgnored = n != 0
		return err
	}
	listener, err := link.LookupListener(p.Proto, p.Dst, p.Dport)
	f.Listener, f.Listened = listener, err == nil
	return nil
}

func (s *session) askNeighbour(f *path.Facts, p *path.Packet) error {
	a := link.LookupRoute(link.RouteQuery{Dst: p.Dst, Mark: p.Mark})
	hop := a.Gateway
	if !hop.IsValid() {
		hop = p.Dst
	}
	f.NextHop, f.NextHopOwner = hop.String(), s.network.Owner(hop)
	var err error
	if f.Neighbour, err = link.LookupNeighbour(p.Oif, hop); err != nil {
		return err
	}
	if f.LinkDown = s.linkDown(f.Node, p.Oif); f.LinkDown == "" {
		if node, dev, ok := s.network.OwnerDevice(hop); ok { // it may be behind bridges
			f.LinkDown = s.linkDown(node, dev)
		}
	}
	return nil
}

// askLink finds which end of the cable is down, if one is.
func (s *session) askLink(f *path.Facts, p *path.Packet) error {
	f.LinkDown = s.linkDown(f.Node, p.Oif)
	return nil
}

// linkDown is the end of a cable that is down, "" if none is or nobody knows. An end without carrier is not down by
// itself if its peer is.
func (s *session) linkDown(node, dev string) string {
	admin, carrier := lookupUp(node, dev)
	if !admin {
		return node + ":" + dev
	}
	peer, peerDev, ok := s.network.Peer(node, dev)
	if !ok {
		return ""
	}
	if admin, _ := lookupUp(peer, peerDev); !admin {
		return peer + ":" + peerDev
	}
	if !carrier {
		return node + ":" + dev
	}
	return ""
}

// lookupUp reports whether a device is switched on, and whether it has carrier. Of a node that cannot be entered it
// knows nothing bad.
func lookupUp(node, dev string) (admin, carrier bool) {
	admin, carrier = true, true
	_ = netns.Do(node, func() error {
		var err error
		if admin, carrier, err = link.LookupUp(dev); err != nil {
			admin, carrier = false, false // a device that is not there is down
		}
		return nil
	})
	return admin, carrier
}

// askWays finds the first node of a way whose link towards the destination, as the file has it, is down: the kernel
// forgets the routes over it, so that the packet is refused, or goes where it should not.
func (s *session) askWays(f *path.Facts, p *path.Packet, nodes []string) {
	for i, n := range nodes {
		if slices.Contains(nodes[:i], n) {
			continue // a loop
		}
		if dev, ok := s.network.Way(n, p.Dst); ok {
			if f.LinkDown = s.linkDown(n, dev); f.LinkDown != "" {
				return
			}
		}
	}
}

// askRoute asks the FIB about the packet as it stood in front of the routing decision, and about the way back.
func (s *session) askRoute(f *path.Facts, p *path.Packet) {
	out := link.RouteQuery{Dst: p.Dst, Mark: p.Mark}
	in := out
	in.Iif = p.Iif
	if p.Iif != "" {
		in.Src = p.Src
	}
	a := link.LookupRoute(in)
	f.RouteType = a.Type
	if a.Err == nil {
		f.Route = a.String()
	} else {
		f.RouteErr = a.Err.Error()
	}
	if p.Iif == "" {
		f.RouteType = orElse(f.RouteType, routeTypeOf(a.Err))
		return
	}
	version := "ipv4"
	if p.Dst.Is6() {
		version = "ipv6"
	}
	conf := "/proc/sys/net/" + version + "/conf/"
	if n, err := readInt(conf + p.Iif + "/forwarding"); err == nil {
		on := n != 0
		f.Forwarding = &on
	}
	if a.Err != nil { // the input side has more reasons than the route: what does the FIB itself say?
		direct := link.LookupRoute(out)
		f.RouteType = orElse(direct.Type, routeTypeOf(direct.Err))
		f.Martian = direct.Err == nil && errors.Is(a.Err, unix.EINVAL)
	}
	if p.Dst.Is4() {
		all, _ := readInt(conf + "all/rp_filter") // the larger of both counts: ip-sysctl, rp_filter
		dev, _ := readInt(conf + p.Iif + "/rp_filter")
		f.RPFilter = max(all, dev)
	}
	back := link.LookupRoute(link.RouteQuery{Dst: p.Src})
	f.ReverseDev = back.Dev
	if back.Err != nil {
		f.ReverseErr = back.Err.Error()
	}
}

// routeTypeOf names the type of route behind a refusal of the FIB: fib_props, net/ipv4/fib_semantics.c, and
// ip6_rt_type_to_error, net/ipv6/route.c.
func routeTypeOf(err error) string {
	switch {
	case errors.Is(err, unix.EINVAL):
		return "blackhole"
	case errors.Is(err, unix.EHOSTUNREACH):
		return "unreachable"
	case errors.Is(err, unix.EACCES):
		return "prohibit"
	}
	return ""
}

// legacyTables are the tables of iptables-legacy in the calling thread's network namespace: nft trace does not see
// their rules. The file is not there when the kernel has none.
func legacyTables(p *path.Packet) []string {
	file := "/proc/thread-self/net/ip_tables_names"
	if p.Dst.Is6() {
		file = "/proc/thread-self/net/ip6_tables_names"
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	return strings.Fields(string(b))
}

func orElse(s, other string) string {
	if s != "" {
		return s
	}
	return other
}

func readInt(file string) (int, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(b)))
}
