package nft_test

import (
	"fmt"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// The rule for port 8080 in forward never matches what DNAT has sent to port 80.
func ExampleLint() {
	file, _ := nft.Parse("fw.nft", []byte(`table inet fw {
	chain prerouting {
		type nat hook prerouting priority dstnat
		iifname "wan" tcp dport 8080 dnat ip to 10.0.2.10:80
	}
	chain forward {
		type filter hook forward priority filter; policy drop
		ct state established,related accept
		iifname "wan" tcp dport 8080 accept
	}
}
`), nft.Options{})
	ruleset, errs := nft.Check(file) // has the errors of Parse, too
	if len(errs) > 0 {
		fmt.Print(errs.Render())
		return
	}
	for _, f := range nft.Lint(ruleset) {
		fmt.Printf("%s: %s (%s)\n\t%s\n", f.Pos, f.Msg, f.Code, f.Hint)
	}
	// Output:
	// fw.nft:9:17: fw.nft:4 rewrites tcp dport 8080 to 80 before forward sees it (port-before-dnat)
	// 	match 80, or `meta l4proto tcp ct original proto-dst 8080`
}
