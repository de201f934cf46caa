package topology

import "net/netip"

// Route is one route of a node.
type Route struct {
	Dst    netip.Prefix `json:"dst"`
	Via    netip.Addr   `json:"via,omitzero"` // invalid: none (on-link through Dev, or Hops, or Type)
	Dev    string       `json:"dev,omitempty"`
	Type   string       `json:"type,omitempty"`   // "": unicast; blackhole, unreachable, prohibit, throw
	Table  uint32       `json:"table,omitempty"`  // 0: main
	Metric uint32       `json:"metric,omitempty"` // 0: the kernel's default
	Src    netip.Addr   `json:"src,omitzero"`
	MTU    int          `json:"mtu,omitempty"` // bytes
	OnLink bool         `json:"onlink,omitempty"`
	Hops   []NextHop    `json:"hops,omitempty"`
	Pos    Pos          `json:"pos"`
}

// NextHop is one of several next hops of a route.
type NextHop struct {
	Via    netip.Addr `json:"via"`
	Dev    string     `json:"dev,omitempty"`
	Weight int        `json:"weight,omitempty"` // 0: 1
}

// Rule is a rule of policy routing, of one family.
type Rule struct {
	IPv6     bool         `json:"ipv6,omitempty"`
	Priority uint32       `json:"priority"`
	Not      bool         `json:"not,omitempty"`
	From     netip.Prefix `json:"from,omitzero"`
	To       netip.Prefix `json:"to,omitzero"`
	Iif      string       `json:"iif,omitempty"`
	Oif      string       `json:"oif,omitempty"`
	Mark     uint32       `json:"mark,omitempty"`
	Mask     uint32       `json:"mask,omitempty"` // 0: no mark is asked for
	Proto    uint8        `json:"proto,omitempty"`
	Sport    PortRange    `json:"sport,omitzero"`
	Dport    PortRange    `json:"dport,omitzero"`
	Table    uint32       `json:"table,omitempty"` // 0: Type says what happens
	Type     string       `json:"type,omitempty"`  // blackhole, unreachable, prohibit
	Suppress *int         `json:"suppressPrefixLength,omitempty"`
	Pos      Pos          `json:"pos"`
}

// PortRange is from one port to another; zero: any.
type PortRange struct {
	From uint16 `json:"from"`
	To   uint16 `json:"to"`
}

// Neighbour is an entry of the neighbour table that stays.
type Neighbour struct {
	Addr  netip.Addr `json:"addr"`
	MAC   string     `json:"mac,omitempty"`
	Dev   string     `json:"dev"`
	Proxy bool       `json:"proxy,omitempty"`
	Pos   Pos        `json:"pos"`
}
