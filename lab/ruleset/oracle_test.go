package ruleset

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// compareWithNFT loads a ruleset with nft into one namespace and with this package into another, and compares what the
// kernel has then.
func compareWithNFT(t *testing.T, text string) {
	t.Helper()
	needNFT(t)
	var want, got state
	fresh(t, func() {
		_, err := run(text, "nft", "-f", "-")
		if err != nil {
			t.Error(err)
			return
		}
		if want, err = listState(); err != nil {
			t.Error(err)
		}
	})
	if t.Failed() {
		return
	}
	fresh(t, func() {
		if _, err := Load(source(text), false); err != nil {
			t.Error(err)
			return
		}
		var err error
		if got, err = listState(); err != nil {
			t.Error(err)
		}
	})
	if t.Failed() {
		return
	}
	if d := cmp.Diff(want.text, got.text); d != "" {
		t.Errorf("nft list ruleset (-nft +ours):\n%s", d)
	}
	if d := cmp.Diff(want.json, got.json); d != "" {
		t.Errorf("nft -j list ruleset (-nft +ours):\n%s", d)
	}
	if d := cmp.Diff(want.raw, got.raw); d != "" {
		t.Errorf("the kernel's bytes (-nft +ours):\n%s", d)
	}
}

func TestHomeNAT(t *testing.T) {
	compareWithNFT(t, readFile(t, "../../labs/01-home-nat/fw.nft"))
}
