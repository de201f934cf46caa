package probe

import (
	"encoding/binary"
	"fmt"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// Attributes of tunnels that golang.org/x/sys/unix does not have.
const (
	iflaGRELocal   = 6 // IFLA_GRE_LOCAL, include/uapi/linux/if_tunnel.h; IFLA_GRE_REMOTE follows
	iflaIPTunLocal = 2 // IFLA_IPTUN_LOCAL, the same; IFLA_IPTUN_REMOTE follows
)

// option is one attribute of a message.
type option func(*netlink.AttributeEncoder)

func u32(kind uint16, v uint32) option {
	return func(e *netlink.AttributeEncoder) { e.Uint32(kind, v) }
}

func u16(kind, v uint16) option {
	return func(e *netlink.AttributeEncoder) { e.Uint16(kind, v) }
}

func u8(kind uint16, v uint8) option {
	return func(e *netlink.AttributeEncoder) { e.Uint8(kind, v) }
}

func text(kind uint16, v string) option {
	return func(e *netlink.AttributeEncoder) { e.String(kind, v) }
}

func raw(kind uint16, v []byte) option {
	return func(e *netlink.AttributeEncoder) { e.Bytes(kind, v) }
}

func nest(kind uint16, options ...option) option {
	return func(e *netlink.AttributeEncoder) {
		e.Nested(kind, func(e *netlink.AttributeEncoder) error {
			for _, o := range options {
				o(e)
			}
			return nil
		})
	}
}

// encode is a fixed header and the attributes behind it.
func encode(order binary.ByteOrder, header []byte, options ...option) ([]byte, error) {
	e := netlink.NewAttributeEncoder()
	e.ByteOrder = order
	for _, o := range options {
		o(e)
	}
	b, err := e.Encode()
	return append(header, b...), err
}

// dial opens a netlink socket in the network namespace of the calling thread. A kernel without the protocol has
// nothing of what is asked for there.
func dial(protocol int) (*netlink.Conn, error) {
	c, err := netlink.Dial(protocol, nil)
	if err != nil {
		return nil, absentIf(fmt.Errorf("open a netlink socket: %w", err), unix.EPROTONOSUPPORT, unix.EAFNOSUPPORT)
	}
	// Explanations are good to have; a kernel without them (before 4.12) has errnos.
	_ = c.SetOption(netlink.ExtendedAcknowledge, true)
	return c, nil
}

// route sends one rtnetlink request and gives the answers. header is the fixed part of the message.
func route(kind uint16, flags netlink.HeaderFlags, header []byte, options ...option) ([]netlink.Message, error) {
	c, err := dial(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	data, err := encode(binary.NativeEndian, header, options...)
	if err != nil {
		return nil, err
	}
	return c.Execute(netlink.Message{
		Header: netlink.Header{Type: netlink.HeaderType(kind), Flags: netlink.Request | flags},
		Data:   data,
	})
}

const create = netlink.Create | netlink.Excl | netlink.Acknowledge

// ifinfomsg is struct ifinfomsg of include/uapi/linux/rtnetlink.h.
func ifinfomsg(index, flags uint32) []byte {
	b := make([]byte, unix.SizeofIfInfomsg)
	binary.NativeEndian.PutUint32(b[4:], index)
	binary.NativeEndian.PutUint32(b[8:], flags)
	binary.NativeEndian.PutUint32(b[12:], flags) // ifi_change
	return b
}

// Devices in a scratch namespace, where the numbers are ours to give; lo is 1.
const (
	loIndex   = 1
	vethName  = "veth"
	vethIndex = 10
	newName   = "new"
	newIndex  = 20
)

// addDevice makes a device. link is the number of the device that it sits on, 0 if on none.
func addDevice(kind, name string, index, link uint32, data ...option) error {
	options := []option{text(unix.IFLA_IFNAME, name)}
	if link != 0 {
		options = append(options, u32(unix.IFLA_LINK, link))
	}
	info := []option{text(unix.IFLA_INFO_KIND, kind)}
	if len(data) > 0 {
		info = append(info, nest(unix.IFLA_INFO_DATA, data...))
	}
	options = append(options, nest(unix.IFLA_LINKINFO, info...))
	if _, err := route(unix.RTM_NEWLINK, create, ifinfomsg(index, 0), options...); err != nil {
		// rtnl_newlink: "Unknown device type".
		return absentIf(fmt.Errorf("make a device of kind %s: %w", kind, err), unix.EOPNOTSUPP)
	}
	return nil
}

// up brings a device up.
func up(index uint32) error {
	if _, err := route(unix.RTM_NEWLINK, netlink.Acknowledge, ifinfomsg(index, unix.IFF_UP)); err != nil {
		return fmt.Errorf("bring device %d up: %w", index, err)
	}
	return nil
}
