package path

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// WriteWhy writes the short answer: where it ended, why, what nearly saved it, and how that is known.
func WriteWhy(w io.Writer, p *Path) {
	fmt.Fprintln(w, p.Headline())
	row := func(label, text string) { fmt.Fprintf(w, "  %-9s %s\n", label, text) }
	row("path", way(p.Nodes)+p.unseen())
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
	if r := p.Reply; p.Verdict == Delivered && r != nil && r.Verdict != Delivered && r.Verdict != Error {
		parts = append(parts, "but "+p.Probe.From+" got no answer")
	}
	return strings.Join(parts, "  ")
}

// hookName is where the path ended, as text has it: "forward/filter", "route", "" for a socket.
func (p *Path) hookName() string {
	if n := len(p.Steps); n > 0 && p.Steps[n-1].Station.Chain != "" {
		return p.Steps[n-1].Station.Name() + p.Steps[n-1].jumped()
	}
	if p.At.Hook == "socket" {
		return ""
	}
	return p.At.Hook
}

// jumped names the chain in which the rule that decided stands, " > dns", if that is not the base chain.
func (s *Step) jumped() string {
	for _, e := range slices.Backward(s.Rules) {
		if s.Rule != nil && e.Rule == *s.Rule && e.Match == Yes && e.Chain != s.Station.Chain && !e.Policy {
			return " > " + e.Chain
		}
	}
	return ""
}

// Name is the station in one word: "prerouting/dstnat", "route", "eth0".
func (s *Station) Name() string {
	switch {
	case s.Kind == KindDevice && s.Dev != "":
		return s.Dev
	case s.Foreign:
		return s.Hook + "/" + s.Chain
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

// way writes nodes in the order of the path, the rounds of a loop once with their number: "client > (r1 > r2) x31 > r1".
func way(nodes []string) string {
	const fewest = 3 // rounds that are worth it
	var parts []string
	for i := 0; i < len(nodes); {
		size, rounds := 1, 1
		for n := 1; n <= (len(nodes)-i)/fewest; n++ {
			r := 1
			for i+(r+1)*n <= len(nodes) && slices.Equal(nodes[i:i+n], nodes[i+r*n:i+(r+1)*n]) {
				r++
			}
			if r >= fewest {
				size, rounds = n, r
				break
			}
		}
		part := strings.Join(nodes[i:i+size], " > ")
		if rounds > 1 {
			part = fmt.Sprintf("(%s) x%d", part, rounds)
		}
		parts = append(parts, part)
		i += size * rounds
	}
	return strings.Join(parts, " > ")
}

// unseen names the node that the packet was going to and that never saw it.
func (p *Path) unseen() string {
	node := orElse(p.Toward, p.Probe.Node)
	if node == "" || len(p.Nodes) == 0 || p.Verdict == Delivered || slices.Contains(p.Nodes, node) {
		return ""
	}
	return fmt.Sprintf("  (%s never saw it)", node)
}

// replyLine is the way back in one line.
func (p *Path) replyLine() string {
	s := way(p.Nodes)
	if p.Verdict != Delivered {
		s += "  " + p.Headline()
	}
	return s
}

// changeLines groups changes by the rule or station that made them, without the hop counts.
func changeLines(changes []Change) []string {
	const most = 8 // a packet in a loop may be rewritten in every round
	var out []string
	more := 0
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
		if len(out) == most {
			more++
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
	if more > 0 {
		out = append(out, fmt.Sprintf("and %d times more", more))
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
	b.WriteString("  " + m.Expr + " no")
	switch {
	case m.Got != "" && m.Because != "":
		fmt.Fprintf(&b, " (is %s: %s)", m.Got, m.Because)
	case m.Got != "":
		fmt.Fprintf(&b, " (is %s)", m.Got)
	case m.Because != "":
		fmt.Fprintf(&b, " (%s)", m.Because)
	}
	return b.String()
}

func writeProof(w io.Writer, p *Path) {
	inferred := p.Proof.Inferred
	if p.Reply != nil {
		for _, s := range p.Reply.Proof.Inferred {
			inferred = append(inferred[:len(inferred):len(inferred)], "of the reply, "+s)
		}
	}
	var parts []string
	if len(p.Proof.Observed) > 0 {
		parts = append(parts, "observed: "+strings.Join(p.Proof.Observed, "; "))
	}
	if len(inferred) > 0 {
		parts = append(parts, "inferred: "+strings.Join(inferred, "; "))
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
		line := fmt.Sprintf("%3d  %7.3f  %-*s  %-*s  %-8s  %s", s.N, float64(s.At.Microseconds())/1000, nodeWidth, s.Node,
			hookWidth, s.Station.Name(), s.Event, detail)
		fmt.Fprintln(w, strings.TrimRight(line, " "))
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
		if e.Note != "" {
			fmt.Fprintf(w, "%s             %s\n", pad, e.Note)
		}
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
