package probe

import (
	"encoding/binary"
	"fmt"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// This is as much of the nftables protocol as it takes to see whether the kernel takes it. Package ruleset is the one
// that loads rules; it reports a chain that is refused, this one must know which part of it was.

// family is a family of nftables, NFPROTO_* of include/uapi/linux/netfilter.h.
type family uint8

const (
	inet   family = unix.NFPROTO_INET
	ip     family = unix.NFPROTO_IPV4
	ip6    family = unix.NFPROTO_IPV6
	arp    family = unix.NFPROTO_ARP
	bridge family = unix.NFPROTO_BRIDGE
	netdev family = unix.NFPROTO_NETDEV
)

// Hooks, NF_INET_* and NF_NETDEV_* of the same header; arp and bridge count in their own way.
const (
	hookPrerouting  = 0
	hookInput       = 1
	hookForward     = 2
	hookOutput      = 3
	hookPostrouting = 4
	hookInetIngress = 5 // NF_INET_INGRESS
	hookIngress     = 0 // NF_NETDEV_INGRESS
	hookEgress      = 1 // NF_NETDEV_EGRESS
	hookARPInput    = 0 // NF_ARP_IN, include/uapi/linux/netfilter_arp.h
)

// nftTable is the name of our table, where nobody else has one.
const nftTable = "probe"

// command is one nftables message. Its attributes are in network byte order.
type command struct {
	kind    uint16 // NFT_MSG_*
	flags   netlink.HeaderFlags
	family  family
	options []option
}

func table(f family, flags uint32) command {
	return command{unix.NFT_MSG_NEWTABLE, netlink.Create, f,
		[]option{text(unix.NFTA_TABLE_NAME, nftTable), u32(unix.NFTA_TABLE_FLAGS, flags)}}
}

// base is a base chain. device is for the hooks that belong to one, "" for the others.
func base(f family, name, kind string, hook uint32, priority int32, device string) command {
	at := []option{u32(unix.NFTA_HOOK_HOOKNUM, hook), u32(unix.NFTA_HOOK_PRIORITY, uint32(priority))}
	if device != "" {
		at = append(at, text(unix.NFTA_HOOK_DEV, device))
	}
	return command{unix.NFT_MSG_NEWCHAIN, netlink.Create, f, []option{text(unix.NFTA_CHAIN_TABLE, nftTable),
		text(unix.NFTA_CHAIN_NAME, name), nest(unix.NFTA_CHAIN_HOOK, at...), text(unix.NFTA_CHAIN_TYPE, kind)}}
}

// rule is a rule of the expressions.
func rule(f family, chain string, expressions ...option) command {
	return command{unix.NFT_MSG_NEWRULE, netlink.Create | netlink.Append, f, []option{text(unix.NFTA_RULE_TABLE, nftTable),
		text(unix.NFTA_RULE_CHAIN, chain), nest(unix.NFTA_RULE_EXPRESSIONS, expressions...)}}
}

// expr is one expression of a rule, by the kernel's name.
func expr(name string, data ...option) option {
	return nest(unix.NFTA_LIST_ELEM, text(unix.NFTA_EXPR_NAME, name), nest(unix.NFTA_EXPR_DATA, data...))
}

// immediate puts a value into a register.
func immediate(register uint32, value []byte) option {
	return expr("immediate", u32(unix.NFTA_IMMEDIATE_DREG, register),
		nest(unix.NFTA_IMMEDIATE_DATA, raw(unix.NFTA_DATA_VALUE, value)))
}

// load sends the commands as one transaction, which is done or not as a whole.
func load(c *netlink.Conn, commands ...command) error {
	const begin, end = unix.NFNL_MSG_BATCH_BEGIN, unix.NFNL_MSG_BATCH_END
	nothing := make([]byte, 4)
	binary.BigEndian.PutUint16(nothing[2:], unix.NFNL_SUBSYS_NFTABLES)
	batch := []netlink.Message{{Header: netlink.Header{Type: begin, Flags: netlink.Request}, Data: nothing}}
	for i, cmd := range commands {
		flags := netlink.Request | cmd.flags
		if i == len(commands)-1 {
			flags |= netlink.Acknowledge
		}
		data, err := encode(binary.BigEndian, []byte{byte(cmd.family), unix.NFNETLINK_V0, 0, 0}, cmd.options...)
		if err != nil {
			return err
		}
		batch = append(batch, netlink.Message{
			Header: netlink.Header{Type: unix.NFNL_SUBSYS_NFTABLES<<8 | netlink.HeaderType(cmd.kind), Flags: flags}, Data: data})
	}
	batch = append(batch, netlink.Message{Header: netlink.Header{Type: end, Flags: netlink.Request}, Data: nothing})
	if _, err := c.SendMessages(batch); err != nil {
		return err
	}
	// The first answer is the first error, or the acknowledgement of the last command.
	_, err := c.Receive()
	return err
}

// absentNft are the answers of nf_tables to what it does not know: families, hooks and flags (EOPNOTSUPP), chain types,
// expressions and flowtable types (ENOENT), connection tracking of a family (EPROTO, EPROTONOSUPPORT, EOPNOTSUPP).
var absentNft = []unix.Errno{unix.EOPNOTSUPP, unix.ENOENT, unix.EPROTO, unix.EPROTONOSUPPORT, unix.EAFNOSUPPORT}

// loadNew is load on a socket of its own.
func loadNew(what string, commands ...command) error {
	c, err := dial(unix.NETLINK_NETFILTER)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := load(c, commands...); err != nil {
		return absentIf(fmt.Errorf("load %s: %w", what, err), absentNft...)
	}
	return nil
}
