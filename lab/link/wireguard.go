package link

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology"
)

// Peer is a peer of a wireguard device with its public key.
type Peer struct {
	*topology.WireGuardPeer
	Public []byte
}

// Values of include/uapi/linux/wireguard.h.
const (
	wgSetDevice         = 1 // WG_CMD_SET_DEVICE
	wgVersion           = 1 // WG_GENL_VERSION
	wgReplacePeers      = 1 // WGDEVICE_F_REPLACE_PEERS
	wgReplaceAllowedIPs = 2 // WGPEER_F_REPLACE_ALLOWEDIPS
)

// SetWireGuard gives a wireguard device its private key, its port and its peers. The calling thread must be in the
// network namespace of the device.
func SetWireGuard(index int, private []byte, listen int, peers []Peer) error {
	found, err := netlink.GenlFamilyGet("wireguard")
	if err != nil {
		return fmt.Errorf("wireguard: %w", err)
	}
	r := nl.NewNetlinkRequest(int(found.ID), unix.NLM_F_ACK)
	r.AddData(&nl.Genlmsg{Command: wgSetDevice, Version: wgVersion})
	r.AddData(attr(unix.WGDEVICE_A_IFINDEX, index))
	r.AddData(attr(unix.WGDEVICE_A_FLAGS, wgReplacePeers))
	r.AddData(nl.NewRtAttr(unix.WGDEVICE_A_PRIVATE_KEY, private))
	r.AddData(attr16(unix.WGDEVICE_A_LISTEN_PORT, uint16(listen)))
	list := nl.NewRtAttr(unix.NLA_F_NESTED|unix.WGDEVICE_A_PEERS, nil)
	for _, p := range peers {
		x := list.AddRtAttr(unix.NLA_F_NESTED, nil)
		x.AddRtAttr(unix.WGPEER_A_PUBLIC_KEY, p.Public)
		x.AddRtAttr(unix.WGPEER_A_FLAGS, nl.Uint32Attr(wgReplaceAllowedIPs))
		if p.Endpoint.IsValid() {
			x.AddRtAttr(unix.WGPEER_A_ENDPOINT, sockaddr(p.Endpoint))
		}
		if p.Keepalive != 0 {
			x.AddRtAttr(unix.WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL, nl.Uint16Attr(uint16(p.Keepalive)))
		}
		allowed := x.AddRtAttr(unix.NLA_F_NESTED|unix.WGPEER_A_ALLOWEDIPS, nil)
		for _, a := range p.Allowed {
			y := allowed.AddRtAttr(unix.NLA_F_NESTED, nil)
			y.AddRtAttr(unix.WGALLOWEDIP_A_FAMILY, nl.Uint16Attr(uint16(family(a.Addr()))))
			y.AddRtAttr(unix.WGALLOWEDIP_A_IPADDR, a.Addr().AsSlice())
			y.AddRtAttr(unix.WGALLOWEDIP_A_CIDR_MASK, nl.Uint8Attr(uint8(a.Bits())))
		}
	}
	if len(peers) > 0 {
		r.AddData(list)
	}
	_, err = r.Execute(unix.NETLINK_GENERIC, 0)
	return err
}

// sockaddr is a struct sockaddr_in or sockaddr_in6.
func sockaddr(e netip.AddrPort) []byte {
	b := nl.Uint16Attr(uint16(family(e.Addr())))
	b = binary.BigEndian.AppendUint16(b, e.Port())
	if e.Addr().Is4() {
		return append(append(b, e.Addr().AsSlice()...), make([]byte, 8)...)
	}
	b = append(b, 0, 0, 0, 0) // sin6_flowinfo
	b = append(b, e.Addr().AsSlice()...)
	return append(b, 0, 0, 0, 0) // sin6_scope_id
}
