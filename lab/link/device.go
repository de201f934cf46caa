package link

import (
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Device is a device to be made.
type Device struct {
	Name   string
	Index  int    // its number in its namespace; 0: the kernel's choice
	MTU    int    // bytes; 0: the kernel's choice
	MAC    string // "": the kernel's choice
	Netns  int    // file descriptor of the network namespace it is made in
	Master int    // index of the bridge it becomes a port of; 0: none
	Single bool   // every packet is sent as one: see single
}

// AddVeth makes a pair of joined devices, each directly in its own network namespace and with its own number: no
// device is moved, and the namespace of c never sees either. The new devices are down. Only a may have a Master.
func (c *Conn) AddVeth(a, b Device) error {
	r := c.request(unix.RTM_NEWLINK, create)
	r.AddData(ifinfo(a.Index))
	info := nl.NewRtAttr(unix.IFLA_LINKINFO, nil)
	info.AddRtAttr(nl.IFLA_INFO_KIND, []byte("veth"))
	peer := info.AddRtAttr(nl.IFLA_INFO_DATA, nil).AddRtAttr(nl.VETH_INFO_PEER, nil)
	nl.NewIfInfomsgChild(peer, unix.AF_UNSPEC).Index = int32(b.Index)
	attrs, err := b.attrs()
	if err != nil {
		return err
	}
	for _, a := range attrs {
		peer.AddChild(a)
	}
	if attrs, err = a.attrs(); err != nil {
		return err
	}
	addAll(r, attrs)
	if a.Master != 0 {
		r.AddData(attr(unix.IFLA_MASTER, a.Master))
	}
	r.AddData(info)
	return c.do(r)
}

// attrs are the IFLA_* that both ends of a pair have.
func (d Device) attrs() ([]*nl.RtAttr, error) {
	list, err := common(d.Name, d.MTU, d.MAC, d.Single)
	return append(list, attr(unix.IFLA_NET_NS_FD, d.Netns)), err
}

// SetMaster makes the device one that belongs to a bridge, bond or vrf; both are numbers.
func (c *Conn) SetMaster(index, master int) error {
	r := c.request(unix.RTM_SETLINK, unix.NLM_F_ACK)
	r.AddData(ifinfo(index))
	r.AddData(attr(unix.IFLA_MASTER, master))
	return c.do(r)
}

// Up brings a device up.
func (c *Conn) Up(index int) error {
	r := c.request(unix.RTM_NEWLINK, unix.NLM_F_ACK)
	msg := ifinfo(index)
	msg.Flags, msg.Change = unix.IFF_UP, unix.IFF_UP
	r.AddData(msg)
	return c.do(r)
}

// DelLink removes a device; the other end of a cable goes with it.
func (c *Conn) DelLink(index int) error {
	r := c.request(unix.RTM_DELLINK, unix.NLM_F_ACK)
	r.AddData(ifinfo(index))
	return c.do(r)
}

// SetMTU changes the MTU of a device, in bytes.
func (c *Conn) SetMTU(index, mtu int) error {
	r := c.request(unix.RTM_NEWLINK, unix.NLM_F_ACK)
	r.AddData(ifinfo(index))
	r.AddData(attr(unix.IFLA_MTU, mtu))
	return c.do(r)
}

// SetMAC changes the hardware address of a device.
func (c *Conn) SetMAC(index int, mac string) error {
	addr, err := attrMAC(unix.IFLA_ADDRESS, mac)
	if err != nil {
		return err
	}
	r := c.request(unix.RTM_NEWLINK, unix.NLM_F_ACK)
	r.AddData(ifinfo(index))
	r.AddData(addr)
	return c.do(r)
}
