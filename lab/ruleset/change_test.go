package ruleset

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology"
)

// randomRules is a ruleset out of a few pieces, so that two of them have much in common.
func randomRules(random *rand.Rand) string {
	var b strings.Builder
	some := func(n int, lines ...string) {
		for _, i := range random.Perm(len(lines))[:random.IntN(min(n, len(lines))+1)] {
			b.WriteString("\t\t" + lines[i] + "\n")
		}
	}
	pick := func(list ...string) string { return list[random.IntN(len(list))] }
	for _, table := range []string{"ip one", "inet two", "ip6 three"} {
		if random.IntN(4) == 0 {
			continue
		}
		addr, saddr := "ipv4_addr", "ip saddr"
		elems := []string{"192.0.2.1", "192.0.2.2", "192.0.2.3", "198.51.100.7"}
		ranges := []string{"192.0.2.0/28", "192.0.2.16/28", "198.51.100.1-198.51.100.9", "203.0.113.5"}
		if table == "ip6 three" {
			addr, saddr = "ipv6_addr", "ip6 saddr"
			elems = []string{"2001:db8::1", "2001:db8::2", "2001:db8::3"}
			ranges = []string{"2001:db8::/64", "2001:db8:1::/64", "2001:db8:2::5"}
		}
		list := func(all []string) string {
			n := random.IntN(len(all)) + 1
			var l []string
			for _, i := range random.Perm(len(all))[:n] {
				l = append(l, all[i])
			}
			return strings.Join(l, ", ")
		}
		fmt.Fprintf(&b, "table %s {\n%s", table, pick("", "", "", "\tcomment \"c\"\n"))
		fmt.Fprintf(&b, "\tset hosts { type %s; %s elements = { %s }; }\n", addr, pick("", "", "size 99;"), list(elems))
		fmt.Fprintf(&b, "\tset nets { type %s; flags interval; elements = { %s }; }\n", addr, list(ranges))
		fmt.Fprintf(&b, "\tset both { type %s . inet_service; flags interval; elements = { %s . 80-90, %s . 22 }; }\n", addr, elems[0], pick(elems...))
		fmt.Fprintf(&b, "\tmap verdicts { type inet_service : verdict; elements = { 22 : %s, 80 : %s }; }\n", pick("accept", "drop", "jump side"), pick("accept", "drop"))
		if random.IntN(2) == 0 {
			b.WriteString("\tcounter hits { " + pick("", "packets 3 bytes 300") + " }\n")
			b.WriteString("\tchain counting { counter name hits; }\n")
		}
		rules := []string{"tcp dport 22 accept", "tcp dport 22 counter accept", "udp dport { 53, 67 } accept", saddr + " @hosts drop", saddr + " @nets counter",
			"tcp dport vmap @verdicts", saddr + " . tcp dport @both accept", "jump side", "ct state established,related accept comment \"old\"",
			"ct state established,related accept", "log prefix \"x\"", "limit rate 5/second accept", "counter", "counter"}
		b.WriteString("\tchain side {\n")
		some(4, rules[:5]...)
		b.WriteString("\t}\n")
		if random.IntN(2) == 0 {
			b.WriteString("\tchain lone {\n")
			some(4, rules...)
			b.WriteString("\t}\n")
		}
		fmt.Fprintf(&b, "\tchain in {\n\t\ttype filter hook %s priority %s; policy %s;\n", pick("input", "input", "input", "forward"), pick("0", "0", "0", "10"), pick("accept", "drop"))
		some(8, rules...)
		b.WriteString("\t}\n")
		if random.IntN(3) == 0 {
			b.WriteString("\tchain later { type filter hook output priority 5; accept; }\n")
		}
		b.WriteString("}\n")
	}
	return b.String()
}

// TestChangeRandom: what Change makes of a ruleset is what loading the other one makes, as nft sees it, with the right
// handles; whatever was there before.
func TestChangeRandom(t *testing.T) {
	needNFT(t)
	random := rand.New(rand.NewPCG(7, 11))
	rounds := 60
	if testing.Short() {
		rounds = 15
	}
	fresh(t, func() {
		var now *topology.Ruleset
		var handles []Handle
		for i := range rounds {
			next := source(randomRules(random))
			loaded, err := Change(now, next, handles, nil)
			if err != nil {
				t.Errorf("round %d: %v\n%s", i, err, next.Files["test.nft"])
				return
			}
			got, err := listState()
			if err != nil {
				t.Error(err)
				return
			}
			var want state
			fresh(t, func() {
				if _, err := Load(next, false); err != nil {
					t.Error(err)
				}
				if want, err = listState(); err != nil {
					t.Error(err)
				}
			})
			if diff := cmp.Diff(sortTables(want.text), sortTables(got.text)); diff != "" {
				t.Errorf("round %d (-loaded +changed):\n%s\nbefore:\n%v\nafter:\n%s", i, diff, now, next.Files["test.nft"])
				return
			}
			listed, err := listedHandles()
			if err != nil {
				t.Error(err)
				return
			}
			if diff := cmp.Diff(sortHandles(listed), sortHandles(loaded.Handles)); diff != "" {
				t.Errorf("round %d: handles (-listed +known):\n%s", i, diff)
				return
			}
			now, handles = next, loaded.Handles
		}
	})
}

// sortTables puts the tables of a listing, and the chains in them, in the order of their names: the kernel has them in
// that in which they were made.
func sortTables(text string) string {
	tables := strings.SplitAfter(text, "\n}\n")
	for i, t := range tables {
		blocks := strings.SplitAfter(strings.TrimSuffix(t, "}\n"), "\n\t}\n")
		for i := range blocks {
			blocks[i] = strings.Trim(blocks[i], "\n")
		}
		if len(blocks) > 1 {
			head, first, _ := strings.Cut(blocks[0], "{\n")
			blocks[0] = first
			slices.Sort(blocks)
			tables[i] = head + "{\n" + strings.Join(blocks, "\n")
		}
	}
	slices.Sort(tables)
	return strings.Join(tables, "\n")
}

func sortHandles(list []Handle) []string {
	out := make([]string, len(list))
	for i, h := range list {
		out[i] = fmt.Sprint(h)
	}
	slices.Sort(out)
	return out
}

const before = `table inet t {
	set seen { type ipv4_addr; flags dynamic,timeout; timeout 1h; }
	set closed { type inet_service; elements = { 1, 2 }; }
	chain in {
		type filter hook input priority 0; policy accept;
		udp dport 9 counter
		udp dport 8 drop
		update @seen { ip saddr }
		counter
	}
}
table ip other {
	chain in { type filter hook input priority 1; counter; }
}
`

// TestChangeKeeps: counters of rules that stay go on counting, and what packets put into sets stays there.
func TestChangeKeeps(t *testing.T) {
	needNFT(t)
	fresh(t, func() {
		lo, err := netlink.LinkByName("lo")
		if err == nil {
			err = netlink.LinkSetUp(lo)
		}
		if err != nil {
			t.Error(err)
			return
		}
		loaded, err := Load(source(before), false)
		if err != nil {
			t.Error(err)
			return
		}
		c, err := net.Dial("udp", "127.0.0.1:9")
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		if _, err := c.Write([]byte("x")); err != nil {
			t.Error(err)
		}
		after := strings.NewReplacer("udp dport 8 drop", "tcp dport @closed drop\n\t\tudp dport 7 drop", "1, 2", "2, 3", "policy accept", "policy drop").Replace(before)
		writes := Writes()
		changed, err := Change(source(before), source(after), loaded.Handles, nil)
		if err != nil {
			t.Error(err)
			return
		}
		if n := Writes() - writes; n > 12 {
			t.Errorf("%d messages for a small change", n)
		}
		text, err := run("", "nft", "list", "ruleset")
		if err != nil {
			t.Error(err)
		}
		for _, want := range []string{"udp dport 9 counter packets 1 bytes 29\n\t\ttcp dport @closed drop\n\t\tudp dport 7 drop\n\t\tupdate", "counter packets 2 bytes 86\n\t}",
			"priority 1; policy accept;\n\t\tcounter packets 2 bytes", "{ 127.0.0.1 expires", "policy drop", "elements = { 2, 3 }"} {
			if !strings.Contains(strings.Replace(text, "priority filter + 1", "priority 1", 1), want) {
				t.Errorf("no %q in\n%s", want, text)
			}
		}

		// Written otherwise, or not at all different: nothing is sent.
		writes = Writes()
		again, err := Change(source(after), source("# a word\n"+strings.ReplaceAll(after, "dport 9", "dport discard")), changed.Handles, nil)
		if err != nil || Writes() != writes {
			t.Errorf("%d messages for nothing, %v", Writes()-writes, err)
		}
		if diff := cmp.Diff(sortHandles(changed.Handles), sortHandles(again.Handles)); diff != "" {
			t.Errorf("handles (-before +after):\n%s", diff)
		}

		// What the kernel refuses changes nothing, and says where.
		owned, err := Own("table ip owned { flags owner; }")
		if err != nil {
			t.Error(err)
			return
		}
		defer owned.Close()
		was, err := dumpAll()
		if err != nil {
			t.Error(err)
		}
		for _, bad := range []struct {
			more string
			want error
			at   int // the line in more
		}{
			{"table ip u {\n\tchain a { iif \"nowhere\" accept; }\n}\n", unix.ENODEV, 2},
			{"table ip owned {\n\tchain a { accept; }\n}\n", unix.EPERM, 1},
		} {
			_, err = Change(source(after), source(after+bad.more), changed.Handles, nil)
			var refused *Error
			if !errors.As(err, &refused) || !errors.Is(err, bad.want) {
				t.Errorf("%v, want %v", err, bad.want)
			} else if at := refused.Pos.Line; at != strings.Count(after, "\n")+bad.at {
				t.Errorf("%v: at line %d", err, at)
			}
		}
		is, err := dumpAll()
		if err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(was, is); diff != "" {
			t.Errorf("a refused change (-before +after):\n%s", diff)
		}
	})
}

// TestChangeByHand: somebody else changed the rules meanwhile. The ones of the file come out all the same, and tables
// that are not of the file stay.
func TestChangeByHand(t *testing.T) {
	needNFT(t)
	for _, hand := range []string{"flush ruleset", "flush table inet t", "delete table ip other", "insert rule inet t in accept", "delete element inet t closed { 1 }",
		"add table ip mine", "flush chain inet t in\ndelete chain inet t in"} {
		fresh(t, func() {
			loaded, err := Load(source(before), false)
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := run(hand+"\n", "nft", "-f", "-"); err != nil {
				t.Error(err)
				return
			}
			after := strings.NewReplacer("udp dport 8 drop", "udp dport 7 drop", "1, 2", "2, 3", "priority 1; counter", "priority 1; drop").Replace(before)
			if _, err := Change(source(before), source(after), loaded.Handles, nil); err != nil {
				t.Errorf("%s: %v", hand, err)
				return
			}
			text, err := run("", "nft", "list", "ruleset")
			if err != nil {
				t.Error(err)
			}
			for _, want := range []string{"dport 9 counter", "dport 7 drop", "elements = { 2, 3 }", "\t\tdrop\n"} {
				if !strings.Contains(text, want) {
					t.Errorf("%s: no %q in\n%s", hand, want, text)
				}
			}
			if strings.Contains(text, "dport 8") || strings.Contains(hand, "mine") != strings.Contains(text, "table ip mine") {
				t.Errorf("%s:\n%s", hand, text)
			}
		})
	}
}

// TestChangeDevice: a chain on a device that was made again is on the new one.
func TestChangeDevice(t *testing.T) {
	needNFT(t)
	const text = "table netdev n { chain c { type filter hook ingress device \"eth0\" priority 0; counter; }; }\ntable ip other { chain c { counter; }; }\n"
	fresh(t, func() {
		addDevice(t, "eth0")
		loaded, err := Load(source(text), false)
		if err != nil {
			t.Error(err)
			return
		}
		old, err := netlink.LinkByName("eth0")
		if err == nil {
			err = netlink.LinkDel(old)
		}
		if err != nil {
			t.Error(err)
		}
		addDevice(t, "eth0")
		if _, err := Change(source(text), source(text), loaded.Handles, func(dev string) bool { return dev == "eth0" }); err != nil {
			t.Error(err)
		}
		list, err := run("", "nft", "list", "ruleset")
		if err != nil || !strings.Contains(list, `device "eth0"`) {
			t.Errorf("%s, %v", list, err)
		}
	})
}

// TestChangeAll: rules that come to a node without some, and go from one.
func TestChangeAll(t *testing.T) {
	fresh(t, func() {
		loaded, err := Change(nil, source(before), nil, nil)
		if err != nil || len(loaded.Handles) != 5 {
			t.Errorf("%+v, %v", loaded, err)
			return
		}
		if loaded, err = Change(source(before), nil, loaded.Handles, nil); err != nil || len(loaded.Handles) != 0 {
			t.Errorf("%+v, %v", loaded, err)
		}
		if s, err := dumpAll(); err != nil || strings.Contains(s, "table") {
			t.Errorf("%s, %v", s, err)
		}
	})
}
