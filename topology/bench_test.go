package topology

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/fstest"
)

// chain is a lab of n routers in a row: n-1 links, two addresses on each.
func chain(n int) string {
	var b strings.Builder
	b.WriteString("name: chain\nnodes:\n")
	for i := range n {
		fmt.Fprintf(&b, "  r%d: {kind: router}\n", i)
	}
	b.WriteString("links:\n")
	for i := range n - 1 {
		fmt.Fprintf(&b, "  - [r%d:right 10.%d.%d.1/30, r%d:left 10.%d.%d.2/30]\n", i, i/256, i%256, i+1, i/256, i%256)
	}
	return b.String()
}

// star is a lab of n hosts on one bridge, each with a gateway: what is quadratic shows here.
func star(n int) string {
	var b strings.Builder
	b.WriteString("name: star\nnodes:\n  gw: {kind: router}\n  lan: {kind: bridge}\n")
	for i := range n {
		fmt.Fprintf(&b, "  h%d: {gateway: 10.0.0.1}\n", i)
	}
	b.WriteString("links:\n  - [gw:lan 10.0.0.1/16, lan]\n")
	for i := range n {
		fmt.Fprintf(&b, "  - [h%d:eth0 10.0.%d.%d/16, lan]\n", i, 1+i/200, 1+i%200)
	}
	return b.String()
}

func benchLoad(b *testing.B, text string) {
	fsys := fstest.MapFS{"lab.yaml": {Data: []byte(text)}}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, problems := LoadFS(fsys, "lab.yaml"); len(problems) > 0 {
			b.Fatal(problems[0])
		}
	}
}

func BenchmarkLoadChain1000(b *testing.B)  { benchLoad(b, chain(1000)) }
func BenchmarkLoadChain10000(b *testing.B) { benchLoad(b, chain(10000)) }
func BenchmarkLoadStar1000(b *testing.B)   { benchLoad(b, star(1000)) }

func BenchmarkPeer(b *testing.B) {
	plan, problems := LoadFS(fstest.MapFS{"lab.yaml": {Data: []byte(chain(1000))}}, "lab.yaml")
	if len(problems) > 0 {
		b.Fatal(problems[0])
	}
	for b.Loop() {
		if _, _, ok := plan.Peer("r500", "right"); !ok {
			b.Fatal("no peer")
		}
	}
}

func BenchmarkOwnerOf(b *testing.B) {
	plan, problems := LoadFS(fstest.MapFS{"lab.yaml": {Data: []byte(chain(1000))}}, "lab.yaml")
	if len(problems) > 0 {
		b.Fatal(problems[0])
	}
	addr := netip.MustParseAddr("10.3.1.2")
	for b.Loop() {
		if _, _, ok := plan.OwnerOf(addr); !ok {
			b.Fatal("no owner")
		}
	}
}
