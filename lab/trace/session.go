package trace

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hookwalk/hookwalk/lab/netns"
	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/lab/ruleset"
	"github.com/hookwalk/hookwalk/lab/traffic"
	"github.com/hookwalk/hookwalk/topology"
)

// Request is one probe to send and to follow.
type Request struct {
	From   string     `json:"from"` // node
	To     string     `json:"to"`   // as the user wrote it
	Node   string     `json:"node"` // that has Dst, "" if none has
	Dst    netip.Addr `json:"dst"`
	Proto  string     `json:"proto"` // tcp, udp, icmp
	Port   uint16     `json:"port"`
	Silent bool       `json:"silent,omitempty"` // send only, do not trace
	Slack  Slack      `json:"slack,omitzero"`
}

// Slack is how much longer than at once packets take because links delay them.
type Slack struct {
	Link time.Duration `json:"linkNs"` // over the slowest link, one way
	All  time.Duration `json:"allNs"`  // over all links, both ways
}

// next is how long no node may report anything, at most, while a packet is on its way over a link: with the question for
// the hardware address of who is there, and its answer.
func (s Slack) next() time.Duration { return 3 * s.Link }

// back is how long an answer may take that nobody follows, with such questions on each link. In a large lab with many
// slow links the packet does not pass all of them.
func (s Slack) back() time.Duration { return min(2*s.All, 5*time.Second+4*s.Link) }

// Run sends the probe and records what every node of the plan reports about it. It must run inside the lab, where
// the nodes' namespaces are pinned; the tracer's tables vanish with the process, however it ends.
func Run(ctx context.Context, network *Network, req Request) (*path.Recording, error) {
	var tag Tag
	if _, err := rand.Read(tag[:]); err != nil {
		return nil, fmt.Errorf("make a tag: %w", err)
	}
	s := newSession(network, req, tag)
	defer s.close()
	if !req.Silent {
		turn, err := awaitTurn(tag)
		if err != nil {
			return nil, err
		}
		defer turn.Close()
		s.open()
	}
	if err := s.probe(ctx); err != nil {
		return nil, err
	}
	if !req.Silent {
		s.settle()
		s.rec.Facts = s.facts()
	}
	return &s.rec, nil
}

// session is one probe with the watchers of all nodes.
type session struct {
	req     Request
	tag     Tag
	network *Network
	opened  time.Time
	sentAt  time.Duration // since opened

	watchers []*watcher
	tables   []*ruleset.Owned

	mu      sync.Mutex // guards rec.Events and progress: the watchers write, the prober reads
	rec     path.Recording
	seen    progress
	changed chan struct{} // has room for one: there is something new
}

func newSession(network *Network, req Request, tag Tag) *session {
	s := &session{req: req, tag: tag, network: network, seen: progress{inside: map[place]bool{}}, changed: make(chan struct{}, 1)}
	s.rec = path.Recording{Probe: path.Probe{From: req.From, To: req.To, Node: req.Node, Dst: req.Dst,
		Proto: req.Proto, Dport: req.Port, Tag: fmt.Sprintf("%x", tag)}, Events: []path.Event{},
		Lost: map[string]int{}, Blind: map[string]string{}}
	if req.Proto == "icmp" && req.Dst.Is6() {
		s.rec.Probe.Proto = "icmpv6"
	}
	if req.Proto == "tcp" {
		s.rec.ISN = tag.ISN()
	}
	return s
}

const (
	// opening is how many nodes are prepared at the same time. Most of that time is spent waiting for the kernel.
	opening = 64
	// maxRouters is how many routers a packet passes at most: IPDEFTTL, include/uapi/linux/ip.h.
	maxRouters = 64
)

// open begins to watch every node that the packet can come to. A node that cannot be watched is blind, not an error: the
// others still see.
func (s *session) open() {
	s.opened = time.Now()
	nodes, behind := s.network.within(s.req.From, maxRouters)
	for _, name := range behind {
		s.rec.Blind[name] = fmt.Sprintf("it is more than %d routers away from %s", maxRouters, s.req.From)
	}
	watchers := make([]*watcher, len(nodes))
	tables := make([]*ruleset.Owned, len(nodes))
	blind := make([]error, len(nodes))
	noEgress := make([]bool, len(nodes))
	var g errgroup.Group
	g.SetLimit(opening)
	for i := range nodes {
		g.Go(func() error {
			blind[i] = netns.Do(nodes[i].Name, func() (err error) {
				if watchers[i], err = watch(nodes[i].Name, s.event); err != nil {
					return err
				}
				tables[i], noEgress[i], err = s.own(nodes[i], watchers[i].devices())
				return err
			})
			return nil
		})
	}
	_ = g.Wait() // the functions keep their errors in blind
	for i := range nodes {
		if blind[i] != nil {
			s.rec.Blind[nodes[i].Name] = blind[i].Error()
		}
		if noEgress[i] {
			s.rec.NoEgress = append(s.rec.NoEgress, nodes[i].Name)
		}
		if tables[i] != nil {
			s.tables = append(s.tables, tables[i])
		}
		if w := watchers[i]; w != nil {
			s.watchers = append(s.watchers, w)
			go w.read(s.opened)
		}
	}
}

// own loads the tracer's tables into the calling thread's network namespace, one node of the lab.
func (s *session) own(n *topology.Node, devices []string) (t *ruleset.Owned, noEgress bool, err error) {
	v := View{Proto: s.rec.Probe.Proto, Tag: s.tag, Devices: devices, Bridge: len(n.Bridges) > 0}
	if t, err = ruleset.Own(v.Table()); err == nil {
		return t, false, nil
	}
	v.NoEgress = true // a kernel before 5.16
	if t, err2 := ruleset.Own(v.Table()); err2 == nil {
		return t, true, nil
	}
	return nil, false, err
}

// event takes one trace event. It is called from the goroutines of the watchers. Tables of other tracers say nothing
// about the probe.
func (s *session) event(e path.Event) {
	if strings.HasPrefix(e.Table, path.TracerTable) {
		if e.Table != s.tag.TableName() {
			return
		}
		e.Table = path.TracerTable
	}
	s.mu.Lock()
	s.rec.Events = append(s.rec.Events, e)
	s.seen.add(s.network, &e)
	s.mu.Unlock()
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// probe sends the packet and waits until it was answered, or nothing more can be expected.
func (s *session) probe(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var sock *traffic.Socket
	err := netns.Do(s.req.From, func() (err error) {
		sock, err = traffic.Open(traffic.Probe{Proto: s.req.Proto, Dst: s.req.Dst, Port: s.req.Port, Tag: s.tag})
		return err
	})
	if err != nil {
		return fmt.Errorf("node %s: %w", s.req.From, err)
	}
	defer sock.Close()
	s.sentAt = time.Since(s.opened)
	answer, done := sock.Send()
	s.sent(sock, answer)
	if done {
		return nil
	}
	go func() {
		s.awaitEnd(ctx)
		cancel()
	}()
	answer, err = sock.Wait(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent(sock, answer)
	return nil
}

// sent writes down how the probe left and what came back.
func (s *session) sent(sock *traffic.Socket, a traffic.Answer) {
	local := sock.Local()
	p := path.Packet{Src: local.Addr().Unmap(), Dst: s.req.Dst, Proto: s.rec.Probe.Proto, Sport: local.Port(), Dport: s.req.Port}
	if s.req.Proto == "icmp" {
		p.ICMPID, p.Sport = p.Sport, 0
	}
	s.rec.Probe.Src, s.rec.Probe.Sport = p.Src, p.Sport
	s.rec.Sent = path.Sent{Packet: p, Answer: a.Kind}
	if a.Kind == "reply" {
		s.rec.Sent.Answer = map[string]string{"icmp": "echo-reply", "udp": "udp reply"}[s.req.Proto]
	}
	if a.Errno != 0 {
		s.rec.Sent.Errno = a.Errno.Error()
	}
	if a.HasICMP {
		s.rec.Sent.ICMP = path.ICMPName(icmpOf(s.req.Dst), a.ICMPType, a.ICMPCode)
	}
	if a.From.IsValid() && a.HasICMP {
		s.rec.Sent.From = a.From.String()
	}
	s.rec.RTT = a.RTT
}

// settle waits until all events that the kernels sent so far are recorded, and counts what was lost.
func (s *session) settle() {
	for _, w := range s.watchers {
		err := w.barrier()
		drops, dropErr := w.drops()
		if n := max(drops, w.noticed()); n > 0 {
			s.rec.Lost[w.node] = n
		}
		if err := errors.Join(err, dropErr); err != nil {
			s.rec.Blind[w.node] = err.Error()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.rec.Events {
		s.rec.Events[i].At = max(0, s.rec.Events[i].At-s.sentAt)
	}
}

// close ends the watching. The kernel takes its time to remove the tables, that of each node by itself.
func (s *session) close() {
	var g errgroup.Group
	g.SetLimit(opening)
	for _, t := range s.tables {
		g.Go(t.Close)
	}
	for _, w := range s.watchers {
		w.close()
	}
	_ = g.Wait() // a table that cannot be removed goes with the process
}

// icmpOf is the ICMP of an address's family.
func icmpOf(a netip.Addr) string {
	if a.Is6() {
		return "icmpv6"
	}
	return "icmp"
}
