package netmap

import (
	"testing"

	"github.com/hookwalk/hookwalk/topology"
)

func TestPort(t *testing.T) {
	n := &topology.Node{Services: []topology.Service{
		{Name: "http", Proto: "tcp", Port: 80}, {Name: "echo", Proto: "tcp", Port: 7}, {Name: "echo", Proto: "udp", Port: 7},
		{Name: "discard", Proto: "udp", Port: 9},
	}}
	for i, want := range []string{":80", ":7/tcp", ":7/udp", ":9/udp"} {
		if got := Port(n, &n.Services[i]); got != want {
			t.Errorf("%v: %s, want %s", n.Services[i], got, want)
		}
	}
}
