package ruleset

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// batch is one transaction: the messages between NFNL_MSG_BATCH_BEGIN and NFNL_MSG_BATCH_END, which the kernel takes
// all or none (nfnetlink_rcv_batch of net/netfilter/nfnetlink.c). It knows what each message is for.
type batch struct {
	attrs
	parts []part
	marks []mark
}

// part is what one message is for. The message with sequence number i is parts[i].
type part struct {
	what string // `table inet filter`, `chain input`, ...; "" for begin and end
	span nft.Span
	rule *nft.Rule // nil if it is none
	base *nft.Base // of a base chain; nil else

	object    *nft.Object    // likewise
	flowtable *nft.Flowtable // likewise

	start int // of the message in the batch
	marks int // how many marks the batch had when it began
}

// mark says which piece of the source the attribute at an offset of the batch was made of.
type mark struct {
	at   int
	node nft.Node
}

// batchBegin and batchEnd frame a batch (enum nfnl_batch_attributes and NFNL_MSG_BATCH_* of
// include/uapi/linux/netfilter/nfnetlink.h).
const (
	batchBegin = 0x10
	batchEnd   = 0x11
)

const nfgenmsgLen = 4 // struct nfgenmsg of nfnetlink.h

// newBatch begins a batch; finish ends it.
func newBatch() *batch {
	b := &batch{}
	b.message(batchBegin, 0, 0, unix.NFNL_SUBSYS_NFTABLES, part{})
	return b
}

func (b *batch) finish() { b.message(batchEnd, 0, 0, unix.NFNL_SUBSYS_NFTABLES, part{}) }

// begin begins a message of nf_tables; its attributes follow. The message before it is complete.
func (b *batch) begin(typ uint16, flags uint16, family nft.Family, p part) {
	b.message(unix.NFNL_SUBSYS_NFTABLES<<8|typ, flags, family, 0, p)
}

func (b *batch) message(typ, flags uint16, family nft.Family, resource uint16, p part) {
	b.endMessage()
	p.start, p.marks = len(b.b), len(b.marks)
	b.parts = append(b.parts, p)
	b.b = binary.NativeEndian.AppendUint32(b.b, unix.NLMSG_HDRLEN+nfgenmsgLen)
	b.b = binary.NativeEndian.AppendUint16(b.b, typ)
	b.b = binary.NativeEndian.AppendUint16(b.b, flags|unix.NLM_F_REQUEST)
	b.b = binary.NativeEndian.AppendUint32(b.b, uint32(len(b.parts)-1))
	b.b = binary.NativeEndian.AppendUint32(b.b, 0)
	b.b = append(b.b, byte(family), unix.NFNETLINK_V0)
	b.b = binary.BigEndian.AppendUint16(b.b, resource)
}

// endMessage writes the length of the last message into its header.
func (b *batch) endMessage() {
	if n := len(b.parts); n > 0 {
		at := b.parts[n-1].start
		binary.NativeEndian.PutUint32(b.b[at:], uint32(len(b.b)-at))
	}
}

// markAt is the last mark of a message that is not behind an offset in it; nil if there is none.
func (b *batch) markAt(seq uint32, offset int) *mark {
	p := b.parts[seq]
	end := len(b.marks)
	if int(seq)+1 < len(b.parts) {
		end = b.parts[seq+1].marks
	}
	var found *mark
	for i := range b.marks[p.marks:end] {
		if m := &b.marks[p.marks+i]; m.at <= p.start+offset {
			found = m
		}
	}
	return found
}
