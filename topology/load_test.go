package topology

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

const tiny = "nodes: {pc1: {nft: fw.nft}}\n"

// write makes files under a new folder and gives its name.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestLoad(t *testing.T) {
	dir := write(t, map[string]string{
		"my net/lab.yaml":   tiny,
		"my net/fw.nft":     "table ip filter { }\n",
		"my net/other.yaml": tiny,
		"empty/readme":      "",
	})
	for _, tt := range []struct{ name, file, lab string }{
		{"my net", "my net/lab.yaml", "my-net"},
		{"my net/lab.yaml", "my net/lab.yaml", "my-net"},
		{"my net/other.yaml", "my net/other.yaml", "other"},
	} {
		plan, problems := Load(filepath.Join(dir, tt.name))
		if len(problems) > 0 {
			t.Errorf("Load(%s): %v", tt.name, problems[0])
			continue
		}
		if plan.File != filepath.Join(dir, tt.file) || plan.Name != tt.lab {
			t.Errorf("Load(%s) has file %q and name %q", tt.name, plan.File, plan.Name)
		}
		if r := plan.Nodes[0].Ruleset; r == nil || r.Main != "fw.nft" || r.Files["fw.nft"] != "table ip filter { }\n" {
			t.Errorf("Load(%s): ruleset %+v", tt.name, r)
		}
	}
	for _, tt := range []struct{ name, want string }{
		{"nothing.yaml", "no such file or directory"},
		{"empty", "no such file or directory"},
	} {
		plan, problems := Load(filepath.Join(dir, tt.name))
		if plan != nil || len(problems) != 1 || !strings.Contains(problems[0].Error(), tt.want) || problems[0].Hint == "" {
			t.Errorf("Load(%s) = %v, %v", tt.name, plan, problems)
		}
	}
}

// TestLoadHere: a lab.yaml in the working directory takes the name of the folder, which the argument does not have.
func TestLoadHere(t *testing.T) {
	dir := write(t, map[string]string{"net7/lab.yaml": "nodes: {pc1: }\n"})
	t.Chdir(filepath.Join(dir, "net7"))
	for _, name := range []string{"lab.yaml", ".", "./lab.yaml"} {
		plan, problems := Load(name)
		if len(problems) > 0 || plan.Name != "net7" {
			t.Errorf("Load(%s) = %+v, %v", name, plan, problems)
		}
	}
}

func TestLoadFS(t *testing.T) {
	fsys := fstest.MapFS{
		"01-first/lab.yaml":   {Data: []byte(tiny)},
		"01-first/fw.nft":     {Data: []byte("include \"sets/hosts.nft\"\n")},
		"01-first/sets/x.nft": {Data: []byte("")},
		"02-big/lab.yaml":     {Data: []byte(strings.Repeat("#", maxFile+1))},
		"lab.yaml":            {Data: []byte("nodes: {pc1: }\n")},
	}
	plan, problems := LoadFS(fsys, "lab.yaml")
	if len(problems) > 0 || plan.Name != "lab" {
		t.Errorf("%+v %v", plan, problems)
	}
	if _, problems := LoadFS(fsys, "02-big"); len(problems) != 1 || !strings.Contains(problems[0].Msg, "more than 16 MiB") {
		t.Errorf("a file too large: %v", problems)
	}
}

func TestProblemsErr(t *testing.T) {
	warning := Problem{Severity: SeverityWarning, Msg: "odd", Pos: Pos{File: "x.yaml", Line: 1, Col: 2}}
	first := Problem{Severity: SeverityError, Msg: "bad", Pos: Pos{File: "x.yaml", Line: 2, Col: 3}}
	second := Problem{Severity: SeverityError, Msg: "worse", Pos: Pos{File: "x.yaml", Line: 3, Col: 4}}
	for _, tt := range []struct {
		problems Problems
		want     string
	}{
		{nil, ""},
		{Problems{warning}, ""},
		{Problems{warning, first}, "x.yaml:2:3: bad"},
		{Problems{warning, first, second}, "x.yaml:2:3: bad (and 1 more error)"},
		{Problems{first, second, second}, "x.yaml:2:3: bad (and 2 more errors)"},
	} {
		err := tt.problems.Err()
		if (err == nil) != (tt.want == "") || err != nil && err.Error() != tt.want {
			t.Errorf("Err of %v = %v, want %q", tt.problems, err, tt.want)
		}
		if err == nil {
			continue
		}
		if got, ok := AsProblems(errors.Join(errors.New("up"), err)); !ok || len(got) != len(tt.problems) {
			t.Errorf("AsProblems = %v, %v", got, ok)
		}
	}
	if _, ok := AsProblems(errors.New("other")); ok {
		t.Error("AsProblems of another error")
	}
	if got, want := warning.Error(), "x.yaml:1:2: warning: odd"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestTerminalSafe: a file cannot send escape sequences to the terminal through an error message.
func TestTerminalSafe(t *testing.T) {
	spec, problems := Parse("x.yaml", []byte(`nodes: {"a\e[31m": , b: {kind: "\e[2J", gateway: "\a"}}`+"\n"+`links: [["b:e\e[0m 10.0.0.1/24\e", "\ec:x"]]`))
	_, more := Compile(spec, nil)
	var b strings.Builder
	if err := append(problems, more...).Render(&b); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "unknown kind") || strings.ContainsAny(b.String(), "\x1b\a") {
		t.Errorf("%q", b.String())
	}
}

// TestCompileLeavesSpec: a spec may be compiled twice.
func TestCompileLeavesSpec(t *testing.T) {
	text, err := os.ReadFile("testdata/plan/home-nat.yaml")
	if err != nil {
		t.Fatal(err)
	}
	spec, problems := Parse("home-nat.yaml", text)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	read := func(string) ([]byte, error) { return []byte("table ip x { }"), nil }
	for range 2 {
		plan, problems := Compile(spec, read)
		if plan == nil || len(problems) > 0 || len(plan.Nodes) != 7 {
			t.Fatal(plan, problems)
		}
	}
	if plan, problems := Compile(spec, nil); plan != nil || problems[0].Rule != "nft-file" {
		t.Errorf("without a way to read files: %v", problems)
	}
	if plan, problems := Compile(nil, nil); plan != nil || !problems.HasErrors() {
		t.Errorf("no spec: %v", problems)
	}
}
