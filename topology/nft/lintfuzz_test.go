package nft

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzLint: whatever ruleset it is, Lint comes to an end, says something at places of the file, and the same again.
func FuzzLint(f *testing.F) {
	seeds(f)
	files, err := filepath.Glob("testdata/lint/*.nft")
	if err != nil || len(files) == 0 {
		f.Fatalf("no files in testdata/lint: %v", err)
	}
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(src))
	}
	f.Fuzz(lintHolds)
}

func lintHolds(t *testing.T, src string) {
	file, _ := Parse("f", []byte(src), Options{})
	rs, errs := Check(file)
	if len(errs) > 0 {
		return
	}
	findings := Lint(rs)
	for _, x := range findings {
		e := &Error{Pos: x.Pos, End: x.End, Msg: x.Msg}
		places(t, src, Errors{e})
		if x.Code == "" {
			t.Fatalf("%+v: no code", x)
		}
	}
	if diff := cmp.Diff(findings, Lint(rs)); diff != "" {
		t.Fatalf("again it says something else (-first +second):\n%s", diff)
	}
}
