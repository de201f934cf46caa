package lab

import (
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/lab/link"
	"github.com/hookwalk/hookwalk/lab/probe"
	"github.com/hookwalk/hookwalk/topology"
)

// numberDevices gives the devices under interfaces: their numbers, behind those of bridges and link ends, and finds who
// belongs to whom.
func (n *nodeWork) numberDevices(first int, six bool) error {
	for i := range n.Node.Devices {
		d := &n.Node.Devices[i]
		n.devices = append(n.devices, device{made: d, Want: link.Want{Name: d.Name, Index: first + len(n.devices), IPv6: six,
			Always: d.Tunnel != nil || d.Link == "" && d.Kind != topology.Bond}})
	}
	for i := range n.devices {
		d := &n.devices[i]
		d.IPv6 = d.IPv6 && (d.made == nil || linkLocal[d.made.Kind])
		name := d.masterName()
		if name == "" {
			continue
		}
		m := n.device(name)
		if m == nil {
			return &OpError{Op: "make a device of " + name, Node: n.Name, Object: d.Name, Pos: d.pos(), Err: errNoDevice}
		}
		d.master, d.joins = m.Index, m.bridge != nil
		d.Port = d.joins
		d.Blocked = d.joins && m.bridge.STP
		d.IPv6 = d.IPv6 && m.made != nil && m.made.Kind == topology.VRF
	}
	return nil
}

// linkLocal are the devices that get an IPv6 link-local address as soon as they are up. Others need none, or get one only
// if they have an address to make it from.
var linkLocal = map[topology.DeviceKind]bool{topology.VLAN: true, topology.Bond: true, topology.Macvlan: true, topology.Dummy: true,
	topology.VXLAN: true, topology.GRETap: true, topology.IP6GRETap: true}

func (d *device) masterName() string {
	switch {
	case d.end != nil:
		return d.end.Master
	case d.bridge != nil:
		return d.bridge.Master
	}
	return d.made.Master
}

func (d *device) altName() string {
	switch {
	case d.end != nil:
		return d.end.Alt
	case d.bridge != nil:
		return d.bridge.Alt
	}
	return d.made.Alt
}

func (d *device) port() *topology.Port {
	switch {
	case d.end != nil:
		return d.end.Port
	case d.made != nil:
		return d.made.Port
	}
	return nil
}

// makeDevices makes the devices under interfaces: of the node that c is in.
func (n *nodeWork) makeDevices(c *link.Conn) error {
	for i := range n.devices {
		d := &n.devices[i]
		if d.made == nil || d.have {
			continue
		}
		at := link.Made{Index: d.Index, Single: n.single}
		for _, ref := range []struct {
			name string
			into *int
		}{{d.made.Link, &at.Lower}, {primaryOf(d.made), &at.Primary}} {
			if ref.name == "" {
				continue
			}
			o := n.device(ref.name)
			if o == nil {
				return &OpError{Op: fmt.Sprintf("make a %s on %s", d.made.Kind, ref.name), Node: n.Name, Object: d.Name, Pos: d.made.Pos, Err: errNoDevice}
			}
			*ref.into = o.Index
		}
		if err := c.AddDevice(d.made, at); err != nil {
			return deviceError(n.Name, d.made, err)
		}
	}
	return nil
}

func primaryOf(d *topology.Device) string {
	if d.Bond == nil {
		return ""
	}
	return d.Bond.Primary
}

// deviceFeatures are what the kernel must have for a kind of device.
var deviceFeatures = map[topology.DeviceKind]probe.Feature{
	topology.VLAN: probe.VLAN, topology.Bond: probe.Bond, topology.VRF: probe.VRF, topology.Macvlan: probe.Macvlan,
	topology.IPvlan: probe.IPvlan, topology.Dummy: probe.Dummy, topology.IFB: probe.IFB, topology.VXLAN: probe.VXLAN,
	topology.GRE: probe.GRE, topology.GRETap: probe.GRE, topology.IPIP: probe.IPIP, topology.SIT: probe.SIT,
	topology.WireGuard: probe.WireGuard,
}

// deviceError is an error of making a device, with the cure if the kernel has no such devices.
func deviceError(node string, d *topology.Device, err error) error {
	e := &OpError{Op: "make a device of kind " + string(d.Kind), Node: node, Object: d.Name, Pos: d.Pos, Err: err}
	if f, ok := deviceFeatures[d.Kind]; ok && errors.Is(err, unix.EOPNOTSUPP) {
		e.Hint = probe.Lacks(f)
	}
	if needs, ok := sixNeeds[d.Kind]; ok && errors.Is(err, unix.EOPNOTSUPP) {
		e.Hint = "needs " + needs
	}
	return e
}

// sixNeeds are what tunnels over IPv6 need, which are no features of the probe.
var sixNeeds = map[topology.DeviceKind]string{topology.IP6Tunnel: "module ip6_tunnel, CONFIG_IPV6_TUNNEL",
	topology.IP6GRE: "module ip6_gre, CONFIG_IPV6_GRE", topology.IP6GRETap: "module ip6_gre, CONFIG_IPV6_GRE"}

// bridgeError is the same for a bridge.
func bridgeError(node string, b *topology.BridgeDevice, err error) error {
	e := &OpError{Op: "make bridge", Node: node, Object: b.Name, Pos: b.Pos, Err: err}
	switch {
	case errors.Is(err, link.ErrNoVLANs), errors.Is(err, unix.EOPNOTSUPP) && b.VLANAware:
		e.Hint = probe.Lacks(probe.BridgeVLAN)
	case errors.Is(err, unix.EOPNOTSUPP):
		e.Hint = probe.Lacks(probe.Bridge)
	}
	return e
}

// joinMasters makes devices belong to their masters, and tells bridges about their ports.
func (n *nodeWork) joinMasters(c *link.Conn) error {
	for i := range n.devices {
		d := &n.devices[i]
		if d.have {
			continue
		}
		if alt := d.altName(); alt != "" {
			if err := c.AddAltName(d.Index, alt); err != nil {
				return &OpError{Op: "add the name " + alt, Node: n.Name, Object: d.Name, Pos: d.pos(), Err: err}
			}
		}
		if d.master != 0 && !d.placed {
			if err := c.SetMaster(d.Index, d.master); err != nil {
				return &OpError{Op: "make a member of " + d.masterName(), Node: n.Name, Object: d.Name, Pos: d.pos(), Err: err}
			}
		}
		p := d.port()
		if p == nil {
			continue
		}
		err := c.SetPort(d.Index, p)
		if err == nil && p.VLANs != nil {
			err = c.SetVLANs(d.Index, false, p.VLANs)
		}
		if err != nil {
			return &OpError{Op: "set up the port of " + d.masterName(), Node: n.Name, Object: d.Name, Pos: d.pos(), Err: err}
		}
	}
	for i := range n.devices {
		d := &n.devices[i]
		if d.have {
			continue
		}
		if d.made != nil {
			for j := range d.made.FDB {
				e := &d.made.FDB[j]
				if err := c.AddFDB(d.Index, true, e); err != nil {
					return &OpError{Op: "add forwarding entry " + e.MAC + " dst " + e.Dst.String(), Node: n.Name, Object: d.Name, Pos: e.Pos, Err: err}
				}
			}
		}
		if d.bridge == nil {
			continue
		}
		if d.bridge.VLANs != nil {
			if err := c.SetVLANs(d.Index, true, d.bridge.VLANs); err != nil {
				return &OpError{Op: "set the VLANs of the bridge", Node: n.Name, Object: d.Name, Pos: d.pos(), Err: err}
			}
		}
		for j := range d.bridge.FDB {
			e := &d.bridge.FDB[j]
			port := n.device(e.Dev)
			if port == nil {
				return &OpError{Op: "add forwarding entry " + e.MAC + " dev " + e.Dev, Node: n.Name, Object: d.Name, Pos: e.Pos, Err: errNoDevice}
			}
			if err := c.AddFDB(port.Index, port == d, e); err != nil {
				return &OpError{Op: "add forwarding entry " + e.MAC + " dev " + e.Dev, Node: n.Name, Object: d.Name, Pos: e.Pos, Err: err}
			}
		}
	}
	return nil
}

// carrier reports whether a device will have carrier once all cables have: a bridge without ports never has, nor what
// sits on it.
func (n *nodeWork) carrier(d *device) bool { return n.carrierWithin(d, len(n.devices)) }

func (n *nodeWork) carrierWithin(d *device, depth int) bool {
	switch {
	case d.end != nil:
		return true
	case depth == 0:
		return false
	case d.bridge != nil || d.made.Kind == topology.Bond:
		for i := range n.devices {
			if m := &n.devices[i]; m.master == d.Index && n.carrierWithin(m, depth-1) {
				return true
			}
		}
		return false
	case d.made.Link != "" && d.made.Tunnel == nil:
		lower := n.device(d.made.Link)
		return lower != nil && n.carrierWithin(lower, depth-1)
	}
	return true
}

// fallbackKinds are the tunnels of a plan whose modules put a device into each network namespace.
func fallbackKinds(p *topology.Plan) []topology.DeviceKind {
	var kinds []topology.DeviceKind
	for i := range p.Nodes {
		for _, d := range p.Nodes[i].Devices {
			if d.Tunnel != nil && d.Kind != topology.VXLAN && !slices.Contains(kinds, d.Kind) {
				kinds = append(kinds, d.Kind)
			}
		}
	}
	return kinds
}
