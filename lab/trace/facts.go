package trace

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/hookwalk/hookwalk/lab/link"
	"github.com/hookwalk/hookwalk/lab/netns"
	"github.com/hookwalk/hookwalk/lab/path"
)

// facts looks up the state of the node where the packet was seen last: enough to say why it went no further. The
// first assembly, without facts, says which node that is.
func (s *session) facts() []path.Facts {
	p := path.Assemble(s.network, &s.rec)
	var out []path.Facts
	for ; p != nil; p = p.Reply {
		if p.At == nil || p.Verdict == path.Error && len(p.Steps) == 0 {
			continue
		}
		if p.Verdict == path.Drop && p.At.Rule != nil {
			continue // a rule decided; nothing to look up
		}
		f := path.Facts{Node: p.At.Node}
		last := s.rec.Sent.Packet
		if n := len(p.Steps); n > 0 && p.Steps[n-1].Packet.Dst.IsValid() {
			last = p.Steps[n-1].Packet
		}
		err := netns.Do(p.At.Node, func() error {
			return s.look(&f, p.At.Hook, &last)
		})
		if err == nil {
			out = append(out, f)
		}
	}
	return out
}

// look asks the calling thread's network namespace what matters at a hook.
func (s *session) look(f *path.Facts, hook string, p *path.Packet) error {
	switch hook {
	case "socket":
		if p.Proto != "tcp" && p.Proto != "udp" || p.Dport == 0 {
			return nil
		}
		listener, err := link.LookupListener(p.Proto, p.Dst, p.Dport)
		f.Listener, f.Listened = listener, err == nil
		return nil
	case "link":
		return s.lookLink(f, p)
	case "neighbour":
		a := link.LookupRoute(link.RouteQuery{Dst: p.Dst, Mark: p.Mark})
		hop := a.Gateway
		if !hop.IsValid() {
			hop = p.Dst
		}
		state, err := link.LookupNeighbour(p.Oif, hop)
		f.NextHop, f.Neighbour = hop.String(), state
		return err
	}
	return s.lookRoute(f, p)
}

// lookLink finds which end of the cable is down, if one is.
func (s *session) lookLink(f *path.Facts, p *path.Packet) error {
	if up, err := link.LookupUp(p.Oif); err != nil || !up {
		f.LinkDown = f.Node + ":" + p.Oif
	}
	node, dev, ok := s.network.Peer(f.Node, p.Oif)
	if !ok {
		return nil
	}
	return netns.Do(node, func() error {
		if up, err := link.LookupUp(dev); err != nil || !up {
			f.LinkDown = node + ":" + dev
		}
		return nil
	})
}

// lookRoute asks the FIB about the packet as it stood in front of the routing decision, and about the way back.
func (s *session) lookRoute(f *path.Facts, p *path.Packet) error {
	q := link.RouteQuery{Dst: p.Dst, Iif: p.Iif, Mark: p.Mark}
	if p.Iif != "" {
		q.Src = p.Src
	}
	a := link.LookupRoute(q)
	f.RouteType = a.Type
	if a.Err != nil {
		f.RouteErr = a.Err.Error()
	} else {
		f.Route = a.String()
	}
	if p.Iif == "" {
		return nil
	}
	version := "ipv4"
	if p.Dst.Is6() {
		version = "ipv6"
	}
	if n, err := readInt(fmt.Sprintf("/proc/sys/net/%s/conf/%s/forwarding", version, p.Iif)); err == nil {
		on := n != 0
		f.Forwarding = &on
	}
	if p.Dst.Is4() {
		all, _ := readInt("/proc/sys/net/ipv4/conf/all/rp_filter") // the larger of both counts: ip-sysctl, rp_filter
		dev, _ := readInt("/proc/sys/net/ipv4/conf/" + p.Iif + "/rp_filter")
		f.RPFilter = max(all, dev)
	}
	back := link.LookupRoute(link.RouteQuery{Dst: p.Src})
	f.ReverseDev = back.Dev
	if back.Err != nil {
		f.ReverseErr = back.Err.Error()
	}
	return nil
}

func readInt(file string) (int, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(b)))
}
