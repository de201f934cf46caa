package probe

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// kind tries to make a device that needs no other.
func kind(name string, data ...option) func() error {
	return func() error { return addDevice(name, newName, newIndex, 0, data...) }
}

// tryVeth makes a pair of devices, the ground for many other attempts.
func tryVeth() error { return addDevice("veth", vethName, vethIndex, 0) }

// onVeth tries to make a device that sits on another one.
func onVeth(name string, data ...option) func() error {
	return func() error {
		if err := tryVeth(); err != nil {
			return first(err)
		}
		return addDevice(name, newName, newIndex, vethIndex, data...)
	}
}

func tryVLAN() error { return onVeth("vlan", u16(unix.IFLA_VLAN_ID, 10))() }

// tunnel tries to make a tunnel over IPv4. local is the number of the attribute for the near address; that for the far
// one follows it.
func tunnel(name string, local uint16) func() error {
	return kind(name, raw(local, []byte{192, 0, 2, 1}), raw(local+1, []byte{192, 0, 2, 2}))
}

// tryBridgeVLAN makes a bridge that filters by VLAN, and looks whether it does: a kernel without the option ignores the
// wish (br_changelink, net/bridge/br_netlink.c).
func tryBridgeVLAN() error {
	if err := addDevice("bridge", newName, newIndex, 0, u8(unix.IFLA_BR_VLAN_FILTERING, 1)); err != nil {
		return err
	}
	got, err := route(unix.RTM_GETLINK, 0, ifinfomsg(newIndex, 0))
	if err != nil {
		return fmt.Errorf("look at a bridge: %w", err)
	}
	for _, m := range got {
		v, err := bridgeOption(m.Data, unix.IFLA_BR_VLAN_FILTERING)
		if err != nil {
			return fmt.Errorf("look at a bridge: %w", err)
		}
		if len(v) == 1 && v[0] == 1 {
			return nil
		}
	}
	return absence{errors.New("vlan_filtering was asked for, and the bridge does not have it")}
}

// bridgeOption finds IFLA_LINKINFO / IFLA_INFO_DATA / kind in a RTM_NEWLINK message; nil if it is not there.
func bridgeOption(msg []byte, kind uint16) ([]byte, error) {
	if len(msg) < unix.SizeofIfInfomsg {
		return nil, fmt.Errorf("a device message of %d bytes", len(msg))
	}
	b := msg[unix.SizeofIfInfomsg:]
	for _, want := range []uint16{unix.IFLA_LINKINFO, unix.IFLA_INFO_DATA, kind} {
		d, err := netlink.NewAttributeDecoder(b)
		if err != nil {
			return nil, err
		}
		b = nil
		for d.Next() {
			if d.Type() == want {
				b = d.Bytes()
			}
		}
		if err := d.Err(); err != nil || b == nil {
			return nil, err
		}
	}
	return b, nil
}

// tryTun opens the device file and makes a TAP device.
func tryTun() error {
	const file = "/dev/net/tun"
	fd, err := unix.Open(file, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		err = &os.PathError{Op: "open", Path: file, Err: err}
		return deniedIf(absentIf(err, unix.ENOENT, unix.ENODEV, unix.ENXIO), "the right to open "+file, unix.EACCES, unix.EPERM)
	}
	defer unix.Close(fd)
	r, err := unix.NewIfreq(newName)
	if err != nil {
		return err
	}
	r.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, r); err != nil {
		return fmt.Errorf("make a TAP device: %w", err)
	}
	return nil
}

// tcmsg is struct tcmsg of include/uapi/linux/rtnetlink.h, for the veth device.
func tcmsg(handle, parent, info uint32) []byte {
	b := make([]byte, 20)
	binary.NativeEndian.PutUint32(b[4:], vethIndex)
	binary.NativeEndian.PutUint32(b[8:], handle)
	binary.NativeEndian.PutUint32(b[12:], parent)
	binary.NativeEndian.PutUint32(b[16:], info)
	return b
}

// Attributes and handles of include/uapi/linux/rtnetlink.h and pkt_sched.h.
const (
	tcaKind    = 1          // TCA_KIND
	tcaOptions = 2          // TCA_OPTIONS
	tcRoot     = 0xffffffff // TC_H_ROOT
	tcClsact   = 0xfffffff1 // TC_H_CLSACT
	tcIngress  = 0xfffffff2 // TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)
)

// addQdisc gives the veth device a queueing discipline.
func addQdisc(kind string, handle, parent uint32, options ...option) error {
	if err := tryVeth(); err != nil {
		return first(err)
	}
	options = append([]option{text(tcaKind, kind)}, options...)
	if _, err := route(unix.RTM_NEWQDISC, create, tcmsg(handle, parent, 0), options...); err != nil {
		// qdisc_create: "Specified qdisc kind is unknown".
		return absentIf(fmt.Errorf("add a qdisc of kind %s: %w", kind, err), unix.ENOENT, unix.EOPNOTSUPP)
	}
	return nil
}

func tryNetem() error {
	opt := make([]byte, 24) // struct tc_netem_qopt, include/uapi/linux/pkt_sched.h
	binary.NativeEndian.PutUint32(opt[4:], 1000)
	return addQdisc("netem", 1<<16, tcRoot, raw(tcaOptions, opt))
}

func tryTBF() error {
	opt := make([]byte, 36)                        // struct tc_tbf_qopt: rate, peakrate, limit, buffer, mtu
	opt[1] = 1                                     // rate.linklayer: TC_LINKLAYER_ETHERNET
	binary.NativeEndian.PutUint32(opt[8:], 125000) // rate.rate, bytes/s
	binary.NativeEndian.PutUint32(opt[24:], 10000) // limit, bytes
	const parms, burst = 1, 6                      // TCA_TBF_PARMS, TCA_TBF_BURST
	return addQdisc("tbf", 1<<16, tcRoot, nest(tcaOptions, raw(parms, opt), u32(burst, 1600)))
}

func tryFlower() error {
	if err := addQdisc("clsact", tcClsact&0xffff0000, tcClsact); err != nil {
		return err
	}
	const priority = 1 << 16
	all := binary.BigEndian.AppendUint16(nil, unix.ETH_P_ALL)
	const flags = 22 // TCA_FLOWER_FLAGS, include/uapi/linux/pkt_cls.h
	_, err := route(unix.RTM_NEWTFILTER, create, tcmsg(0, tcIngress, priority|uint32(binary.NativeEndian.Uint16(all))),
		text(tcaKind, "flower"), nest(tcaOptions, u32(flags, 0)))
	if err != nil {
		// tc_new_tfilter: "TC classifier not found".
		return absentIf(fmt.Errorf("add a filter of kind flower: %w", err), unix.ENOENT, unix.EOPNOTSUPP)
	}
	return nil
}
