package topology

import (
	"encoding/json"
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

func yamlFiles(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in %s: %v", dir, err)
	}
	for i := range files {
		files[i] = filepath.Base(files[i])
	}
	return files
}

// TestErrors has every message of the package, as it is shown.
func TestErrors(t *testing.T) {
	fsys := os.DirFS("testdata/errors")
	for _, name := range yamlFiles(t, "testdata/errors") {
		t.Run(strings.TrimSuffix(name, ".yaml"), func(t *testing.T) {
			plan, problems := LoadFS(fsys, name)
			if len(problems) == 0 {
				t.Fatal("no problem was found")
			}
			if (plan == nil) != problems.HasErrors() {
				t.Errorf("plan %v, errors %v", plan != nil, problems.HasErrors())
			}
			text, err := os.ReadFile(filepath.Join("testdata/errors", name))
			if err != nil {
				t.Fatal(err)
			}
			checkProblems(t, name, text, problems)
			var b strings.Builder
			if err := problems.Render(&b); err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join("testdata/errors", strings.TrimSuffix(name, ".yaml")+".txt"), b.String())
		})
	}
}

// checkProblems checks what holds of all problems: they are in order, their place is in the file, and what stands
// there is their value.
func checkProblems(t *testing.T, name string, text []byte, problems Problems) {
	t.Helper()
	src := newSource(name, text)
	for i, p := range problems {
		if p.Msg == "" || p.Rule == "" || p.Severity == "" || !p.Pos.IsValid() || p.Pos.Col < 1 {
			t.Errorf("incomplete: %+v", p)
		}
		if p.Pos.File != name {
			continue
		}
		if i > 0 {
			if o := problems[i-1].Pos; o.File == name && (o.Line > p.Pos.Line || o.Line == p.Pos.Line && o.Col > p.Pos.Col) {
				t.Errorf("%v stands behind %v", p.Pos, o)
			}
		}
		if p.Source != src.line(p.Pos.Line) {
			t.Errorf("%v: source %q, line is %q", p.Pos, p.Source, src.line(p.Pos.Line))
		}
		if p.Pos.Col > len(p.Source)+1 {
			t.Errorf("%v: the line has only %d bytes", p.Pos, len(p.Source))
			continue
		}
		if !p.End.IsValid() || p.End.Line != p.Pos.Line {
			continue
		}
		if p.End.Col < p.Pos.Col || p.End.Col > len(p.Source)+1 {
			t.Errorf("%v: ends at column %d of %d bytes", p.Pos, p.End.Col, len(p.Source))
			continue
		}
		if there := p.Source[p.Pos.Col-1 : p.End.Col-1]; there != p.Value && p.Value != "" && strings.Trim(there, `"'`) == there {
			t.Errorf("%v: value %q, there stands %q", p.Pos, p.Value, there)
		}
	}
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// TestPlans compares whole plans and the warnings beside them, and sends each through JSON and back.
func TestPlans(t *testing.T) {
	fsys := os.DirFS("testdata/plan")
	for _, name := range yamlFiles(t, "testdata/plan") {
		t.Run(strings.TrimSuffix(name, ".yaml"), func(t *testing.T) {
			plan, problems := LoadFS(fsys, name)
			var b strings.Builder
			if err := problems.Render(&b); err != nil {
				t.Fatal(err)
			}
			if problems.HasErrors() {
				t.Fatalf("a good file has errors:\n%s", &b)
			}
			if warnings := filepath.Join("testdata/plan", strings.TrimSuffix(name, ".yaml")+".txt"); b.Len() > 0 || exists(warnings) {
				golden(t, warnings, b.String())
			}
			text, err := json.MarshalIndent(plan, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join("testdata/plan", strings.TrimSuffix(name, ".yaml")+".json"), string(text)+"\n")

			var back Plan
			if err := json.Unmarshal(text, &back); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(plan, &back, cmpNetip); diff != "" {
				t.Errorf("through JSON (-before +after):\n%s", diff)
			}
			again, _ := LoadFS(fsys, name)
			if diff := cmp.Diff(plan, again, cmpNetip); diff != "" {
				t.Errorf("the same file gives another plan (-first +second):\n%s", diff)
			}
		})
	}
}
