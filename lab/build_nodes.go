package lab

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/lab/link"
	"github.com/hookwalk/hookwalk/lab/netns"
	"github.com/hookwalk/hookwalk/topology"
)

var errNoNode = errors.New("there is no such node")

// makeNodes makes the network namespaces, with their kernel parameters and bridges.
func (b *builder) makeNodes() (string, error) {
	text := count(len(b.nodes), "network namespace")
	err := each(len(b.nodes), func(hop *netns.Hopper, todo func() (int, bool)) error {
		for i, ok := todo(); ok; i, ok = todo() {
			n := &b.nodes[i]
			if n.there {
				continue
			}
			if err := hop.Create(n.Name); err != nil {
				return &OpError{Op: "make node", Object: n.Name, Pos: n.Pos, Err: err, Hint: limitHint(err)}
			}
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	// In a pass of its own: to write some parameters the kernel tries RTNL again and again, and makes no progress as
	// long as namespaces are being made beside it.
	fresh := freshSysctls()
	return text, each(len(b.nodes), func(hop *netns.Hopper, todo func() (int, bool)) error {
		sysctls, err := link.NewSysctls()
		if err != nil {
			return &OpError{Op: "set kernel parameters", Err: err}
		}
		defer sysctls.Close()
		for i, ok := todo(); ok; i, ok = todo() {
			n := &b.nodes[i]
			if n.idle {
				continue
			}
			err := hop.Enter(n.Name)
			if err == nil {
				err = sysctls.Entered()
			}
			if err != nil {
				return &OpError{Op: "set kernel parameters", Node: n.Name, Pos: n.Pos, Err: err}
			}
			if !n.there {
				if err := n.setSysctls(sysctls, fresh); err != nil {
					return err
				}
			}
			if err := n.makeBridges(); err != nil {
				return err
			}
		}
		return nil
	})
}

// limitHint says what to do about a limit of namespaces.
func limitHint(err error) string {
	if errors.Is(err, unix.ENOSPC) {
		return "the limit in /proc/sys/user/max_net_namespaces is reached: end other labs or containers, or raise it"
	}
	return ""
}

// freshSysctls gives a function that reads a parameter as it is in a new network namespace, "" if it is not there.
// It must be called where the calling process's own is new and nothing was set in it.
func freshSysctls() func(key string) string {
	var mu sync.Mutex // guards values
	values := map[string]string{}
	return func(key string) string {
		mu.Lock()
		defer mu.Unlock()
		v, ok := values[key]
		if !ok {
			_ = netns.Hop(func(*netns.Hopper) error { // an error is an empty value
				v, _ = link.GetSysctl(key)
				return nil
			})
			values[key] = v
		}
		return v
	}
}

// setSysctls writes the parameters of the node that the calling thread is in. What is implied is not written if a
// new namespace has that value anyway: in large labs most of the time would go there.
func (n *nodeWork) setSysctls(sysctls *link.Sysctls, fresh func(string) string) error {
	for _, s := range n.Sysctls {
		if s.Implied && fresh(s.Key) == s.Value {
			continue
		}
		err := sysctls.Set(s.Key, s.Value)
		if errors.Is(err, fs.ErrNotExist) {
			n.late = append(n.late, s) // perhaps of a device that will be
			continue
		}
		if err != nil {
			return n.sysctlError(s, err)
		}
	}
	return nil
}

// setLate writes the parameters that had to wait for their devices.
func (n *nodeWork) setLate() error {
	if len(n.late) == 0 {
		return nil
	}
	sysctls, err := link.NewSysctls()
	if err != nil {
		return &OpError{Op: "set kernel parameters", Node: n.Name, Pos: n.Pos, Err: err}
	}
	defer sysctls.Close()
	for _, s := range n.late {
		if err := n.setSysctl(sysctls, s); err != nil {
			return err
		}
	}
	return nil
}

// setSysctl writes a parameter of the node that the calling thread is in. One that is only implied may be missing.
func (n *nodeWork) setSysctl(sysctls *link.Sysctls, s topology.Sysctl) error {
	err := sysctls.Set(s.Key, s.Value)
	if err != nil && !(s.Implied && errors.Is(err, fs.ErrNotExist)) {
		return n.sysctlError(s, err)
	}
	return nil
}

func (n *nodeWork) sysctlError(s topology.Sysctl, err error) error {
	e := &OpError{Op: fmt.Sprintf("set %s = %s", s.Key, s.Value), Node: n.Name, Pos: s.Pos, Err: err}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.Err = errors.New("no such parameter in a network namespace of this kernel")
		if strings.HasPrefix(s.Key, "net.bridge.") {
			e.Hint = "it comes with the module br_netfilter: sudo modprobe br_netfilter"
		}
		if strings.HasPrefix(s.Key, "net.netfilter.") {
			e.Hint = "it comes with the module nf_conntrack: sudo modprobe nf_conntrack"
		}
	case errors.Is(err, fs.ErrPermission):
		e.Hint = "the kernel lets only the host's own namespace change it"
	}
	return e
}

// makeBridges makes the bridges of the node that the calling thread is in.
func (n *nodeWork) makeBridges() error {
	if len(n.Bridges) == 0 {
		return nil
	}
	c, err := link.Open()
	if err != nil {
		return &OpError{Op: "make bridges", Node: n.Name, Pos: n.Pos, Err: err}
	}
	defer c.Close()
	for _, d := range n.devices {
		if d.bridge == nil || d.have {
			continue
		}
		if err := c.AddBridge(d.bridge, d.Index, n.single); err != nil {
			return bridgeError(n.Name, d.bridge, err)
		}
	}
	return nil
}
