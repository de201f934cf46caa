package path

import (
	"fmt"
	"io"
	"strings"
)

// WriteWhy writes the short answer: where it ended, why, what nearly saved it, and how that is known.
func WriteWhy(w io.Writer, p *Path) {
	fmt.Fprintln(w, p.Headline())
	row := func(label, text string) { fmt.Fprintf(w, "  %-9s %s\n", label, text) }
	row("path", strings.Join(p.Nodes, " > ")+p.unseen())
	for _, line := range changeLines(p.Changes) {
		row("changed", line)
	}
	for i := range p.NearMiss {
		row("near miss", p.NearMiss[i].String())
	}
	if p.Answer != "" {
		row("answer", p.Answer)
	}
	if r := p.Reply; r != nil {
		row("reply", r.replyLine())
		for _, line := range changeLines(r.Changes) {
			row("changed", line)
		}
		for i := range r.NearMiss {
			row("near miss", r.NearMiss[i].String())
		}
	}
	writeProof(w, p)
	for i := range p.NearMiss {
		if m := &p.NearMiss[i]; m.Try != "" {
			row("try", fmt.Sprintf("%s  %s", m.Rule.Where(), m.Try))
		}
	}
	if p.Lost > 0 {
		row("lost", fmt.Sprintf("%d trace events were lost: gaps in this path may be gaps in what was read", p.Lost))
	}
}

// Headline is the verdict in one line: "DROP  fw forward/filter  policy drop  fw.nft:16".
func (p *Path) Headline() string {
	parts := []string{string(p.Verdict)}
	if at := p.At; at != nil {
		where := at.Node
		if h := p.hookName(); h != "" {
			where += " " + h
		}
		parts = append(parts, where, at.Reason)
		if at.Rule != nil && at.Rule.Line > 0 {
			parts = append(parts, at.Rule.Where())
		}
	}
	return strings.Join(parts, "  ")
}

// hookName is where the path ended, as text has it: "forward/filter", "route", "" for a socket.
func (p *Path) hookName() string {
	if n := len(p.Steps); n > 0 && p.Steps[n-1].Station.Chain != "" {
		return p.Steps[n-1].Station.Name()
	}
	if p.At.Hook == "socket" {
		return ""
	}
	return p.At.Hook
}

// Name is the station in one word: "prerouting/dstnat", "route", "eth0".
func (s *Station) Name() string {
	switch {
	case s.Kind == KindDevice && s.Dev != "":
		return s.Dev
	case s.Kind == KindHook && s.PriorityName != "":
		return s.Hook + "/" + s.PriorityName
	case s.Kind == KindHook && s.Chain != "":
		return fmt.Sprintf("%s/%d", s.Hook, s.Priority)
	case s.Kind == KindConntrack:
		return s.Hook + "/ct"
	}
	return s.Hook
}

// Where is the rule's place, "fw.nft:16"; without one it is its handle, or nothing.
func (r *Rule) Where() string {
	switch {
	case r.Line > 0:
		return fmt.Sprintf("%s:%d", r.File, r.Line)
	case r.Handle != 0:
		return fmt.Sprintf("handle %d", r.Handle)
	}
	return ""
}

// unseen names the node that the packet was meant for and that never saw it.
func (p *Path) unseen() string {
	if p.Probe.Node == "" || len(p.Nodes) == 0 || p.Verdict == Delivered {
		return ""
	}
	for _, n := range p.Nodes {
		if n == p.Probe.Node {
			return ""
		}
	}
	return fmt.Sprintf("  (%s never saw it)", p.Probe.Node)
}

// replyLine is the way back in one line.
func (p *Path) replyLine() string {
	s := strings.Join(p.Nodes, " > ")
	if p.Verdict != Delivered {
		s += "  " + p.Headline()
	}
	return s
}

// changeLines groups changes by the rule or station that made them, without the hop counts.
func changeLines(changes []Change) []string {
	var out []string
	for i := 0; i < len(changes); {
		j := i + 1
		for j < len(changes) && changes[j].Node == changes[i].Node && changes[j].Chain == changes[i].Chain &&
			changes[j].Hook == changes[i].Hook {
			j++
		}
		group := changes[i:j]
		i = j
		if group[0].Field == "ip ttl" || group[0].Field == "ip6 hoplimit" {
			continue
		}
		_, detail := changeWords(group, "")
		where := group[0].Node + " " + group[0].Hook
		if r := group[0].Rule; r != nil && group[0].Chain != "" {
			where += " " + r.Where()
		} else {
			where += " conntrack"
		}
		out = append(out, where+"   "+detail)
	}
	return out
}

// String is the near miss in one line.
func (m *NearMiss) String() string {
	var b strings.Builder
	b.WriteString(m.Rule.Where())
	for _, e := range m.Matched {
		b.WriteString("  " + e.Text + " yes")
	}
	fmt.Fprintf(&b, "  %s no (is %s", m.Expr, m.Got)
	if m.Because != "" {
		b.WriteString(": " + m.Because)
	}
	b.WriteString(")")
	return b.String()
}

func writeProof(w io.Writer, p *Path) {
	var parts []string
	if len(p.Proof.Observed) > 0 {
		parts = append(parts, "observed: "+strings.Join(p.Proof.Observed, ", "))
	}
	if len(p.Proof.Inferred) > 0 {
		parts = append(parts, "inferred: "+strings.Join(p.Proof.Inferred, ", "))
	}
	if len(parts) > 0 {
		fmt.Fprintf(w, "  %-9s %s\n", "proof", strings.Join(parts, "   "))
	}
}

// WriteTrace writes every step on a line of its own; with rules also every rule that was looked at.
func WriteTrace(w io.Writer, p *Path, rules bool) {
	writeSteps(w, p, rules)
	if p.Reply != nil {
		fmt.Fprintf(w, "reply from %s\n", p.Reply.Probe.From)
		writeSteps(w, p.Reply, rules)
	}
	fmt.Fprintf(w, "lost events: %d\n", p.Lost)
}

func writeSteps(w io.Writer, p *Path, rules bool) {
	nodeWidth, hookWidth := len("node"), len("hook")
	for i := range p.Steps {
		s := &p.Steps[i]
		nodeWidth, hookWidth = max(nodeWidth, len(s.Node)), max(hookWidth, len(s.Station.Name()))
	}
	fmt.Fprintf(w, "%3s  %7s  %-*s  %-*s  %-8s  %s\n", "#", "t(ms)", nodeWidth, "node", hookWidth, "hook", "event", "detail")
	for i := range p.Steps {
		s := &p.Steps[i]
		detail := s.Detail
		if s.Rule != nil && s.Rule.Line > 0 {
			detail += "  " + s.Rule.Where()
		}
		if s.Proof == Inferred {
			detail += "  (inferred)"
		}
		fmt.Fprintf(w, "%3d  %7.3f  %-*s  %-*s  %-8s  %s\n", s.N, float64(s.At.Microseconds())/1000, nodeWidth, s.Node,
			hookWidth, s.Station.Name(), s.Event, strings.TrimSpace(detail))
		if rules {
			writeEvals(w, s.Rules, 16+nodeWidth)
		}
	}
}

func writeEvals(w io.Writer, evals []Eval, indent int) {
	pad := strings.Repeat(" ", indent)
	for i := range evals {
		e := &evals[i]
		mark := map[Match]string{Yes: "match", No: "miss", Unknown: "?"}[e.Match]
		fmt.Fprintf(w, "%s%-12s %-5s %s (%s)\n", pad, e.Rule.Where(), mark, e.Rule.Text, e.Proof)
		for _, x := range e.Exprs {
			switch x.Match {
			case No:
				fmt.Fprintf(w, "%s             %s no: is %s\n", pad, x.Text, x.Got)
			case Unknown:
				fmt.Fprintf(w, "%s             %s cannot be known: %s\n", pad, x.Text, x.Why)
			}
		}
	}
}
