package nft

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// Bounds of the search for shadowed rules, so that it is quick in any chain: how many kinds of rule are told apart
// (by what they look at), and how many earlier rules each rule is compared with. What lies beyond is not found.
const (
	maxKinds       = 64
	maxComparisons = 64
)

// shadowed finds rules all of whose packets an earlier rule of the chain decides about, and rules that are there
// twice.
func (l *linter) shadowed(c *Chain) {
	all := l.demandsOf(c)
	shadows := l.shadowsOf(c, all)
	for i, r := range c.Rules {
		if l.dead[r] || all[i].clash.stmt != nil {
			continue
		}
		if i > 0 && l.repeats(r, c.Rules[i-1]) {
			before := c.Rules[i-1]
			l.add(LintDuplicate, r.Span, fmt.Sprintf("this rule says the same as %s", place(before.Pos, r.Pos)), "remove one of them", before.Pos)
			l.dead[r] = l.terminal(before) && all[i-1].exact
			continue
		}
		j := shadows.find(i)
		if j < 0 {
			continue
		}
		l.dead[r] = true
		by := c.Rules[j]
		if plainText(by) == plainText(r) {
			l.add(LintDuplicate, r.Span, fmt.Sprintf("this rule says the same as %s", place(by.Pos, r.Pos)), "remove one of them", by.Pos)
			continue
		}
		l.add(LintShadowed, r.Span, fmt.Sprintf("this rule is never reached: `%s` (%s) takes all of its packets", shortText(by), place(by.Pos, r.Pos)),
			"move it up, or remove it", by.Pos)
	}
}

// repeats reports whether a rule does the same as the one directly before it, and no packet or clock is between them.
func (l *linter) repeats(r, before *Rule) bool {
	if r.Text != before.Text && !strings.Contains(r.Text, "counter packets") || len(r.Stmts) != len(before.Stmts) {
		return false
	}
	does := false
	for _, s := range r.Stmts {
		switch s := s.(type) {
		case *Match:
			if !l.repeatable(s.Left) {
				return false
			}
		case *Assign:
			if !l.repeatable(s.Value) || !settles(s.Value) {
				return false
			}
			does = true
		case *VerdictStmt, *Log, *Reject, *Notrack:
			does = true
		case *Vmap:
			does = does || l.repeatable(s.Key)
		case *Counter:
		default:
			return false
		}
	}
	return does && plainText(r) == plainText(before)
}

// settles reports whether writing a value twice is writing it once: it does not depend on what was there.
func settles(e Expr) bool {
	_, ok := e.(*Const)
	return ok
}

// shadows are the rules of a chain that can shadow others, by what they look at.
type shadows struct {
	all   []demands
	kinds []*shadowKind
	byKey map[string]*shadowKind
}

// shadowKind are rules that look at the same traits, and have the same texts. They are found by the values of one of
// the traits, the one that tells them apart best.
type shadowKind struct {
	like  *demands // one of them
	rules []int
	by    trait
	tree  spanTree
	ids   map[*setNode]int
}

func (l *linter) shadowsOf(c *Chain, all []demands) *shadows {
	s := &shadows{all: all, byKey: map[string]*shadowKind{}}
	var key []byte
	for i, r := range c.Rules {
		d := &all[i]
		if !d.exact || d.clash.stmt != nil || d.always() || l.dead[r] || !l.terminal(r) {
			continue
		}
		key = key[:0]
		var mix uint64 // the same for any order of the traits
		for j := range d.list {
			h := uint64(d.list[j].trait) * 0x9e3779b97f4a7c15
			mix += h ^ h>>29
		}
		key = binary.BigEndian.AppendUint64(key, mix)
		for _, t := range d.texts {
			key = append(append(key, t...), 0)
		}
		k := s.byKey[string(key)]
		if k == nil {
			if len(s.kinds) == maxKinds {
				continue
			}
			k = &shadowKind{like: d}
			s.byKey[string(key)] = k
			s.kinds = append(s.kinds, k)
		}
		k.rules = append(k.rules, i)
	}
	for _, k := range s.kinds {
		k.index(all)
	}
	return s
}

func (k *shadowKind) index(all []demands) {
	if len(k.like.list) == 0 {
		return
	}
	best := 0
	for _, d := range k.like.list {
		seen := map[interval]bool{}
		for _, i := range k.rules {
			if x := all[i].find(d.trait); x != nil && len(x.in) > 0 {
				seen[x.in[0]] = true
			}
		}
		if len(seen) > best {
			best, k.by = len(seen), d.trait
		}
	}
	k.ids = make(map[*setNode]int, len(k.rules))
	for _, i := range k.rules {
		x := all[i].find(k.by)
		if x == nil { // two kinds with one key
			continue
		}
		for _, v := range x.in {
			k.ids[k.tree.add(v.from.bytes(16), v.to.bytes(16))] = i
		}
	}
	k.tree.sort()
}

// find is the index of an earlier rule that decides about all packets of rule i; -1 if none was found.
func (s *shadows) find(i int) int {
	d := &s.all[i]
	tries := 0
	found := -1
	try := func(j int) bool {
		tries++
		if j < i && s.all[j].covers(d) {
			found = j
			return false
		}
		return tries < maxComparisons
	}
	for _, k := range s.kinds {
		if k.rules[0] >= i {
			continue
		}
		if len(k.like.list) == 0 {
			try(k.rules[0])
		} else if x := d.find(k.by); x != nil && len(x.in) > 0 {
			k.tree.find(x.in[0].from.bytes(16), func(n *setNode) bool { return try(k.ids[n]) })
		}
		if found >= 0 || tries >= maxComparisons {
			break
		}
	}
	return found
}
