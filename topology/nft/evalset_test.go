package nft

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
)

// slowFind is the reference for the index: every element is held against the key, one after the other.
func slowFind(s *Set, key []value) (*Elem, Answer) {
	maybe := false
	var rest *Elem
	for _, e := range s.Elems {
		if e.Key == nil {
			rest = e
			continue
		}
		parts := []Expr{e.Key}
		if c, ok := e.Key.(*ConcatExpr); ok {
			parts = c.Parts
		}
		all := Yes
		for i, p := range parts {
			switch slowIn(&key[i], p) {
			case No:
				all = No
			case Unknown:
				if all == Yes {
					all = Unknown
				}
			}
		}
		if all == Yes {
			return e, Yes
		}
		maybe = maybe || all == Unknown
	}
	switch {
	case maybe:
		return nil, Unknown
	case rest != nil:
		return rest, Yes
	}
	return nil, No
}

// slowIn compares bit by bit, without any of the code under test.
func slowIn(v *value, e Expr) Answer {
	if v.has == unknown {
		return Unknown
	}
	number := func(data []byte) string { // hexadecimal, so that comparing texts compares numbers
		return fmt.Sprintf("%x", data)
	}
	got := number(v.bytes())
	switch c := e.(type) {
	case *Const:
		if c.Wildcard {
			return answer(strings.HasPrefix(string(v.bytes()), string(c.Data)))
		}
		return answer(got == number(c.typ.nativeOrder(c.Data)))
	case *Range:
		return answer(got >= number(c.From.typ.nativeOrder(c.From.Data)) && got <= number(c.To.typ.nativeOrder(c.To.Data)))
	case *Prefix:
		bitsOf := func(data []byte) string {
			var b strings.Builder
			for _, x := range data {
				fmt.Fprintf(&b, "%08b", x)
			}
			return b.String()
		}
		return answer(bitsOf(v.bytes())[:c.Len] == bitsOf(c.Value.Data)[:c.Len])
	}
	return Unknown
}

// randomSet makes a set of one to three parts. Values are few, so that lookups hit.
func randomSet(r *rand.Rand) (*Set, func() []value) {
	types := []*Datatype{TypeIPv4Addr, TypeInetService, TypeMark, TypeIfName, TypeInetProto, TypeIPv6Addr}
	var parts []*Datatype
	for range 1 + r.IntN(3) {
		parts = append(parts, types[r.IntN(len(types))])
	}
	s := &Set{Name: "s", Key: Concat(parts...)}
	raw := func(d *Datatype) []byte {
		out := make([]byte, d.Bytes())
		if d == TypeIfName {
			copy(out, []string{"wan", "lan", "eth0", "eth1", "eth10", ""}[r.IntN(6)])
			return out
		}
		out[len(out)-1] = byte(r.IntN(8))
		if r.IntN(2) == 0 {
			out[0] = byte(r.IntN(4))
		}
		return out
	}
	constant := func(d *Datatype, b []byte) *Const { return &Const{Data: d.nativeOrder(b), typ: d} }
	key := func(d *Datatype) Expr {
		b := raw(d)
		switch r.IntN(4) {
		case 0:
			if d == TypeIfName {
				return &Const{Data: b[:1+r.IntN(3)], Wildcard: true, typ: d}
			}
			o := raw(d)
			if bytes.Compare(b, o) > 0 {
				b, o = o, b
			}
			return &Range{From: constant(d, b), To: constant(d, o)}
		case 1:
			if d.Base == BaseAddress {
				n := r.IntN(d.Bits + 1)
				for i := n; i < d.Bits; i++ {
					b[i/8] &^= 0x80 >> (i % 8)
				}
				return &Prefix{Value: constant(d, b), Len: n}
			}
		}
		return constant(d, b)
	}
	for range r.IntN(30) {
		e := &Elem{}
		if len(parts) == 1 {
			e.Key = key(parts[0])
		} else {
			c := &ConcatExpr{typ: s.Key}
			for _, d := range parts {
				c.Parts = append(c.Parts, key(d))
			}
			e.Key = c
		}
		s.Elems = append(s.Elems, e)
	}
	if r.IntN(4) == 0 {
		s.Elems = append(s.Elems, &Elem{})
	}
	return s, func() []value {
		out := make([]value, len(parts))
		for i, d := range parts {
			if r.IntN(12) == 0 {
				out[i] = isUnknown("not recorded")
				continue
			}
			b := raw(d)
			out[i] = value{n: len(b)}
			copy(out[i].b[:], b)
		}
		return out
	}
}

func TestSetIndexAgainstReference(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	hits := map[Answer]int{}
	for range 600 {
		s, key := randomSet(r)
		for range 20 {
			k := key()
			_, want := slowFind(s, k)
			x := s.indexed()
			e, got := x.root.find(k)
			if got == No && x.rest != nil {
				e, got = x.rest, Yes
			}
			if got != want {
				t.Fatalf("set %s with %d elements, key %s: %s, want %s", s.Key, len(s.Elems), spellKey(s, k), got, want)
			}
			if got == Yes && e.Key != nil && !holds(e, k) {
				t.Fatalf("set %s, key %s: found an element that does not hold it", s.Key, spellKey(s, k))
			}
			hits[got]++
		}
	}
	for _, a := range []Answer{Yes, No, Unknown} {
		if hits[a] < 300 {
			t.Errorf("only %d lookups gave %s", hits[a], a)
		}
	}
}

func holds(e *Elem, k []value) bool {
	_, a := slowFind(&Set{Elems: []*Elem{e}}, k)
	return a == Yes
}

func spellKey(s *Set, k []value) string {
	var out []string
	for i := range k {
		out = append(out, fmt.Sprintf("%x", k[i].bytes()))
	}
	return strings.Join(out, " . ")
}

// Spans may nest and overlap: each that holds the value is found, in the order of their beginnings.
func TestSpanTree(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		var tree spanTree
		type pair struct{ from, to byte }
		var all []pair
		for range r.IntN(40) {
			a, b := byte(r.IntN(64)), byte(r.IntN(64))
			if a > b {
				a, b = b, a
			}
			all = append(all, pair{a, b})
			tree.add([]byte{a}, []byte{b})
		}
		tree.sort()
		for x := range 64 {
			want := 0
			for _, p := range all {
				if int(p.from) <= x && x <= int(p.to) {
					want++
				}
			}
			got := 0
			tree.find([]byte{byte(x)}, func(*setNode) bool { got++; return true })
			if got != want {
				t.Fatalf("%d spans hold %d, want %d of %v", got, x, want, all)
			}
		}
	}
}

// The index is built at the first lookup, whoever makes it.
func TestSetIndexConcurrent(t *testing.T) {
	s := &Set{Name: "s", Key: TypeInetService}
	for i := range 1000 {
		s.Elems = append(s.Elems, &Elem{Key: &Const{Data: putUint(uint64(i), 2), typ: TypeInetService}})
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 1000 {
				var v value
				v.setUint(uint64(i), 2)
				if e, _ := s.indexed().root.find([]value{v}); e != s.Elems[i] {
					t.Errorf("port %d was not found", i)
				}
			}
		})
	}
	wg.Wait()
}

func TestJHash(t *testing.T) {
	// Of jhash("", 0) the kernel returns JHASH_INITVAL; the others are of Bob Jenkins' lookup3.c, hashlittle, which
	// jhash in include/linux/jhash.h is.
	for _, c := range []struct {
		key  string
		seed uint32
		want uint32
	}{
		{"", 0, 0xdeadbeef},
		{"", 0xdeadbeef, 0xbd5b7dde},
		{"Four score and seven years ago", 0, 0x17770551},
		{"Four score and seven years ago", 1, 0xcd628161},
	} {
		if got := jhash([]byte(c.key), c.seed); got != c.want {
			t.Errorf("jhash(%q, %#x) = %#x, want %#x", c.key, c.seed, got, c.want)
		}
	}
}
