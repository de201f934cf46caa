package ruleset

import (
	"encoding/binary"
	"slices"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// swaps reports whether values of a type are not in network order in a register.
func swaps(t *nft.Datatype) bool {
	return t.Order == nft.HostEndian && t.Bytes() > 1 && t.Base != nft.BaseString && littleEndian
}

var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// number is the number that a constant is.
func number(k *nft.Const) uint64 {
	b := slices.Clone(k.Data)
	if swaps(k.Type()) {
		slices.Reverse(b)
	}
	var v uint64
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	return v
}

func be16(v uint16) []byte { return binary.BigEndian.AppendUint16(nil, v) }

// hostValue is a small number in the order of the machine.
func hostValue(size int, v uint64) []byte {
	b := make([]byte, 8)
	binary.BigEndian.PutUint64(b, v)
	b = b[8-size:]
	if littleEndian {
		slices.Reverse(b)
	}
	return b
}

func xor(a, b []byte) []byte {
	out := make([]byte, len(a))
	for i := range out {
		out[i] = a[i] ^ b[i]
	}
	return out
}

func allOnes(b []byte) bool {
	return len(b) > 0 && !slices.ContainsFunc(b, func(c byte) bool { return c != 0xff })
}
