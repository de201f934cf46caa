package path

import (
	"github.com/hookwalk/hookwalk/topology/nft"
)

// Bits of `ct state`, NF_CT_STATE_BIT in include/net/netfilter/nf_conntrack.h.
const (
	ctInvalid     = 1
	ctEstablished = 2
	ctRelated     = 4
	ctNew         = 8
)

// evalPacket is the packet as it entered a chain, for the evaluator: the recorded headers, and of meta and ct what
// the trace event says. What no event says stays unknown, so that the evaluator answers "unknown" and not "no".
func (s *stepper) evalPacket(v *visit) *nft.Packet {
	e := &v.events[0]
	p := &nft.Packet{LL: e.LL, NH: e.NH, TH: e.TH, Family: nft.FamilyIP}
	if v.packet.Src.Is6() {
		p.Family = nft.FamilyIP6
	}
	if !e.HasHeaders() {
		return p
	}
	p.Meta.Iifname, p.Meta.Oifname = nft.Some(e.Iif), nft.Some(e.Oif)
	p.Meta.Mark = nft.Some(e.Mark)
	if v.packet.Len > 0 {
		p.Meta.Len = nft.Some(uint32(v.packet.Len))
	}
	s.evalCT(p, v, e)
	return p
}

// evalCT fills the conntrack view. Kernels from 6.16 on report it in the event, and report nothing for a packet that
// connection tracking did not see or finds invalid. On older ones it is inferred from what a probe is: the first packet
// of a new flow, its answer, or an ICMP error about it, and from whether the node saw the way there.
func (s *stepper) evalCT(p *nft.Packet, v *visit, e *Event) {
	if ct := e.CT; ct != nil {
		p.CT.State, p.CT.Status = nft.Some(ct.State), nft.Some(ct.Status)
		p.CT.Direction, p.CT.ID = nft.Some(ct.Direction), nft.Some(ct.ID)
		return
	}
	c := s.rules.chain(v.key)
	if c == nil || c.Base == nil {
		return
	}
	state, back := uint32(ctNew), uint8(0)
	switch {
	case s.a.reportsCT, !s.rules.tracks, c.Base.Priority < conntrackPriority:
		state = ctInvalid // no conntrack entry: nft_ct_get_eval, net/netfilter/nft_ct.c
	case s.w.reply && s.w.forward.rounds(s.t.node) == 0:
		if v.packet.Proto != "udp" { // UDP may begin with any packet
			state = ctInvalid
		}
	case v.packet.IsICMPError():
		state, back = ctRelated, 1
	case s.w.reply:
		state, back = ctEstablished, 1
	}
	p.CT.State = nft.Some(state)
	if state != ctInvalid {
		p.CT.Direction = nft.Some(back)
	}
}

// evaluated is what the evaluator says of the rules of one visited chain, with the packet it looked at.
type evaluated struct {
	packet *nft.Packet
	rules  []nft.RuleResult
}

// evaluate holds the rules of a chain against the packet that entered it. matched has the rules that the kernel
// reported. With complete nothing that it reported was lost: a rule that it did not report did not match.
func (r *Rules) evaluate(k chainKey, p *nft.Packet, matched map[*nft.Rule]bool, complete bool) *evaluated {
	c := r.chain(k)
	if c == nil {
		return nil
	}
	result := c.Eval(p, nft.EvalOptions{Resolve: func(rr *nft.RuleResult) nft.Answer {
		switch {
		case matched[rr.Rule]:
			return nft.Yes
		case complete:
			return nft.No
		}
		return nft.Unknown
	}})
	return &evaluated{packet: p, rules: result.Rules}
}

// evals describes the rules that were looked at, and the policy if it decided. What the kernel reported is right,
// whatever the evaluator thinks.
func (r *Rules) evals(v *visit, ev *evaluated, matched map[*nft.Rule]bool, policy bool) []Eval {
	var out []Eval
	listed := map[*nft.Rule]bool{}
	foreign := r.foreignEnd(v)
	if ev != nil {
		for i := range ev.rules {
			rr := &ev.rules[i]
			e := r.eval(rr, matched[rr.Rule])
			if foreign && !matched[rr.Rule] {
				e.Match, e.Note = Unknown, NotLooked
			}
			listed[rr.Rule] = true
			out = append(out, e)
			if e.Match == Yes && terminal(rr) {
				break
			}
		}
	}
	for i := range v.events { // where the evaluator went another way than the kernel
		e := &v.events[i]
		if rule := r.found(e); rule != nil && !listed[rule] {
			listed[rule] = true
			out = append(out, Eval{Rule: r.describe(rule), Chain: e.Chain, Match: Yes, Verdict: verdictWords(e), Proof: Observed,
				Note: "by evaluation the packet does not come here"})
		} else if rule == nil && e.Type == EventRule && e.Handle != 0 {
			foreign, _ := r.rule(e)
			out = append(out, Eval{Rule: foreign, Chain: e.Chain, Match: Yes, Verdict: verdictWords(e), Proof: Observed})
		}
	}
	if policy {
		p := r.policy(v.key)
		out = append(out, Eval{Rule: p, Chain: v.key.chain, Match: Yes, Verdict: p.Text, Proof: Observed, Policy: true})
	}
	return out
}

// NotLooked is the note on a rule of a chain in which a rule that is not from the lab's files decided: that one may
// stand in front of it.
const NotLooked = "not known whether it was looked at"

// foreignEnd reports whether a rule that is not from the lab's files decided in a chain. Where it stands is not known.
func (r *Rules) foreignEnd(v *visit) bool {
	last := &v.events[len(v.events)-1]
	return last.Type == EventRule && last.Handle != 0 && r.found(last) == nil
}

// eval describes one rule. reported says that the kernel saw it match.
func (r *Rules) eval(rr *nft.RuleResult, reported bool) Eval {
	e := Eval{Rule: r.describe(rr.Rule), Chain: rr.Rule.Chain.Name, Match: matchOf(rr.Match), Proof: Inferred}
	for i := range rr.Exprs {
		x := &rr.Exprs[i]
		e.Exprs = append(e.Exprs, Expr{Text: x.Text, Match: matchOf(x.Match), Want: x.Want, Got: x.Got, Why: x.Why})
	}
	switch {
	case reported:
		if e.Match == No {
			e.Note = "by evaluation it does not match"
		}
		e.Match, e.Proof = Yes, Observed
	case e.Match == Yes:
		e.Match, e.Note = Unknown, "by evaluation it matches, but the kernel did not report it"
	}
	if e.Match != No {
		e.Verdict = rr.Text
	}
	return e
}

// verdictWords is the verdict that an event carries: "accept", "jump web".
func verdictWords(e *Event) string {
	if e.Jump != "" {
		return e.Verdict + " " + e.Jump
	}
	return e.Verdict
}

func terminal(rr *nft.RuleResult) bool {
	switch rr.Verdict {
	case nft.VerdictAccept, nft.VerdictDrop, nft.VerdictReject, nft.VerdictQueue:
		return true
	}
	return false
}

func matchOf(a nft.Answer) Match {
	switch a {
	case nft.Yes:
		return Yes
	case nft.No:
		return No
	}
	return Unknown
}
