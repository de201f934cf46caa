// Package trace turns what the kernel says about a probe, on every node, into a path.Recording:
// nft trace messages, the answer of the socket, and the state of the node where the packet was last seen.
package trace

import (
	"encoding/binary"
	"fmt"

	"github.com/hookwalk/hookwalk/lab/path"
)

// Attributes of NFT_MSG_TRACE, include/uapi/linux/netfilter/nf_tables.h enum nft_trace_attributes.
// All integers are in network byte order.
const (
	traceTable       = 1
	traceChain       = 2
	traceRuleHandle  = 3
	traceType        = 4
	traceVerdict     = 5
	traceID          = 6
	traceLLHeader    = 7
	traceNetHeader   = 8
	traceTransHeader = 9
	traceIif         = 10
	traceOif         = 12
	traceMark        = 14
	tracePolicy      = 16
	traceCTID        = 18 // these four: kernel 6.16
	traceCTDirection = 19
	traceCTStatus    = 20
	traceCTState     = 21
)

// enum nft_verdict_attributes.
const (
	verdictCode  = 1
	verdictChain = 2
)

const (
	nlaHeaderLen = 4
	nlaTypeMask  = 0x3fff // NLA_TYPE_MASK: without NLA_F_NESTED and NLA_F_NET_BYTEORDER
	nfgenmsgLen  = 4      // struct nfgenmsg, include/uapi/linux/netfilter/nfnetlink.h
)

// ifnames gives the name of a device of the node by its index, "" if it is not known.
type ifnames func(index uint32) string

// decode reads one NFT_MSG_TRACE message: the payload behind the netlink header, which starts with a struct
// nfgenmsg. The byte slices of the event are copies; payload may be reused.
func decode(payload []byte, name ifnames) (path.Event, error) {
	var e path.Event
	if len(payload) < nfgenmsgLen {
		return e, fmt.Errorf("trace message of %d bytes: shorter than its header", len(payload))
	}
	e.Family = familyName(payload[0])
	ct := path.EventCT{}
	hasCT := false
	err := attributes(payload[nfgenmsgLen:], func(typ uint16, b []byte) error {
		switch typ {
		case traceTable:
			e.Table = cstring(b)
		case traceChain:
			e.Chain = cstring(b)
		case traceRuleHandle:
			e.Handle = be64(b)
		case traceType:
			e.Type = eventType(be32(b))
		case traceVerdict:
			return decodeVerdict(b, &e)
		case traceID:
			e.ID = be32(b)
		case traceLLHeader:
			e.LL = append([]byte(nil), b...)
		case traceNetHeader:
			e.NH = append([]byte(nil), b...)
		case traceTransHeader:
			e.TH = append([]byte(nil), b...)
		case traceIif:
			e.Iif = name(be32(b))
		case traceOif:
			e.Oif = name(be32(b))
		case traceMark:
			e.Mark = be32(b)
		case tracePolicy:
			e.Policy = verdictName(int32(be32(b)))
		case traceCTID:
			ct.ID, hasCT = be32(b), true
		case traceCTDirection:
			if len(b) > 0 {
				ct.Direction = b[0]
			}
		case traceCTStatus:
			ct.Status = be32(b)
		case traceCTState:
			ct.State, hasCT = be32(b), true
		}
		return nil
	})
	if hasCT {
		e.CT = &ct
	}
	return e, err
}

func decodeVerdict(b []byte, e *path.Event) error {
	return attributes(b, func(typ uint16, b []byte) error {
		switch typ {
		case verdictCode:
			e.Verdict = verdictName(int32(be32(b)))
		case verdictChain:
			e.Jump = cstring(b)
		}
		return nil
	})
}

// attributes calls f for each netlink attribute in b (struct nlattr, include/uapi/linux/netlink.h; lengths and
// types are in host byte order).
func attributes(b []byte, f func(typ uint16, value []byte) error) error {
	for len(b) >= nlaHeaderLen {
		n := int(binary.NativeEndian.Uint16(b))
		if n < nlaHeaderLen || n > len(b) {
			return fmt.Errorf("trace message: attribute of %d bytes in %d", n, len(b))
		}
		if err := f(binary.NativeEndian.Uint16(b[2:])&nlaTypeMask, b[nlaHeaderLen:n]); err != nil {
			return err
		}
		b = b[min((n+3)&^3, len(b)):]
	}
	return nil
}

func be32(b []byte) uint32 {
	if len(b) < 4 {
		return 0
	}
	return binary.BigEndian.Uint32(b)
}

func be64(b []byte) uint64 {
	if len(b) < 8 {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}

func cstring(b []byte) string {
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}

// familyName spells NFPROTO_*, include/uapi/linux/netfilter.h, as nft does.
func familyName(f byte) string {
	switch f {
	case 1:
		return "inet"
	case 2:
		return "ip"
	case 3:
		return "arp"
	case 5:
		return "netdev"
	case 7:
		return "bridge"
	case 10:
		return "ip6"
	}
	return fmt.Sprintf("family %d", f)
}

func eventType(n uint32) path.EventType {
	switch n {
	case 1:
		return path.EventPolicy
	case 2:
		return path.EventReturn
	case 3:
		return path.EventRule
	}
	return path.EventType(fmt.Sprintf("type %d", n))
}

// verdictName spells NF_* and NFT_* verdict codes, include/uapi/linux/netfilter.h and nf_tables.h. The upper
// half of a drop or queue verdict carries an errno or a queue number.
func verdictName(code int32) string {
	switch code {
	case -1:
		return "continue"
	case -2:
		return "break"
	case -3:
		return "jump"
	case -4:
		return "goto"
	case -5:
		return "return"
	}
	switch code & 0xff {
	case 0:
		return "drop"
	case 1:
		return "accept"
	case 2:
		return "stolen"
	case 3:
		return "queue"
	case 4:
		return "repeat"
	}
	return fmt.Sprintf("verdict %d", code)
}
