package ruleset

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// interval is the keys from From to To, in network order.
type interval struct {
	from, to []byte
	elem     *nft.Elem
}

// intervals are the elements of a set of ranges: the kernel looks for the next element below a key, and whether a
// range starts or ends there (net/netfilter/nft_set_rbtree.c). So the end of a range is an element of its own, unless
// nothing is between it and the next one.
func (c *compiler) intervals(s *nft.Set, b bits) []element {
	list, catchall := c.sortedIntervals(s, b)
	if s.AutoMerge || s.Anonymous() && !s.Map {
		list = mergeIntervals(list)
	}
	var out []element
	if len(list) > 0 && !isZero(list[0].from) {
		out = append(out, element{key: make([]byte, len(list[0].from)), end: true, elem: list[0].elem})
	}
	for i, x := range list {
		end, ok := next(x.to, keyBits(s, b))
		out = append(out, element{key: x.from, open: !ok, elem: x.elem})
		touches := i+1 < len(list) && bytes.Equal(end, list[i+1].from)
		if ok && !(touches && s.Anonymous()) {
			out = append(out, element{key: end, end: true, elem: x.elem})
		}
	}
	if catchall != nil {
		out = append(out, element{elem: catchall})
	}
	return out
}

func (c *compiler) sortedIntervals(s *nft.Set, b bits) (list []interval, catchall *nft.Elem) {
	for _, e := range s.Elems {
		if e.Key == nil {
			catchall = e
			continue
		}
		from, to := c.bounds(e.Key)
		if bytes.Compare(from, to) > 0 { // hours that pass midnight in UTC
			list = append(list, interval{make([]byte, len(to)), to, e})
			to = binary.BigEndian.AppendUint32(nil, 24*60*60-1)
		}
		list = append(list, interval{b.place(from), b.place(to), e})
	}
	slices.SortStableFunc(list, func(x, y interval) int { return bytes.Compare(x.from, y.from) })
	return list, catchall
}

// mergeIntervals joins ranges that overlap or touch.
func mergeIntervals(list []interval) []interval {
	var out []interval
	for _, x := range list {
		if n := len(out); n > 0 {
			last := &out[n-1]
			end, ok := next(last.to, 8*len(last.to))
			if !ok || bytes.Compare(x.from, end) <= 0 {
				if bytes.Compare(x.to, last.to) > 0 {
					last.to = x.to
				}
				continue
			}
		}
		out = append(out, x)
	}
	return out
}

// keyBits is how many bits of the bytes of a key count.
func keyBits(s *nft.Set, b bits) int {
	if b.size > 0 {
		return 8 * b.size
	}
	return s.Key.Bits
}

// next is the number after v, of so many bits; ok is false if v is the last.
func next(v []byte, bits int) (n []byte, ok bool) {
	if bytes.Equal(v, lowMask(len(v), bits)) {
		return nil, false
	}
	n = slices.Clone(v)
	for i := len(n) - 1; i >= 0; i-- {
		n[i]++
		if n[i] != 0 {
			break
		}
	}
	return n, true
}

func isZero(b []byte) bool { return !slices.ContainsFunc(b, func(c byte) bool { return c != 0 }) }
