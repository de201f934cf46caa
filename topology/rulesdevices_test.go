package topology

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// TestRuleDevices: rules that name devices which their node does not have are told so at the name.
func TestRuleDevices(t *testing.T) {
	fsys := fstest.MapFS{
		"lab.yaml": {Data: []byte(`nodes:
  fw: {kind: router, nft: fw.nft}
  a: {nft: fw.nft}
links:
- [fw:wan 192.0.2.1/24, a:eth0 192.0.2.2/24]
`)},
		"fw.nft": {Data: []byte(`table inet t {
	flowtable f { hook ingress priority 0; devices = { lo, wann }; }
	chain c {
		type filter hook forward priority 0;
		flow add @f
		iif "wan" accept
		iif { "lo", "eth1" } accept
		iifname "anything" accept
	}
}
`)},
	}
	plan, problems := LoadFS(fsys, "lab.yaml")
	if plan == nil {
		t.Fatal(problems)
	}
	var got []string
	for _, p := range problems {
		if p.Rule == "nft-device" {
			got = append(got, p.Pos.String()+": "+p.Value+": "+p.Msg+"; "+p.Hint)
		}
	}
	want := []string{
		`fw.nft:2:57: wann: node fw has no interface wann, and it must exist when the rules are loaded; did you mean "wan"?`,
		"fw.nft:2:57: wann: node a has no interface wann, and it must exist when the rules are loaded; one of: lo, eth0",
		`fw.nft:6:7: "wan": node a has no interface wan, and it must exist when the rules are loaded; one of: lo, eth0`,
		`fw.nft:7:15: "eth1": node fw has no interface eth1, and it must exist when the rules are loaded; one of: lo, wan`,
		`fw.nft:7:15: "eth1": node a has no interface eth1, and it must exist when the rules are loaded; did you mean "eth0"?`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
