package nft

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// golden compares got with a file of testdata. HOOKWALK_UPDATE=1 writes the file instead.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if os.Getenv("HOOKWALK_UPDATE") != "" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (HOOKWALK_UPDATE=1 go test makes it)", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// TestGood checks every good file and compares what was understood with a golden file.
func TestGood(t *testing.T) {
	for _, name := range nftFiles(t, "testdata/good") {
		t.Run(strings.TrimSuffix(name, ".nft"), func(t *testing.T) {
			rules := checkFile(t, filepath.Join("testdata/good", name))
			golden(t, filepath.Join("testdata/good", strings.TrimSuffix(name, ".nft")+".txt"), dump(rules))
			checkPlaces(t, rules)
		})
	}
}

// dump is a ruleset as text.
func dump(r *Ruleset) string {
	var b strings.Builder
	for _, f := range r.Flush {
		op := "flush"
		if f.Delete {
			op = "delete"
		}
		fmt.Fprintf(&b, "%v %s %s\n", f.Pos, op, join(f.What, f.Family.String(), f.Table))
	}
	for _, t := range r.Tables {
		fmt.Fprintf(&b, "%v table %v %s", t.Pos, t.Family, t.Name)
		if t.Flags != 0 {
			fmt.Fprintf(&b, " flags %d", t.Flags)
		}
		fmt.Fprintf(&b, "%s\n", note(t.Comment))
		for _, o := range t.Objects {
			fmt.Fprintf(&b, "%v   %s = %s%s\n", o.Pos, o.Name, o.Stmt, note(o.Comment))
		}
		for _, f := range t.Flowtables {
			fmt.Fprintf(&b, "%v   flowtable %s %s devices %v offload %v counter %v\n", f.Pos, f.Name, flowtableHook(f), f.Devices, f.Offload, f.Counter)
		}
		for _, s := range t.Sets {
			fmt.Fprintf(&b, "%v   %s\n", s.Pos, setLine(s))
			for _, e := range s.Elems {
				fmt.Fprintf(&b, "%v     %s\n", e.Pos, elemString(e))
			}
		}
		for _, c := range t.Chains {
			fmt.Fprintf(&b, "%v   chain %s", c.Pos, c.Name)
			if x := c.Base; x != nil {
				fmt.Fprintf(&b, " type %s hook %s priority %d %q policy %v", x.Type, x.Hook, x.Priority, x.PriorityName, x.Policy)
				if x.PolicyPos.IsValid() {
					fmt.Fprintf(&b, " at %v", x.PolicyPos)
				}
				if x.Devices != nil {
					fmt.Fprintf(&b, " devices %v", x.Devices)
				}
			}
			fmt.Fprintf(&b, "%s\n", note(c.Comment))
			for _, r := range c.Rules {
				fmt.Fprintf(&b, "%v     %d %s%s\n", r.Pos, r.Index, r.Text, note(r.Comment))
			}
		}
	}
	return b.String()
}

func note(comment string) string {
	if comment == "" {
		return ""
	}
	return fmt.Sprintf(" # %q", comment)
}

func flowtableHook(f *Flowtable) string {
	return fmt.Sprintf("hook %s priority %d", f.Hook, f.Priority)
}

func setLine(s *Set) string {
	line := setWord(s.Map) + " " + s.Name + " " + s.Key.String()
	switch {
	case s.Verdict:
		line += " : verdict"
	case s.Objects != "":
		line += " : " + s.Objects
	case s.Map:
		line += " : " + s.Data.String()
	}
	if s.Flags != 0 {
		line += fmt.Sprintf(" flags %#x", uint32(s.Flags))
	}
	if s.Timeout > 0 {
		line += " timeout " + s.Timeout.String()
	}
	if s.GCInterval > 0 {
		line += " gc-interval " + s.GCInterval.String()
	}
	if s.Size > 0 {
		line += fmt.Sprintf(" size %d", s.Size)
	}
	for _, st := range s.Stmts {
		line += " " + st.String()
	}
	return line + note(s.Comment)
}

// checkPlaces: every rule and element stands where it says.
func checkPlaces(t *testing.T, r *Ruleset) {
	t.Helper()
	n := 0
	for _, tb := range r.Tables {
		for _, c := range tb.Chains {
			for i, rule := range c.Rules {
				n++
				if rule.Index != i || rule.Chain != c || c.Table != tb {
					t.Errorf("%v: rule %d has index %d, or wrong parents", rule.Pos, i, rule.Index)
				}
				if !rule.Pos.IsValid() || rule.Pos.Col < 1 || rule.End.Line < rule.Pos.Line {
					t.Errorf("rule %q is at %v to %v", rule.Text, rule.Pos, rule.End)
				}
				for _, s := range rule.Stmts {
					if p := s.Range().Pos; p.Line < rule.Pos.Line || p.File != rule.Pos.File {
						t.Errorf("%v: statement %q is at %v", rule.Pos, s, p)
					}
				}
			}
		}
	}
	if n == 0 && len(r.Tables) > 0 && len(r.Tables[0].Chains) == 0 {
		t.Error("nothing was checked")
	}
}

// TestRuleText: the text of a rule is itself a rule, of the same text.
func TestRuleText(t *testing.T) {
	for _, name := range nftFiles(t, "testdata/good") {
		t.Run(strings.TrimSuffix(name, ".nft"), func(t *testing.T) {
			rules := checkFile(t, filepath.Join("testdata/good", name))
			f, errs := Parse("again", []byte(rebuild(rules)), Options{})
			if len(errs) > 0 {
				t.Fatalf("%s\n%s", errs.Render(), rebuild(rules))
			}
			again, errs := Check(f)
			if len(errs) > 0 {
				t.Fatalf("%s\n%s", errs.Render(), rebuild(rules))
			}
			if diff := cmp.Diff(rebuild(rules), rebuild(again)); diff != "" {
				t.Errorf("the text means something else (-first +second):\n%s", diff)
			}
		})
	}
}

// rebuild writes a ruleset anew from what was understood.
func rebuild(r *Ruleset) string {
	var b strings.Builder
	for _, t := range r.Tables {
		fmt.Fprintf(&b, "table %v %s {\n", t.Family, t.Name)
		for _, o := range t.Objects {
			kind := objectKind(o.Stmt)
			if o.Stmt.String() == "counter" {
				fmt.Fprintf(&b, "\tcounter %s { }\n", o.Name)
				continue
			}
			fmt.Fprintf(&b, "\t%s %s { %s; }\n", kind, o.Name, strings.TrimSpace(strings.TrimPrefix(o.Stmt.String(), kind)))
		}
		for _, f := range t.Flowtables {
			fmt.Fprintf(&b, "\tflowtable %s { %s; ", f.Name, flowtableHook(f))
			if f.Devices != nil {
				fmt.Fprintf(&b, "devices = { %s }; ", strings.Join(f.Devices, ", "))
			}
			if f.Counter {
				b.WriteString("counter; ")
			}
			if f.Offload {
				b.WriteString("flags offload; ")
			}
			b.WriteString("}\n")
		}
		for _, s := range t.Sets {
			rebuildSet(&b, s)
		}
		for _, c := range t.Chains {
			if c.Anonymous {
				continue
			}
			fmt.Fprintf(&b, "\tchain %s {\n", c.Name)
			if x := c.Base; x != nil {
				fmt.Fprintf(&b, "\t\ttype %s hook %s", x.Type, x.Hook)
				if x.Devices != nil {
					fmt.Fprintf(&b, " devices = { %s }", strings.Join(x.Devices, ", "))
				}
				fmt.Fprintf(&b, " priority %d; policy %v;\n", x.Priority, x.Policy)
			}
			for _, r := range c.Rules {
				fmt.Fprintf(&b, "\t\t%s\n", r.Text)
			}
			b.WriteString("\t}\n")
		}
		b.WriteString("}\n")
	}
	return b.String()
}

func rebuildSet(b *strings.Builder, s *Set) {
	typ, key, data := "type", s.Key.String(), ""
	if s.KeyExpr != nil {
		typ, key = "typeof", s.KeyExpr.String()
	}
	switch {
	case s.Verdict:
		data = " : verdict"
	case s.Objects != "":
		data = " : " + s.Objects
	case s.DataExpr != nil:
		data = " : " + s.DataExpr.String()
	case s.Map:
		data = " : " + s.Data.String()
	}
	if s.DataRange {
		data = strings.Replace(data, " : ", " : interval ", 1)
	}
	fmt.Fprintf(b, "\t%s %s {\n\t\t%s %s%s\n", setWord(s.Map), s.Name, typ, key, data)
	for _, word := range []string{"constant", "dynamic", "interval", "timeout"} {
		if s.Flags&setFlags[word] != 0 {
			fmt.Fprintf(b, "\t\tflags %s\n", word)
		}
	}
	for _, st := range s.Stmts {
		fmt.Fprintf(b, "\t\t%s\n", st)
	}
	if len(s.Elems) > 0 {
		fmt.Fprintf(b, "\t\telements = %s\n", setText(&Set{Elems: s.Elems}))
	}
	b.WriteString("\t}\n")
}

// TestLater: what nft knows and this package does not is called so, and nothing else is wrong with it.
func TestLater(t *testing.T) {
	for _, name := range nftFiles(t, "testdata/later") {
		t.Run(strings.TrimSuffix(name, ".nft"), func(t *testing.T) {
			f, _ := parseFile(t, filepath.Join("testdata/later", name))
			rules, errs := Check(f)
			if !errs.Unsupported() || rules != nil {
				t.Errorf("ruleset %v, errors:\n%s", rules, errs.Render())
			}
			for _, e := range errs {
				if !strings.HasSuffix(e.Msg, " is not supported yet") || !e.Pos.IsValid() {
					t.Errorf("%v: it says not what is not supported", e)
				}
			}
		})
	}
}

// TestLaterObjects: a declaration that nft knows and this package does not is called so wherever it may stand, and is
// printed as it is written.
func TestLaterObjects(t *testing.T) {
	if len(laterObjects) == 0 {
		t.Fatal("there is none: remove this test")
	}
	for word := range laterObjects {
		for _, src := range []string{
			"table ip t {\n\t" + word + " x {\n\t\tid  10\n\t}\n\n\tchain c {\n\t\taccept\n\t}\n}\n",
			word + " ip t x { id  10; }\n",
			"add " + word + " ip t x { id  10; }\n\ntable ip t {\n}\n",
		} {
			f, _ := Parse("later", []byte(src), Options{})
			rules, errs := Check(f)
			if want := "`" + word + "` is not supported yet"; len(errs) != 1 || !errs.Unsupported() || errs[0].Msg != want || rules != nil {
				t.Errorf("%s: ruleset %v, errors:\n%s", src, rules, errs.Render())
			}
			if diff := cmp.Diff(src, Print(f)); diff != "" {
				t.Errorf("printed (-source +printed):\n%s", diff)
			}
		}
	}
}

// TestBad has the message of every mistake, as it is shown.
func TestBad(t *testing.T) {
	for _, name := range nftFiles(t, "testdata/bad") {
		t.Run(strings.TrimSuffix(name, ".nft"), func(t *testing.T) {
			path := filepath.Join("testdata/bad", name)
			f, _ := parseFile(t, path)
			rules, errs := Check(f)
			if len(errs) == 0 || rules != nil {
				t.Fatalf("%d errors, ruleset %v", len(errs), rules)
			}
			golden(t, filepath.Join("testdata/bad", strings.TrimSuffix(name, ".nft")+".err"), errs.Render())
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(string(src), "\n")
			for i, e := range errs {
				if e.Unsupported {
					t.Errorf("%v is a mistake, not only unsupported", e)
				}
				if e.Pos.File != name || e.Pos.Line < 1 || e.Pos.Line > len(lines) || e.Pos.Col < 1 || e.Pos.Col > len(lines[e.Pos.Line-1])+1 {
					t.Errorf("%v: no such place", e)
				}
				if i > 0 && (e.Pos.Line < errs[i-1].Pos.Line) {
					t.Errorf("%v stands behind %v", e, errs[i-1])
				}
			}
		})
	}
}
