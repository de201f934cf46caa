package topology

import (
	"maps"
	"strings"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// RulesEdit is one difference between two rulesets of a node.
type RulesEdit struct {
	Op   ChangeOp `json:"op"`
	What string   `json:"what"`           // table, chain, policy, rule, set, map, element, flowtable, or a kind of object
	In   string   `json:"in,omitempty"`   // the table, and the chain or the set: "inet filter forward"
	Name string   `json:"name,omitempty"` // of a rule its text
	From string   `json:"from,omitempty"`
	To   string   `json:"to,omitempty"`
	Pos  Pos      `json:"pos,omitzero"`
}

// rules compares the rules of a node. How they are written does not count, as far as hookwalk can read them.
func (c *Changes) rules(old, new *Node) {
	o, n := old.Ruleset, new.Ruleset
	x := Change{What: ChangeRules, Node: new.Name}
	switch {
	case o == nil && n == nil:
		return
	case o == nil:
		x.Op, x.Name, x.Pos, x.New = Added, n.Main, n.Pos, n
	case n == nil:
		x.Op, x.Name, x.Pos, x.Old = Removed, o.Main, o.Pos, o
	default:
		x.Op, x.Name, x.Pos, x.Old, x.New = Changed, n.Main, n.Pos, o, n
		if len(differing(o, n, "main", "files", "firstLine", "firstCol")) > 0 {
			x.Anew = true
			break
		}
		if maps.Equal(o.Files, n.Files) && o.Main == n.Main {
			return
		}
		before, errs := o.Check()
		after, errs2 := n.Check()
		if before == nil || after == nil || len(errs)+len(errs2) > 0 {
			x.Anew = true // only the nft program knows
			break
		}
		x.Rules = rulesEdits(nft.Diff(before, after))
		if len(x.Rules) == 0 {
			return
		}
	}
	c.add(x)
}

func rulesEdits(list []nft.TableDiff) []RulesEdit {
	var out []RulesEdit
	for _, d := range list {
		switch {
		case d.New == nil:
			out = append(out, RulesEdit{Op: Removed, What: "table", Name: tableName(d.Old), Pos: d.Old.Pos})
			continue
		case d.Old == nil:
			out = append(out, RulesEdit{Op: Added, What: "table", Name: tableName(d.New), Pos: d.New.Pos})
			continue
		case d.Whole != "":
			out = append(out, RulesEdit{Op: Changed, What: "table", Name: tableName(d.New), To: d.Whole, Pos: d.New.Pos})
		}
		out = append(out, tableEdits(d)...)
	}
	return out
}

func tableName(t *nft.Table) string { return t.Family.String() + " " + t.Name }

func tableEdits(d nft.TableDiff) []RulesEdit {
	var out []RulesEdit
	table := tableName(d.New)
	add := func(was, is bool, what, in, name string, from, to Pos) *RulesEdit {
		e := RulesEdit{Op: Changed, What: what, In: in, Name: name, Pos: to}
		switch {
		case !is:
			e.Op, e.Pos = Removed, from
		case !was:
			e.Op = Added
		}
		out = append(out, e)
		return &out[len(out)-1]
	}
	for _, x := range d.Objects {
		o, n := orZero(x.Old), orZero(x.New)
		add(x.Old != nil, x.New != nil, either(x.Old, x.New).Kind(), table, either(x.Old, x.New).Name, o.Pos, n.Pos)
	}
	for _, x := range d.Flowtables {
		o, n := orZero(x.Old), orZero(x.New)
		add(x.Old != nil, x.New != nil, "flowtable", table, either(x.Old, x.New).Name, o.Pos, n.Pos)
	}
	for _, x := range d.Sets {
		s := either(x.Old, x.New)
		what := "set"
		if s.Map {
			what = "map"
		}
		if x.Removed == nil && x.Added == nil {
			o, n := orZero(x.Old), orZero(x.New)
			add(x.Old != nil, x.New != nil, what, table, s.Name, o.Pos, n.Pos)
			continue
		}
		for _, e := range x.Removed {
			add(true, false, "element", table+" "+s.Name, nft.ElemText(e), e.Pos, Pos{})
		}
		for _, e := range x.Added {
			add(false, true, "element", table+" "+s.Name, nft.ElemText(e), Pos{}, e.Pos)
		}
	}
	for _, x := range d.Chains {
		o, n := orZero(x.Old), orZero(x.New)
		name := either(x.Old, x.New).Name
		if x.Old == nil || x.New == nil || x.Anew {
			add(x.Old != nil, x.New != nil, "chain", table, name, o.Pos, n.Pos)
		}
		if x.Policy {
			e := add(true, true, "policy", table+" "+name, "", o.Pos, n.Base.Pos)
			e.From, e.To = policyText(o.Base), policyText(n.Base)
			if n.Base.PolicyPos.IsValid() {
				e.Pos = n.Base.PolicyPos
			}
		}
		for _, r := range x.Rules {
			switch {
			case r.New == nil:
				add(true, false, "rule", table+" "+name, r.Old.Text, r.Old.Pos, Pos{})
			case r.Old == nil:
				add(false, true, "rule", table+" "+name, r.New.Text, Pos{}, r.New.Pos)
			}
		}
	}
	return out
}

func policyText(b *nft.Base) string {
	if b == nil || !b.PolicyPos.IsValid() {
		return nft.VerdictAccept.String()
	}
	return b.Policy.String()
}

func either[T any](a, b *T) *T {
	if b != nil {
		return b
	}
	return a
}

func orZero[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// text is the edit on a line: "rule tcp dport 22 accept in inet filter forward".
func (e *RulesEdit) text() string {
	var b strings.Builder
	switch {
	case e.What == "rule" || e.What == "element":
		b.WriteString(e.In + ": " + e.Name)
	case e.What == "policy":
		b.WriteString(e.In + ": policy " + e.From + " -> " + e.To)
	default:
		b.WriteString(e.What + " ")
		if e.In != "" {
			b.WriteString(e.In + " ")
		}
		b.WriteString(e.Name)
		if e.Op == Changed {
			b.WriteString(", made anew")
		}
		if e.To != "" {
			b.WriteString(": " + e.To)
		}
	}
	return b.String()
}
