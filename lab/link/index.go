package link

import (
	"fmt"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// IndexOf is the number of the device of a name.
func (c *Conn) IndexOf(name string) (int, error) {
	r := c.request(unix.RTM_GETLINK, 0)
	r.AddData(nl.NewIfInfomsg(unix.AF_UNSPEC))
	r.AddData(attr(unix.IFLA_EXT_MASK, extFilterSkipStats))
	r.AddData(nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(name)))
	msgs, err := r.Execute(unix.NETLINK_ROUTE, 0)
	if err != nil {
		return 0, fmt.Errorf("device %s: %w", name, err)
	}
	if len(msgs) == 0 {
		return 0, fmt.Errorf("device %s: %w", name, unix.ENODEV)
	}
	s, err := parseState(msgs[0])
	return s.Index, err
}

// Indexes are the numbers of all devices of the namespace by their names.
func (c *Conn) Indexes() (map[string]int, error) {
	states, err := c.States()
	if err != nil {
		return nil, err
	}
	index := make(map[string]int, len(states))
	for _, s := range states {
		index[s.Name] = s.Index
	}
	return index, nil
}
