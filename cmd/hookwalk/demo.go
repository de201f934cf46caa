package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hookwalk/hookwalk/lab"
	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/lab/traffic"
	"github.com/hookwalk/hookwalk/labs"
	"github.com/hookwalk/hookwalk/topology"
)

// The demo's lab, the packet of its story, and the node whose rules have the mistake.
const (
	demoLab    = "01-home-nat"
	demoFrom   = "client"
	demoTo     = "203.0.113.1:8080/tcp"
	demoFaulty = "fw"
)

func demoCmd() *cobra.Command {
	var keep bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "See the whole story on a lab that comes with the program",
		Long: "Deploys a small network, sends a packet that a wrong rule discards, shows why, mends the rule, sends the packet\n" +
			"again, and removes everything. Nothing is faked: the network, the packets and the rules are the kernel's.",
		Args: words,
		RunE: func(cmd *cobra.Command, _ []string) error { return demo(cmd.Context(), os.Stdout, keep) },
	}
	cmd.Flags().BoolVar(&keep, "keep", false, "leave the lab up, as it was before the rule was mended")
	return cmd
}

func demo(ctx context.Context, w io.Writer, keep bool) (err error) {
	plan, problems := topology.LoadFS(labs.FS, demoLab)
	if plan == nil {
		return fmt.Errorf("the demo's lab: %w", problems.Err())
	}
	plan.Name = demoName(plan.Name)
	fmt.Fprintf(w, "%s\n\n", plan.About)
	begin := time.Now()
	l, err := lab.Up(ctx, plan, lab.Options{Bound: !keep}, nil) // what ends the demo ends its lab
	if err != nil {
		return &exitError{exitImpossible, err}
	}
	fmt.Fprintf(w, "$ hookwalk up %s\n%s: %d nodes, %d links, up in %.2f s as uid %d\n\n", plan.Name, plan.Name, len(plan.Nodes),
		len(plan.Links), time.Since(begin).Seconds(), os.Getuid())
	defer func() {
		if keep && err == nil {
			return
		}
		if downErr := demoDown(w, l); err == nil {
			err = downErr
		}
	}()

	before, err := demoWhy(ctx, w, l)
	if err != nil {
		return err
	}
	if before.Verdict != path.Drop || len(before.NearMiss) == 0 {
		return &exitError{exitFailed, errors.New("the story went otherwise: the packet should have been dropped, with a near miss")}
	}
	if keep {
		fmt.Fprintf(w, "The lab stays up. Walk through it:  hookwalk -l %s tui %s %s\nRemove it:  hookwalk down %s\n",
			plan.Name, demoFrom, demoTo, plan.Name)
		return nil
	}
	mended, err := demoMend(w, plan.Node(demoFaulty).Ruleset, &before.NearMiss[0])
	if err != nil {
		return err
	}
	if err := l.SetRuleset(ctx, demoFaulty, mended); err != nil {
		return &exitError{exitImpossible, err}
	}
	after, err := demoWhy(ctx, w, l)
	if err != nil {
		return err
	}
	if after.Verdict != path.Delivered {
		return &exitError{exitFailed, errors.New("the story went otherwise: the packet should have arrived")}
	}
	fmt.Fprint(w, "Walk through it hook by hook:  hookwalk demo --keep\n\n")
	return nil
}

// demoName is the lab's name with -demo, and with the process id if that is taken.
func demoName(name string) string {
	name += "-demo"
	if _, err := lab.Open(name); err == nil {
		name = fmt.Sprintf("%s-%d", name, os.Getpid())
	}
	return name
}

// demoWhy sends the packet and prints the answer.
func demoWhy(ctx context.Context, w io.Writer, l *lab.Lab) (*path.Path, error) {
	fmt.Fprintf(w, "$ hookwalk why %s %s\n", demoFrom, demoTo)
	p, err := l.Why(ctx, demoFrom, demoTo, traffic.AnyFamily)
	if err != nil {
		return nil, probeError(err)
	}
	path.WriteWhy(w, p)
	fmt.Fprintln(w)
	return p, nil
}

// demoMend changes the rule that nearly matched so that it does, and shows the change.
func demoMend(w io.Writer, rs *topology.Ruleset, miss *path.NearMiss) (*topology.Ruleset, error) {
	lines := strings.Split(rs.Files[rs.Main], "\n")
	if miss.Rule.Line < 1 || miss.Rule.Line > len(lines) {
		return nil, fmt.Errorf("%s is not a line of the demo's rules", miss.Rule.Where())
	}
	old := lines[miss.Rule.Line-1]
	mended := strings.Replace(old, miss.Expr, strings.TrimSuffix(miss.Expr, miss.Want)+miss.Got, 1)
	fmt.Fprintf(w, "The forward chain sees the packet after DNAT, with its new port. So, in %s:\n  - %s\n  + %s\n\n", miss.Rule.Where(),
		strings.TrimSpace(old), strings.TrimSpace(mended))
	lines[miss.Rule.Line-1] = mended
	out := *rs
	out.Files = map[string]string{}
	for name, text := range rs.Files {
		out.Files[name] = text
	}
	out.Files[rs.Main] = strings.Join(lines, "\n")
	return &out, nil
}

// demoDown removes the lab also when the demo was interrupted.
func demoDown(w io.Writer, l *lab.Lab) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	begin := time.Now()
	report, err := l.Down(ctx)
	if err != nil {
		return &exitError{exitImpossible, err}
	}
	fmt.Fprintf(w, "$ hookwalk down %s\n%s  (%.2f s)\n", l.Name(), report, time.Since(begin).Seconds())
	return nil
}
