package link

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// State is what a device can do right now.
type State struct {
	Name       string
	Index      int
	Up         bool // IF_OPER_UP: it has carrier, and its queue takes packets
	Running    bool // it is switched on and has carrier, be its queue what it may
	Port       bool // it is a port of a bridge
	Forwarding bool // and that port forwards
	Blocking   bool // or the spanning tree protocol blocks it
}

// Values of include/uapi/linux/if.h and if_bridge.h that golang.org/x/sys lacks.
const (
	operUp             = 6 // IF_OPER_UP
	brStateForwarding  = 3 // BR_STATE_FORWARDING
	brStateBlocking    = 4 // BR_STATE_BLOCKING
	brportState        = 1 // IFLA_BRPORT_STATE, include/uapi/linux/if_link.h
	infoSlaveKind      = 4 // IFLA_INFO_SLAVE_KIND
	infoSlaveData      = 5 // IFLA_INFO_SLAVE_DATA
	attrTypeMask       = ^uint16(unix.NLA_F_NESTED | unix.NLA_F_NET_BYTEORDER)
	extFilterSkipStats = 1 << 3 // RTEXT_FILTER_SKIP_STATS
)

// State asks for one device. Since Linux 6.8 asking also makes the kernel finish what it had put off when the
// carrier came (linkwatch_sync_dev in rtnl_getlink, net/core/rtnetlink.c).
func (c *Conn) State(index int) (State, error) {
	r := c.request(unix.RTM_GETLINK, 0)
	r.AddData(ifinfo(index))
	r.AddData(attr(unix.IFLA_EXT_MASK, extFilterSkipStats))
	msgs, err := r.Execute(unix.NETLINK_ROUTE, 0)
	if err != nil {
		return State{}, err
	}
	if len(msgs) == 0 {
		return State{}, unix.ENODEV
	}
	return parseState(msgs[0])
}

// States asks for all devices of the namespace, in the order of their numbers.
func (c *Conn) States() ([]State, error) {
	r := c.request(unix.RTM_GETLINK, unix.NLM_F_DUMP)
	r.AddData(nl.NewIfInfomsg(unix.AF_UNSPEC))
	r.AddData(attr(unix.IFLA_EXT_MASK, extFilterSkipStats))
	msgs, err := c.dump(r, unix.RTM_NEWLINK)
	if err != nil {
		return nil, err
	}
	states := make([]State, 0, len(msgs))
	for _, m := range msgs {
		s, err := parseState(m)
		if err != nil {
			return nil, err
		}
		states = append(states, s)
	}
	return states, nil
}

var errShort = errors.New("netlink message is cut short")

// parseState reads the ifinfomsg and the attributes of an RTM_NEWLINK.
func parseState(b []byte) (State, error) {
	if len(b) < unix.SizeofIfInfomsg {
		return State{}, errShort
	}
	s := State{Index: int(int32(binary.NativeEndian.Uint32(b[4:])))}
	const on = unix.IFF_UP | unix.IFF_LOWER_UP
	s.Running = binary.NativeEndian.Uint32(b[8:])&on == on
	err := eachAttr(b[unix.SizeofIfInfomsg:], func(kind uint16, v []byte) error {
		switch kind {
		case unix.IFLA_IFNAME:
			s.Name = unix.ByteSliceToString(v)
		case unix.IFLA_OPERSTATE:
			s.Up = len(v) > 0 && v[0] == operUp
		case unix.IFLA_LINKINFO:
			return eachAttr(v, s.slave)
		}
		return nil
	})
	return s, err
}

// slave reads what IFLA_LINKINFO says about a port.
func (s *State) slave(kind uint16, v []byte) error {
	switch kind {
	case infoSlaveKind:
		s.Port = unix.ByteSliceToString(v) == "bridge"
	case infoSlaveData:
		return eachAttr(v, func(kind uint16, v []byte) error {
			if kind == brportState {
				s.Forwarding = s.Port && len(v) > 0 && v[0] == brStateForwarding
				s.Blocking = s.Port && len(v) > 0 && v[0] == brStateBlocking
			}
			return nil
		})
	}
	return nil
}

// eachAttr calls f for each attribute in b.
func eachAttr(b []byte, f func(kind uint16, v []byte) error) error {
	for len(b) >= unix.SizeofRtAttr {
		size := int(binary.NativeEndian.Uint16(b))
		if size < unix.SizeofRtAttr || size > len(b) {
			return fmt.Errorf("attribute of %d bytes: %w", size, errShort)
		}
		if err := f(binary.NativeEndian.Uint16(b[2:])&attrTypeMask, b[unix.SizeofRtAttr:size]); err != nil {
			return err
		}
		b = b[min(len(b), (size+unix.RTA_ALIGNTO-1)&^(unix.RTA_ALIGNTO-1)):]
	}
	return nil
}
