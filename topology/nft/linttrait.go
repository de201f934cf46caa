package nft

// trait is something about a packet that rules ask for: a field of a header, a key of meta or ct. Two selectors of
// one trait read the same bits, whatever they are called: `tcp dport`, `th dport` and `@th,16,16`.
type trait uint64

// The kinds of trait, in the highest bits.
const (
	traitFamily trait = iota << 60 // IPv4, IPv6 or ARP
	traitMeta
	traitCT
	traitHeader
)

// traitNamed: the values are names that the machine resolves, not numbers.
const traitNamed trait = 1 << 59

func metaTrait(k MetaKey) trait { return traitMeta | trait(k) }

func ctTrait(k CTKey, d CTDir) trait { return traitCT | trait(uint8(d))<<32 | trait(k) }

func headerTrait(b HeaderBase, offset, length int) trait {
	return traitHeader | trait(b)<<48 | trait(uint16(length))<<32 | trait(uint32(offset))
}

func (t trait) kind() trait { return t &^ (1<<60 - 1) }

// The traits that are asked for by name.
var (
	traitL4      = metaTrait(MetaL4Proto)
	traitIifname = metaTrait(MetaIifname)
	traitOifname = metaTrait(MetaOifname)
	traitIif     = metaTrait(MetaIif) | traitNamed
	traitOif     = metaTrait(MetaOif) | traitNamed
	traitIiftype = metaTrait(MetaIiftype)
	traitState   = ctTrait(CTState, DirNone)
	traitSport   = headerTrait(TransportHeader, 0, 16)
	traitDport   = headerTrait(TransportHeader, 16, 16)
	traitFlags   = headerTrait(TransportHeader, 104, 8)
	traitICMP    = headerTrait(TransportHeader, 0, 8)
	traitSaddr4  = headerTrait(NetworkHeader, 96, 32)
	traitDaddr4  = headerTrait(NetworkHeader, 128, 32)
	traitSaddr6  = headerTrait(NetworkHeader, 64, 128)
	traitDaddr6  = headerTrait(NetworkHeader, 192, 128)
)

// traitOf is the trait that a selector reads and how many bits its values have; false if it is none.
func traitOf(e Expr) (t trait, bits int, ok bool) {
	switch e := e.(type) {
	case *Payload:
		return headerTrait(e.Base, e.Offset, e.Len), e.Len, e.Len <= 128
	case *Meta:
		if e.Key == MetaRandom || isClock(e.typ) {
			return 0, 0, false
		}
		return metaTrait(e.Key), e.typ.Bits, e.typ.Bits > 0 && e.typ.Bits <= 128
	case *CT:
		if e.Key == CTExpiration {
			return 0, 0, false
		}
		return ctTrait(e.Key, e.Dir), e.typ.Bits, e.typ.Bits > 0 && e.typ.Bits <= 128
	}
	return 0, 0, false
}
