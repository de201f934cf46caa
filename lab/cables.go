package lab

import (
	"errors"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/lab/cable"
	"github.com/hookwalk/hookwalk/lab/link"
	"github.com/hookwalk/hookwalk/lab/netns"
	"github.com/hookwalk/hookwalk/topology"
)

// makeCable makes two TAP devices, each in its node, and begins to carry frames between them.
func (b *builder) makeCable(hop *netns.Hopper, l *topology.Link) error {
	var ports [2]*os.File
	for i, e := range l.Ends() {
		d := b.at(e)
		err := hop.Enter(e.Node)
		if err == nil {
			ports[i], err = link.OpenTap(link.Device{Name: e.Iface, Index: d.Index, MTU: l.MTU, MAC: e.MAC})
		}
		if err == nil {
			err = link.SetCarrier(ports[i], true)
		}
		if err != nil {
			removeTaps(ports[:])
			return tapError("make a TAP device", e, err)
		}
	}
	c, err := cable.New(ports[0], ports[1], l.A.Impair, l.B.Impair, l.Seed) // an error has closed them
	if err != nil {
		e := &OpError{Op: "make link " + l.Name(), Pos: l.Pos, Err: err}
		if errors.Is(err, unix.EMFILE) {
			e.Hint = cableFiles
		}
		return e
	}
	b.h.mu.Lock()
	defer b.h.mu.Unlock()
	b.h.cables[l.Name()] = c
	return nil
}

// removeTaps removes devices that no cable has taken over; those that are nil were not made.
func removeTaps(ports []*os.File) {
	for _, p := range ports {
		if p != nil {
			_ = link.RemoveTap(p) // it goes with its namespace at the latest
			_ = p.Close()
		}
	}
}

const cableFiles = "each cable in user space takes four open files: raise the hard limit (ulimit -Hn)"

// tapError is an error of a TAP device, with the cure.
func tapError(op string, e *topology.End, err error) error {
	out := &OpError{Op: op, Node: e.Node, Object: e.Iface, Pos: e.Pos, Err: err}
	var file *os.PathError
	switch {
	case !errors.As(err, &file):
		if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTTY) {
			out.Hint = "TAP devices whose carrier can be switched need Linux 5.0"
		}
	case errors.Is(err, fs.ErrPermission):
		out.Hint = "everybody may open it on most systems: sudo chmod 666 " + link.TunFile + "\nor: sudo hookwalk up ..."
	case errors.Is(err, unix.EMFILE):
		out.Hint = cableFiles
	default:
		out.Hint = "this kernel has no TAP devices, or /dev lacks the file: sudo modprobe tun, or a kernel with CONFIG_TUN"
	}
	return out
}

// cable finds the cable of a link of kind tap; nil: it has none.
func (h *holder) cable(l *topology.Link) *cable.Cable {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.cables[l.Name()]
}

// pull takes the carrier from both ends of a cable, or gives it back, and waits until the kernel has seen it. Nothing
// else changes: the devices stay up, with their addresses and routes.
func (h *holder) pull(l *topology.Link, c *cable.Cable, down bool, deadline time.Time) error {
	for i, e := range l.Ends() {
		if err := link.SetCarrier(c.Ports()[i], !down); err != nil {
			return &OpError{Op: "switch the carrier", Node: e.Node, Object: e.Iface, Pos: e.Pos, Err: err}
		}
	}
	if !down {
		return nil // bringUp waits
	}
	c.Cut()
	for _, e := range l.Ends() {
		if err := inDevice(e, func(c *link.Conn, index int) error { return c.AwaitDown(index, deadline) }); err != nil {
			return &OpError{Op: "pull the cable of " + l.Name(), Node: e.Node, Object: e.Iface, Pos: e.Pos, Err: err}
		}
	}
	return nil
}

// countTaps counts the links of kind tap.
func countTaps(links []topology.Link) int {
	n := 0
	for i := range links {
		if links[i].Kind == topology.Tap {
			n++
		}
	}
	return n
}

// linksText says what links consist of.
func linksText(links, taps int) string {
	switch taps {
	case 0:
		return count(links, "veth pair")
	case links:
		return count(taps, "cable") + " in user space"
	}
	return count(links-taps, "veth pair") + ", " + count(taps, "cable") + " in user space"
}
