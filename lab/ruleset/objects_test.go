package ruleset

import (
	"fmt"
	"testing"
)

// objectDecls are named objects of every kind that nft 1.0.6 has, but for secmark, which needs a security module.
const objectDecls = `
	ct helper ftp { type "ftp" protocol tcp; l3proto ip; }
	ct helper tftp { type "tftp" protocol udp; comment "both families"; }
	ct timeout short { protocol tcp; l3proto ip; policy = { established : 120, close : 20 }; }
	ct timeout quick { protocol udp; policy = { replied : 7, unreplied : 65 }; comment "udp"; }
	ct expectation back { protocol tcp; dport 9876; timeout 2m; size 12; l3proto ip; }
	ct expectation more { comment "more"; l3proto ip; protocol udp; dport 1; timeout 1h30m5s; size 255; }
	synproxy proxy { mss 1460; wscale 7; timestamp sack-perm; }
	synproxy bare { mss 0; wscale 0; comment "no options"; }
	synproxy line { mss 1460 wscale 14 timestamp; }
	counter hits { packets 5 bytes 6; }
	quota cap { over 10 mbytes; }
	limit slow { rate 10/second; }
`

// objectMaps are maps to them.
const objectMaps = `
	map counters { type ipv4_addr : counter; elements = { 10.0.0.1 : "hits", 10.0.0.2 : "hits" }; }
	map quotas { type inet_service : quota; flags interval; elements = { 20-30 : "cap", 40 : "cap" }; }
	map limits { type ipv4_addr . inet_service : limit; elements = { 10.0.0.1 . 80 : "slow" }; }
	map nets { type ipv4_addr : counter; flags interval; elements = { 10.0.0.0/8 : "hits", 192.0.2.1 comment "one" : "hits" }; }
	map proxies { type inet_service : synproxy; comment "proxies"; elements = { 80 : "proxy", 443 : "bare" }; }
	map rest { type inet_service : counter; elements = { 80 : "hits", * : "hits" }; }
	map empty { type mark : counter; }
`

// TestObjects: objects, maps to them, and the rules that use them are what nft makes of them.
func TestObjects(t *testing.T) {
	for name, text := range map[string]string{
		"alone ip":   "table ip t {" + objectDecls + "\tct timeout plain { protocol tcp; }\n}\n",
		"alone inet": "table inet t {" + objectDecls + "}\n",
		"maps":       "table ip t {" + objectDecls + objectMaps + "}\n",
		"commands": `add table inet t
add counter inet t hits
add counter inet t more { packets 1 bytes 2; }
add quota inet t cap over 1 mbytes
add limit inet t slow rate 1/second
add synproxy inet t proxy mss 1460 wscale 7 timestamp sack-perm
add ct helper inet t ftp { type "ftp" protocol tcp; }
add ct timeout inet t short { protocol tcp; l3proto ip6; policy = { close : 5 }; }
add ct expectation inet t back { protocol tcp; dport 9876; timeout 2m; size 12; l3proto ip; }
create counter inet t third
add map inet t m { type inet_service : counter; elements = { 1 : "hits" }; }
add element inet t m { 2 : "more" }
add chain inet t c
add rule inet t c ct helper set "ftp"
delete counter inet t third
`,
	} {
		t.Run(name, func(t *testing.T) { compareWithNFT(t, text) })
	}
}

// objectRows are rules that use them, one in each chain.
var objectRows = []rowGroup{
	{"objects", "ip", "type filter hook prerouting priority 0; policy accept;", objectDecls + objectMaps, []string{
		`counter name "hits"`, "counter name hits", `quota name "cap" drop`, `limit name "slow" accept`, "counter name ip saddr map @counters",
		`counter name ip saddr map { 10.0.0.1 : "hits", 10.0.0.2 : "hits" }`, "counter name ip daddr map @nets", "quota name tcp dport map @quotas",
		`quota name tcp dport map { 1-5 : "cap" }`, "limit name ip saddr . tcp dport map @limits", `limit name meta mark map { 5 : "slow" }`,
		"counter name tcp dport map @rest", `counter name meta mark map @empty`, `ct helper set "ftp"`, "tcp dport 21 ct helper set ftp",
		`ct helper set tcp dport map { 21 : "ftp", 2121 : "ftp" }`, `ct helper set ip saddr . tcp dport map { 10.0.0.1 . 21 : "ftp" }`, `ct timeout set "short"`,
		"udp dport 53 ct timeout set quick", `ct timeout set udp dport map { 53 : "quick" }`, `ct expectation set "back"`,
		`ct expectation set tcp dport map { 9876 : "back" }`, "ct mark 5 counter name hits ct helper set ftp accept",
		"ct label 5", "ct label != 7", "ct label 3,4", "ct label set 5", "ct label set 127", "ct label & 5 == 5", "ct label 127",
		"ct secmark set meta secmark", "meta secmark set ct secmark",
	}},
	{"synproxy objects", "ip", filterInput, objectDecls + objectMaps, []string{
		`synproxy name "proxy"`, "synproxy name bare", "tcp dport 80 ct state invalid,untracked synproxy name line",
		"synproxy name tcp dport map @proxies", `synproxy name tcp dport map { 80 : "proxy", 443 : "bare" }`,
	}},
}

func TestObjectRows(t *testing.T) {
	needNFT(t)
	for _, g := range objectRows {
		t.Run(g.name, func(t *testing.T) {
			for i, rule := range g.rules {
				t.Run(fmt.Sprintf("%d", i), func(t *testing.T) { compareWithNFT(t, g.file(rule)) })
			}
		})
	}
}
