package nft

import "time"

// Opt is a value that may not be known.
type Opt[T any] struct {
	V     T
	Known bool
}

// Some is a known value.
func Some[T any](v T) Opt[T] { return Opt[T]{V: v, Known: true} }

// Packet is a packet at a hook, as far as it is known. Header slices may be shorter than the header: what lies
// behind their end is unknown, not absent.
type Packet struct {
	Family  Family     // FamilyIP, FamilyIP6, FamilyARP: of the packet, not of a table
	LL      []byte     // link-layer header
	NH      []byte     // network header
	TH      []byte     // transport header
	L4Proto Opt[uint8] // IP protocol of TH; taken from NH if it can be
	Meta    PacketMeta
	CT      PacketCT

	lost []bitRange // written by a rule that may not have matched
}

// PacketMeta is what the kernel knows of a packet beside its bytes.
type PacketMeta struct {
	Iif, Oif         Opt[uint32] // interface indexes; 0: there is none at this hook
	Iifname, Oifname Opt[string] // "": there is none at this hook
	Iiftype, Oiftype Opt[uint16]
	Mark             Opt[uint32]
	Priority         Opt[uint32]
	Len              Opt[uint32] // bytes, of the whole packet from the network header on
	Protocol         Opt[uint16] // ethertype; taken from Family if it is not known
	Pkttype          Opt[uint8]
	SKUID, SKGID     Opt[uint32]
	Rtclassid        Opt[uint32]
	CPU              Opt[uint32]
	Nftrace          Opt[uint8]
	// Time is when the packet is here. Its location is the time zone in which `meta time` and `meta hour` are written.
	Time Opt[time.Time]
}

// PacketCT is the conntrack view of a packet.
type PacketCT struct {
	State     Opt[uint32] // bits as in `ct state`: invalid 1, established 2, related 4, new 8, untracked 64
	Direction Opt[uint8]  // 0 original, 1 reply
	Status    Opt[uint32] // enum ip_conntrack_status
	Mark      Opt[uint32]
	Zone      Opt[uint16]
	ID        Opt[uint32]
	Helper    Opt[string] // of the connection that expected this one: what `ct helper` reads; "" if none did
	Bytes     Opt[uint64]
	Packets   Opt[uint64]
	Original  Opt[Tuple]
	Reply     Opt[Tuple]
}

// Tuple is one direction of a conntrack entry. Addresses are 4 or 16 bytes in network order.
type Tuple struct {
	Src, Dst     []byte
	Proto        uint8
	Sport, Dport uint16
}
