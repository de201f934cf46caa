package link

import (
	"net/netip"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// TestChange changes what was made, and takes it away again; each message is counted, and no question is.
func TestChange(t *testing.T) {
	t.Parallel()
	if !inside(t) {
		return
	}
	a, _, err := pair(0)
	if err != nil {
		t.Fatal(err)
	}
	err = in(a, func(c *Conn) error {
		var counted uint64
		do := func(what string, err error) {
			t.Helper()
			if err != nil {
				t.Errorf("%s: %v", what, err)
			}
			if n := Writes() - counted; n != 1 {
				t.Errorf("%s: %d messages counted", what, n)
			}
			counted = Writes()
		}
		has := func(addrs, routes []string) {
			t.Helper()
			list, err := c.Addrs()
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, a := range list {
				if a.Scope == unix.RT_SCOPE_UNIVERSE {
					got = append(got, a.Prefix.String())
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, addrs) {
				t.Errorf("addresses %v, want %v", got, addrs)
			}
			all, err := c.Routes()
			if err != nil {
				t.Fatal(err)
			}
			got = nil
			for _, r := range all {
				if r.Protocol == unix.RTPROT_STATIC && r.Kind == unix.RTN_UNICAST {
					got = append(got, r.Dst.String()+" "+r.Via.String())
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, routes) {
				t.Errorf("routes %v, want %v", got, routes)
			}
		}
		counted = Writes()
		four, six := netip.MustParsePrefix("192.0.2.1/24"), netip.MustParsePrefix("2001:db8::1/64")
		do("add 4", c.AddAddr(10, four))
		do("add 6", c.AddAddr(10, six))
		do("up", c.Up(10))
		for _, dst := range []string{"0.0.0.0/0", "198.51.100.0/24", "2001:db8:7::/48"} {
			rt := Route{Dst: netip.MustParsePrefix(dst), Via: netip.MustParseAddr("192.0.2.9")}
			other := Route{Dst: rt.Dst, Via: netip.MustParseAddr("192.0.2.8")}
			if rt.Dst.Addr().Is6() {
				rt.Via, other.Via = netip.MustParseAddr("2001:db8::9"), netip.MustParseAddr("2001:db8::8")
			}
			do("add route "+dst, c.AddRoute(rt))
			do("replace route "+dst, c.ReplaceRoute(other))
		}
		has([]string{"192.0.2.1/24", "2001:db8::1/64"}, []string{"0.0.0.0/0 192.0.2.8", "198.51.100.0/24 192.0.2.8", "2001:db8:7::/48 2001:db8::8"})
		for _, rt := range []Route{{Dst: netip.MustParsePrefix("198.51.100.0/24"), Via: netip.MustParseAddr("192.0.2.8")},
			{Dst: netip.MustParsePrefix("2001:db8:7::/48"), Via: netip.MustParseAddr("2001:db8::8")}} {
			do("delete route", c.DelRoute(rt))
		}
		do("delete 6", c.DelAddr(10, six))
		has([]string{"192.0.2.1/24"}, []string{"0.0.0.0/0 192.0.2.8"})
		do("delete 4", c.DelAddr(10, four))
		has(nil, nil)

		do("mtu", c.SetMTU(10, 1300))
		do("mac", c.SetMAC(10, "02:00:00:00:00:77"))
		do("delete", c.DelLink(10))
		if states, err := c.States(); err != nil || len(states) != 1 {
			t.Errorf("devices left: %+v, %v", states, err)
		}
		if err := c.SetMAC(10, "nonsense"); err == nil {
			t.Error("nonsense is a hardware address")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
