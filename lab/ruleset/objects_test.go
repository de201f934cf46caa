package ruleset

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
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
		"ip saddr @counters accept", "ip saddr != @nets drop", "tcp dport @quotas",
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
			compareWithNFT(t, g.file(g.rules...))
			if t.Failed() {
				g.each(t, g.rules)
			}
		})
	}
}

// TestLabelNames: a label that is written by its name has the number that the machine gives it.
func TestLabelNames(t *testing.T) {
	old := labelsFiles
	t.Cleanup(func() { labelsFiles = old })
	conf := filepath.Join(t.TempDir(), "connlabel.conf")
	if err := os.WriteFile(conf, []byte("# number name\n3 ads\n0x40 bulk # much\n200 beyond\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	labelsFiles = []string{filepath.Join(t.TempDir(), "none"), conf}
	rules := func(x string) []byte {
		b, err := compile(parsed(t, "table ip t {\n\tchain c {\n\t\tct label "+x+"\n\t\tct label set "+x+"\n\t}\n}\n"), false, false, &names{})
		if err != nil {
			t.Fatal(err)
		}
		return b.b
	}
	for name, number := range map[string]string{"ads": "3", `"bulk"`: "64"} {
		if !bytes.Equal(rules(name), rules(number)) {
			t.Errorf("%s is not label %s", name, number)
		}
	}
	for name, want := range map[string]string{
		"nothing": "test.nft:3:12: no label is called `nothing` on this machine",
		"beyond":  "test.nft:3:12: no label is called `beyond` on this machine",
	} {
		_, err := compile(parsed(t, "table ip t {\n\tchain c {\n\t\tct label "+name+"\n\t}\n}\n"), false, false, &names{})
		var e *Error
		if !errors.As(err, &e) || e.Error() != want || !strings.Contains(e.Hint, "write its number") {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	labelsFiles = labelsFiles[:1]
	if _, _, err := label("ads"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without a file: %v", err)
	}
}

// TestObjectsRefused: objects and flowtables that the kernel refuses are told at their place, with what to do. What this
// kernel has depends on how it was built.
func TestObjectsRefused(t *testing.T) {
	for _, tt := range []struct{ text, want, hint string }{
		{`ct helper h { type "nosuch" protocol tcp; }`, "test.nft:2:1: the kernel refuses ct helper h: no such file or directory", "nf_conntrack_nosuch"},
		{`secmark s { "nosuch"; }`, "test.nft:2:1: the kernel refuses secmark s: ", "security module"},
		{`flowtable f { hook ingress priority 0; devices = { lo, nosuch }; }`, "test.nft:2:1: the kernel refuses flowtable f: no such file or directory",
			"there is no device `nosuch` in this network namespace"},
	} {
		fresh(t, func() {
			_, err := Load(source("table inet t {\n"+tt.text+"\n}\n"), false)
			var e *Error
			if !errors.As(err, &e) || !strings.HasPrefix(e.Error(), tt.want) || !strings.Contains(e.Hint, tt.hint) {
				t.Errorf("%s: got %v, hint %+v", tt.text, err, e)
			}
		})
	}
}

// TestNoFlowtables: a kernel without flowtables is told so, with the cure.
func TestNoFlowtables(t *testing.T) {
	fresh(t, func() {
		_, err := Load(source("table inet t {\n\tflowtable f { hook ingress priority 0; devices = { lo }; }\n}\n"), false)
		var e *Error
		switch {
		case err == nil:
			t.Log("this kernel has flowtables")
		case !errors.As(err, &e) || e.Pos.Line != 2 || !strings.Contains(e.Hint, "CONFIG_NF_FLOW_TABLE"):
			t.Errorf("got %v, %+v", err, e)
		}
	})
}

// flowtableTexts are flowtables with everything that can be said of them, and rules that use them.
var flowtableTexts = map[string]string{
	"plain": "table inet t {\n\tflowtable f { hook ingress priority 0; devices = { eth0, eth1 }; }\n}\n",
	"counter": `table ip t {
	flowtable f { hook ingress priority filter - 10; devices = { eth1 }; counter; }
	flowtable bare { hook ingress priority 5; }
	set f { type ipv4_addr; }
	counter f { }
	chain f {
		type filter hook forward priority 0; policy accept;
		flow add @f
		ip protocol tcp flow offload @bare accept
		ct state established ip saddr @f counter name "f" flow add @f
	}
}
`,
	"family": "table ip6 t {\n\tflowtable f { hook ingress priority filter; devices = { lo }; }\n\tchain c { meta l4proto { tcp, udp } flow add @f; }\n}\n",
	"commands": `add table inet t
add flowtable inet t f { hook ingress priority 0; devices = { eth0 }; }
add chain inet t c { type filter hook forward priority 0; }
add rule inet t c ip protocol udp flow add @f
create flowtable inet t g { hook ingress priority 1; devices = { eth1 }; }
`,
}

// TestFlowtables loads flowtables; many kernels have none.
func TestFlowtables(t *testing.T) {
	for name, text := range flowtableTexts {
		t.Run(name, func(t *testing.T) { compareWithNFT(t, text) })
	}
}

// TestObjectMessages compares the messages for flowtables and security marks with those that nft says it sends: that
// needs no kernel that can do it.
func TestObjectMessages(t *testing.T) {
	needMessages(t)
	texts := maps.Clone(flowtableTexts)
	texts["offload"] = "table inet t {\n\tflowtable f { hook ingress priority 0; devices = { eth0 }; flags offload; counter; }\n}\n"
	texts["secmark"] = `table inet t {
	secmark ssh { "system_u:object_r:ssh_server_packet_t:s0"; }
	secmark web { comment "web"; "system_u:object_r:http_server_packet_t:s0"; }
	map marks { type inet_service : secmark; elements = { 22 : "ssh", 80 : "web" }; }
	chain c {
		type filter hook input priority 0; policy accept;
		meta secmark set "ssh"
		meta secmark set tcp dport map @marks
		meta secmark set tcp dport map { 22 : "ssh" }
		ct state new ct secmark set meta secmark
	}
}
`
	types := []int{unix.NFT_MSG_NEWFLOWTABLE, unix.NFT_MSG_NEWOBJ, unix.NFT_MSG_NEWRULE}
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			want, got := bothMessages(t, text, &names{}, types...)
			for i := range want { // nft turns the devices of a hook round
				want[i] = strings.Replace(want[i], "    1 6574683100\n    1 6574683000\n", "    1 6574683000\n    1 6574683100\n", 1)
			}
			slices.Sort(want)
			slices.Sort(got)
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("(-nft +ours):\n%s", d)
			}
		})
	}
}
