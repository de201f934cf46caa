package nft

import "strings"

// ByteOrder is the order in which the kernel keeps a value in a register.
type ByteOrder uint8

// The byte orders.
const (
	OrderNone  ByteOrder = iota // strings and single bytes: no order
	BigEndian                   // header fields, as on the wire
	HostEndian                  // meta and ct values: the order of the machine
)

// TypeBase is the shape of a datatype: how its values are written and compared.
type TypeBase uint8

// The shapes.
const (
	BaseInteger TypeBase = iota
	BaseBitmask          // an integer whose bits have names; a list of names means "any of these"
	BaseString
	BaseAddress // ipv4_addr, ipv6_addr, ether_addr
	BaseConcat
	BaseVerdict
)

// Datatype is a type of nft's values. Datatypes are made once and never change; they are compared by pointer,
// but for concatenations, which are compared with [Datatype.Equal].
type Datatype struct {
	Name  string    // as nft spells it: "inet_service"
	ID    uint32    // include/datatype.h, enum datatypes; a concatenation has 6 bits for each part
	Order ByteOrder // of a value in a register
	Bits  int       // size of a value; 0: taken from the selector that yields it
	Base  TypeBase
	Parts []*Datatype // of a concatenation, first to last

	symbols symbolTable
	codec   codec
}

// Bytes is the size of a value in bytes, rounded up.
func (d *Datatype) Bytes() int { return (d.Bits + 7) / 8 }

// RegisterBytes is the size of a value in the kernel's registers: each part of a concatenation is padded to 4 bytes.
func (d *Datatype) RegisterBytes() int {
	if d.Base != BaseConcat {
		return pad4(d.Bytes())
	}
	n := 0
	for _, p := range d.Parts {
		n += pad4(p.Bytes())
	}
	return n
}

func pad4(n int) int { return (n + 3) &^ 3 }

// Equal reports whether values of d and o are of the same type.
func (d *Datatype) Equal(o *Datatype) bool {
	if d == o {
		return true
	}
	if d == nil || o == nil || d.Base != o.Base || len(d.Parts) != len(o.Parts) {
		return false
	}
	for i := range d.Parts {
		if !d.Parts[i].Equal(o.Parts[i]) {
			return false
		}
	}
	return d.ID == o.ID && d.Bits == o.Bits
}

// String is the type as nft spells it: "ipv4_addr . inet_service".
func (d *Datatype) String() string {
	if d == nil {
		return "invalid"
	}
	return d.Name
}

// Concat makes the type of a concatenation. With one part it is that part.
func Concat(parts ...*Datatype) *Datatype {
	if len(parts) == 1 {
		return parts[0]
	}
	d := &Datatype{Base: BaseConcat, Order: OrderNone}
	var names []string
	for _, p := range parts {
		names = append(names, p.Name)
		d.ID = d.ID<<6 | p.ID
		d.Bits += 8 * pad4(p.Bytes())
		d.Parts = append(d.Parts, p)
	}
	d.Name = strings.Join(names, " . ")
	return d
}

// withBits is d for a selector whose size the type leaves open (integer).
func (d *Datatype) withBits(bits int, order ByteOrder) *Datatype {
	if d.Bits == bits && d.Order == order {
		return d
	}
	n := *d
	n.Bits, n.Order = bits, order
	return &n
}
