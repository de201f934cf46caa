package topology

import (
	"net/netip"
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	nodes := []string{"client", "isp", "fw", "lan", "pc1", "pc2", "web"}
	for _, tt := range []struct {
		word string
		from []string
		want string
	}{
		{"fw1", nodes, "fw"},
		{"clinet", nodes, "client"},
		{"cilent", nodes, "client"},
		{"CLIENT", nodes, "client"},
		{"pc3", nodes, "pc1"},
		{"pc", nodes, "pc1"},
		{"x", nodes, ""},
		{"f", nodes, "fw"},
		{"printer", nodes, ""},
		{"", nodes, ""},
		{"fw", nodes, ""},
		{"prot", []string{"port", "proto"}, "proto"},
		{"gatway", []string{"kind", "gateway"}, "gateway"},
		{"büro", []string{"buro"}, "buro"},
		{"a", []string{"b"}, ""},
	} {
		if got := nearest(tt.word, tt.from); got != tt.want {
			t.Errorf("nearest(%q) = %q, want %q", tt.word, got, tt.want)
		}
	}
}

// TestDistance compares with the definition, written down as it stands.
func TestDistance(t *testing.T) {
	words := []string{"", "a", "ab", "ba", "abc", "acb", "client", "clinet", "tneilc", "fw", "wf", "fww", "über", "uber"}
	for _, a := range words {
		for _, b := range words {
			want := slowDistance([]rune(a), []rune(b))
			if got := distance(a, b, 100); got != want {
				t.Errorf("distance(%q, %q) = %d, want %d", a, b, got, want)
			}
			for limit := 1; limit < 5; limit++ {
				if got := distance(a, b, limit); got < min(want, limit) || got > limit {
					t.Errorf("distance(%q, %q, %d) = %d, want %d", a, b, limit, got, min(want, limit))
				}
			}
		}
	}
}

func slowDistance(a, b []rune) int {
	if len(a) == 0 || len(b) == 0 {
		return len(a) + len(b)
	}
	i, j := len(a)-1, len(b)-1
	cost := 1
	if a[i] == b[j] {
		cost = 0
	}
	d := min(slowDistance(a[:i], b)+1, slowDistance(a, b[:j])+1, slowDistance(a[:i], b[:j])+cost)
	if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
		d = min(d, slowDistance(a[:i-1], b[:j-1])+1)
	}
	return d
}

func TestDefaultName(t *testing.T) {
	for in, want := range map[string]string{
		"home-nat":               "home-nat",
		"My Lab (2)":             "My-Lab--2",
		"...":                    "lab",
		"":                       "lab",
		"10.0.0.1":               "lab",
		"büro":                   "b-ro",
		strings.Repeat("x", 100): strings.Repeat("x", 63),
	} {
		if got := defaultName(in); got != want {
			t.Errorf("defaultName(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestSysctlKey(t *testing.T) {
	for in, want := range map[string]string{
		"net.ipv4.ip_forward":                    "net.ipv4.ip_forward",
		"net/ipv4/ip_forward":                    "net.ipv4.ip_forward",
		"/proc/sys/net/ipv4/ip_forward":          "net.ipv4.ip_forward",
		"net.ipv4.conf.eth0/100.rp_filter":       "net.ipv4.conf.eth0/100.rp_filter",
		"net/ipv4/conf/eth0.100/rp_filter":       "net.ipv4.conf.eth0/100.rp_filter",
		"net.netfilter.nf_conntrack_tcp_be_lax":  "net.netfilter.nf_conntrack_tcp_be_lax",
		"net.ipv4.neigh.default.gc_thresh1":      "net.ipv4.neigh.default.gc_thresh1",
		"net.ipv4":                               "",
		"net":                                    "",
		"":                                       "",
		"kernel.hostname":                        "",
		"net.ipv4.conf.../../../kernel/x":        "",
		"net/ipv4//ip_forward":                   "",
		"net/ipv4/conf/../../../kernel/hostname": "",
		"net.ipv4.conf./etc.x":                   "",
		"net.ipv4.ip_forward ":                   "",
	} {
		key, msg, _ := sysctlKey(in)
		if msg != "" {
			key = ""
		}
		if key != want {
			t.Errorf("sysctlKey(%q) = %q, want %q (%s)", in, key, want, msg)
		}
	}
}

func TestLastAddr(t *testing.T) {
	for in, want := range map[string]string{
		"10.0.0.0/24":     "10.0.0.255",
		"10.0.0.128/25":   "10.0.0.255",
		"10.0.0.4/30":     "10.0.0.7",
		"10.0.0.1/32":     "10.0.0.1",
		"0.0.0.0/0":       "255.255.255.255",
		"172.16.0.0/12":   "172.31.255.255",
		"2001:db8::/127":  "2001:db8::1",
		"2001:db8::/64":   "2001:db8::ffff:ffff:ffff:ffff",
		"2001:db8:1::/48": "2001:db8:1:ffff:ffff:ffff:ffff:ffff",
	} {
		if got := lastAddr(netip.MustParsePrefix(in)).String(); got != want {
			t.Errorf("lastAddr(%s) = %s, want %s", in, got, want)
		}
	}
}
