package trace

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/hookwalk/hookwalk/lab/path"
)

// Priorities of the tracer's chains: before and behind everything that users and the kernel register, except
// the kernel's own INT_MIN (ip_sabotage_in) and INT_MAX (conntrack confirm).
const (
	priorityFirst = -2000000000
	priorityLast  = 2000000000
)

// Tag marks a probe on every node. UDP and ICMP probes begin their payload with it; a TCP probe has its first
// four bytes as initial sequence number. NAT rewrites none of these.
type Tag [8]byte

// ISN is the initial sequence number of a TCP probe.
func (t Tag) ISN() uint32 { return binary.BigEndian.Uint32(t[:4]) }

// TableName is the name of the tracer's tables. Two tracers on one node have a table each.
func (t Tag) TableName() string { return fmt.Sprintf("%s-%x", path.TracerTable, t[:]) }

// View says what a tracer wants to see of one node.
type View struct {
	Proto    string // of the probe: tcp, udp, icmp, icmpv6
	Tag      Tag
	Devices  []string // all but lo: what leaves there comes back by itself
	Bridge   bool     // the node bridges
	NoEgress bool     // the kernel has no hook at egress
}

// Table writes the tracer's tables for one node in the nft language: the owner flag makes the kernel delete them
// when the socket that made them closes (kernel 5.12), and there is no ct expression, which would switch
// conntrack on. Each chain ends with a rule: an accept is one trace message, an end of rules with a policy would be two.
// The chains that pick the probe are the exception, so that a rule of theirs that matched says: this is it.
func (v *View) Table() string {
	pick := picks(v.Proto, v.Tag)
	var b strings.Builder
	open := func(family string) {
		fmt.Fprintf(&b, "table %s %s {\n\tflags owner\n", family, v.Tag.TableName())
	}
	chain := func(name, hook string, priority int, rules []string) {
		fmt.Fprintf(&b, "\tchain %s {\n\t\ttype filter hook %s priority %d; policy accept;\n", name, hook, priority)
		for _, r := range rules {
			fmt.Fprintf(&b, "\t\t%s meta nftrace set 1 accept\n", r)
		}
		if rules == nil {
			b.WriteString("\t\taccept\n")
		}
		b.WriteString("\t}\n")
	}
	hooks := []string{"prerouting", "input", "forward", "output", "postrouting"}
	bracket := func() {
		for _, h := range hooks {
			var rules []string
			if h == "prerouting" || h == "output" {
				rules = pick
			}
			chain(h+path.SuffixFirst, h, priorityFirst, rules)
			chain(h+path.SuffixLast, h, priorityLast, nil)
		}
		b.WriteString("}\n")
	}
	open("inet")
	bracket()
	if v.Bridge {
		open("bridge")
		bracket()
	}
	if len(v.Devices) > 0 {
		list := `"` + strings.Join(v.Devices, `", "`) + `"`
		open("netdev")
		chain(path.ChainRX, "ingress devices = { "+list+" }", priorityFirst, pick)
		if !v.NoEgress {
			chain(path.ChainTX, "egress devices = { "+list+" }", priorityLast, nil)
		}
		b.WriteString("}\n")
	}
	return b.String()
}

// picks are the matches that find the probe, what answers it, and ICMP errors that quote it.
//
// Offsets are in bits from the start of the transport header. An ICMP error quotes the packet behind its own
// 8 bytes: an IPv4 header of 20 bytes (RFC 792) or an IPv6 header of 40 (RFC 4443), then the transport header.
func picks(proto string, tag Tag) []string {
	const (
		icmpHeader = 8 * 8
		ipv4Header = 20 * 8
		ipv6Header = 40 * 8
	)
	if proto == "tcp" {
		isn := tag.ISN()
		const seq, ack = 32, 64 // RFC 9293 section 3.1
		at := func(l4 string, offset int, value uint32) string {
			return fmt.Sprintf("meta l4proto %s @th,%d,32 %#x", l4, offset, value)
		}
		return []string{
			at("tcp", seq, isn),                        // the SYN
			at("tcp", ack, isn+1),                      // SYN-ACK or RST that answers it
			at("icmp", icmpHeader+ipv4Header+seq, isn), // an error about it
			at("ipv6-icmp", icmpHeader+ipv6Header+seq, isn),
		}
	}
	value := binary.BigEndian.Uint64(tag[:])
	at := func(l4 string, offset int) string {
		return fmt.Sprintf("meta l4proto %s @th,%d,64 %#x", l4, offset, value)
	}
	const payload = 8 * 8 // behind the UDP header (RFC 768) or the ICMP echo header (RFC 792)
	l4 := map[string]string{"udp": "udp", "icmp": "icmp", "icmpv6": "ipv6-icmp"}[proto]
	return []string{
		at(l4, payload),
		at("icmp", icmpHeader+ipv4Header+payload),
		at("ipv6-icmp", icmpHeader+ipv6Header+payload),
	}
}
