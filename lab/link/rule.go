package link

import (
	"encoding/binary"
	"fmt"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology"
)

// Actions and flags of rules, include/uapi/linux/fib_rules.h.
const (
	frActToTable     = 1 // FR_ACT_TO_TBL
	frActBlackhole   = 6 // FR_ACT_BLACKHOLE
	frActUnreachable = 7 // FR_ACT_UNREACHABLE
	frActProhibit    = 8 // FR_ACT_PROHIBIT
	fibRuleInvert    = 2 // FIB_RULE_INVERT
	fraIPProto       = 22
	fraSportRange    = 23
	fraDportRange    = 24
)

// AddRule adds a rule of policy routing.
func (c *Conn) AddRule(rule *topology.Rule) error { return c.rule(unix.RTM_NEWRULE, create, rule) }

// DelRule removes a rule of policy routing.
func (c *Conn) DelRule(rule *topology.Rule) error {
	return c.rule(unix.RTM_DELRULE, unix.NLM_F_ACK, rule)
}

// rule sends a message about a rule.
func (c *Conn) rule(kind uint16, flags int, rule *topology.Rule) error {
	header := nl.NewRtMsg() // struct fib_rule_hdr has the same layout
	header.Family = unix.AF_INET
	if rule.IPv6 {
		header.Family = unix.AF_INET6
	}
	header.Protocol, header.Scope, header.Table = 0, 0, unix.RT_TABLE_UNSPEC
	switch rule.Type {
	case "":
		header.Type = frActToTable
	case "blackhole":
		header.Type = frActBlackhole
	case "unreachable":
		header.Type = frActUnreachable
	case "prohibit":
		header.Type = frActProhibit
	default:
		return fmt.Errorf("unknown kind of rule %q", rule.Type)
	}
	if rule.Not {
		header.Flags = fibRuleInvert
	}
	r := c.request(kind, flags)
	r.AddData(header)
	if rule.From.IsValid() {
		header.Src_len = uint8(rule.From.Bits())
		r.AddData(nl.NewRtAttr(nl.FRA_SRC, rule.From.Addr().AsSlice()))
	}
	if rule.To.IsValid() {
		header.Dst_len = uint8(rule.To.Bits())
		r.AddData(nl.NewRtAttr(nl.FRA_DST, rule.To.Addr().AsSlice()))
	}
	r.AddData(attr(nl.FRA_PRIORITY, int(rule.Priority)))
	if rule.Iif != "" {
		r.AddData(nl.NewRtAttr(nl.FRA_IIFNAME, nl.ZeroTerminated(rule.Iif)))
	}
	if rule.Oif != "" {
		r.AddData(nl.NewRtAttr(nl.FRA_OIFNAME, nl.ZeroTerminated(rule.Oif)))
	}
	if rule.Mask != 0 {
		r.AddData(attr(nl.FRA_FWMARK, int(rule.Mark)))
		r.AddData(attr(nl.FRA_FWMASK, int(rule.Mask)))
	}
	if rule.Proto != 0 {
		r.AddData(attr8(fraIPProto, rule.Proto))
	}
	for kind, ports := range map[int]topology.PortRange{fraSportRange: rule.Sport, fraDportRange: rule.Dport} {
		if ports != (topology.PortRange{}) { // struct fib_rule_port_range
			r.AddData(nl.NewRtAttr(kind, binary.NativeEndian.AppendUint16(nl.Uint16Attr(ports.From), ports.To)))
		}
	}
	if rule.Suppress != nil {
		r.AddData(attr(nl.FRA_SUPPRESS_PREFIXLEN, *rule.Suppress))
	}
	if rule.Table != 0 {
		r.AddData(attr(nl.FRA_TABLE, int(rule.Table)))
	}
	return c.do(r)
}
