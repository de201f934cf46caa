package nft

import (
	"os"
	"strings"
	"testing"
)

// TestDocs: docs/nft.md names every word of the language that is read, and every one that is not yet, each in its half.
func TestDocs(t *testing.T) {
	b, err := os.ReadFile("../../docs/nft.md")
	if err != nil {
		t.Fatal(err)
	}
	reads, later, ok := strings.Cut(string(b), "## What it does not read yet")
	if !ok {
		t.Fatal("docs/nft.md does not say what is not read yet")
	}
	later, _, _ = strings.Cut(later, "## How")
	names := func(half, what string, words ...string) {
		for _, w := range words {
			if !strings.Contains(half, "`"+w+"`") {
				t.Errorf("docs/nft.md does not name %s `%s` where it belongs", what, w)
			}
		}
	}
	for w := range statements {
		names(reads, "the statement", w)
	}
	for _, p := range protocols {
		names(reads, "the protocol", p.Name)
	}
	names(reads, "the meta key", metaKeyNames()...)
	for _, k := range ctKeys {
		names(reads, "the ct key", k.name)
	}
	names(reads, "the family", familyWords...)
	for w := range objectCTKeys {
		names(reads, "the object", "ct "+w)
	}
	names(reads, "the object", objectKinds...)
	names(reads, "the declaration", "flowtable")
	for w := range laterObjects {
		names(later, "the declaration", w)
	}
}
