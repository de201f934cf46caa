package nft

import "strings"

// elemValue is the value of an element as it is printed.
func elemValue(e *Elem) string {
	switch {
	case e.Verdict != nil:
		return e.Verdict.String()
	case e.Data != nil:
		return inSetText(e.Data)
	case e.Object != nil:
		return `"` + e.Object.Name + `"`
	}
	return ""
}

// inSetText is a value as an element of a set: commas would make several elements of it.
func inSetText(x Expr) string {
	switch x := x.(type) {
	case *Const:
		if x.typ.Base == BaseBitmask {
			return joinBits(x.typ, x.network(), " | ")
		}
	case *ConcatExpr:
		s := make([]string, len(x.Parts))
		for i, p := range x.Parts {
			s[i] = inSetText(p)
		}
		return strings.Join(s, " . ")
	}
	return x.String()
}

// setText is a set as a rule writes it.
func setText(s *Set) string {
	if !s.Anonymous() {
		return "@" + s.Name
	}
	var b strings.Builder
	b.WriteString("{ ")
	for i, e := range s.Elems {
		if i > 0 {
			b.WriteString(", ")
		}
		elemText(&b, e)
	}
	b.WriteString(" }")
	return b.String()
}

func elemText(b *strings.Builder, e *Elem) {
	if e.Key == nil {
		b.WriteString("*")
	} else {
		b.WriteString(inSetText(e.Key))
	}
	for _, s := range e.Stmts {
		b.WriteString(" " + s.String())
	}
	if e.Timeout > 0 {
		b.WriteString(" timeout " + formatTime(e.Timeout))
	}
	if e.Comment != "" {
		b.WriteString(` comment "` + e.Comment + `"`)
	}
	if v := elemValue(e); v != "" {
		b.WriteString(" : " + v)
	}
}

func elemString(e *Elem) string {
	var b strings.Builder
	elemText(&b, e)
	return b.String()
}
