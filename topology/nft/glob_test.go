package nft

import (
	"io/fs"
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// TestGlob: a pattern finds what glob(3) finds, in its order.
func TestGlob(t *testing.T) {
	fsys := fstest.MapFS{}
	for _, name := range []string{"d/b.nft", "d/a.nft", "d/B.nft", "d/.h.nft", "d/10.nft", "d/9.nft", "d/sub/s.nft", "d/x.txt", "d/sub.nft/t.nft", "e/a.nft", "[.nft"} {
		fsys[name] = &fstest.MapFile{}
	}
	list := func(dir string) ([]fs.DirEntry, error) {
		return fs.ReadDir(fsys, path.Clean(strings.TrimPrefix(dir, "/")))
	}
	for _, tt := range []struct{ pattern, want string }{
		{"d/*.nft", "d/10.nft d/9.nft d/B.nft d/a.nft d/b.nft"},
		{"./d/*.nft", "d/10.nft d/9.nft d/B.nft d/a.nft d/b.nft"},
		{"/d/?.nft", "/d/9.nft /d/B.nft /d/a.nft /d/b.nft"},
		{"d/[!b]*.nft", "d/10.nft d/9.nft d/B.nft d/a.nft"},
		{"d/[^b]?.nft", "d/10.nft"},
		{"d/.*.nft", "d/.h.nft"},
		{"*/a.nft", "d/a.nft e/a.nft"},
		{"*/s*/*.nft", "d/sub.nft/t.nft d/sub/s.nft"},
		{"d/{a,b}*", ""},
		{"none/*", ""},
		{"d/\\*.nft", ""},
		{"[.nft", "[.nft"},
	} {
		got := Glob(tt.pattern, list)
		if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.pattern, diff)
		}
		for _, name := range got {
			if p := path.Clean(tt.pattern); !MatchGlob(p, name) {
				t.Errorf("%s stands for %s, and does not match it", p, name)
			}
		}
	}
	for pattern, name := range map[string]string{"d/*.nft": "e/a.nft", "*.nft": "d/a.nft", "d/*": "d/.h", "a/b/*": "a/b"} {
		if MatchGlob(pattern, name) {
			t.Errorf("%s matches %s", pattern, name)
		}
	}
}
