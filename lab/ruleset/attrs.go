package ruleset

import (
	"encoding/binary"

	"github.com/google/nftables/userdata"
	"golang.org/x/sys/unix"
)

// attrs are netlink attributes, one behind the other (struct nlattr of include/uapi/linux/netlink.h). Numbers in
// attributes of nf_tables are in network order.
type attrs struct{ b []byte }

var zeros [unix.NLA_ALIGNTO]byte

// head begins an attribute whose value is n bytes long.
func (a *attrs) head(typ uint16, n int) {
	a.b = binary.NativeEndian.AppendUint16(a.b, uint16(unix.NLA_HDRLEN+n))
	a.b = binary.NativeEndian.AppendUint16(a.b, typ)
}

func (a *attrs) pad() { a.b = append(a.b, zeros[:-len(a.b)&(unix.NLA_ALIGNTO-1)]...) }

func (a *attrs) put(typ uint16, value []byte) {
	a.head(typ, len(value))
	a.b = append(a.b, value...)
	a.pad()
}

// str is a string with the zero byte that the kernel expects.
func (a *attrs) str(typ uint16, s string) {
	a.head(typ, len(s)+1)
	a.b = append(a.b, s...)
	a.b = append(a.b, 0)
	a.pad()
}

func (a *attrs) u8(typ uint16, v uint8) {
	a.head(typ, 1)
	a.b = append(a.b, v)
	a.pad()
}

func (a *attrs) u16(typ uint16, v uint16) {
	a.head(typ, 2)
	a.b = binary.BigEndian.AppendUint16(a.b, v)
	a.pad()
}

func (a *attrs) u32(typ uint16, v uint32) {
	a.head(typ, 4)
	a.b = binary.BigEndian.AppendUint32(a.b, v)
}

func (a *attrs) u64(typ uint16, v uint64) {
	a.head(typ, 8)
	a.b = binary.BigEndian.AppendUint64(a.b, v)
}

// open begins an attribute that holds attributes. It returns what close needs.
func (a *attrs) open(typ uint16) int {
	a.head(typ|unix.NLA_F_NESTED, 0)
	return len(a.b)
}

// close ends it.
func (a *attrs) close(at int) {
	binary.NativeEndian.PutUint16(a.b[at-unix.NLA_HDRLEN:], uint16(len(a.b)-at+unix.NLA_HDRLEN))
}

// data is a value for a register (NFTA_DATA_VALUE, nft_data_attributes of nf_tables.h).
func (a *attrs) data(typ uint16, value []byte) {
	at := a.open(typ)
	a.put(unix.NFTA_DATA_VALUE, value)
	a.close(at)
}

// udata are the notes that nft keeps in the kernel for its listings: comments, and what the kernel does not need to
// know of a type. They are type, length, value, each of one byte (struct nftnl_udata of libnftnl's src/udata.c).
type udata struct{ b []byte }

func (u *udata) put(typ userdata.Type, value []byte) {
	u.b = userdata.Append(u.b, typ, value)
}

// str is a string with a zero byte, without which nft does not take it.
func (u *udata) str(typ userdata.Type, s string) {
	u.b = userdata.AppendString(u.b, typ, s)
}

// u32 is a number in the order of the machine. userdata.AppendUint32 has it in that of x86 on every machine.
func (u *udata) u32(typ userdata.Type, v uint32) {
	u.put(typ, binary.NativeEndian.AppendUint32(nil, v))
}

func (u *udata) nest(typ userdata.Type, f func(*udata)) {
	var in udata
	f(&in)
	u.put(typ, in.b)
}

// comment is the note with a comment; it has number 0 in tables, chains, rules, objects and elements
// (NFTNL_UDATA_TABLE_COMMENT and its kin, include/libnftnl/udata.h).
func (a *attrs) comment(typ uint16, s string) {
	if s == "" {
		return
	}
	var u udata
	u.str(userdata.TypeComment, s)
	a.put(typ, u.b)
}
