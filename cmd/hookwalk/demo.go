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
	demoLab     = "01-home-nat"
	demoName    = "demo"
	demoPicture = `
  client --- isp --- fw --- web
                      |
                     lan --- pc1, pc2`
	demoFrom   = "client"
	demoTo     = "203.0.113.1:8080/tcp"
	demoFaulty = "fw"
)

func demoCmd() *cobra.Command {
	var keep bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "See the whole story on a lab that comes with the program",
		Long: `Builds a small network, sends a packet that a wrong rule discards, shows why, mends the rule, sends the packet again,
and removes everything. Nothing is faked: the network, the packets and the rules are the kernel's. The host's own
network is not touched, and whatever ends the demo ends the network, too.`,
		Example: "  hookwalk demo",
		Args:    words,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if global.output != "text" {
				return &exitError{exitUsage, errors.New("demo prints text only; why -o json is for machines")}
			}
			return demo(cmd.Context(), cmd.OutOrStdout(), keep)
		},
	}
	cmd.Flags().BoolVar(&keep, "keep", false, "stop behind the reason and leave the lab up, to look around in it")
	return cmd
}

func demo(ctx context.Context, w io.Writer, keep bool) (err error) {
	begin := time.Now()
	plan, problems := topology.LoadFS(labs.FS, demoLab)
	if plan == nil {
		return fmt.Errorf("the demo's lab: %w", problems.Err())
	}
	fmt.Fprintf(w, "%s\n%s\n\n", plan.About, demoPicture)
	l, err := demoUp(ctx, plan)
	if err != nil {
		return upError(ctx, err)
	}
	fmt.Fprintf(w, "1. Build it: %d network namespaces, %d cables, and these rules on %s. Up in %.2f s, as uid %d.\n", len(plan.Nodes),
		len(plan.Links), demoFaulty, time.Since(begin).Seconds(), os.Getuid())
	demoRules(w, plan.Node(demoFaulty).Ruleset)
	kept := false
	defer func() {
		if kept {
			return
		}
		report, downErr := demoDown(l)
		if err == nil && downErr == nil {
			fmt.Fprintf(w, "5. Remove it.\n%s\n\nAll of this took %.2f s. To look around in the lab, and walk through the packet hook by hook:\n"+
				"  %s demo --keep\n", report, time.Since(begin).Seconds(), os.Args[0])
		}
		err = errors.Join(err, downErr)
	}()

	fmt.Fprint(w, "2. The client asks for the web server. What becomes of its packet?\n")
	before, err := demoWhy(ctx, w, l)
	if err != nil {
		return err
	}
	if before.Verdict != path.Drop || len(before.NearMiss) == 0 {
		return &exitError{exitFailed, errors.New("the story went otherwise: the packet should have been dropped, with a near miss")}
	}
	if keep {
		if err := l.Keep(); err != nil {
			return err
		}
		kept = true
		lab := ""
		if l.Name() != demoName {
			lab = "-l " + l.Name() + " "
		}
		fmt.Fprintf(w, "The lab stays up. Walk through the packet, and remove it:\n  %s %stui %s %s\n  %[1]s down %[5]s\n",
			os.Args[0], lab, demoFrom, demoTo, l.Name())
		return nil
	}
	mended, err := demoMend(w, plan.Node(demoFaulty).Ruleset, &before.NearMiss[0])
	if err != nil {
		return err
	}
	if err := l.SetRuleset(ctx, demoFaulty, mended); err != nil {
		return probeError(err)
	}
	fmt.Fprint(w, "4. The same packet again.\n")
	after, err := demoWhy(ctx, w, l)
	if err != nil {
		return err
	}
	if after.Verdict != path.Delivered {
		return &exitError{exitFailed, errors.New("the story went otherwise: the packet should have arrived")}
	}
	return nil
}

// demoUp starts the lab, bound to this process, under another name if its own is taken.
func demoUp(ctx context.Context, plan *topology.Plan) (*lab.Lab, error) {
	plan.Name = demoName
	l, err := lab.Up(ctx, plan, lab.Options{Bound: true}, nil)
	var taken *lab.AlreadyUpError
	if errors.As(err, &taken) {
		plan.Name = fmt.Sprintf("%s-%d", demoName, os.Getpid())
		return lab.Up(ctx, plan, lab.Options{Bound: true}, nil)
	}
	return l, err
}

// demoRules prints the rules with the numbers of their lines, without comments.
func demoRules(w io.Writer, rs *topology.Ruleset) {
	for i, line := range strings.Split(rs.Files[rs.Main], "\n") {
		if text := strings.TrimSpace(line); text != "" && text != "}" && text[0] != '#' {
			fmt.Fprintf(w, "  %3d  %s\n", i+1, strings.ReplaceAll(line, "\t", "  "))
		}
	}
	fmt.Fprintln(w)
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
	fmt.Fprintf(w, "3. Prerouting comes before forward: the rule there sees the packet with its new port. So %s becomes\n  - %s\n  + %s\n\n", miss.Rule.Where(),
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

// demoDown removes the lab, also when the demo was interrupted.
func demoDown(l *lab.Lab) (*lab.Report, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	report, err := l.Down(ctx)
	if err != nil {
		return nil, &exitError{exitImpossible, err}
	}
	return report, nil
}
