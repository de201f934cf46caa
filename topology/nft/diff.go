package nft

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// TableDiff is how a table of one ruleset differs from the table of the same name in another.
type TableDiff struct {
	Old, New *Table // nil: there is none
	// Whole says why the table can only be replaced as a whole, with the state of everything in it; "" if an edit of its
	// parts does.
	Whole      string
	Chains     []ChainDiff
	Sets       []SetDiff
	Objects    []Pair[Object]
	Flowtables []Pair[Flowtable]
}

// Pair is a thing before and after; one of them may be nil.
type Pair[T any] struct{ Old, New *T }

// ChainDiff is a chain that differs.
type ChainDiff struct {
	Old, New *Chain // nil: there is none
	// Anew: only a new chain can be what New is, with all its rules. Rules then has none that stay.
	Anew   bool
	Policy bool // the policy differs
	// Rules are those of both: removed ones where they stood, added ones where they come, and those that stay, in the
	// order of the new chain.
	Rules []Pair[Rule]
}

// SetDiff is a named set or map that differs in its elements, or that only one of the rulesets has.
type SetDiff struct {
	Old, New *Set
	Removed  []*Elem
	Added    []*Elem
}

// Diff compares two rulesets: what is equal in the kernel is not in it, however it is written. Tables that go come
// first, then the others in the order of the new ruleset. The commands in Ruleset.Flush do not count.
func Diff(old, new *Ruleset) []TableDiff {
	var out []TableDiff
	for _, t := range old.Tables {
		if findTable(new, t) == nil {
			out = append(out, TableDiff{Old: t})
		}
	}
	for _, t := range new.Tables {
		was := findTable(old, t)
		if was == nil {
			out = append(out, TableDiff{New: t})
		} else if d, differs := diffTable(was, t); differs {
			out = append(out, d)
		}
	}
	return out
}

func findTable(rs *Ruleset, like *Table) *Table {
	for _, t := range rs.Tables {
		if t.Family == like.Family && t.Name == like.Name {
			return t
		}
	}
	return nil
}

func diffTable(old, new *Table) (d TableDiff, differs bool) {
	d = TableDiff{Old: old, New: new}
	whole := func(format string, args ...any) {
		if d.Whole == "" {
			d.Whole = fmt.Sprintf(format, args...)
		}
	}
	if old.Flags != new.Flags {
		whole("its flags differ")
	}
	if old.Comment != new.Comment {
		whole("its comment differs")
	}
	diffNamed(old.Objects, new.Objects, func(o *Object) string { return o.Kind() + " " + o.Name }, objectText, func(o, n *Object) {
		d.Objects = append(d.Objects, Pair[Object]{o, n})
		if o != nil && n != nil {
			whole("%s %s differs", n.Kind(), n.Name)
		}
	})
	diffNamed(old.Flowtables, new.Flowtables, func(f *Flowtable) string { return f.Name }, flowtableText, func(o, n *Flowtable) {
		d.Flowtables = append(d.Flowtables, Pair[Flowtable]{o, n})
		if o != nil && n != nil {
			whole("flowtable %s differs", n.Name)
		}
	})
	diffNamed(old.Sets, new.Sets, func(s *Set) string { return s.Name }, declText, func(o, n *Set) {
		d.Sets = append(d.Sets, SetDiff{Old: o, New: n})
		if o != nil && n != nil {
			whole("%s %s is declared differently", setWord(n.Map), n.Name)
		}
	})
	for _, s := range new.Sets {
		if o := old.Set(s.Name); o != nil && declText(o) == declText(s) {
			if e := diffElems(o, s); e.Removed != nil || e.Added != nil {
				d.Sets = append(d.Sets, e)
				if s.Flags&SetConstant != 0 {
					whole("the elements of the constant %s %s differ", setWord(s.Map), s.Name)
				}
			}
		}
	}
	d.chains()
	differs = d.Whole != "" || d.Chains != nil || d.Sets != nil || d.Objects != nil || d.Flowtables != nil
	switch old, new := blocksText(old), blocksText(new); {
	case old != new:
		differs = true
		whole("it has other chains in braces")
	case differs && new != "":
		whole("it has chains in braces")
	}
	return d, differs
}

// diffNamed calls f for each thing that only one of the lists has, those that go first, and for each whose text differs.
func diffNamed[T any](old, new []*T, name, text func(*T) string, f func(old, new *T)) {
	find := func(list []*T, like *T) *T {
		i := slices.IndexFunc(list, func(x *T) bool { return name(x) == name(like) })
		if i < 0 {
			return nil
		}
		return list[i]
	}
	for _, o := range old {
		if find(new, o) == nil {
			f(o, nil)
		}
	}
	for _, n := range new {
		if o := find(old, n); o == nil || text(o) != text(n) {
			f(o, n)
		}
	}
}

// chains compares the chains that have a name.
func (d *TableDiff) chains() {
	for _, c := range d.Old.Chains {
		if !c.Anonymous && d.New.Chain(c.Name) == nil {
			x := ChainDiff{Old: c}
			for _, r := range c.Rules {
				x.Rules = append(x.Rules, Pair[Rule]{Old: r})
			}
			d.Chains = append(d.Chains, x)
		}
	}
	for _, c := range d.New.Chains {
		if c.Anonymous {
			continue
		}
		o := d.Old.Chain(c.Name)
		if o != nil && o.Comment != c.Comment && d.Whole == "" {
			d.Whole = "the comment of chain " + c.Name + " differs"
		}
		if x, differs := diffChain(o, c); differs {
			d.Chains = append(d.Chains, x)
		}
	}
}

// blocksText is all that is in chains in braces. The rule that has one owns it, and nobody can change it from outside.
func blocksText(t *Table) string {
	var b strings.Builder
	for _, c := range t.Chains {
		if c.Anonymous {
			b.WriteString("{")
			for _, r := range c.Rules {
				b.WriteString(ruleKey(r) + "\n")
			}
			b.WriteString("}")
		}
	}
	return b.String()
}

func diffChain(old, new *Chain) (d ChainDiff, differs bool) {
	d = ChainDiff{Old: old, New: new}
	var before []*Rule
	if old != nil {
		before = old.Rules
		d.Anew = hookText(old.Base) != hookText(new.Base)
		d.Policy = !d.Anew && policyOf(old.Base) != policyOf(new.Base)
	}
	differs = old == nil || d.Anew || d.Policy
	from := 0
	at := align(before, new.Rules)
	for i, r := range new.Rules {
		if d.Anew || at[i] < 0 {
			d.Rules = append(d.Rules, Pair[Rule]{New: r})
			differs = true
			continue
		}
		for ; from < at[i]; from++ {
			d.Rules = append(d.Rules, Pair[Rule]{Old: before[from]})
			differs = true
		}
		d.Rules = append(d.Rules, Pair[Rule]{before[from], r})
		from++
	}
	for _, r := range before[from:] {
		d.Rules = append(d.Rules, Pair[Rule]{Old: r})
		differs = true
	}
	return d, differs
}

// hookText is all of a base chain but its policy; "" for a regular chain.
func hookText(b *Base) string {
	if b == nil {
		return ""
	}
	devices := slices.Clone(b.Devices)
	slices.Sort(devices)
	return fmt.Sprint(b.Type, b.Hook, b.Priority, devices)
}

func policyOf(b *Base) VerdictKind {
	if b == nil || !b.PolicyPos.IsValid() {
		return VerdictAccept
	}
	return b.Policy
}

func ruleKey(r *Rule) string { return r.Text + "\x00" + r.Comment }

// align finds for each new rule the old one that it is, -1 if it is none: as many as stay in order.
func align(old, new []*Rule) []int {
	at := make([]int, len(new))
	places := map[string][]int{} // of old rules with the same text
	for i, r := range old {
		places[ruleKey(r)] = append(places[ruleKey(r)], i)
	}
	// What begins or ends alike stays, and of what is between the longest run in order of those that have the same text.
	lo := 0
	for lo < len(old) && lo < len(new) && ruleKey(old[lo]) == ruleKey(new[lo]) {
		at[lo] = lo
		lo++
	}
	hi, end := len(new), len(old)
	for hi > lo && end > lo && ruleKey(old[end-1]) == ruleKey(new[hi-1]) {
		hi, end = hi-1, end-1
		at[hi] = end
	}
	for k, list := range places {
		first, last := sort.SearchInts(list, lo), sort.SearchInts(list, end)
		places[k] = list[first:max(first, last)]
	}
	var tails []int // of the best run of each length, the new rule at its end
	before := make([]int, len(new))
	for i := lo; i < hi; i++ {
		at[i] = -1
		list := places[ruleKey(new[i])]
		if len(list) == 0 {
			continue
		}
		at[i], places[ruleKey(new[i])] = list[0], list[1:]
		n := sort.Search(len(tails), func(k int) bool { return at[tails[k]] > at[i] })
		before[i] = -1
		if n > 0 {
			before[i] = tails[n-1]
		}
		tails = append(tails[:n], append([]int{i}, tails[min(n+1, len(tails)):]...)...)
	}
	stays := map[int]bool{}
	if len(tails) > 0 {
		for i := tails[len(tails)-1]; i >= 0; i = before[i] {
			stays[i] = true
		}
	}
	for i := lo; i < hi; i++ {
		if !stays[i] {
			at[i] = -1
		}
	}
	return at
}

// diffElems compares the elements of two sets that are declared alike. One whose value differs goes and comes.
func diffElems(old, new *Set) SetDiff {
	d := SetDiff{Old: old, New: new}
	had, has := map[string]bool{}, map[string]bool{}
	for _, e := range old.Elems {
		had[elemKey(e)] = true
	}
	for _, e := range new.Elems {
		has[elemKey(e)] = true
		if !had[elemKey(e)] {
			d.Added = append(d.Added, e)
		}
	}
	for _, e := range old.Elems {
		if !has[elemKey(e)] {
			d.Removed = append(d.Removed, e)
		}
	}
	return d
}

func elemKey(e *Elem) string { return elemString(e) + " expires " + e.Expires.String() }

// ElemText is an element in nft's spelling.
func ElemText(e *Elem) string { return elemString(e) }

// declText is all of a set but its elements.
func declText(s *Set) string {
	return fmt.Sprint(s.Map, s.Comment, typeText(s.Key), typeText(s.Data), s.DataRange, s.Verdict, s.Objects, s.Typeof, exprText(s.KeyExpr),
		exprText(s.DataExpr), s.Flags, s.AutoMerge, s.Timeout, s.GCInterval, s.Size, s.Policy, stmtsText(s.Stmts))
}

func typeText(t *Datatype) string {
	if t == nil {
		return ""
	}
	return t.String()
}

func exprText(e Expr) string {
	if e == nil {
		return ""
	}
	return e.String()
}

func stmtsText(list []Stmt) string {
	s := make([]string, len(list))
	for i := range list {
		s[i] = list[i].String()
	}
	return strings.Join(s, "\x00")
}

func objectText(o *Object) string { return o.Kind() + "\x00" + o.Stmt.String() + "\x00" + o.Comment }

func flowtableText(f *Flowtable) string {
	devices := slices.Clone(f.Devices)
	slices.Sort(devices)
	return fmt.Sprint(f.Hook, f.Priority, devices, f.Offload, f.Counter)
}
