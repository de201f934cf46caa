package nft

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"
)

// num is a value of at most 16 bytes, as a number in network order. Names of interfaces are numbers too: their
// bytes, padded with zeros behind.
type num struct{ hi, lo uint64 }

func (a num) compare(b num) int {
	return cmp.Or(cmp.Compare(a.hi, b.hi), cmp.Compare(a.lo, b.lo))
}

func (a num) next() num {
	a.lo++
	if a.lo == 0 {
		a.hi++
	}
	return a
}

func (a num) before() num {
	if a.lo == 0 {
		a.hi--
	}
	a.lo--
	return a
}

func (a num) and(b num) num { return num{a.hi & b.hi, a.lo & b.lo} }
func (a num) or(b num) num  { return num{a.hi | b.hi, a.lo | b.lo} }
func (a num) xor(b num) num { return num{a.hi ^ b.hi, a.lo ^ b.lo} }

func (a num) onesCount() int { return bits.OnesCount64(a.hi) + bits.OnesCount64(a.lo) }

// largest is the largest number of n bits.
func largest(n int) num {
	switch {
	case n >= 128:
		return num{^uint64(0), ^uint64(0)}
	case n > 64:
		return num{1<<(n-64) - 1, ^uint64(0)}
	case n == 64:
		return num{0, ^uint64(0)}
	}
	return num{0, 1<<n - 1}
}

// toNumber reads bytes in network order; false if they are too many.
func toNumber(b []byte) (num, bool) {
	if len(b) > 16 {
		return num{}, false
	}
	var room [16]byte
	copy(room[16-len(b):], b)
	return num{binary.BigEndian.Uint64(room[:]), binary.BigEndian.Uint64(room[8:])}, true
}

// nameNumber is the number of an interface's name.
func nameNumber(name string) num {
	var room [16]byte
	copy(room[:], name)
	return num{binary.BigEndian.Uint64(room[:]), binary.BigEndian.Uint64(room[8:])}
}

// bytes are the n lowest bytes, in network order.
func (a num) bytes(n int) []byte {
	var room [16]byte
	binary.BigEndian.PutUint64(room[:], a.hi)
	binary.BigEndian.PutUint64(room[8:], a.lo)
	return slices.Clone(room[16-n:])
}

// name is the name of an interface that a number stands for.
func (a num) name() string {
	b := a.bytes(16)
	if i := slices.Index(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}

// interval is all numbers from one to another, both included.
type interval struct{ from, to num }

// values is a set of numbers: intervals in order, with a gap between each two.
type values []interval

func small(n ...uint64) values {
	out := make(values, len(n))
	for i, v := range n {
		out[i] = interval{num{0, v}, num{0, v}}
	}
	return out.tidy()
}

// tidy puts any intervals in order and joins those that touch. It may change v.
func (v values) tidy() values {
	slices.SortFunc(v, func(a, b interval) int { return a.from.compare(b.from) })
	out := v[:0]
	for _, i := range v {
		if n := len(out); n > 0 {
			last := &out[n-1]
			if i.from.compare(last.to) <= 0 || i.from == last.to.next() && last.to != largest(128) {
				if i.to.compare(last.to) > 0 {
					last.to = i.to
				}
				continue
			}
		}
		out = append(out, i)
	}
	return out
}

// without are the numbers up to top that are not in v.
func (v values) without(top num) values {
	var out values
	from := num{}
	for _, i := range v {
		if i.from.compare(from) > 0 {
			out = append(out, interval{from, i.from.before()})
		}
		if i.to.compare(top) >= 0 {
			return out
		}
		from = i.to.next()
	}
	return append(out, interval{from, top})
}

func (v values) and(o values) values {
	var out values
	for len(v) > 0 && len(o) > 0 {
		from, to := v[0].from, v[0].to
		if o[0].from.compare(from) > 0 {
			from = o[0].from
		}
		if o[0].to.compare(to) < 0 {
			to = o[0].to
		}
		if from.compare(to) <= 0 {
			out = append(out, interval{from, to})
		}
		if v[0].to.compare(o[0].to) < 0 {
			v = v[1:]
		} else {
			o = o[1:]
		}
	}
	return out
}

// meets reports whether a number is in both.
func (v values) meets(o values) bool {
	for len(v) > 0 && len(o) > 0 {
		switch {
		case v[0].to.compare(o[0].from) < 0:
			v = v[1:]
		case o[0].to.compare(v[0].from) < 0:
			o = o[1:]
		default:
			return true
		}
	}
	return false
}

// within reports whether all of v is in o.
func (v values) within(o values) bool {
	for _, i := range v {
		for len(o) > 0 && o[0].to.compare(i.from) < 0 {
			o = o[1:]
		}
		if len(o) == 0 || o[0].from.compare(i.from) > 0 || o[0].to.compare(i.to) < 0 {
			return false
		}
	}
	return true
}

func (v values) has(n num) bool {
	for _, i := range v {
		if n.compare(i.from) >= 0 && n.compare(i.to) <= 0 {
			return true
		}
	}
	return false
}

// single is the one number that v has.
func (v values) single() (num, bool) {
	if len(v) == 1 && v[0].from == v[0].to {
		return v[0].from, true
	}
	return num{}, false
}
