package nft_test

import (
	"fmt"
	"net/netip"
	"os"

	"github.com/hookwalk/hookwalk/topology/nft"
)

const firewall = `table inet fw {
	chain web {
		tcp dport { 80, 443 } accept # the site
	}
	chain input {
		type filter hook input priority filter; policy drop;
		ct state established,related accept
		ip saddr 192.0.2.0/24 jump web
	}
}
`

// Parse and Check report all mistakes at once; each can show its line.
func ExampleCheck() {
	file, _ := nft.Parse("fw.nft", []byte(`table ip fw {
	chain input {
		type filter hook input priority filter
		tcp dprot 22 accept
		ip6 saddr 2001:db8::1 drop
	}
}
`), nft.Options{})
	_, errs := nft.Check(file) // has the errors of Parse, too
	fmt.Print(errs.Render())
	// Output:
	// fw.nft:4:7: unknown field of tcp `dprot`
	//   4 |   tcp dprot 22 accept
	//     |       ^^^^^
	//   hint: did you mean `dport`?
	// fw.nft:5:3: `ip6 saddr` cannot match in a table of family ip
	//   5 |   ip6 saddr 2001:db8::1 drop
	//     |   ^^^^^^^^^
	//   hint: a table of family inet sees both
	// 2 errors
}

// Print writes a file as nft lists rulesets, and keeps its comments.
func ExamplePrint() {
	file, errs := nft.Parse("fw.nft", []byte("table inet fw{\n# who may come in\nchain input {type filter hook input priority 0;policy drop\n   tcp  dport {22,80}   accept # ssh, http\n}\n}\n"), nft.Options{})
	if len(errs) > 0 {
		fmt.Print(errs.Render())
		return
	}
	fmt.Print(nft.Print(file))
	// Output:
	// table inet fw {
	// 	# who may come in
	// 	chain input {
	// 		type filter hook input priority 0; policy drop;
	// 		tcp dport { 22, 80 } accept # ssh, http
	// 	}
	// }
}

// A packet is held against a chain, and each rule says which expression decided.
func ExampleChain_Eval() {
	file, _ := nft.Parse("fw.nft", []byte(firewall), nft.Options{})
	rules, errs := nft.Check(file)
	if len(errs) > 0 {
		fmt.Print(errs.Render())
		return
	}
	src, dst := netip.MustParseAddr("192.0.2.7").As4(), netip.MustParseAddr("198.51.100.1").As4()
	header := append([]byte{0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0}, append(src[:], dst[:]...)...)
	packet := &nft.Packet{
		Family: nft.FamilyIP,
		NH:     header,
		TH:     []byte{0x9c, 0x40, 0x1f, 0x90, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 2, 0, 0, 0, 0, 0, 0}, // from port 40000 to 8080, SYN
		CT:     nft.PacketCT{State: nft.Some[uint32](8)},                                          // new
	}
	result := rules.Tables[0].Chain("input").Eval(packet, nft.EvalOptions{})
	fmt.Println("verdict:", result.Verdict, "by the policy:", result.Policy)
	for _, rule := range result.Rules {
		fmt.Printf("%s:%d %s: %s\n", rule.Rule.Chain.Name, rule.Rule.Pos.Line, rule.Rule.Text, rule.Match)
		for _, x := range rule.Exprs {
			if x.Match == nft.No {
				fmt.Printf("\t%s: wanted %s, got %s\n", x.Selector, x.Want, x.Got)
			}
		}
	}
	// Output:
	// verdict: drop by the policy: true
	// input:7 ct state established,related accept: no
	// 	ct state: wanted established,related, got new
	// input:8 ip saddr 192.0.2.0/24 jump web: yes
	// web:3 tcp dport { 80, 443 } accept: no
	// 	tcp dport: wanted { 80, 443 }, got 8080
}

// What cannot be known from one packet is answered so, with the reason.
func ExampleRule_Eval() {
	file, _ := nft.Parse("fw.nft", []byte("table ip t {\n\tchain c {\n\t\ticmp type echo-request limit rate 5/second accept\n\t}\n}\n"), nft.Options{})
	rules, errs := nft.Check(file)
	if len(errs) > 0 {
		fmt.Print(errs.Render())
		return
	}
	ping := &nft.Packet{Family: nft.FamilyIP, NH: []byte{0x45, 0, 0, 28, 0, 0, 0, 0, 64, 1, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2}, TH: []byte{8, 0, 0, 0, 0, 1, 0, 1}}
	result := rules.Tables[0].Chains[0].Rules[0].Eval(ping)
	fmt.Printf("%s: %s\n", result.Match, result.Why)
	// Output:
	// unknown: the limit depends on the packets before this one
}

// Walk visits everything in a file: here, what its rules look at.
func ExampleWalk() {
	file, errs := nft.Parse("fw.nft", []byte(firewall), nft.Options{})
	if len(errs) > 0 {
		fmt.Print(errs.Render())
		return
	}
	nft.Walk(file, func(n nft.Node) bool {
		switch n := n.(type) {
		case *nft.ChainDecl:
			fmt.Println("chain", n.Name.Text)
		case *nft.SelectorNode:
			fmt.Printf("\t%s:", n.Pos)
			for _, w := range n.Words {
				fmt.Print(" ", w.Text)
			}
			fmt.Println()
		}
		return true
	})
	// Output:
	// chain web
	// 	fw.nft:3:3: tcp dport
	// chain input
	// 	fw.nft:7:3: ct state
	// 	fw.nft:8:3: ip saddr
}

// Included files are opened by the caller: from a disk, an archive, or memory.
func ExampleParse_include() {
	files := map[string]string{"ports.nft": "define web = { 80, 443 }\n"}
	file, _ := nft.Parse("fw.nft", []byte("include \"ports.nft\"\ntable inet fw {\n\tchain c {\n\t\ttcp dport $web accept\n\t}\n}\n"), nft.Options{
		Include: func(path string) (string, []byte, error) {
			if text, ok := files[path]; ok {
				return path, []byte(text), nil
			}
			return "", nil, os.ErrNotExist
		},
	})
	rules, errs := nft.Check(file)
	if len(errs) > 0 {
		fmt.Print(errs.Render())
		return
	}
	fmt.Println(rules.Tables[0].Chains[0].Rules[0].Text)
	// Output:
	// tcp dport { 80, 443 } accept
}
