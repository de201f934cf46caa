package lab

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/lab/probe"
	"github.com/hookwalk/hookwalk/topology"
)

// flowRules put the connections that fw forwards into a flowtable of two of its interfaces.
const flowRules = `table inet filter {
	flowtable fast {
		hook ingress priority filter
		devices = { wan, dmz }
		counter
	}
	chain forward {
		type filter hook forward priority filter; policy drop;
		ct state established,related flow add @fast counter
		ct state established,related accept
		udp dport 7 accept
	}
}
`

// TestFlowtable: a flowtable finds the interfaces of its node, and connections take the fast path. Where the kernel has no
// flowtables, up says so, with the cure.
func TestFlowtable(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	plan := homePlan(newName())
	rules := &topology.Ruleset{Main: "fw.nft", Pos: topology.Pos{File: plan.File, Line: 3, Col: 9}, Files: map[string]string{"fw.nft": flowRules}}
	plan.Node("fw").Ruleset = rules
	if missing := probe.Require(t.Context(), probe.Flowtable); missing != nil {
		_, err := Up(t.Context(), plan, Options{}, nil)
		if !errors.Is(err, unix.ENOENT) || !strings.Contains(err.Error(), "fw.nft:2:2: the kernel refuses flowtable fast: no such file or directory") ||
			!strings.Contains(err.Error(), "nft_flow_offload (CONFIG_NF_FLOW_TABLE, CONFIG_NFT_FLOW_OFFLOAD)") {
			t.Errorf("up: %v", err)
		}
		t.Skip(missing)
	}
	l := up(t, plan)
	// Each program says three things to the echo service of web: the second answer finds the connection established.
	const talk = `exec 3<> /dev/udp/10.0.2.10/7; for i in 1 2 3; do echo $i >&3; read -t 5 line <&3; echo "got $line"; done`
	text, code := output(t, l, "client", "bash -c '"+talk+"'")
	if code != 0 || strings.Count(text, "got ") != 3 || !strings.Contains(text, "got 3") {
		t.Fatalf("exit status %d: %s", code, text)
	}
	if text, _ = output(t, l, "fw", "cat /proc/net/nf_conntrack"); !strings.Contains(text, "[OFFLOAD]") {
		t.Errorf("no connection is in the flowtable:\n%s", text)
	}
	// The same rules again: the old flowtable goes and the new one takes its devices in one transaction.
	if err := l.SetRuleset(t.Context(), "fw", rules); err != nil {
		t.Error(err)
	}

	// A device that the node does not have.
	bad := homePlan(newName())
	bad.Node("fw").Ruleset = &topology.Ruleset{Main: "fw.nft", Pos: rules.Pos, Files: map[string]string{"fw.nft": strings.Replace(flowRules, "dmz }", "dmx }", 1)}}
	_, err := Up(t.Context(), bad, Options{}, nil)
	if !errors.Is(err, unix.ENOENT) || !strings.Contains(err.Error(), "there is no device `dmx` in this network namespace") {
		t.Errorf("up: %v", err)
	}
}
