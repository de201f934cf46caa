package nft

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// seeds are all files of testdata.
func seeds(f *testing.F) {
	f.Helper()
	for _, src := range samples(f) {
		f.Add(src)
	}
}

func samples(t testing.TB) []string {
	t.Helper()
	var out []string
	for _, dir := range []string{"testdata/good", "testdata/good/inc", "testdata/bad"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.nft"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no files in %s: %v", dir, err)
		}
		for _, name := range files {
			src, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, string(src))
		}
	}
	for _, s := range corpus(t) {
		out = append(out, s.with(s.rules...))
	}
	return append(out, "", "table", "table t {", "{", "}", "\xff", "table ip t { chain c { ip saddr { 1.2.3.4",
		"define x = $x\n", "# x", "\\\n", "table ip t {\r\n}\r\n")
}

// FuzzParse: whatever it is, it is parsed, checked and printed without a panic, every error has a place, and what was
// printed is printed the same again.
func FuzzParse(f *testing.F) {
	seeds(f)
	f.Fuzz(parseHolds)
}

func parseHolds(t *testing.T, src string) {
	file, errs := Parse("f", []byte(src), Options{})
	_, all := Check(file)
	places(t, src, all)
	if len(errs) > len(all) {
		t.Fatalf("Check lost errors of Parse: %d, %d", len(errs), len(all))
	}
	first := Print(file)
	again, more := Parse("f", []byte(first), Options{})
	if len(errs) == 0 && len(more) > 0 {
		t.Fatalf("what was printed is not read:\n%s\n%s", more.Render(), first)
	}
	if len(errs) > 0 {
		return // what could not be read is not printed
	}
	if diff := cmp.Diff(first, Print(again)); diff != "" {
		t.Fatalf("printed again it differs (-first +second):\n%s", diff)
	}
}

// places checks that errors stand in the source.
func places(t *testing.T, src string, errs Errors) {
	t.Helper()
	lines := strings.Split(strings.TrimPrefix(src, "\ufeff"), "\n")
	for _, e := range errs {
		if e.Msg == "" || e.Pos.Line < 1 || e.Pos.Line > len(lines) || e.Pos.Col < 1 || e.Pos.Col > len(lines[e.Pos.Line-1])+1 {
			t.Fatalf("%+v: no such place", e)
		}
		if e.Render() == "" {
			t.Fatal("an error is shown as nothing")
		}
	}
}

// FuzzCheck: what is accepted means the same when it is written anew from what was understood.
func FuzzCheck(f *testing.F) {
	seeds(f)
	f.Fuzz(checkHolds)
}

func checkHolds(t *testing.T, src string) {
	file, _ := Parse("f", []byte(src), Options{})
	rules, errs := Check(file)
	if len(errs) > 0 {
		return
	}
	text := rebuild(rules)
	file, _ = Parse("again", []byte(text), Options{})
	again, errs := Check(file)
	if len(errs) > 0 {
		t.Fatalf("%s\n%s", errs.Render(), text)
	}
	if diff := cmp.Diff(text, rebuild(again)); diff != "" {
		t.Fatalf("it means something else (-first +second):\n%s", diff)
	}
}

// FuzzMutant: both hold for good files in which some words were taken away, doubled or replaced by others.
func FuzzMutant(f *testing.F) {
	files := samples(f)
	var from []string
	for _, src := range files {
		for _, t := range lex(src) {
			if t.kind != tEOF && t.kind != tComment {
				from = append(from, src[t.off:t.end])
			}
		}
	}
	for i := range uint64(2000) {
		f.Add(i)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 1))
		src := files[r.IntN(len(files))]
		for range 1 + r.IntN(4) {
			toks := lex(src)
			x := toks[r.IntN(len(toks))]
			other := from[r.IntN(len(from))]
			switch r.IntN(4) {
			case 0:
				src = src[:x.off] + src[x.end:]
			case 1:
				src = src[:x.off] + other + " " + src[x.off:]
			case 2:
				src = src[:x.off] + other + src[x.end:]
			case 3:
				src = src[:x.end] + " " + src[x.off:x.end] + src[x.end:]
			}
		}
		parseHolds(t, src)
		checkHolds(t, src)
		if t.Failed() {
			t.Log(src)
		}
	})
}

// TestPrint: what is printed of a good file is printed the same again, and means the same.
func TestPrint(t *testing.T) {
	for _, name := range nftFiles(t, "testdata/good") {
		t.Run(strings.TrimSuffix(name, ".nft"), func(t *testing.T) {
			f, errs := parseFile(t, filepath.Join("testdata/good", name))
			if len(errs) > 0 {
				t.Fatal(errs.Render())
			}
			text := Print(f)
			golden(t, filepath.Join("testdata/good", strings.TrimSuffix(name, ".nft")+".fmt"), text)
			opt := filesOf("testdata/good")
			again, errs := Parse("again", []byte(text), opt)
			if len(errs) > 0 {
				t.Fatalf("%s\n%s", errs.Render(), text)
			}
			if diff := cmp.Diff(text, Print(again)); diff != "" {
				t.Errorf("printed again it differs (-first +second):\n%s", diff)
			}
			want, errs := Check(f)
			if len(errs) > 0 {
				t.Fatal(errs.Render())
			}
			got, errs := Check(again)
			if len(errs) > 0 {
				t.Fatalf("%s\n%s", errs.Render(), text)
			}
			if diff := cmp.Diff(rebuild(want), rebuild(got)); diff != "" {
				t.Errorf("printed it means something else (-source +printed):\n%s", diff)
			}
		})
	}
}
