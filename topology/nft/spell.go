package nft

import (
	"math/bits"
	"strconv"
	"strings"
)

// ruleText is a rule on one line.
func ruleText(stmts []Stmt) string {
	var b strings.Builder
	for i, s := range stmts {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(s.String())
	}
	return b.String()
}

func (e *Prefix) String() string { return e.Value.text + "/" + strconv.Itoa(e.Len) }

func (e *Range) String() string { return e.From.text + "-" + e.To.text }

func (e *ConcatExpr) String() string {
	s := make([]string, len(e.Parts))
	for i, p := range e.Parts {
		s[i] = p.String()
	}
	return strings.Join(s, " . ")
}

func (e *Bitwise) String() string {
	var b strings.Builder
	b.WriteString(operandText(e.X))
	level := 4
	for _, s := range e.Steps {
		own := []int{BitAnd: 3, BitOr: 1, BitXor: 2}[s.Op]
		if own > level { // what stands before it holds less tightly
			text := b.String()
			b.Reset()
			b.WriteString("(" + text + ")")
		}
		level = own
		b.WriteString(" " + [...]string{BitAnd: "&", BitOr: "|", BitXor: "^"}[s.Op] + " " + bitsText(s.Value))
	}
	return b.String()
}

// operandText is an expression in front of an operator.
func operandText(x Expr) string {
	switch x.(type) {
	case *Bitwise, *Shift, *Combine:
		return "(" + x.String() + ")"
	}
	return x.String()
}

// bitsText is a constant behind an operator: several flags are joined by | and in parentheses.
func bitsText(k *Const) string {
	if k.typ.Base != BaseBitmask || !severalBits(k) {
		return k.text
	}
	return "(" + joinBits(k.typ, k.network(), " | ") + ")"
}

func severalBits(k *Const) bool { return bits.OnesCount64(getUint(k.network())) > 1 }

func (e *Shift) String() string {
	sign := " >> "
	if e.Left {
		sign = " << "
	}
	return operandText(e.X) + sign + strconv.FormatUint(uint64(e.By), 10)
}

func (e *MapLookup) String() string { return e.Key.String() + " map " + setText(e.Map) }

func (e *SetRef) String() string { return setText(e.Set) }
