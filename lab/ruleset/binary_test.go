package ruleset

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookwalk/hookwalk/topology"
	"github.com/hookwalk/hookwalk/topology/nft"
)

// later is a ruleset with something that topology/nft does not read: if it ever does, take another.
const later = `include "more.nft"
table inet t {
	chain c {
		type filter hook forward priority 0; policy accept;
		iifname < "eth0" accept
	}
}
`

func laterRuleset(main string) *topology.Ruleset {
	return &topology.Ruleset{Main: "rules/fw.nft", FirstLine: 10, FirstCol: 4, Files: map[string]string{
		"rules/fw.nft":   main,
		"rules/more.nft": "table ip more {\n\tchain c { }\n}\n",
	}}
}

// TestBinary: what only the nft program knows is loaded by it, includes and all.
func TestBinary(t *testing.T) {
	needNFT(t)
	fresh(t, func() {
		if _, err := Load(source("table ip old { }\n"), false); err != nil {
			t.Error(err)
		}
		for _, replace := range []bool{false, true} {
			got, err := Load(laterRuleset(later), replace)
			if err != nil {
				t.Error(err)
				return
			}
			if d := cmp.Diff(&Loaded{Binary: true}, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			text, err := run("", "nft", "list", "ruleset")
			if err != nil {
				t.Error(err)
			}
			for _, want := range []string{"table ip more", `iifname < "eth0" accept`} {
				if !strings.Contains(text, want) {
					t.Errorf("%q is missing:\n%s", want, text)
				}
			}
			if old := strings.Contains(text, "table ip old"); old == replace {
				t.Errorf("replace %v, and the old table is there: %v", replace, old)
			}
		}
	})
}

// TestBinaryErrors: what nft does not like is told at its place in the file, also where the file is part of another.
func TestBinaryErrors(t *testing.T) {
	needNFT(t)
	for _, tt := range []struct {
		name, main string
		replace    bool
		want       string
	}{
		{"in the main file", strings.Replace(later, `"eth0" accept`, `"eth0" nonsense`, 1), true,
			"rules/fw.nft:15:32: the nft program: "},
		{"a file that is missing", "include \"none.nft\"\n" + later, false,
			"rules/fw.nft:11:5: the nft program: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fresh(t, func() {
				err := loadByBinary(laterRuleset(tt.main), nil, tt.replace)
				if err == nil || firstWords(err, tt.want) != tt.want {
					t.Errorf("got %v\nwant %s", err, tt.want)
				}
				var e *Error
				if !errors.As(err, &e) || !e.Bad {
					t.Errorf("%v does not say that the file is wrong", err)
				}
				if s, err := dumpAll(); err != nil || s != "" {
					t.Errorf("something was loaded: %s, %v", s, err)
				}
			})
		})
	}
}

// firstWords cuts an error to the length of what is wanted: the rest is nft's own.
func firstWords(err error, want string) string {
	s := err.Error()
	return s[:min(len(s), len(want))]
}

// TestNoBinary: without the program the error says where the construct is, and what to do.
func TestNoBinary(t *testing.T) {
	t.Setenv("PATH", "")
	old := binaryPaths
	binaryPaths = nil
	defer func() { binaryPaths = old }()
	_, err := Load(laterRuleset(later), false)
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v", err)
	}
	if want := (nft.Pos{File: "rules/fw.nft", Line: 15, Col: 17}); e.Pos != want {
		t.Errorf("at %v, want %v", e.Pos, want)
	}
	if !strings.Contains(e.Error(), "comparing names") || !strings.Contains(e.Hint, "install nftables") {
		t.Errorf("%v\nhint: %s", e, e.Hint)
	}
}

// TestFlat: what is given to the nft program has the files of a pattern in their order, and no line for one that stands
// for nothing.
func TestFlat(t *testing.T) {
	r := &topology.Ruleset{Main: "rules/fw.nft", Files: map[string]string{
		"rules/fw.nft":  "include \"d/*.nft\"\ninclude \"./none/*\"\ntable ip z { }\n",
		"rules/d/b.nft": "table ip b { }\n", "rules/d/9.nft": "table ip nine { }\n", "rules/d/10.nft": "table ip ten { }\n",
	}}
	f := &flat{}
	f.file(r, r.Main, 0, 0, 1)
	if d := cmp.Diff("table ip ten { }\ntable ip nine { }\ntable ip b { }\ntable ip z { }\n", f.text.String()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if want := (nft.Pos{File: "rules/d/b.nft", Line: 1, Col: 1}); f.from[2] != want {
		t.Errorf("the third line is from %v, want %v", f.from[2], want)
	}
}
