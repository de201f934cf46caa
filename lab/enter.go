package lab

import (
	"github.com/hookwalk/hookwalk/lab/link"
	"github.com/hookwalk/hookwalk/lab/netns"
	"github.com/hookwalk/hookwalk/topology"
)

// inNode calls f inside a node.
func inNode(node string, f func(c *link.Conn) error) error {
	return netns.Do(node, func() error {
		c, err := link.Open()
		if err != nil {
			return &OpError{Op: "enter the node", Node: node, Err: err}
		}
		defer c.Close()
		return f(c)
	})
}

// inDevice calls f in the network namespace of an end, with the number of its device.
func inDevice(e *topology.End, f func(c *link.Conn, index int) error) error {
	return inNode(e.Node, func(c *link.Conn) error {
		index, err := c.IndexOf(e.Iface)
		if err != nil {
			return err
		}
		return f(c, index)
	})
}
