package trace_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookwalk/hookwalk/lab"
	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/lab/trace"
	"github.com/hookwalk/hookwalk/topology"
)

// watched is a lab with everything that an observer could change: counters, marks, connection tracking on one node and
// none on the others.
//
//	client -- plain -- fw -- server      10.0.0.0/8: plain sends it to fw, and fw to plain
var watched = map[string]string{"lab.yaml": `
nodes:
  client: {gateway: 192.0.2.1}
  plain: {kind: router, routes: [198.51.100.0/24 via 203.0.113.2, 10.0.0.0/8 via 203.0.113.2]}
  fw: {kind: router, gateway: 203.0.113.1, nft: fw.nft}
  server: {gateway: 198.51.100.1, services: [http, echo]}
links:
  - [client:eth0 192.0.2.7/24, plain:eth0 192.0.2.1/24]
  - [plain:eth1 203.0.113.1/30, fw:eth0 203.0.113.2/30]
  - [fw:eth1 198.51.100.1/24, server:eth0 198.51.100.10/24]
`, "fw.nft": `
table ip t {
	chain pre {
		type filter hook prerouting priority raw; policy accept;
		counter
		meta mark 0 counter meta mark set 7
	}
	chain across {
		type filter hook forward priority filter; policy accept;
		ct state new counter
		ct state established counter
		meta mark 7 counter
		meta mark != 7 counter
		tcp dport 81 counter drop
	}
	chain post {
		type nat hook postrouting priority srcnat;
		oifname "eth1" counter masquerade
	}
}
`}

// shell runs a command line in a node and gives what it writes.
func shell(t *testing.T, l *lab.Lab, node, line string) string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	text := make(chan string)
	go func() {
		b, _ := io.ReadAll(r) // a pipe only ends
		text <- string(b)
	}()
	code, err := l.Exec(t.Context(), lab.Command{Node: node, Args: []string{"sh", "-c", line}, Stdout: w, Stderr: w})
	w.Close()
	got := <-text
	if err != nil || code != 0 {
		t.Fatalf("%s on %s: code %d, %v\n%s", line, node, code, err, got)
	}
	return got
}

// state is what an observer must leave as it is: the rules with their counters, and the number of tracked connections.
func state(t *testing.T, l *lab.Lab) string {
	t.Helper()
	var b strings.Builder
	for _, node := range []string{"client", "plain", "fw", "server"} {
		fmt.Fprintf(&b, "%s\n%s%s", node, shell(t, l, node, "nft list ruleset"), shell(t, l, node, "cat /proc/sys/net/netfilter/nf_conntrack_count"))
	}
	return b.String()
}

// A packet that is traced meets the same rules, counts in the same counters, is marked and tracked as one that is not.
func TestObserverChangesNothing(t *testing.T) {
	needNamespaces(t)
	needProgram(t, "nft")
	// no handshake that succeeds: how many packets its end takes is a matter of luck
	asked := []string{"server", "server:99/tcp", "server:81/tcp", "server:7/udp", "server:99/udp"}
	var states []string
	for _, traced := range []bool{false, true} {
		l := up(t, plan(t, watched))
		for _, to := range asked {
			var err error
			if traced {
				_, err = l.Why(t.Context(), "client", to, 0)
			} else {
				_, err = l.Send(t.Context(), "client", to, 0)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		states = append(states, state(t, l))
	}
	if !strings.Contains(states[0], "packets 5 ") {
		t.Fatalf("the counters do not count:\n%s", states[0])
	}
	if d := cmp.Diff(states[0], states[1]); d != "" {
		t.Errorf("(-untraced +traced):\n%s", d)
	}
}

func init() {
	lab.RegisterAgent("test-hold", func(_ context.Context, conn net.Conn, arg json.RawMessage) error {
		var p *topology.Plan
		if err := json.Unmarshal(arg, &p); err != nil {
			return err
		}
		return trace.Hold(trace.NewNetwork(p, nil), "client", func() error {
			_, err := fmt.Fprintln(conn, os.Getpid())
			return err
		})
	})
	lab.RegisterAgent("test-small-buffer", func(ctx context.Context, conn net.Conn, arg json.RawMessage) error {
		var p *topology.Plan
		if err := json.Unmarshal(arg, &p); err != nil {
			return err
		}
		*trace.ReadBufferBytes = 1 // the kernel gives SOCK_MIN_RCVBUF
		// round and round between two routers, many events in no time
		rec, err := trace.Run(ctx, trace.NewNetwork(p, nil), trace.Request{From: "client", To: "10.0.0.1", Proto: "icmp",
			Dst: netip.MustParseAddr("10.0.0.1")})
		if err != nil {
			return err
		}
		return json.NewEncoder(conn).Encode(rec)
	})
}

// When the tracer is killed, its tables are gone with it, on all nodes.
func TestTablesVanish(t *testing.T) {
	needNamespaces(t)
	needProgram(t, "nft")
	l := up(t, plan(t, watched))
	before := state(t, l)
	p, err := l.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	a, err := l.Agent(t.Context(), "test-hold", p)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	var pid int
	if _, err := fmt.Fscanln(a, &pid); err != nil {
		t.Fatal(err)
	}
	for _, node := range []string{"client", "plain", "fw", "server"} {
		if rules := shell(t, l, node, "nft list ruleset"); !strings.Contains(rules, path.TracerTable) {
			t.Fatalf("no table of the tracer on %s:\n%s", node, rules)
		}
	}
	shell(t, l, "client", fmt.Sprintf("kill -9 %d", pid))
	if _, err := io.ReadAll(a); err == nil {
		t.Error("the end of a killed agent looks like a good one")
	}
	if d := cmp.Diff(before, state(t, l)); d != "" {
		t.Errorf("(-before +after the tracer was killed):\n%s", d)
	}
}

// A buffer that is too small loses events. They are counted, and what nobody saw is not claimed.
func TestLostEvents(t *testing.T) {
	needNamespaces(t)
	l := up(t, plan(t, watched))
	p, err := l.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	a, err := l.Agent(t.Context(), "test-small-buffer", p)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	var rec path.Recording
	if err := json.NewDecoder(a).Decode(&rec); err != nil {
		t.Fatal(err)
	}
	way := path.Assemble(trace.NewNetwork(p, nil), &rec)
	var text bytes.Buffer
	path.WriteWhy(&text, way)
	t.Logf("\n%s", &text)
	if way.Lost == 0 || !strings.Contains(text.String(), "trace events") {
		t.Errorf("nothing was lost in a buffer of the smallest size: %v", rec.Lost)
	}
	if way.Verdict == path.Lost || way.Verdict == path.Drop {
		t.Errorf("verdict %s: out of events that were not recorded", way.Verdict)
	}
}

// Two hundred questions at the same time, about packets that look alike: each is answered with its own.
func TestManyAtOnce(t *testing.T) {
	needNamespaces(t)
	questions := 200
	if testing.Short() || underRace {
		questions = 20
	}
	l := up(t, plan(t, watched))
	var wg sync.WaitGroup
	for i := range questions {
		to := []string{"server:80/tcp", "server:81/tcp", "server", "server:7/udp"}[i%4]
		wg.Go(func() {
			p, err := l.Why(t.Context(), "client", to, 0)
			if err != nil {
				t.Errorf("%s: %v", to, err)
				return
			}
			want := path.Delivered
			if to == "server:81/tcp" {
				want = path.Drop
			}
			if p.Verdict != want || p.Lost > 0 {
				t.Errorf("%s: %s, %d events lost", to, p.Headline(), p.Lost)
			}
			if n := strings.Join(p.Nodes, " "); n != "client plain fw server" && n != "client plain fw" {
				t.Errorf("%s: over %s", to, n)
			}
			for _, s := range p.Steps { // the source is rewritten behind fw only
				if s.Node != "server" && (s.Packet.Sport != p.Probe.Sport || s.Packet.Dport != p.Probe.Dport) {
					t.Errorf("%s from port %d: step %d is of %s", to, p.Probe.Sport, s.N, s.Packet.String())
				}
			}
		})
	}
	wg.Wait()
}
