package probe

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// baseChain is a base chain to try; device says whether it belongs to one.
type baseChain struct {
	family family
	name   string
	hook   uint32
	device bool
}

var (
	nftIP            = baseChain{ip, "an input chain of family ip", hookInput, false}
	nftIP6           = baseChain{ip6, "an input chain of family ip6", hookInput, false}
	nftInet          = baseChain{inet, "an input chain of family inet", hookInput, false}
	nftARP           = baseChain{arp, "an input chain of family arp", hookARPInput, false}
	nftBridge        = baseChain{bridge, "a prerouting chain of family bridge", hookPrerouting, false}
	nftNetdevIngress = baseChain{netdev, "an ingress chain of family netdev", hookIngress, true}
	nftNetdevEgress  = baseChain{netdev, "an egress chain of family netdev", hookEgress, true}
	nftInetIngress   = baseChain{inet, "an ingress chain of family inet", hookInetIngress, true}
)

// tryNft tries to load a base chain.
func tryNft(b baseChain) func() error {
	return func() error {
		device := ""
		if b.device {
			if err := tryVeth(); err != nil {
				return first(err)
			}
			device = vethName
		}
		return loadNew(b.name, table(b.family, 0), base(b.family, "c", "filter", b.hook, 0, device))
	}
}

// Keys of meta and ct, and the register that values go through.
const (
	nftraceKey = unix.NFT_META_NFTRACE
	stateKey   = unix.NFT_CT_STATE
	register   = unix.NFT_REG_1
)

func ctState() option {
	return expr("ct", u32(unix.NFTA_CT_DREG, register), u32(unix.NFTA_CT_KEY, stateKey))
}

func tryOwner() error {
	const owner = 2 // NFT_TABLE_F_OWNER, include/uapi/linux/netfilter/nf_tables.h
	return loadNew("a table with the flag owner", table(inet, owner))
}

// tryPayloadSet loads ip ttl set 1. Linux 7.2 refuses it inside user namespaces.
func tryPayloadSet() error {
	const network, ttl, checksum = unix.NFT_PAYLOAD_NETWORK_HEADER, 8, 10 // offsets in the IPv4 header, RFC 791 section 3.1
	err := loadNew("a rule that writes a header field", table(ip, 0), base(ip, "c", "filter", hookInput, 0, ""),
		rule(ip, "c", immediate(register, []byte{1, unix.IPPROTO_TCP}), expr("payload", u32(unix.NFTA_PAYLOAD_BASE, network),
			u32(unix.NFTA_PAYLOAD_OFFSET, ttl), u32(unix.NFTA_PAYLOAD_LEN, 2), u32(unix.NFTA_PAYLOAD_SREG, register),
			u32(unix.NFTA_PAYLOAD_CSUM_TYPE, unix.NFT_PAYLOAD_CSUM_INET), u32(unix.NFTA_PAYLOAD_CSUM_OFFSET, checksum))))
	return deniedIf(err, "CAP_NET_ADMIN outside of user namespaces", unix.EPERM)
}

func tryConntrack() error {
	return loadNew("a rule with ct state", table(inet, 0), base(inet, "c", "filter", hookInput, 0, ""), rule(inet, "c", ctState()))
}

func tryNAT() error {
	const dnat = 1 // NFT_NAT_DNAT
	return loadNew("rules with dnat and masquerade", table(ip, 0),
		base(ip, "pre", "nat", hookPrerouting, -100, ""), base(ip, "post", "nat", hookPostrouting, 100, ""),
		rule(ip, "pre", immediate(register, []byte{192, 0, 2, 1}), expr("nat", u32(unix.NFTA_NAT_TYPE, dnat),
			u32(unix.NFTA_NAT_FAMILY, uint32(ip)), u32(unix.NFTA_NAT_REG_ADDR_MIN, register))),
		rule(ip, "post", expr("masq")))
}

// tryQueue loads a rule with queue, and asks for its packets as the program at the other end would.
func tryQueue() error {
	err := loadNew("a rule with queue", table(inet, 0), base(inet, "c", "filter", hookInput, 0, ""),
		rule(inet, "c", expr("queue", u16(unix.NFTA_QUEUE_NUM, 0))))
	if err != nil {
		return err
	}
	c, err := dial(unix.NETLINK_NETFILTER)
	if err != nil {
		return err
	}
	defer c.Close()
	// NFQNL_MSG_CONFIG with NFQA_CFG_CMD: struct nfqnl_msg_config_cmd { command NFQNL_CFG_CMD_BIND, pad, pf }; see
	// include/uapi/linux/netfilter/nfnetlink_queue.h.
	const config, cfgCmd, bind = 2, 1, 1
	data, err := encode(binary.BigEndian, []byte{unix.AF_UNSPEC, unix.NFNETLINK_V0, 0, 0}, raw(cfgCmd, []byte{bind, 0, 0, 0}))
	if err != nil {
		return err
	}
	_, err = c.Execute(netlink.Message{Header: netlink.Header{Type: unix.NFNL_SUBSYS_QUEUE<<8 | config,
		Flags: netlink.Request | netlink.Acknowledge}, Data: data})
	if err != nil {
		// nfnetlink_rcv_msg: EINVAL for a subsystem that there is not.
		return absentIf(fmt.Errorf("bind queue 0: %w", err), unix.EINVAL, unix.EOPNOTSUPP)
	}
	return nil
}

func tryFlowtable() error {
	if err := tryVeth(); err != nil {
		return first(err)
	}
	// NFTA_FLOWTABLE_*, include/uapi/linux/netfilter/nf_tables.h.
	const tableName, name, hook, hookNum, hookPriority, hookDevs, deviceName = 1, 2, 3, 1, 2, 3, 1
	flowtable := command{unix.NFT_MSG_NEWFLOWTABLE, netlink.Create, inet, []option{text(tableName, nftTable), text(name, "f"),
		nest(hook, u32(hookNum, hookIngress), u32(hookPriority, 0), nest(hookDevs, text(deviceName, vethName)))}}
	const flowTableName = 1 // NFTA_FLOW_TABLE_NAME
	return loadNew("a flowtable and a rule that fills it", table(inet, 0), flowtable,
		base(inet, "c", "filter", hookForward, 0, ""), rule(inet, "c", expr("flow_offload", text(flowTableName, "f"))))
}

func tryTProxy() error {
	// NFTA_TPROXY_*, include/uapi/linux/netfilter/nf_tables.h.
	const tproxyFamily, tproxyPort = 1, 3
	port := binary.BigEndian.AppendUint16(nil, 8080)
	return loadNew("a rule with tproxy", table(ip, 0), base(ip, "c", "filter", hookPrerouting, -150, ""),
		rule(ip, "c", immediate(register, port), expr("tproxy", u32(tproxyFamily, uint32(ip)), u32(tproxyPort, register))))
}

func trySynProxy() error {
	// NFTA_SYNPROXY_*, the same header; NF_SYNPROXY_OPT_MSS.
	const mss, wscale, flags, optMSS = 1, 2, 3, 1
	return loadNew("a rule with synproxy", table(ip, 0), base(ip, "c", "filter", hookInput, 0, ""),
		rule(ip, "c", expr("synproxy", u16(mss, 1460), u8(wscale, 7), u32(flags, optMSS))))
}

func tryBridgeConntrack() error {
	return loadNew("a bridge rule with ct state", table(bridge, 0), base(bridge, "c", "filter", hookPrerouting, 0, ""),
		rule(bridge, "c", ctState()))
}

// tryBridgeNetfilter writes the switch that br_netfilter brings. Nothing loads that module by itself, and rightly so: it
// changes what the bridges of the host do.
func tryBridgeNetfilter() error {
	err := os.WriteFile("/proc/sys/net/bridge/bridge-nf-call-iptables", []byte("0"), 0)
	return absentIf(err, unix.ENOENT)
}

// tryHooks asks which functions hang at a hook.
func tryHooks() error {
	c, err := dial(unix.NETLINK_NETFILTER)
	if err != nil {
		return err
	}
	defer c.Close()
	// NFNL_MSG_HOOK_GET with NFNLA_HOOK_HOOKNUM, include/uapi/linux/netfilter/nfnetlink_hook.h.
	const get, hookNum = 0, 1
	data, err := encode(binary.BigEndian, []byte{byte(ip), unix.NFNETLINK_V0, 0, 0}, u32(hookNum, hookInput))
	if err != nil {
		return err
	}
	_, err = c.Execute(netlink.Message{Header: netlink.Header{Type: unix.NFNL_SUBSYS_HOOK<<8 | get,
		Flags: netlink.Request | netlink.Dump}, Data: data})
	if err != nil {
		return absentIf(fmt.Errorf("list the functions at a hook: %w", err), unix.EINVAL, unix.EOPNOTSUPP)
	}
	return nil
}

// errNoTrace says that a packet passed a rule that marks it, and no event came.
var errNoTrace = errors.New("a packet was marked for tracing, and the kernel reported nothing")

func tryTrace() error {
	messages, err := traceOne(false)
	if err != nil {
		return err
	}
	if messages == nil {
		return absence{errNoTrace}
	}
	return nil
}

// tryTraceConntrack looks for the connection's number in the events of a packet that has one.
func tryTraceConntrack() error {
	messages, err := traceOne(true)
	if err != nil {
		return first(err)
	}
	if messages == nil {
		return first(errNoTrace)
	}
	const ctID = 18 // NFTA_TRACE_CT_ID, include/uapi/linux/netfilter/nf_tables.h of 6.16
	for _, m := range messages {
		d, err := netlink.NewAttributeDecoder(m.Data[4:])
		if err != nil {
			return fmt.Errorf("read a trace event: %w", err)
		}
		for d.Next() {
			if d.Type() == ctID {
				return nil
			}
		}
		if err := d.Err(); err != nil {
			return fmt.Errorf("read a trace event: %w", err)
		}
	}
	return absence{errors.New("the trace of a packet with a connection has no ct id")}
}

// traceOne marks a packet for tracing, sends it, and gives the events that the kernel reported about it.
func traceOne(conntrack bool) ([]netlink.Message, error) {
	if err := up(loIndex); err != nil {
		return nil, first(err)
	}
	commands := []command{table(ip, 0), base(ip, "mark", "filter", hookOutput, -300, ""),
		rule(ip, "mark", immediate(register, []byte{1}),
			expr("meta", u32(unix.NFTA_META_KEY, nftraceKey), u32(unix.NFTA_META_SREG, register))),
		base(ip, "look", "filter", hookOutput, 0, "")}
	if conntrack {
		commands = append(commands, rule(ip, "look", ctState()))
	}
	if err := loadNew("a rule with meta nftrace set 1", commands...); err != nil {
		return nil, err
	}
	c, err := dial(unix.NETLINK_NETFILTER)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	const group = 9 // NFNLGRP_NFTRACE, include/uapi/linux/netfilter/nfnetlink.h
	if err := c.JoinGroup(group); err != nil {
		return nil, absentIf(fmt.Errorf("listen to nft trace: %w", err), unix.EINVAL)
	}
	if err := sendUDP(); err != nil {
		return nil, first(err)
	}
	// The events were queued while the packet was being sent. The answer to a question queues behind them.
	const getGen = unix.NFT_MSG_GETGEN
	question, err := c.Send(netlink.Message{Header: netlink.Header{Type: unix.NFNL_SUBSYS_NFTABLES<<8 | getGen, Flags: netlink.Request},
		Data: []byte{unix.AF_UNSPEC, unix.NFNETLINK_V0, 0, 0}})
	if err != nil {
		return nil, fmt.Errorf("ask for the generation: %w", err)
	}
	var events []netlink.Message
	for {
		got, err := c.Receive()
		if err != nil {
			return nil, fmt.Errorf("read trace events: %w", err)
		}
		for _, m := range got {
			switch {
			case m.Header.Type == unix.NFNL_SUBSYS_NFTABLES<<8|unix.NFT_MSG_TRACE && len(m.Data) >= 4:
				events = append(events, m)
			case m.Header.Sequence == question.Header.Sequence:
				return events, nil
			}
		}
	}
}

// sendUDP sends one datagram over lo.
func sendUDP() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open a UDP socket: %w", err)
	}
	defer unix.Close(fd)
	const discard = 9 // RFC 863
	if err := unix.Sendto(fd, []byte("probe"), 0, &unix.SockaddrInet4{Port: discard, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return fmt.Errorf("send a datagram over lo: %w", err)
	}
	return nil
}
