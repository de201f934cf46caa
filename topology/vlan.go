package topology

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxVLAN is the highest number of a VLAN; 4095 is reserved (VLAN_VID_MASK, include/linux/if_vlan.h).
const maxVLAN = 4094

var vlanProtocols = []string{"802.1Q", "802.1ad"}

// vlanRange reads "10" or "20-29".
func vlanRange(s string) (from, to int, ok bool) {
	a, b, isRange := strings.Cut(s, "-")
	from, err := strconv.Atoi(strings.TrimSpace(a))
	to = from
	if err == nil && isRange {
		to, err = strconv.Atoi(strings.TrimSpace(b))
	}
	return from, to, err == nil
}

// vlans reads the VLANs of a port.
func (c *compiler) vlans(s *VLANSpec, at *place) ([]PortVLAN, bool) {
	const rule = "vlan"
	var list []PortVLAN
	good := true
	owner := map[int]Text{}
	add := func(t Text, at *place, untagged bool) {
		from, to, ok := vlanRange(t.Value)
		switch {
		case !ok:
			c.fail(t, at, rule, fmt.Sprintf("%q is not a VLAN", shorten(t.Value)), "a number like 10, or a range like 20-29")
		case from < 1 || to > maxVLAN:
			c.fail(t, at, rule, fmt.Sprintf("VLANs are 1 to %d, not %s", maxVLAN, shorten(t.Value)), "")
			ok = false
		case from > to:
			c.fail(t, at, rule, fmt.Sprintf("the range %s is the wrong way round", shorten(t.Value)), fmt.Sprintf("%d-%d", to, from))
			ok = false
		}
		for v := from; ok && v <= to; v++ {
			if first, twice := owner[v]; twice {
				c.fail(t, at, rule, fmt.Sprintf("VLAN %d stands twice: as %s on line %d", v, shorten(first.Value), first.Pos.Line), "")
				ok = false
				break
			}
			owner[v] = t
		}
		if !ok {
			good = false
			return
		}
		list = append(list, PortVLAN{From: from, To: to, Untagged: untagged})
	}
	for i, t := range s.Untagged {
		add(t, at.at("untagged").elem(i), true)
	}
	for i, t := range s.Tagged {
		add(t, at.at("tagged").elem(i), false)
	}
	if !good {
		return nil, false
	}
	pvid, ok := c.number(s.PVID, at.at("pvid"), rule, "the pvid", 1, maxVLAN)
	switch {
	case s.PVID.present() && !ok:
		return nil, false
	case !ok && len(s.Untagged) == 1 && list[0].From == list[0].To:
		pvid = list[0].From
	}
	if len(list) == 0 && pvid == 0 {
		c.fail(Text{Span: s.Span}, at, rule, "this port is in no VLAN", "vlan: 10, or vlan: {tagged: [10, 20]}")
		return nil, false
	}
	return withPVID(list, pvid), true
}

// withPVID marks a VLAN as that of untagged frames, and sorts.
func withPVID(list []PortVLAN, pvid int) []PortVLAN {
	var out []PortVLAN
	found := pvid == 0
	for _, r := range list {
		if pvid < r.From || pvid > r.To {
			out = append(out, r)
			continue
		}
		found = true
		for _, part := range []PortVLAN{{r.From, pvid - 1, false, r.Untagged}, {pvid, pvid, true, r.Untagged}, {pvid + 1, r.To, false, r.Untagged}} {
			if part.From <= part.To {
				out = append(out, part)
			}
		}
	}
	if !found {
		out = append(out, PortVLAN{pvid, pvid, true, true})
	}
	slices.SortFunc(out, func(a, b PortVLAN) int { return cmp.Compare(a.From, b.From) })
	return out
}

// port reads the options of a device as a port of a bridge; bridge is nil if it is none; a
// vxlan learns even so.
func (c *compiler) port(s *PortSpec, bridge *BridgeDevice, vxlan bool, name string, at *place) *Port {
	const rule = "port-option"
	p := Port{}
	keys := []struct {
		key string
		t   Text
	}{{"vlan", Text{Span: s.VLAN.Span}}, {"isolated", s.Isolated}, {"hairpin", s.Hairpin}, {"learning", s.Learning}, {"cost", s.Cost}}
	if bridge == nil {
		for _, k := range keys {
			if k.t.present() {
				if k.key == "learning" && vxlan {
					continue
				}
				c.fail(k.t, at.at(k.key), rule, fmt.Sprintf("%s: is for ports of a bridge, and %s is none", k.key, name), "master: BRIDGE makes it one")
			}
		}
		return nil
	}
	if s.VLAN.present() {
		if !bridge.VLANAware {
			c.fail(Text{Span: s.VLAN.Span}, at.at("vlan"), rule, fmt.Sprintf("%s of %s knows no VLANs", bridge.Name, name), "vlan-aware: true for the bridge")
		} else {
			p.VLANs, _ = c.vlans(&s.VLAN, at.at("vlan"))
		}
	}
	p.Isolated, _ = c.flag(s.Isolated, at.at("isolated"), rule)
	p.Hairpin, _ = c.flag(s.Hairpin, at.at("hairpin"), rule)
	if on, ok := c.flag(s.Learning, at.at("learning"), rule); ok {
		p.NoLearning = !on
	}
	p.Cost, _ = c.number(s.Cost, at.at("cost"), rule, "the cost of a port", 1, 65535)
	if p.VLANs == nil && !p.Isolated && !p.Hairpin && !p.NoLearning && p.Cost == 0 {
		return nil
	}
	return &p
}
