package topology

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
)

// services are the built-in servers: their usual port and the protocols they speak.
var services = map[string]struct {
	port   uint16
	protos []string
}{
	"http":    {80, []string{"tcp"}},
	"echo":    {7, []string{"tcp", "udp"}}, // RFC 862
	"discard": {9, []string{"tcp", "udp"}}, // RFC 863
}

var serviceNames = []string{"http", "echo", "discard"}

func (c *compiler) services(n *node) {
	for i := range n.spec.Services {
		s := &n.spec.Services[i]
		at := nodePath(n.spec).at("services").elem(i)
		kind, ok := services[s.Name.Value]
		if !ok {
			if slices.Contains(laterService, s.Name.Value) {
				c.fail(s.Name, at, "not-yet", fmt.Sprintf("service %s is not supported yet", s.Name.Value), "exec: can start a program of yours")
			} else {
				c.fail(s.Name, at, "service", fmt.Sprintf("unknown service %q", shorten(s.Name.Value)), didYouMean(s.Name.Value, serviceNames))
			}
			continue
		}
		sv := Service{Name: s.Name.Value, Port: kind.port, Pos: s.Name.Pos}
		good := c.servicePort(s, at, &sv)
		good = c.serviceAddr(n, s, at, &sv) && good
		protos := kind.protos
		if s.Proto.present() {
			if !slices.Contains(kind.protos, s.Proto.Value) {
				c.fail(s.Proto, at, "service", fmt.Sprintf("%s does not speak %q", sv.Name, shorten(s.Proto.Value)), didYouMean(s.Proto.Value, kind.protos))
				continue
			}
			protos = []string{s.Proto.Value}
		}
		if !good {
			continue
		}
		for _, p := range protos {
			sv.Proto = p
			c.serve(n, s, at, sv)
		}
	}
}

func (c *compiler) servicePort(s *ServiceSpec, at *place, sv *Service) bool {
	if !s.Port.present() {
		return true
	}
	n, err := strconv.ParseUint(s.Port.Value, 10, 16)
	if err != nil || n == 0 {
		c.fail(s.Port, at, "service", fmt.Sprintf("%q is not a port", shorten(s.Port.Value)), "a port is 1 to 65535")
		return false
	}
	sv.Port = uint16(n)
	return true
}

func (c *compiler) serviceAddr(n *node, s *ServiceSpec, at *place, sv *Service) bool {
	if !s.Address.present() {
		return true
	}
	a, err := netip.ParseAddr(s.Address.Value)
	if err != nil || a.Zone() != "" || a.Is4In6() {
		c.fail(s.Address, at, "service", fmt.Sprintf("%q is not an address", shorten(s.Address.Value)), addrHint(s.Address.Value, "like 192.0.2.1 or 2001:db8::1"))
		return false
	}
	if a.IsUnspecified() {
		c.fail(s.Address, at, "service", fmt.Sprintf("%s means any address", a), "leave it out: a service listens on all of them")
		return false
	}
	var own []string
	for i := range n.ifaces {
		for _, x := range n.ifaces[i].addrs {
			if x.prefix.Addr() == a {
				sv.Addr = a
				return true
			}
			own = append(own, x.prefix.Addr().String())
		}
	}
	if a.IsLoopback() || n.shaky || c.spec.partial {
		sv.Addr = a
		return true
	}
	c.fail(s.Address, at, "service", fmt.Sprintf("%s has no address %s", n.plan.Name, a), didYouMean(a.String(), own))
	return false
}

// serve adds a service unless its port is taken.
func (c *compiler) serve(n *node, s *ServiceSpec, at *place, sv Service) {
	for _, o := range n.plan.Services {
		if o.Proto == sv.Proto && o.Port == sv.Port && (o.Addr == sv.Addr || !o.Addr.IsValid() || !sv.Addr.IsValid()) {
			where := s.Name
			if s.Port.present() {
				where = s.Port
			}
			c.fail(where, at, "port-twice", fmt.Sprintf("port %d/%s of %s is taken by %s (line %d)", sv.Port, sv.Proto, n.plan.Name, o.Name, o.Pos.Line), "")
			return
		}
	}
	n.plan.Services = append(n.plan.Services, sv)
}
