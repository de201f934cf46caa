package trace

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hookwalk/hookwalk/lab/netns"
	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/lab/ruleset"
	"github.com/hookwalk/hookwalk/lab/traffic"
	"github.com/hookwalk/hookwalk/topology"
)

// Times that a probe is given. They bound the wait for something that nobody will announce: that nothing more
// happens. Whatever does happen ends the wait at once.
const (
	// quietAfterNothing is how long no node may report anything before a packet counts as gone.
	quietAfterNothing = 400 * time.Millisecond
	// quietAfterEnd is how long an answer may take once the packet was delivered or discarded.
	quietAfterEnd = 120 * time.Millisecond
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
}

// Run sends the probe and records what every node of the plan reports about it. It must run inside the lab, where
// the nodes' namespaces are pinned; the tracer's tables vanish with the process, however it ends.
func Run(ctx context.Context, network *Network, req Request) (*path.Recording, error) {
	var tag Tag
	if _, err := rand.Read(tag[:]); err != nil {
		return nil, fmt.Errorf("make a tag: %w", err)
	}
	s := &session{req: req, tag: tag, network: network, changed: make(chan struct{}, 1)}
	defer s.close()
	s.rec = path.Recording{Probe: path.Probe{From: req.From, To: req.To, Node: req.Node, Dst: req.Dst,
		Proto: req.Proto, Dport: req.Port, Tag: fmt.Sprintf("%x", tag)}, Events: []path.Event{},
		Lost: map[string]int{}, Blind: map[string]string{}}
	if req.Proto == "icmp" && req.Dst.Is6() {
		s.rec.Probe.Proto = "icmpv6"
	}
	if req.Proto == "tcp" {
		s.rec.ISN = tag.ISN()
	}
	if !req.Silent {
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
	start   time.Time

	watchers []*watcher
	tables   []*ruleset.Owned

	mu      sync.Mutex // guards rec.Events and ended: the watchers write, the prober reads
	rec     path.Recording
	ended   bool          // an event shows that the packet was discarded or reached its node
	changed chan struct{} // has room for one: there is something new
}

// open begins to watch every node. A node that cannot be watched is blind, not an error: the others still see.
func (s *session) open() {
	s.start = time.Now()
	nodes := s.network.plan.Nodes
	watchers := make([]*watcher, len(nodes))
	tables := make([]*ruleset.Owned, len(nodes))
	blind := make([]error, len(nodes))
	var g errgroup.Group
	g.SetLimit(runtime.NumCPU())
	for i := range nodes {
		g.Go(func() error {
			blind[i] = netns.Do(nodes[i].Name, func() (err error) {
				if watchers[i], err = watch(nodes[i].Name, s.event); err != nil {
					return err
				}
				tables[i], err = s.own(&nodes[i])
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
		if tables[i] != nil {
			s.tables = append(s.tables, tables[i])
		}
		if w := watchers[i]; w != nil {
			s.watchers = append(s.watchers, w)
			go w.read(s.start)
		}
	}
}

// own loads the tracer's tables into the calling thread's network namespace, one node of the lab.
func (s *session) own(n *topology.Node) (*ruleset.Owned, error) {
	var devices []string
	for _, d := range s.network.plan.Interfaces(n.Name) {
		devices = append(devices, d.Iface)
	}
	for _, b := range n.Bridges {
		devices = append(devices, b.Name)
	}
	return ruleset.Own(Table(s.rec.Probe.Proto, s.tag, devices, len(n.Bridges) > 0))
}

// event takes one trace event. It is called from the goroutines of the watchers.
func (s *session) event(e path.Event) {
	s.mu.Lock()
	s.rec.Events = append(s.rec.Events, e)
	if e.Verdict == "drop" || e.Type == path.EventPolicy && e.Policy == "drop" ||
		e.Table == path.TracerTable && e.Chain == "input"+path.SuffixLast {
		s.ended = true
	}
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
	answer, done := sock.Send()
	if !done {
		result := make(chan traffic.Answer, 1)
		failed := make(chan error, 1)
		go func() {
			a, err := sock.Wait(ctx)
			failed <- err
			result <- a
		}()
		go func() {
			s.awaitEnd(ctx)
			cancel()
		}()
		if err := <-failed; err != nil {
			return err
		}
		answer = <-result
	}
	s.sent(sock, answer)
	return nil
}

// awaitEnd returns when nothing more is to be expected of the packet, or ctx ends.
func (s *session) awaitEnd(ctx context.Context) {
	timer := time.NewTimer(quietAfterNothing)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			return
		case <-s.changed:
			s.mu.Lock()
			ended := s.ended
			s.mu.Unlock()
			quiet := quietAfterNothing
			if ended {
				quiet = quietAfterEnd
			}
			timer.Reset(quiet)
		}
	}
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
	if a.Kind == "reply" && s.req.Proto == "icmp" {
		s.rec.Sent.Answer = "echo-reply"
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
	s.rec.Events = slices.Clip(s.rec.Events)
}

func (s *session) close() {
	for _, t := range s.tables {
		t.Close()
	}
	for _, w := range s.watchers {
		w.close()
	}
}

// icmpOf is the ICMP of an address's family.
func icmpOf(a netip.Addr) string {
	if a.Is6() {
		return "icmpv6"
	}
	return "icmp"
}
