package link

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Kept is what somebody added to a network namespace by hand, and the kernel forgets when a device goes down: routes of
// ip route add (RTPROT_BOOT), and IPv6 addresses.
type Kept struct {
	addrs, routes [][]byte // bodies of RTM_NEWADDR and RTM_NEWROUTE
}

// Keep looks for it in the namespace of c. Addresses for which skip is true are left out.
func (c *Conn) Keep(skip func(netip.Addr) bool) (Kept, error) {
	var k Kept
	msgs, err := c.addrs(unix.AF_INET6)
	if err != nil {
		return Kept{}, err
	}
	for _, m := range msgs {
		a, err := parseAddr(m)
		if err != nil {
			return Kept{}, err
		}
		body, err := without(m, unix.SizeofIfAddrmsg, unix.IFA_CACHEINFO)
		if err != nil {
			return Kept{}, err
		}
		if a.Flags&unix.IFA_F_PERMANENT != 0 && a.Scope == unix.RT_SCOPE_UNIVERSE && !skip(a.Prefix.Addr()) {
			k.addrs = append(k.addrs, body)
		}
	}
	for _, family := range []uint8{unix.AF_INET, unix.AF_INET6} {
		r := c.request(unix.RTM_GETROUTE, unix.NLM_F_DUMP)
		msg := nl.NewRtMsg()
		msg.Family = family
		r.AddData(msg)
		msgs, err := c.dump(r, unix.RTM_NEWROUTE)
		if err != nil {
			return Kept{}, err
		}
		for _, m := range msgs {
			const protocol = 5 // of struct rtmsg
			if len(m) < unix.SizeofRtMsg || m[protocol] != unix.RTPROT_BOOT {
				continue
			}
			body, err := without(m, unix.SizeofRtMsg, unix.RTA_CACHEINFO)
			if err != nil {
				return Kept{}, err
			}
			binary.NativeEndian.PutUint32(body[8:], 0) // rtm_flags: what the kernel found out, it will again
			k.routes = append(k.routes, body)
		}
	}
	return k, nil
}

// without copies a message but for one attribute, which changes with time.
func without(m []byte, header int, kind uint16) ([]byte, error) {
	out := bytes.Clone(m[:header])
	err := eachAttr(m[header:], func(k uint16, v []byte) error {
		if k != kind {
			out = append(out, nl.NewRtAttr(int(k), v).Serialize()...)
		}
		return nil
	})
	return out, err
}

// Less is what k has and now has not.
func (k Kept) Less(now Kept) Kept {
	less := func(a, b [][]byte) (out [][]byte) {
		for _, m := range a {
			if !slices.ContainsFunc(b, func(o []byte) bool { return bytes.Equal(m, o) }) {
				out = append(out, m)
			}
		}
		return out
	}
	return Kept{less(k.addrs, now.addrs), less(k.routes, now.routes)}
}

// GiveBack adds it again. What is there, or has no way now, is left out.
func (c *Conn) GiveBack(k Kept) error {
	for _, list := range []struct {
		kind   uint16
		bodies [][]byte
	}{{unix.RTM_NEWADDR, k.addrs}, {unix.RTM_NEWROUTE, k.routes}} {
		for _, body := range list.bodies {
			r := c.request(list.kind, create)
			r.AddRawData(body)
			err := c.do(r)
			for _, harmless := range []error{unix.EEXIST, unix.ENETDOWN, unix.ENETUNREACH, unix.EHOSTUNREACH, unix.ENODEV} {
				if errors.Is(err, harmless) {
					err = nil
				}
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}
