package topology

import (
	"strconv"
	"strings"
)

// shortNames gives the devices whose names are longer than what the kernel has room for a short one: its beginning. The
// whole is its alternative name, by which it is found as well.
func (n *node) shortNames() {
	for i := range n.ifaces {
		x := &n.ifaces[i]
		if len(x.name) <= maxIface {
			continue
		}
		long := x.name
		short := shortIface(long)
		for k := 2; ; k++ {
			msg, _ := checkIface(short)
			if _, taken := n.byName[short]; !taken && msg == "" {
				break
			}
			suffix := "-" + strconv.Itoa(k)
			short = shortIface(long)
			short = strings.TrimRightFunc(short[:min(len(short), maxIface-len(suffix))], func(r rune) bool { return r == '\uFFFD' }) + suffix
		}
		x.name = short
		n.byName[short] = i
		switch {
		case x.end != nil:
			x.end.Iface, x.end.Alt = short, long
		case x.bridge != nil:
			x.bridge.Name, x.bridge.Alt = short, long
		default:
			x.device.Name, x.device.Alt = short, long
		}
	}
	for i := range n.ifaces {
		if k, ok := n.byName[n.ifaces[i].master]; ok {
			n.ifaces[i].master = n.ifaces[k].name
		}
	}
}
