package lab

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/lab/netns"
	"github.com/hookwalk/hookwalk/lab/traffic"
)

func init() {
	RegisterAgent("test-echo", func(_ context.Context, conn net.Conn, arg json.RawMessage) error {
		fmt.Fprintf(conn, "%s\n", arg)
		_, err := io.Copy(conn, conn)
		return err
	})
	RegisterAgent("test-fail", func(context.Context, net.Conn, json.RawMessage) error { return errors.New("as agreed") })
	RegisterAgent("test-panic", func(context.Context, net.Conn, json.RawMessage) error { panic("as agreed") })
	RegisterAgent("test-forever", func(_ context.Context, conn net.Conn, _ json.RawMessage) error {
		fmt.Fprintln(conn, "ready")
		for {
			_ = unix.Pause() // not select {}: without cgo, the runtime ends a program where nothing else can happen
		}
	})
	RegisterAgent("test-devices", func(_ context.Context, conn net.Conn, arg json.RawMessage) error {
		var nodes []string
		if err := json.Unmarshal(arg, &nodes); err != nil {
			return err
		}
		for _, n := range nodes {
			err := netns.Do(n, func() error {
				b, err := os.ReadFile("/proc/thread-self/net/dev")
				fmt.Fprintf(conn, "%s %v\n", n, strings.Contains(string(b), "dmz:"))
				return err
			})
			if err != nil {
				return err
			}
		}
		b, err := os.ReadFile("/proc/self/net/dev") // the agent itself is in no node
		fmt.Fprintf(conn, "self %v\n", strings.Contains(string(b), "eth0:") || strings.Contains(string(b), "dmz:"))
		return err
	})
}

func TestAgent(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	l := up(t, homePlan(newName()))

	a, err := l.Agent(t.Context(), "test-echo", map[string]int{"x": 1})
	if err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(a)
	fmt.Fprintln(a, "hello")
	for _, want := range []string{"{\"x\":1}\n", "hello\n"} {
		if got, err := r.ReadString('\n'); got != want {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}

	if a, err = l.Agent(t.Context(), "test-devices", []string{"fw", "web"}); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(a); string(b) != "fw true\nweb false\nself false\n" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	a.Close()

	for role, want := range map[string]string{"test-fail": "as agreed", "test-panic": "panic: as agreed"} {
		if a, err = l.Agent(t.Context(), role, nil); err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(a); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %q, %v", role, b, err)
		}
		a.Close()
	}
	if _, err := l.Agent(t.Context(), "no-such-role", nil); err == nil {
		t.Error("an agent without a role")
	}
	if a, err = l.Agent(t.Context(), "test-devices", []string{"nowhere"}); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(a); err == nil || !strings.Contains(err.Error(), "network namespace nowhere: there is none of this name") {
		t.Errorf("unknown node: %v", err)
	}
	a.Close()
}

// An agent ends with its client, and with the lab.
func TestAgentEnds(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	l := up(t, homePlan(newName()))
	count := func() string {
		got, _ := output(t, l, "pc1", "cat /proc/[0-9]*/comm | grep -c hookwalk-agent")
		return got
	}
	start := func() *Agent {
		a, err := l.Agent(t.Context(), "test-forever", nil)
		if err != nil {
			t.Fatal(err)
		}
		if s, err := bufio.NewReader(a).ReadString('\n'); s != "ready\n" {
			t.Fatal(s, err)
		}
		return a
	}
	a := start()
	if got := count(); got != "1" {
		t.Errorf("%s agents", got)
	}
	a.Close()
	b := start()
	for count() != "1" { // the first ends on its own; the second stays
		if t.Context().Err() != nil {
			t.Fatal("the agent of a client that is gone goes on")
		}
	}
	down(t, l)
	if _, err := io.ReadAll(b); err == nil || !strings.Contains(err.Error(), "the lab went down") {
		t.Errorf("after down: %v", err)
	}
	b.Close()
}

// A tracer that is killed, at whatever moment, takes its tables with it; the rules of the lab stay as they were.
func TestWhyInterrupted(t *testing.T) {
	nft, err := exec.LookPath("nft")
	if err != nil {
		t.Skip("nft is not installed")
	}
	needNamespaces(t)
	t.Parallel()
	l := up(t, rulesPlan(newName()))
	const everywhere = "for n in client isp fw lan web; do ip netns exec $n %s list ruleset; done"
	rules := fmt.Sprintf(everywhere, nft)
	before, code := output(t, l, "fw", rules)
	if code != 0 || !strings.Contains(before, "udp dport 7 accept") {
		t.Fatalf("exit code %d: %s", code, before)
	}
	begin := time.Now()
	if _, err := l.Why(t.Context(), "client", "10.0.2.10:7/udp", traffic.AnyFamily); err != nil {
		t.Fatal(err)
	}
	took := time.Since(begin)
	finished, rounds := 0, 30
	if testing.Short() {
		rounds = 10
	}
	for i := range rounds {
		after := took * time.Duration(i) * 3 / time.Duration(2*rounds)
		ctx, cancel := context.WithTimeout(t.Context(), after)
		_, err := l.Why(ctx, "client", "10.0.2.10:7/udp", traffic.AnyFamily)
		cancel()
		if err == nil {
			finished++
		} else if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("interrupted after %v: %v", after, err)
		}
		for left := "?"; left != "0"; { // the holder ends the tracer on its own
			left, _ = output(t, l, "fw", "cat /proc/[0-9]*/comm | grep -c hookwalk-agent")
		}
		if now, _ := output(t, l, "fw", rules); now != before {
			t.Fatalf("interrupted after %v, the rules differ (-before +after):\n%s", after, cmp.Diff(before, now))
		}
	}
	if finished == rounds {
		t.Error("none was interrupted")
	}
}
