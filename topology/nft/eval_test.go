package nft

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// evalSets and chains that rules of the tests name.
const evalSets = `
	set hosts {
		type ipv4_addr
		flags interval
		elements = { 198.51.100.0/24, 203.0.113.5-203.0.113.9 }
	}
	set services {
		type ipv4_addr . inet_service
		flags interval
		elements = { 198.51.100.0/24 . 80-90, 192.0.2.1 . 443 }
	}
	set seen {
		TYPE
		flags dynamic,timeout
	}
	set timed {
		type ipv4_addr
		flags timeout
		elements = { 192.0.2.1 timeout 1h }
	}
	set limited {
		type ipv4_addr
		limit rate 5/second
		elements = { 192.0.2.1 limit rate 5/second }
	}
	set empty {
		type inet_service
	}
	chain web {
	}
`

// newRule checks one rule, in a table of its own.
func newRule(t testing.TB, family, rule string) *Rule {
	t.Helper()
	sets := strings.Replace(evalSets, "TYPE", "type ipv4_addr", 1)
	if strings.Contains(rule, "@seen { ip6") {
		sets = strings.Replace(evalSets, "TYPE", "type ipv6_addr", 1)
	}
	head := ""
	if strings.Contains(rule, "nat ") || strings.Contains(rule, "redirect") || strings.Contains(rule, "masquerade") {
		head = "type nat hook prerouting priority dstnat"
		if strings.Contains(rule, "snat") || strings.Contains(rule, "masquerade") {
			head = "type nat hook postrouting priority srcnat"
		}
	}
	rs := newRuleset(t, "table "+family+" t {"+sets+"\tchain c {\n"+head+"\n"+rule+"\n\t}\n}\n")
	return rs.Tables[0].Chain("c").Rules[0]
}

func newRuleset(t testing.TB, source string) *Ruleset {
	t.Helper()
	f, errs := Parse("test", []byte(source), Options{})
	if len(errs) > 0 {
		t.Fatal(errs.Render())
	}
	rs, errs := Check(f)
	if len(errs) > 0 {
		t.Fatal(errs.Render())
	}
	return rs
}

// HOOKWALK_UPDATE=1 writes what the evaluator says into the file.
func TestEvalRules(t *testing.T) {
	const file = "testdata/eval/rules.txt"
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	rules := 0
	packet := ""
	for line := range strings.Lines(string(source)) {
		text := strings.TrimSpace(line)
		if strings.HasPrefix(line, "\t") {
			continue
		}
		got.WriteString(line)
		switch {
		case text == "" || strings.HasPrefix(text, "#"):
		case strings.HasPrefix(text, "packet "):
			packet = strings.TrimPrefix(text, "packet ")
		default:
			family, rule, _ := strings.Cut(text, " ")
			p := newPacket(t, packet)
			was := *p.clone()
			t.Run(text, func(t *testing.T) {
				got.WriteString("\t" + render(newRule(t, family, rule).Eval(p)) + "\n")
			})
			if diff := cmp.Diff(was, *p, cmp.AllowUnexported(Packet{}, bitRange{}), cmp.Comparer(func(a, b []byte) bool { return string(a) == string(b) })); diff != "" {
				t.Errorf("`%s` changed the packet (-was +is):\n%s", text, diff)
			}
			rules++
		}
	}
	if rules < 120 {
		t.Errorf("only %d rules", rules)
	}
	if os.Getenv("HOOKWALK_UPDATE") != "" {
		if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(source), got.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}
