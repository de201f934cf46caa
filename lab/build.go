package lab

import (
	"context"
	"io"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hookwalk/hookwalk/lab/link"
	"github.com/hookwalk/hookwalk/lab/netns"
	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/topology"
)

// builder makes what a plan says, in the holder. Each phase goes over all nodes or links, with as many threads as
// there are cores; a thread has one netlink socket for each node that it visits.
type builder struct {
	h     *holder
	plan  *topology.Plan
	nodes []nodeWork // in the order of plan.Nodes
	index map[string]int
	ctx   context.Context // its end ends start commands
	dir   string          // their working directory

	handles  map[string][]path.Handle // of the rules that it loaded
	services map[string]io.Closer     // that it started, by serviceKey
}

// nodeWork is what is to be done in a node.
type nodeWork struct {
	*topology.Node
	devices []device          // bridges, then link ends, in the order of the file; then the others, each behind what it sits on
	late    []topology.Sysctl // whose key was not there before the devices were
	keys    *wireGuardKeys    // of the whole lab
	esp     *xfrmKeys         // likewise
	single  bool              // no device sends several segments as one

	there bool // the node is up already, and only devices are to be made that it does not have
	idle  bool // not even these
}

// device is a device of a node. Its number is given out here, so that a node's devices always come in the order of
// the file, and nobody need ask for it.
type device struct {
	link.Want
	bridge *topology.BridgeDevice
	end    *topology.End
	cable  *topology.Link // that it is an end of; nil: none
	made   *topology.Device
	master int  // index of the bridge, bond or vrf it belongs to; 0: none
	joins  bool // that is a bridge
	placed bool

	have bool // it is there already
}

// build makes everything. What an error leaves half made goes with the holder.
func (h *holder) build() error {
	first, err := firstFree(h.order.Plan)
	if err != nil {
		return err
	}
	b, err := newBuilder(h, h.order.Plan, first)
	if err != nil {
		return err
	}
	for _, phase := range []struct {
		name string
		run  func() (string, error)
	}{
		{"nodes", b.makeNodes},
		{"links", b.makeLinks},
		{"addrs", b.configure},
		{"nft", b.loadRules},
		{"ready", b.makeReady},
	} {
		since := time.Now()
		text, err := phase.run()
		if err != nil {
			e := asOpError(err, "build the lab")
			e.Phase = phase.name
			return e
		}
		if text != "" {
			h.progress(phase.name, text, since)
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.handles, h.services = b.handles, b.services
	return nil
}

// newBuilder numbers the devices of each node, from first on.
func newBuilder(h *holder, p *topology.Plan, first int) (*builder, error) {
	b := &builder{h: h, plan: p, nodes: make([]nodeWork, len(p.Nodes)), index: make(map[string]int, len(p.Nodes)),
		ctx: context.Background(), dir: h.order.Dir, handles: map[string][]path.Handle{}, services: map[string]io.Closer{}}
	six := usesIPv6(p)
	for i := range p.Nodes {
		n := &b.nodes[i]
		n.Node, n.keys, n.single, n.esp = &p.Nodes[i], &h.wireGuard, !p.Offloads, &h.esp
		b.index[n.Name] = i
		for j := range n.Bridges {
			br := &n.Bridges[j]
			n.devices = append(n.devices, device{bridge: br,
				Want: link.Want{Name: br.Name, Index: first + len(n.devices), IPv6: six[i] && len(br.Addrs) > 0}})
		}
	}
	for i := range p.Links {
		for _, e := range p.Links[i].Ends() {
			at, ok := b.index[e.Node]
			if !ok {
				return nil, &OpError{Op: "make a link", Node: e.Node, Object: e.Iface, Pos: e.Pos, Err: errNoNode}
			}
			n := &b.nodes[at]
			d := device{end: e, cable: &p.Links[i], Want: link.Want{Name: e.Iface, Index: first + len(n.devices), IPv6: six[at]}}
			n.devices = append(n.devices, d)
		}
	}
	for i := range b.nodes {
		if err := b.nodes[i].numberDevices(first, six[i]); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// firstFree is the number of a node's first device. A fresh network namespace has its loopback, and with some kernel
// modules a tunnel device for each; this process is in a fresh one.
func firstFree(p *topology.Plan) (int, error) {
	c, err := link.Open()
	if err != nil {
		return 0, &OpError{Op: "look into a new network namespace", Err: err}
	}
	defer c.Close()
	for _, kind := range fallbackKinds(p) {
		c.Fallback(kind)
	}
	states, err := c.States()
	if err != nil {
		return 0, &OpError{Op: "look into a new network namespace", Err: err}
	}
	free := 1
	for _, s := range states {
		free = max(free, s.Index+1)
	}
	return free, nil
}

// usesIPv6 says of each node whether any address or route of it is IPv6.
func usesIPv6(p *topology.Plan) []bool {
	six := make([]bool, len(p.Nodes))
	for i, n := range p.Nodes {
		for _, a := range p.AddrsOf(n.Name) {
			six[i] = six[i] || a.Addr().Is6()
		}
		for _, r := range n.Routes {
			six[i] = six[i] || r.Dst.Addr().Is6()
		}
	}
	return six
}

// device finds a device of a node by its name.
func (n *nodeWork) device(name string) *device {
	for i := range n.devices {
		if n.devices[i].Name == name {
			return &n.devices[i]
		}
	}
	return nil
}

// at finds the device of an end of a link of the plan.
func (b *builder) at(e *topology.End) *device { return b.nodes[b.index[e.Node]].device(e.Iface) }

// renumber gives the devices the numbers that they have by their names; 0: it is not there.
func (n *nodeWork) renumber(index map[string]int) {
	for i := range n.devices {
		n.devices[i].Index = index[n.devices[i].Name]
	}
}

// each gives the numbers below n out to workers, one on each core, and gives the error of the lowest number that had
// one. More workers than cores do not help: most of the work is under one lock of the kernel (RTNL).
func each(n int, worker func(hop *netns.Hopper, todo func() (int, bool)) error) error {
	type failure struct {
		at  int
		err error
	}
	var mu sync.Mutex // guards next and first
	next := 0
	var first *failure
	var wg sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			at := -1
			err := netns.Hop(func(hop *netns.Hopper) error {
				return worker(hop, func() (int, bool) {
					mu.Lock()
					defer mu.Unlock()
					if next >= n || first != nil {
						return 0, false
					}
					at = next
					next++
					return at, true
				})
			})
			if err != nil {
				mu.Lock()
				defer mu.Unlock()
				if first == nil || at < first.at {
					first = &failure{at, err}
				}
			}
		})
	}
	wg.Wait()
	if first != nil {
		return first.err
	}
	return nil
}

// count is "1 rule", "2 rules" or "2 addresses".
func count(n int, noun string) string {
	switch {
	case n == 1:
	case strings.HasSuffix(noun, "s"):
		noun += "es"
	default:
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}

// list joins names, or counts them if there are too many for a line.
func list(names []string, noun string) string {
	if len(names) > 4 {
		return count(len(names), noun)
	}
	return strings.Join(names, " ")
}
