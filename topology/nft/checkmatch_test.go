package nft

import (
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ruleOf checks one rule of a chain at prerouting.
func ruleOf(t *testing.T, family, rule string) *Rule {
	t.Helper()
	src := "table " + family + " t {\nchain c {\ntype filter hook prerouting priority 0;\n" + rule + "\n}\n}\n"
	f, _ := Parse("x.nft", []byte(src), Options{})
	rules, errs := Check(f)
	if len(errs) > 0 {
		t.Fatalf("%s\n%s", rule, errs.Render())
	}
	return rules.Tables[0].Chains[0].Rules[0]
}

// host is a value in the order of this machine, given in network order.
func host(s string) string {
	b, _ := hex.DecodeString(s)
	return hex.EncodeToString(typeHost32.nativeOrder(b))
}

// TestMatchValues: what a match holds is in the kernel's order and width.
func TestMatchValues(t *testing.T) {
	for _, tt := range []struct {
		family, rule string
		op           RelOp
		data         string // of the right side
		mask, xor    string // of a bitwise left side
	}{
		{"ip", "tcp dport 22", OpEq, "0016", "", ""},
		{"ip", "tcp dport != { 22 }", OpNe, "0016", "", ""},
		{"ip", "ip saddr 192.0.2.1", OpEq, "c0000201", "", ""},
		{"ip", "ip saddr 192.0.2.1/32", OpEq, "c0000201", "", ""},
		{"ip", "ip dscp cs1", OpEq, "08", "", ""},
		{"bridge", "vlan id 100", OpEq, "0064", "", ""},
		{"ip", "meta mark 0x10", OpEq, host("00000010"), "", ""},
		{"ip", "ct state established,related", OpAny, host("00000006"), "", ""},
		{"ip", "ct state { new }", OpAny, host("00000008"), "", ""},
		{"ip", "ct state == { new }", OpEq, host("00000008"), "", ""},
		{"ip", "ct state ! new", OpNone, host("00000008"), "", ""},
		{"ip", "ct state != new", OpNe, host("00000008"), "", ""},
		{"ip", "tcp flags syn", OpAny, "02", "", ""},
		{"ip", "tcp flags == syn", OpEq, "02", "", ""},
		{"ip", "tcp flags syn / fin,syn", OpEq, "02", "03", "00"},
		{"ip", "tcp flags != syn / fin,syn", OpNe, "02", "03", "00"},
		{"ip", "tcp flags & (fin|syn) == syn", OpEq, "02", "03", "00"},
		{"ip", "tcp flags & (fin|syn) syn", OpEq, "02", "03", "00"},
		{"ip", "meta mark & 0xff == 0x10", OpEq, host("00000010"), host("000000ff"), host("00000000")},
		{"ip", "meta mark & 0xff | 0x100 == 0x101", OpEq, host("00000101"), host("000000ff"), host("00000100")},
		{"ip", "meta mark ^ 0xf & 0x3 == 1", OpEq, host("00000001"), host("ffffffff"), host("00000003")},
		{"ip", "(meta mark ^ 0xf) & 0x3 == 1", OpEq, host("00000001"), host("00000003"), host("00000003")},
		{"ip", "meta mark | 0xf == 0xf", OpEq, host("0000000f"), host("fffffff0"), host("0000000f")},
		{"ip", "ip saddr & 255.255.0.0 == 192.0.0.0", OpEq, "c0000000", "ffff0000", "00000000"},
		{"ip", "ip dscp & 0x3 == 1", OpEq, "01", "03", "00"},
		{"ip", "ip frag-off & 0x1fff != 0", OpNe, "0000", "1fff", "0000"},
		{"ip", `iifname "lo"`, OpEq, hex.EncodeToString([]byte("lo")) + strings.Repeat("00", 14), "", ""},
		{"ip", `iifname "eth*"`, OpEq, hex.EncodeToString([]byte("eth")), "", ""},
		{"ip", "iif lo", OpEq, "", "", ""},
		{"ip", "@th,0,32 0x00350016", OpEq, "00350016", "", ""},
		{"ip", "@th,0,64 0x1122334455667788", OpEq, "1122334455667788", "", ""},
		{"ip", "meta priority 1:a0", OpEq, host("000100a0"), "", ""},
		{"ip", "meta mark 1 << 4", OpEq, host("00000010"), "", ""},
		{"ip", "tcp dport >= 1024", OpGe, "0400", "", ""},
	} {
		m, ok := ruleOf(t, tt.family, tt.rule).Stmts[0].(*Match)
		if !ok {
			t.Errorf("%s: no match", tt.rule)
			continue
		}
		k, ok := m.Right.(*Const)
		if !ok {
			t.Errorf("%s: the right side is %T", tt.rule, m.Right)
			continue
		}
		if got := hex.EncodeToString(k.Data); got != tt.data || m.Op != tt.op {
			t.Errorf("%s: op %d with %s, want %d with %s", tt.rule, m.Op, got, tt.op, tt.data)
		}
		mask, xor := "", ""
		if b, ok := m.Left.(*Bitwise); ok {
			mask, xor = hex.EncodeToString(b.Mask), hex.EncodeToString(b.Xor)
		}
		if mask != tt.mask || xor != tt.xor {
			t.Errorf("%s: mask %s xor %s, want %s and %s", tt.rule, mask, xor, tt.mask, tt.xor)
		}
	}
}

// TestMatchWords: the parts of a match as they are shown.
func TestMatchWords(t *testing.T) {
	for _, tt := range []struct{ rule, selector, want string }{
		{"tcp dport 8080", "tcp dport", "8080"},
		{"tcp dport != 8080", "tcp dport", "!= 8080"},
		{"tcp dport { 22, http }", "tcp dport", "{ 22, 80 }"},
		{"tcp dport >= 1024", "tcp dport", ">= 1024"},
		{"iifname eth*", "iifname", `"eth*"`},
		{"ct state established,related", "ct state", "established,related"},
		{"ct state ! invalid", "ct state", "! invalid"},
		{"tcp flags & (fin|syn) == syn", "tcp flags", "syn / fin,syn"},
		{"tcp flags & (fin|syn) == 0", "tcp flags", "! fin,syn"},
		{"tcp flags & (fin|syn) != 0", "tcp flags", "fin,syn"},
		{"meta mark & 0xff == 0x10", "meta mark & 0x000000ff", "0x00000010"},
		{"ip saddr 10.1.2.3/8", "ip saddr", "10.0.0.0/8"},
	} {
		m := ruleOf(t, "ip", tt.rule).Stmts[0].(*Match)
		if m.selector != tt.selector || m.want != tt.want {
			t.Errorf("%s: %q wants %q, should be %q and %q", tt.rule, m.selector, m.want, tt.selector, tt.want)
		}
	}
}

// TestPlacesOfExample: the rules of the example are where they are written, in a file and inside another one.
func TestPlacesOfExample(t *testing.T) {
	src, err := os.ReadFile("../testdata/plan/fw.nft")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		opt  Options
		want []string
	}{
		{Options{}, []string{"fw.nft:6:3", "fw.nft:10:3", "fw.nft:17:3", "fw.nft:18:3", "fw.nft:19:3"}},
		{Options{BaseLine: 100, BaseCol: 4}, []string{"fw.nft:106:7", "fw.nft:110:7", "fw.nft:117:7", "fw.nft:118:7", "fw.nft:119:7"}},
	} {
		f, _ := Parse("fw.nft", src, tt.opt)
		rules, errs := Check(f)
		if len(errs) > 0 {
			t.Fatal(errs.Render())
		}
		var got []string
		for _, tb := range rules.Tables {
			for _, c := range tb.Chains {
				for _, r := range c.Rules {
					got = append(got, r.Pos.String())
				}
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("places (-want +got):\n%s", diff)
		}
	}
}

// TestRenderInside: a mistake in rules inside another file is shown with the line and the indent of that file.
func TestRenderInside(t *testing.T) {
	f, _ := Parse("lab.yaml", []byte("table ip t {\n\tchain c {\n\t\ttcp dport 80000\n\t}\n}\n"), Options{BaseLine: 7, BaseCol: 6})
	_, errs := Check(f)
	want := "lab.yaml:10:19: port 80000 is out of range: 0 to 65535\n" +
		"  10 |         tcp dport 80000\n" +
		"     |                   ^^^^^\n"
	if diff := cmp.Diff(want, errs.Render()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestLaterNames: chains and sets may be used before they are written, also in an earlier block of their table.
func TestLaterNames(t *testing.T) {
	f, _ := Parse("x", []byte(`table ip t {
	chain a { ip saddr @s jump b; ip saddr vmap @m; }
}
table ip t {
	map m { type ipv4_addr : verdict; elements = { 192.0.2.1 : jump b }; }
	set s { type ipv4_addr; }
	chain b { counter name n; }
	counter n { }
}
`), Options{})
	rules, errs := Check(f)
	if len(errs) > 0 {
		t.Fatal(errs.Render())
	}
	tb := rules.Tables[0]
	if len(rules.Tables) != 1 || len(tb.Chains) != 2 {
		t.Fatalf("%d tables, %d chains", len(rules.Tables), len(tb.Chains))
	}
	jump := tb.Chain("a").Rules[0].Stmts[1].(*VerdictStmt)
	if jump.Verdict.Chain != tb.Chain("b") || tb.Sets[0].Elems[0].Verdict.Chain != tb.Chain("b") {
		t.Error("a jump leads elsewhere")
	}
	if ref := tb.Chain("a").Rules[0].Stmts[0].(*Match).Right.(*SetRef); ref.Set != tb.Set("s") {
		t.Error("a match looks elsewhere")
	}
}
