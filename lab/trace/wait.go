package trace

import (
	"context"
	"strings"
	"time"

	"github.com/hookwalk/hookwalk/lab/path"
)

// Times that a probe is given. They bound the wait for something that nobody will announce: that nothing more
// happens. Whatever does happen ends the wait at once.
const (
	// quietBeforeLook is how long no node may report anything before the state of the node where the packet was seen
	// last is looked up. What is found there may explain everything.
	quietBeforeLook = 20 * time.Millisecond
	// quietAfterEnd is how long an answer may take once the packet was delivered or refused.
	quietAfterEnd = 120 * time.Millisecond
	// quietUnseen is how long a probe that nobody follows may stay without an answer.
	quietUnseen = 200 * time.Millisecond
	// quietAfterNothing is how long no node may report anything before a packet counts as gone.
	quietAfterNothing = 400 * time.Millisecond
)

// progress follows the events as they come, as far as it must be known whether to wait for more.
type progress struct {
	inside map[place]bool // where the probe, or what came back, is now
	gone   bool           // a rule or a policy discarded it, and nobody is told
}

// place is one packet on one node.
type place struct {
	node string
	id   uint32 // the trace id: used again for another packet later
}

// add takes an event. Only those of packets count that the tracer's own rules recognised.
func (p *progress) add(n *Network, e *path.Event) {
	at := place{e.Node, e.ID}
	own := e.Table == path.TracerTable
	dropped := e.Verdict == "drop" || e.Type == path.EventPolicy && e.Policy == "drop"
	switch {
	case e.Picks():
		p.inside[at] = true
	case own && (e.Chain == path.ChainTX || e.Chain == "input"+path.SuffixLast) && e.Family != "bridge":
		delete(p.inside, at)
	case dropped && p.inside[at]:
		delete(p.inside, at)
		// a bridge may have sent copies to other ports, and a rule that refuses makes an answer
		p.gone = p.gone || e.Family != "bridge" && !n.Rules(e.Node).MayAnswer(e)
	}
}

// awaitEnd returns when nothing more is to be expected of the packet, or ctx ends.
func (s *session) awaitEnd(ctx context.Context) {
	first, looked := quietBeforeLook, false // looked: since the last event
	if s.req.Silent {
		first, looked = quietUnseen+s.req.Slack.back(), true
	}
	timer := time.NewTimer(first)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.changed:
			s.mu.Lock()
			gone := s.seen.gone
			s.mu.Unlock()
			if gone {
				return
			}
			looked = false
			timer.Reset(quietBeforeLook)
		case <-timer.C:
			if looked {
				return
			}
			looked = true
			more := s.look()
			if more == 0 {
				return
			}
			timer.Reset(more)
		}
	}
}

// look draws the conclusions of what is known so far. It says how much longer to wait for something new; 0 if
// everything is explained.
func (s *session) look() time.Duration {
	slack := s.req.Slack.next()
	for _, w := range s.watchers {
		if w.barrier() != nil {
			return quietAfterNothing - quietBeforeLook + slack
		}
	}
	s.mu.Lock()
	rec := s.rec
	rec.Events = rec.Events[:len(rec.Events):len(rec.Events)]
	s.mu.Unlock()
	p := path.Assemble(s.network, &rec)
	if p.Reply != nil && !p.Reply.Unsent() {
		p = p.Reply
	}
	if p.Verdict == path.Delivered && s.discards(p) || p.Verdict == path.Drop && p.At.Chain != "" {
		return 0
	}
	for _, f := range s.factsOf(p, &rec) {
		if p.Decided(&f) {
			return 0
		}
	}
	if p.Verdict == path.Delivered || p.Verdict == path.Reject {
		return quietAfterEnd - quietBeforeLook + slack
	}
	return quietAfterNothing - quietBeforeLook + slack
}

// discards reports whether the packet reached a service that never answers.
func (s *session) discards(p *path.Path) bool {
	to := &p.Steps[len(p.Steps)-1].Packet
	return to.Proto == "udp" && strings.HasPrefix(s.network.Service(p.At.Node, "udp", to.Dport), "discard:")
}
