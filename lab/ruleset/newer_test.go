package ruleset

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// newerVar names an nft of 1.1 or later. With it and HOOKWALK_UPDATE the test below writes down what it sends to the
// kernel.
const newerVar = "HOOKWALK_NFT"

// TestNewer compares the messages for rules that the nft of Debian 12 cannot read with those that nft 1.1.3 was seen to
// send, in testdata/newer.
func TestNewer(t *testing.T) {
	for _, g := range newerRows {
		t.Run(g.name, func(t *testing.T) {
			file := filepath.Join("testdata", "newer", strings.ReplaceAll(g.name, " ", "-")+".txt")
			want := map[string]string{}
			if program := os.Getenv(newerVar); program != "" && os.Getenv("HOOKWALK_UPDATE") != "" {
				want = writeNewer(t, &g, program, file)
			} else {
				for part := range strings.SplitSeq(readFile(t, file), "\n# ") {
					rule, tree, _ := strings.Cut(strings.TrimPrefix(part, "# "), "\n")
					want[rule] = tree
				}
			}
			for _, rule := range g.rules {
				got := strings.Join(ourMessages(t, g.file(rule), &names{}, unix.NFT_MSG_NEWRULE), "")
				if d := cmp.Diff(strings.TrimSpace(want[rule]), strings.TrimSpace(got)); d != "" {
					t.Errorf("%s (-nft 1.1 +ours):\n%s", rule, d)
				}
			}
		})
	}
}

// writeNewer writes down what a newer nft sends for each rule.
func writeNewer(t *testing.T, g *rowGroup, program, file string) map[string]string {
	out := map[string]string{}
	dir := t.TempDir()
	if err := os.Symlink(program, filepath.Join(dir, "nft")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	var b strings.Builder
	for _, rule := range g.rules {
		fresh(t, func() { out[rule] = strings.Join(nftMessages(g.file(rule), unix.NFT_MSG_NEWRULE), "") })
		if out[rule] == "" {
			t.Errorf("%s says nothing of %s", program, rule)
		}
		fmt.Fprintf(&b, "# %s\n%s", rule, out[rule])
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return out
}

// newerRows are rules that nft 1.0.6 cannot read.
var newerRows = []rowGroup{
	{"inner inet", "inet", filterInput, "", []string{
		"udp dport 4789 vxlan vni 10", "udp dport 4789 vxlan vni != 10-20", "udp dport 4789 vxlan vni { 1, 2 }", "udp dport 4789 vxlan flags 8", "udp dport 4789 vxlan ip saddr 10.0.0.1", "udp dport 4789 vxlan ip saddr 10.0.0.0/24", "udp dport 4789 vxlan ip saddr != 10.0.0.0/12",
		"udp dport 4789 vxlan tcp dport 80", "udp dport 4789 vxlan ether saddr 62:87:4d:d6:19:05", "udp dport 4789 vxlan vlan id 10", "udp dport 4789 vxlan vlan id 10 vxlan ip saddr 10.0.0.1", "udp dport 4789 vxlan ip dscp 0x02",
		"udp dport 4789 vxlan icmp type echo-reply", "udp dport 4789 vxlan ip saddr . vxlan ip daddr { 1.2.3.4 . 4.3.2.1 }", "udp dport 4789 vxlan ip saddr { 1.2.3.4, 4.3.2.1 }",
		"udp dport 4789 vxlan tcp dport 22 vxlan ip saddr 10.0.0.1", "udp dport 4789 vxlan tcp dport { 22, 80-90 }", "udp dport 4789 vxlan ip6 saddr ::1", "udp dport 4789 vxlan th dport 22",
		"udp dport 4789 vxlan udp dport 4789 vxlan ip saddr 10.0.0.1", "udp dport 4789 vxlan vni 10 vxlan ip saddr 10.0.0.1 drop", "udp dport 4789 vxlan tcp flags syn", "udp dport 4789 vxlan tcp flags & (syn | ack) == syn",
		"udp dport 4789 vxlan ip saddr vmap { 10.0.0.1 : drop }", "udp dport 4789 vxlan ether saddr 62:87:4d:d6:19:05 vxlan ip saddr 10.0.0.1", "udp dport 4789 vxlan ip ttl > 5",
		"udp dport 4789 vxlan ip protocol tcp vxlan tcp dport 22", "udp dport 4789 vxlan ether type ip vxlan ip saddr 10.0.0.1", "udp dport 4789 vxlan arp operation request", "udp dport 4789 vxlan tcp sport 1 vxlan tcp dport 2",
		"udp dport 6081 geneve vni 10", "udp dport 6081 geneve type 0x6558", "udp dport 6081 geneve ip saddr 10.141.11.2", "udp dport 6081 geneve tcp dport 80", "udp dport 6081 geneve ip6 saddr . geneve tcp dport { ::1 . 80 }",
		"gre version 1", "gre flags 0", "gre protocol ip", "gre protocol 0x6558", "gre ip saddr 10.0.0.1", "gre ip dscp 0x02", "gre icmp type echo-reply", "gre tcp dport 22", "gre ip6 saddr ::1", "gre ip saddr . gre ip daddr { 10.0.0.1 . 10.0.0.2 }",
		"gretap ip saddr 10.0.0.1", "gretap ether saddr 02:00:00:00:00:01", "gretap vlan id 10", "gretap icmp type echo-reply", "gretap tcp dport 22",
	}},
	{"inner netdev", "netdev", "type filter hook ingress device \"lo\" priority 0; policy accept;", "", []string{"udp dport 6081 geneve ip saddr 10.141.11.2", "gre ip saddr 10.0.0.1", "gretap tcp dport 22"}},
	{"inner bridge", "bridge", "type filter hook prerouting priority 0; policy accept;", "", []string{"udp dport 6081 geneve ip6 saddr ::1", "gretap icmp type 8"}},
	{"icmpv6 addresses", "inet", filterInput, "", []string{"icmpv6 taddr 2001:db8::133", "icmpv6 type nd-neighbor-advert icmpv6 taddr 2001:db8::133", "icmpv6 daddr 2001:db8::/64"}},
	{"ah", "ip", filterInput, "", []string{"ah nexthdr tcp", "ah nexthdr { tcp, udp }"}},
	{"marks", "inet", filterInput, "", []string{
		"meta mark set tcp dport", "meta mark set ip dscp", "meta mark set ip dscp << 2 or 0x10", "meta mark set ip dscp lshift 26 or 0x10", "meta mark set ip dscp and 0x0f", "meta mark set skuid", "meta mark set rt classid",
		"meta mark set tcp sequence", "ct mark set ct mark and meta mark", "meta mark set ct mark or meta mark or 0x1", "ct mark set meta mark << 8 or ct mark", "ct mark set meta mark xor ct mark", "meta mark set ip saddr",
		"meta mark set meta cpu", "meta mark set ip hdrlength", "ct mark set meta iif", "meta mark set ct mark and 0xff or meta mark",
	}},
	{"written bits", "ip", filterInput, "", []string{"icmp id set 5", "icmp mtu set 5", "icmp gateway set 5", "@ih,5,3 set 5", "@th,16,5 set 5", "@th,13,5 set 5", "@nh,64,8 set 5", "@ih,0,8 set 5", "@ih,8,16 set 5"}},
	{"last in sets", "ip", filterInput, "\tset seen { type ipv4_addr; flags dynamic; size 1000; }\n", []string{"add @seen { ip saddr last }", "update @seen { ip saddr last limit rate 1/second }"}},
	{"raw options", "ip", filterInput, "", []string{
		"tcp option @255,8,8 255", "tcp option @42,16,4 10", "tcp option @3,16,8 5", "tcp option @mptcp,16,4 1", "tcp option 254 length ge 4", "tcp option 253 length 5", "tcp option sack1 length 5",
	}},
	{"maps as sets", "ip", filterInput, "\tmap marks { type ipv4_addr : mark; elements = { 10.0.0.1 : 1 }; }\n\tmap verdicts { type ipv4_addr : verdict; flags interval; elements = { 10.0.0.0/8 : drop }; }\n", []string{
		"ip saddr @marks accept", "ip saddr != @marks", "ip saddr @verdicts drop",
	}},
	{"addresses in options", "ip", filterInput, "", []string{"ip option ssrr addr { 10.0.0.1, 10.0.0.2 }", "ip option lsrr addr 10.0.0.1"}},
	{"dccp options", "ip", filterInput, "", []string{"dccp option 5 exists", "dccp option 5 missing"}},
	{"last", "ip", filterInput, "", []string{"last", "last used never", "last used 5s", "last used 1d2h", "tcp dport 22 last accept"}},
}
