package ruleset

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// TestMessages compares the messages for rules with those that nft says it sends: that needs no kernel that can do it.
// Here are groups that kernels often lack.
func TestMessages(t *testing.T) {
	needMessages(t)
	for _, name := range []string{"queue", "bridge reject", "bridge meta", "inet", "synproxy", "netdev reject"} {
		i := slices.IndexFunc(rowGroups, func(g rowGroup) bool { return g.name == name })
		if i < 0 {
			t.Fatalf("no group is called %q", name)
		}
		g := &rowGroups[i]
		for _, rule := range g.rules {
			t.Run(name+"/"+rule, func(t *testing.T) {
				want, got := bothMessages(t, g.file(rule), &names{}, unix.NFT_MSG_NEWRULE)
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("(-nft +ours):\n%s", d)
				}
			})
		}
	}
}

// needMessages skips a test where nft does not say what it sends.
func needMessages(t *testing.T) {
	t.Helper()
	needNFT(t)
	var told []string
	fresh(t, func() { told = nftMessages("table ip t {\n\tchain c { accept; }\n}\n", unix.NFT_MSG_NEWRULE) })
	if len(told) == 0 {
		t.Skip("this nft does not tell its messages")
	}
}

// bothMessages are the messages of some types that nft makes of a text, and those that this package makes.
func bothMessages(t *testing.T, text string, n *names, types ...int) (nfts, ours []string) {
	t.Helper()
	fresh(t, func() {
		for _, d := range []string{"eth0", "eth1"} {
			addDevice(t, d)
		}
		nfts = nftMessages(text, types...)
	})
	if len(nfts) == 0 {
		t.Fatalf("nft tells no messages of\n%s", text)
	}
	return nfts, ourMessages(t, text, n, types...)
}

// ourMessages are the messages of some types that this package makes of a text.
func ourMessages(t *testing.T, text string, n *names, types ...int) (list []string) {
	t.Helper()
	b, err := compile(parsed(t, text), false, false, n)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range b.parts[:len(b.parts)-1] { // behind the last is nothing
		typ := int(binary.NativeEndian.Uint16(b.b[p.start+4:])) - unix.NFNL_SUBSYS_NFTABLES<<8
		if slices.Contains(types, typ) {
			list = append(list, tree(b.b[p.start+unix.NLMSG_HDRLEN+nfgenmsgLen:b.parts[i+1].start], "", nil))
		}
	}
	return list
}

var (
	colour   = regexp.MustCompile("\x1b\\[[0-9;]*m")
	msgLine  = regexp.MustCompile(`^\| (\d{5}) \| R`)
	attrLine = regexp.MustCompile(`^\|(\d{5})\|(.).\|(\d{5})\|`)
	dataLine = regexp.MustCompile(`^\| ((?:[0-9a-f]{2} ){4}) \|`)
)

// nftMessages are the messages of some types that nft makes of a text, as it prints them (mnl_nlmsg_fprintf of libmnl).
func nftMessages(text string, types ...int) (list []string) {
	cmd := exec.Command("nft", "--debug=mnl", "-c", "-f", "-")
	cmd.Stdin = strings.NewReader(text)
	out, _ := cmd.Output() // it fails where the kernel lacks something, after it has told
	var msg []byte
	wanted := false
	end := func() {
		if len(msg) >= nfgenmsgLen {
			list = append(list, tree(msg[nfgenmsgLen:], "", nil))
		}
		msg = nil
	}
	for line := range strings.Lines(colour.ReplaceAllString(string(out), "")) {
		if m := msgLine.FindStringSubmatch(line); m != nil {
			end()
			typ, _ := strconv.Atoi(m[1])
			wanted = slices.Contains(types, typ-unix.NFNL_SUBSYS_NFTABLES<<8)
			continue
		}
		if !wanted {
			continue
		}
		if m := attrLine.FindStringSubmatch(line); m != nil {
			size, _ := strconv.Atoi(m[1])
			typ, _ := strconv.Atoi(m[3])
			if m[2] == "N" {
				typ |= unix.NLA_F_NESTED
			}
			msg = binary.NativeEndian.AppendUint16(msg, uint16(size))
			msg = binary.NativeEndian.AppendUint16(msg, uint16(typ))
		} else if m := dataLine.FindStringSubmatch(line); m != nil {
			b, _ := hex.DecodeString(strings.ReplaceAll(m[1], " ", ""))
			msg = append(msg, b...)
		}
	}
	end()
	return list
}

// unsaid are attributes of expressions that, being 0, say what is so without them: nft writes some, google/nftables
// others.
var unsaid = map[string][]uint16{
	"bitwise": {6 /* NFTA_BITWISE_OP */},
	"queue":   {unix.NFTA_QUEUE_FLAGS},
	"hash":    {unix.NFTA_HASH_SREG, unix.NFTA_HASH_LEN}, // of symhash, which hashes nothing
}

// tree spells attributes, one a line, in the order of their types: the kernel does not mind another. Those of
// zero are left out if they are 0.
func tree(b []byte, indent string, zero []uint16) string {
	type attr struct {
		typ  uint16
		text string
	}
	var list []attr
	name := ""
	for len(b) >= unix.NLA_HDRLEN {
		size := int(binary.NativeEndian.Uint16(b))
		typ := binary.NativeEndian.Uint16(b[2:])
		if size < unix.NLA_HDRLEN || size > len(b) {
			break
		}
		v := b[unix.NLA_HDRLEN:size]
		if typ&unix.NLA_F_NESTED != 0 {
			typ &^= unix.NLA_F_NESTED
			list = append(list, attr{typ, fmt.Sprintf("%s%d\n%s", indent, typ, tree(v, indent+"  ", unsaid[name]))})
		} else if !slices.Contains(zero, typ) || !isZero(v) {
			if typ == unix.NFTA_EXPR_NAME {
				name = cString(v)
			}
			list = append(list, attr{typ, fmt.Sprintf("%s%d %x\n", indent, typ, v)})
		}
		b = b[min(len(b), (size+3)&^3):]
	}
	slices.SortStableFunc(list, func(a, b attr) int { return int(a.typ) - int(b.typ) })
	var s strings.Builder
	for _, a := range list {
		s.WriteString(a.text)
	}
	return s.String()
}
