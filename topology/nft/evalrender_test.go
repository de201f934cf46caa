package nft

import "strings"

// render writes a result on one line: + for yes, - for no, ? for unknown, with what was looked at, what it has, and
// what was wanted; ! marks a protocol that nft asks for by itself. Behind => stands what the rule does.
func render(rr RuleResult) string {
	var out []string
	for _, x := range rr.Exprs {
		s := map[Answer]string{Yes: "+", No: "-", Unknown: "?"}[x.Match]
		if x.Implied {
			s += "!"
		}
		s += x.Selector
		if x.Got != "" {
			s += "=" + x.Got
		}
		if x.Match == No && x.Want != "" {
			s += " want " + x.Want
		}
		if x.Match != Yes && x.Why != "" {
			s += " (" + x.Why + ")"
		}
		out = append(out, s)
	}
	out = append(out, "=>", rr.Match.String())
	if rr.Text != "" {
		out = append(out, rr.Text)
	}
	for _, w := range rr.Writes {
		v := w.Value
		if !w.Known {
			v = "?" + v
		}
		out = append(out, "["+w.Field+":="+v+"]")
	}
	return strings.Join(out, " ")
}
