package lab

import (
	"strings"
	"time"

	"github.com/hookwalk/hookwalk/lab/trace"
	"github.com/hookwalk/hookwalk/topology"
)

// slackOf is how much longer packets may take in a lab because of what its links do to them: over one link, and over all
// that a packet may pass on its way to the other end and back.
func slackOf(plan *topology.Plan, faults []Fault) trace.Slack {
	sends := sendsOf(faults)
	var s trace.Slack
	for i := range plan.Links {
		l := &plan.Links[i]
		for _, e := range l.Ends() {
			m := e.Impair
			if text, ok := sends[e.Name()]; ok {
				if now, err := (topology.Impairment{}).Apply(strings.Fields(text)); err == nil { // the holder wrote it
					m = now
				}
			}
			d := slackOfEnd(m)
			s.Link = max(s.Link, d)
			s.All += d
		}
	}
	return s
}

// slackOfEnd is how long a small packet takes at most, in a queue that is empty: no table of a distribution goes further
// than four times the jitter.
func slackOfEnd(m topology.Impairment) time.Duration {
	const bits = 8 * 2000
	d := m.Delay + 4*m.Jitter
	if m.Rate != 0 {
		d += time.Duration(bits * uint64(time.Second) / m.Rate)
	}
	return d
}
