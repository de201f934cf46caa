package lab

import (
	"strings"
	"testing"

	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/lab/traffic"
)

// New rules take the place of the old ones at once; those that cannot be loaded change nothing.
func TestSetRuleset(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	l := up(t, rulesPlan(newName()))
	old, err := l.Rules(t.Context(), "fw")
	if err != nil || len(old) != 2 {
		t.Fatalf("%v, %v", old, err)
	}
	ask := func(want path.Verdict) {
		t.Helper()
		p, err := l.Why(t.Context(), "client", "10.0.2.10:7/udp", traffic.AnyFamily)
		if err != nil {
			t.Fatal(err)
		}
		if p.Verdict != want {
			t.Errorf("%s, want %s", p.Headline(), want)
		}
	}
	ask(path.Delivered)

	plan, err := l.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rules := plan.Node("fw").Ruleset
	set := func(node, from, to string) error {
		changed := *rules
		changed.Files = map[string]string{rules.Main: strings.Replace(rules.Files[rules.Main], from, to, 1)}
		return l.SetRuleset(t.Context(), node, &changed)
	}
	if err := set("fw", "dport 7", "dport 9"); err != nil {
		t.Fatal(err)
	}
	ask(path.Drop)
	now, err := l.Rules(t.Context(), "fw")
	if err != nil || len(now) != 2 {
		t.Errorf("handles %v, %v", now, err)
	}
	if plan, err = l.Plan(t.Context()); err != nil || !strings.Contains(plan.Node("fw").Ruleset.Files["fw.nft"], "dport 9") {
		t.Errorf("the plan has %+v, %v", plan.Node("fw").Ruleset, err)
	}

	for _, c := range []struct{ node, to, want string }{
		{"fw", "dport seven", "seven"},
		{"fwx", "dport 7", `there is no such node; did you mean "fw"?`},
	} {
		if err := set(c.node, "dport 7", c.to); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.to, err, c.want)
		}
	}
	if err := l.SetRuleset(t.Context(), "fw", nil); err == nil {
		t.Error("no rules are taken for rules")
	}
	ask(path.Drop)
	if err := set("fw", "", ""); err != nil {
		t.Error(err)
	}
	ask(path.Delivered)
}
