package link

import (
	"net/netip"
	"testing"
)

func TestSysctlFile(t *testing.T) {
	for _, c := range []struct{ key, dir, file string }{
		{"net.ipv4.ip_forward", "sys/net/ipv4", "ip_forward"},
		{"net.ipv4.conf.eth0/5.rp_filter", "sys/net/ipv4", "conf/eth0.5/rp_filter"},
		{"net.netfilter.nf_conntrack_max", "sys/net/netfilter", "nf_conntrack_max"},
	} {
		dir, file, err := sysctlFile(c.key)
		if dir != c.dir || file != c.file || err != nil {
			t.Errorf("%s: %q %q %v", c.key, dir, file, err)
		}
	}
}

func TestBroadcast(t *testing.T) {
	for in, want := range map[string]string{"10.1.2.3/24": "10.1.2.255", "192.0.2.5/30": "192.0.2.7", "10.1.2.3/0": "255.255.255.255",
		"198.51.100.7/32": "198.51.100.7", "10.9.8.7/13": "10.15.255.255"} {
		if got, _ := netip.AddrFromSlice(broadcast(netip.MustParsePrefix(in))); got.String() != want {
			t.Errorf("%s: %v, want %s", in, got, want)
		}
	}
}

// Whatever comes, parsing ends without a panic.
func FuzzParse(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 3, 0, 'l', 'o', 0, 0, 5, 0, 16, 0, 6, 0, 0, 0})
	f.Add(make([]byte, 100))
	f.Fuzz(func(_ *testing.T, b []byte) {
		_, _ = parseState(b)
		_, _ = parseAddr(b)
		_, _, _ = parseRoute(b)
	})
}
