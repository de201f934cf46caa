package topology

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

const goodRules = `table ip filter {
	chain input {
		type filter hook input priority filter; policy drop;
		iif lo accept
		ct state established,related accept
		tcp dport 22 accept
	}
}
`

// TestRulesPlaces: a mistake in a ruleset is named so that the file opens, wherever the rules stand.
func TestRulesPlaces(t *testing.T) {
	fsys := fstest.MapFS{
		"net/lab.yaml":        {Data: []byte("nodes:\n  fw: {nft: rules/fw.nft}\n  fw2: {nft: ./rules/fw.nft}\n")},
		"net/rules/fw.nft":    {Data: []byte("include \"ports.nft\"\n" + goodRules)},
		"net/rules/ports.nft": {Data: []byte("table ip nat {\n\tchain x {\n\t\ttcp dprot 22 accept\n\t}\n}\n")},

		"net/inline.yaml": {Data: []byte("nodes:\n  fw:\n    nft: |\n\n      table ip nat {\n      \tchain x {\n      \t\ttcp dprot 22 accept\n      \t}\n      }\n")},
		"net/quoted.yaml": {Data: []byte("nodes: {fw: {nft: \"table ip nat { chain x { tcp dprot 22 accept; }; }\"}}\n")},
	}
	for _, tt := range []struct{ file, want string }{
		{"net/lab.yaml", "net/rules/ports.nft:3:7"},
		{"net/inline.yaml", "net/inline.yaml:7:13"},
		{"net/quoted.yaml", "net/quoted.yaml:1:49"},
	} {
		plan, problems := LoadFS(fsys, tt.file)
		if plan != nil || len(problems) != 1 {
			t.Errorf("%s: %d problems: %v", tt.file, len(problems), problems)
			continue
		}
		p := problems[0]
		if got := p.Pos.String(); got != tt.want || p.Rule != "nft" || p.Severity != SeverityError {
			t.Errorf("%s: %+v, want it at %s", tt.file, p, tt.want)
		}
		if got := p.Source[p.Pos.Col-1:]; !strings.HasPrefix(got, "dprot") {
			t.Errorf("%s: the place is at %q of %q", tt.file, got, p.Source)
		}
	}
}

// TestRulesetCheck: a plan has all that its rulesets are made of, and their positions fit the files.
func TestRulesetCheck(t *testing.T) {
	fsys := fstest.MapFS{
		"a/lab.yaml":       {Data: []byte("nodes:\n  fw: {nft: sub/fw.nft}\n  fw2:\n    nft: |\n      include \"sub/x.nft\"\n" + indent(goodRules, "      "))},
		"a/sub/fw.nft":     {Data: []byte("include \"./x.nft\"\n" + goodRules)},
		"a/sub/x.nft":      {Data: []byte("include \"deep/y.nft\"\n")},
		"a/sub/deep/y.nft": {Data: []byte("table ip y { }\n")},
		"a/deep/y.nft":     {Data: []byte("table ip y { }\n")},
	}
	plan, problems := LoadFS(fsys, "a")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, tt := range []struct{ node, place string }{
		{"fw", "sub/fw.nft:5:3"},
		{"fw2", "lab.yaml:9:9"},
	} {
		r := plan.Node(tt.node).Ruleset
		set, errs := r.Check()
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		if len(set.Tables) != 2 {
			t.Fatalf("%s: %d tables, want 2", tt.node, len(set.Tables))
		}
		rule := set.Tables[1].Chains[0].Rules[0]
		if got := rule.Pos.String(); got != tt.place {
			t.Errorf("%s: the rule is at %s, want %s", tt.node, got, tt.place)
		}
	}
}

// TestRulesIncludes: what cannot be included is said.
func TestRulesIncludes(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{`include "none.nft"`, "file does not exist"},
		{`include "fw.nft"`, "`fw.nft` includes itself: fw.nft -> fw.nft"},
		{`include "*.nft"`, "`fw.nft` includes itself"},
		{`include "[e-g]w.nft"`, "`fw.nft` includes itself"},
	} {
		_, problems := LoadFS(fstest.MapFS{
			"lab.yaml": {Data: []byte("nodes: {fw: {nft: fw.nft}}\n")},
			"fw.nft":   {Data: []byte(tt.text + "\n" + goodRules)},
		}, "lab.yaml")
		if len(problems) != 1 || !strings.Contains(problems[0].Error(), tt.want) || problems[0].Pos.File != "fw.nft" || problems[0].Pos.Line != 1 {
			t.Errorf("%s: %v, want %q", tt.text, problems, tt.want)
		}
	}
}

// TestRulesPatterns: an include with a pattern takes what is there, in nft's order, and the plan has all of it.
func TestRulesPatterns(t *testing.T) {
	table := func(name string) *fstest.MapFile { return &fstest.MapFile{Data: []byte("table ip " + name + " { }\n")} }
	fsys := fstest.MapFS{
		"a/lab.yaml":            {Data: []byte("nodes:\n  fw: {nft: sub/fw.nft}\n  fw2:\n    nft: |\n      include \"sub/rules.d/[a-z]*.nft\"\n")},
		"a/sub/fw.nft":          {Data: []byte("include \"rules.d/*.nft\"\ninclude \"none/*.nft\"\ninclude \"rules.d\"\ninclude \"./rules.d/\"\n")},
		"a/sub/rules.d/b.nft":   table("b"),
		"a/sub/rules.d/a.nft":   table("a"),
		"a/sub/rules.d/9.nft":   table("nine"),
		"a/sub/rules.d/.h.nft":  table("hidden"),
		"a/sub/rules.d/x.txt":   table("x"),
		"a/sub/rules.d/f/s.nft": table("s"),
		"a/sub/rules.d/d.nft/s": table("folder"),
	}
	plan, problems := LoadFS(fsys, "a")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, tt := range []struct{ node, tables, files string }{
		{"fw", "nine a b", "sub/fw.nft sub/rules.d/9.nft sub/rules.d/a.nft sub/rules.d/b.nft"},
		{"fw2", "a b", "lab.yaml sub/rules.d/a.nft sub/rules.d/b.nft"},
	} {
		r := plan.Node(tt.node).Ruleset
		set, errs := r.Check()
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		var got []string
		for _, tb := range set.Tables {
			got = append(got, tb.Name)
		}
		if diff := cmp.Diff(tt.tables, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s: tables (-want +got):\n%s", tt.node, diff)
		}
		files := slices.Sorted(maps.Keys(r.Files))
		if diff := cmp.Diff(tt.files, strings.Join(files, " ")); diff != "" {
			t.Errorf("%s: files (-want +got):\n%s", tt.node, diff)
		}
	}
}

func indent(s, by string) string {
	return by + strings.ReplaceAll(strings.TrimSuffix(s, "\n"), "\n", "\n"+by) + "\n"
}

// TestRulesLint: what is allowed and probably wrong is a warning at its place, wherever the rules stand, once for a file
// that several nodes share; the plan is there all the same. What is about IPv6 is said only of labs that have it.
func TestRulesLint(t *testing.T) {
	const rules = `table inet filter {
	chain input {
		type filter hook input priority filter; policy drop;
		iif lo accept
		ct state established,related accept
		tcp dport 80 tcp dport 81 accept
	}
}
`
	fsys := fstest.MapFS{
		"net/lab.yaml":     {Data: []byte("nodes:\n  a: {nft: rules/fw.nft}\n  b: {nft: ./rules/fw.nft}\n")},
		"net/rules/fw.nft": {Data: []byte("include \"in.nft\"\n")},
		"net/rules/in.nft": {Data: []byte(rules)},
		"net/inline.yaml":  {Data: []byte("nodes:\n  a:\n    nft: |\n" + indent(rules, "      "))},
		"net/six/lab.yaml": {Data: []byte("nodes:\n  a: {nft: ../rules/in.nft}\n  b:\nlinks:\n  - [a:eth0 2001:db8::1/64, b:eth0 2001:db8::2/64]\n")},
		"net/broken.yaml":  {Data: []byte("nodes:\n  a: {nft: broken.nft}\n")},
		"net/broken.nft":   {Data: []byte(rules + "table ip x { chain y { tcp dport 99999 accept; }; }\n")},
	}
	for _, tt := range []struct {
		file string
		want []string
	}{
		{"net", []string{"net/rules/in.nft:6:16 never-matches"}},
		{"net/inline.yaml", []string{"net/inline.yaml:9:22 never-matches"}},
		{"net/six", []string{"net/rules/in.nft:3:43 nd-blocked", "net/rules/in.nft:6:16 never-matches"}},
		{"net/broken.yaml", []string{"net/broken.nft:9:34 nft"}},
	} {
		plan, problems := LoadFS(fsys, tt.file)
		if (plan == nil) != problems.HasErrors() {
			t.Errorf("%s: plan %v, %v", tt.file, plan != nil, problems)
		}
		var got []string
		for _, p := range problems {
			got = append(got, p.Pos.String()+" "+p.Rule)
			if (p.Severity == SeverityError) != (p.Rule == "nft") {
				t.Errorf("%s: %s is a %s", tt.file, p.Rule, p.Severity)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.file, diff)
		}
	}
}
