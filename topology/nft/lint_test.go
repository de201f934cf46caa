package nft

import (
	stdcmp "cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLint has every message, and holds the places of all findings against the comments of the files: a line says at
// its end which findings it has, and the others have none.
func TestLint(t *testing.T) {
	found := map[string]bool{}
	for _, name := range nftFiles(t, "testdata/lint") {
		t.Run(strings.TrimSuffix(name, ".nft"), func(t *testing.T) {
			path := filepath.Join("testdata/lint", name)
			source, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(string(source), "\n")
			findings := lintParts(t, name, lines)
			got := map[int][]string{}
			var text strings.Builder
			for i, f := range findings {
				found[f.Code] = true
				got[f.Pos.Line] = append(got[f.Pos.Line], f.Code)
				text.WriteString(renderFinding(f, lines[f.Pos.Line-1]))
				if i > 0 && findings[i-1].Pos.Line > f.Pos.Line {
					t.Errorf("%v stands behind %v", f.Pos, findings[i-1].Pos)
				}
				checkFinding(t, f, lines)
			}
			golden(t, strings.TrimSuffix(path, ".nft")+".txt", text.String())
			if diff := cmp.Diff(wanted(lines), got); diff != "" {
				t.Errorf("findings by line (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(findings, lintParts(t, name, lines)); diff != "" {
				t.Errorf("another run says something else (-first +second):\n%s", diff)
			}
		})
	}
	for _, code := range lintCodes {
		if !found[code] {
			t.Errorf("no file has a finding %s", code)
		}
	}
}

// lintParts has the findings of a file. A line `# ==` ends a ruleset, the next one stands behind it.
func lintParts(t *testing.T, name string, lines []string) (out []Finding) {
	t.Helper()
	begin := 0
	for i, line := range append(slices.Clone(lines), "# ==") {
		if line != "# ==" {
			continue
		}
		f, errs := Parse(name, []byte(strings.Join(lines[begin:i], "\n")), Options{BaseLine: begin})
		if len(errs) > 0 {
			t.Fatal(errs.Render())
		}
		rs, errs := Check(f)
		if len(errs) > 0 {
			t.Fatal(errs.Render())
		}
		out = append(out, Lint(rs)...)
		begin = i
	}
	return out
}

var lintCodes = []string{
	LintUnreachable, LintShadowed, LintDuplicate, LintNeverMatches, LintUnusedChain, LintUnusedSet, LintUnusedFlowtable, LintNATPriority, LintBeforeDNAT,
	LintNoEstablished, LintNDBlocked, LintTooBigBlocked, LintNoLoopback,
}

// wanted are the codes that the comments at the ends of lines name.
func wanted(lines []string) map[int][]string {
	out := map[int][]string{}
	for i, line := range lines {
		_, comment, ok := strings.Cut(line, " # ")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		var codes []string
		for _, w := range strings.Fields(comment) {
			if slices.Contains(lintCodes, w) {
				codes = append(codes, w)
			}
		}
		if codes != nil {
			out[i+1] = codes
		}
	}
	return out
}

func renderFinding(f Finding, line string) string {
	e := &Error{Pos: f.Pos, End: f.End, Msg: f.Msg + " [" + f.Code + "]", Hint: f.Hint, source: line}
	return e.Render()
}

// checkFinding checks what holds of all findings.
func checkFinding(t *testing.T, f Finding, lines []string) {
	t.Helper()
	if f.Msg == "" || !f.Pos.IsValid() || f.Pos.Col < 1 || f.Pos.Col > len(lines[f.Pos.Line-1]) {
		t.Errorf("incomplete: %+v", f)
	}
	if f.End.IsValid() && comparePos(f.End, f.Pos) <= 0 {
		t.Errorf("%v ends at %v", f.Pos, f.End)
	}
	for _, r := range f.Related {
		if !r.IsValid() || r == f.Pos {
			t.Errorf("%v: related is %v", f.Pos, r)
		}
	}
	// A message names places by their lines: those must be of related ones.
	for _, m := range regexp.MustCompile(`(?:line |\.nft:)(\d+)`).FindAllStringSubmatch(f.Msg, -1) {
		if !slices.ContainsFunc(f.Related, func(p Pos) bool { return fmt.Sprint(p.Line) == m[1] }) {
			t.Errorf("%v: line %s in %q is not related: %v", f.Pos, m[1], f.Msg, f.Related)
		}
	}
}

func comparePos(a, b Pos) int {
	return stdcmp.Or(stdcmp.Compare(a.Line, b.Line), stdcmp.Compare(a.Col, b.Col))
}
