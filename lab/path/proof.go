package path

import (
	"fmt"
	"slices"
	"strings"
)

// proof sums up how the path is known.
func (w *walk) proof(p *Path) ProofList {
	list := ProofList{Observed: []string{}, Inferred: []string{}}
	if len(w.traversals) > 0 {
		var nodes []string
		for _, t := range w.traversals {
			if !slices.Contains(nodes, t.node) {
				nodes = append(nodes, t.node)
			}
		}
		list.Observed = append(list.Observed, "nft trace on "+strings.Join(nodes, ", "))
	}
	if sent := &w.a.rec.Sent; !w.reply {
		switch {
		case sent.ICMP != "":
			list.Observed = append(list.Observed, fmt.Sprintf("icmp %s from %s", sent.ICMP, sent.From))
		case sent.Answer != "":
			list.Observed = append(list.Observed, "the answer, "+sent.Answer)
		case sent.Errno != "":
			list.Observed = append(list.Observed, "the socket's error, "+sent.Errno)
		}
	}
	if missed := missedRules(p.Steps); missed != "" {
		list.Inferred = append(list.Inferred, missed+" did not match")
	}
	for i := range p.Steps {
		if s := &p.Steps[i]; s.Proof == Inferred {
			list.Inferred = append(list.Inferred, fmt.Sprintf("%s at %s (%s)", strings.ToLower(s.Event), s.Node, s.By))
		}
	}
	return list
}

// missedRules names the rules that were concluded not to match: "fw.nft:17,18,19", runs of lines as "17-19".
func missedRules(steps []Step) string {
	lines := map[string][]int{}
	var files []string
	for i := range steps {
		for _, e := range steps[i].Rules {
			if e.Match != No || e.Proof != Inferred || e.Rule.Line == 0 {
				continue
			}
			if !slices.Contains(files, e.Rule.File) {
				files = append(files, e.Rule.File)
			}
			lines[e.Rule.File] = append(lines[e.Rule.File], e.Rule.Line)
		}
	}
	var parts []string
	for _, f := range files {
		parts = append(parts, f+":"+ranges(lines[f]))
	}
	return strings.Join(parts, ", ")
}

// ranges writes line numbers with runs joined: "3,17-19".
func ranges(lines []int) string {
	slices.Sort(lines)
	lines = slices.Compact(lines)
	var parts []string
	for i := 0; i < len(lines); {
		j := i
		for j+1 < len(lines) && lines[j+1] == lines[j]+1 {
			j++
		}
		if j > i {
			parts = append(parts, fmt.Sprintf("%d-%d", lines[i], lines[j]))
		} else {
			parts = append(parts, fmt.Sprint(lines[i]))
		}
		i = j + 1
	}
	return strings.Join(parts, ",")
}
