package nft

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLineEnds: what editors put into a file (a byte order mark, line ends of another system, tabs) is no mistake, and
// moves no place.
func TestLineEnds(t *testing.T) {
	const plain = "table inet t {\n\tchain c {\n\t\ttcp dport 22 accept\t# ssh\n\t\ttcp\tdprot 22 accept\n\t}\n}\n"
	want := `f.nft:4:7: unknown field of tcp ` + "`dprot`" + `
  4 |   tcp dprot 22 accept
    |       ^^^^^
  hint: did you mean ` + "`dport`" + `?
`
	for name, src := range map[string]string{
		"plain":             plain,
		"a byte order mark": "\ufeff" + plain,
		"CRLF":              strings.ReplaceAll(plain, "\n", "\r\n"),
		"both":              "\ufeff" + strings.ReplaceAll(plain, "\n", "\r\n"),
	} {
		_, errs := Parse("f.nft", []byte(src), Options{})
		if diff := cmp.Diff(want, errs.Render()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		good := strings.Replace(src, "dprot", "dport", 1)
		f, errs := Parse("f.nft", []byte(good), Options{})
		if len(errs) > 0 {
			t.Errorf("%s: %s", name, errs.Render())
		}
		if diff := cmp.Diff("table inet t {\n\tchain c {\n\t\ttcp dport 22 accept # ssh\n\t\ttcp dport 22 accept\n\t}\n}\n", Print(f)); diff != "" {
			t.Errorf("%s, printed (-want +got):\n%s", name, diff)
		}
	}
}
