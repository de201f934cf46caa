package lab

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hookwalk/hookwalk/topology"
)

func TestUpStatusDown(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	name := newName()
	var phases []string
	l, err := Up(t.Context(), rulesPlan(name), Options{}, func(p Progress) { phases = append(phases, p.Phase+": "+p.Text) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { down(t, l) })
	want := []string{
		"nodes: 7 network namespaces",
		"links: 6 veth pairs, bridge br0 on lan",
		"addrs: 15 addresses, 10 routes, forwarding on isp fw",
		"nft: fw: 2 rules from fw.nft",
		"ready: 6/6 links up, 5 services listening",
	}
	if !slices.Equal(phases, want) {
		t.Errorf("phases\n%q, want\n%q", phases, want)
	}
	s, err := l.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.NodesUp() != 7 || s.LinksUp() != 6 || s.State != Running || s.Holder.Pid == 0 || s.Name != name {
		t.Errorf("status %+v", s)
	}
	plan, err := l.Plan(t.Context())
	if err != nil || len(plan.Nodes) != 7 || plan.Nodes[2].Name != "fw" {
		t.Errorf("plan %+v, %v", plan, err)
	}

	_, err = Up(t.Context(), homePlan(name), Options{}, nil)
	var taken *AlreadyUpError
	if !errors.As(err, &taken) || taken.Pid != s.Holder.Pid || !strings.Contains(err.Error(), "hookwalk down "+name+" first") {
		t.Errorf("second up: %v", err)
	}
	if _, code := output(t, l, "fw", "ip link set dmz down"); code != 0 {
		t.Error("cannot set a link down")
	}
	if s, err = l.Status(t.Context()); err != nil || s.LinksUp() != 5 {
		t.Errorf("with a link down: %+v, %v", s, err)
	}

	r, err := l.Down(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := r.String(), name+": removed 7 namespaces, 6 veth pairs, 1 bridge, 0 leftovers on the host (checked)"; got != want {
		t.Errorf("report %q, want %q", got, want)
	}
	var gone *NotUpError
	if _, err := l.Down(t.Context()); !errors.As(err, &gone) {
		t.Errorf("second down: %v", err)
	}
	if _, err := l.Status(t.Context()); !errors.As(err, &gone) {
		t.Errorf("status after down: %v", err)
	}
	if _, err := Open(name); !errors.As(err, &gone) || !strings.Contains(err.Error(), "lab "+name+" is not up") {
		t.Errorf("open after down: %v", err)
	}
}

// Of two at once with one name, one wins and the other hears so.
func TestUpTwice(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	name := newName()
	var wg sync.WaitGroup
	labs, errs := make([]*Lab, 2), make([]error, 2)
	for i := range 2 {
		wg.Go(func() { labs[i], errs[i] = Up(context.Background(), homePlan(name), Options{}, nil) })
	}
	wg.Wait()
	var won *Lab
	for i := range 2 {
		var taken *AlreadyUpError
		switch {
		case errs[i] == nil && won == nil:
			won = labs[i]
		case errs[i] == nil:
			t.Error("both are up")
		case !errors.As(errs[i], &taken):
			t.Errorf("the loser hears %v", errs[i])
		}
	}
	if won == nil {
		t.Fatalf("nobody won: %v", errs)
	}
	down(t, won)
}

func TestParallelLabs(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			name := newName()
			l, err := Up(context.Background(), homePlan(name), Options{}, nil)
			if err != nil {
				t.Error(err)
				return
			}
			if found, err := Open(name); err != nil || found.Name() != name {
				t.Errorf("open %s: %v", name, err)
			}
			if got, code := output(t, l, "pc1", "cat /etc/hosts"); code != 0 || !strings.Contains(got, "10.0.1.12\tpc2") {
				t.Errorf("hosts, exit code %d: %s", code, got)
			}
			down(t, l)
		})
	}
	wg.Wait()
}

func TestUpCancelled(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	for _, phase := range []string{"nodes", "links", "addrs", "nft", "ready"} {
		name := newName()
		ctx, cancel := context.WithCancel(t.Context())
		_, err := Up(ctx, rulesPlan(name), Options{}, func(p Progress) {
			if p.Phase == phase {
				cancel()
			}
		})
		cancel()
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled behind %s: %v", phase, err)
		}
		var gone *NotUpError
		if _, err := Open(name); !errors.As(err, &gone) {
			t.Errorf("cancelled behind %s, yet there is a lab: %v", phase, err)
		}
	}
}

// A lab of nothing but nodes, or of nothing, is a lab.
func TestUpSmall(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	up(t, newPlan(newName()))
	p := newPlan(newName())
	addNode(p, "alone", topology.Host)
	addNode(p, "sw", topology.Bridge)
	up(t, p)
}
