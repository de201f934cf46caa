package trace_test

import (
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// BenchmarkWhy is the whole of hookwalk why on a running lab but for the start of the program: the agent, the tables on
// seven nodes, the packet, and the conclusions. send is the same without looking.
func BenchmarkWhy(b *testing.B) {
	needNamespaces(b)
	archive, err := txtar.ParseFile("testdata/home-nat.txtar")
	if err != nil {
		b.Fatal(err)
	}
	l := up(b, plan(b, map[string]string{"lab.yaml": string(archive.Files[0].Data), "fw.nft": string(archive.Files[1].Data)}))
	for _, c := range []struct{ name, from, to string }{
		{"dropped by policy", "client", "203.0.113.1:8080/tcp"},
		{"delivered over nat", "pc1", "198.51.100.7"},
		{"no route", "client", "10.0.1.11"},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := l.Why(b.Context(), c.from, c.to, 0); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("send only", func(b *testing.B) {
		for b.Loop() {
			if _, err := l.Send(b.Context(), "pc1", "198.51.100.7", 0); err != nil {
				b.Fatal(err)
			}
		}
	})
}
