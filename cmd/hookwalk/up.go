package main

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/hookwalk/hookwalk/lab"
	"github.com/hookwalk/hookwalk/topology"
)

func upCmd() *cobra.Command {
	var dry bool
	cmd := &cobra.Command{
		Use:   "up [FILE]",
		Short: "Deploy a topology file as a living lab, or change the one that is up",
		Long: `Reads the file and everything that it names, checks all of it, and builds the lab. When the command returns, the
first packet arrives. FILE may be a folder with a lab.yaml; without FILE it is the current one.

An error at any point, Ctrl-C, or the death of this command removes everything again.

If the lab is up, it is changed in place: only what is different in the file is added, removed or changed. The rest goes
on, with its processes, connections and counters. After an error or Ctrl-C the lab is as it was. --dry-run only shows
what would change, and ends with 1 if anything would.

Exit code 2 for a bad file, 3 if this machine or user cannot.`,
		Example: "  hookwalk up home-nat.yaml\n  hookwalk up --dry-run home-nat.yaml",
		Args:    words,
		RunE: func(cmd *cobra.Command, args []string) error {
			file := "."
			if len(args) == 1 {
				file = args[0]
			}
			return runUp(cmd, file, dry)
		},
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "show what would change, and change nothing")
	return cmd
}

// upReport is what up did, as JSON.
type upReport struct {
	V      int            `json:"v"`
	Lab    string         `json:"lab"`
	File   string         `json:"file"`
	Nodes  int            `json:"nodes"`
	Links  int            `json:"links"`
	Phases []lab.Progress `json:"phases"`
	Took   time.Duration  `json:"tookNs"`

	changed *changed // nil: the lab was not up
}

func runUp(cmd *cobra.Command, file string, dry bool) error {
	ctx, out, errOut := cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr()
	signal.Ignore(syscall.SIGPIPE) // that nobody reads about it, as in up | head -1, is no reason to stop
	begin := time.Now()
	plan, problems := topology.Load(file)
	if err := problems.Render(errOut); err != nil {
		return err
	}
	if plan == nil {
		errs, _ := problems.Count()
		return &exitError{exitUsage, fmt.Errorf("up: %s; nothing was done", lintCount(errs, "error"))}
	}
	if name := global.lab; name != plan.Name && cmd.Flags().Changed("lab") {
		return &exitError{exitUsage, fmt.Errorf("up: -l %s: the name of a lab is in its file, and this one is %s", name, plan.Name)}
	}
	if dry {
		return runDryRun(ctx, out, plan)
	}
	r := upReport{V: 1, Lab: plan.Name, File: plan.File, Nodes: len(plan.Nodes), Links: len(plan.Links)}
	text := global.output == "text"
	if text {
		fmt.Fprintf(out, "%s: %s, %s\n", plan.Name, lintCount(r.Nodes, "node"), lintCount(r.Links, "link"))
	}
	step := func(p lab.Progress) {
		r.Phases = append(r.Phases, p)
		if text {
			fmt.Fprintf(out, "  ok  %-7s %-48s %5d ms\n", p.Phase, p.Text, p.Took.Milliseconds())
		}
	}
	_, warnings := problems.Count()
	step(lab.Progress{Phase: "check", Text: "0 errors, " + lintCount(warnings, "warning"), Took: time.Since(begin)})
	_, err := lab.Up(ctx, plan, lab.Options{Dir: filepath.Dir(plan.File)}, step)
	var taken *lab.AlreadyUpError
	if errors.As(err, &taken) && !taken.Starting && taken.Pid != 0 {
		l, err := lab.Open(plan.Name)
		if err != nil {
			return &exitError{exitImpossible, fmt.Errorf("up: %w", err)}
		}
		return runChange(ctx, out, l, plan, &r, step, begin)
	}
	if err != nil {
		return upError(ctx, err)
	}
	r.Took = time.Since(begin)
	if text {
		_, err = fmt.Fprintf(out, "up in %.2f s    next: %s\n", r.Took.Seconds(), next(plan))
	} else {
		err = writeJSON(out, r)
	}
	if err != nil && !errors.Is(err, syscall.EPIPE) {
		return fmt.Errorf("up: lab %s is up, but %w", plan.Name, err)
	}
	return nil
}

// upError says at which phase up stopped.
func upError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return &exitError{exitInterrupted, errors.New("up: interrupted; everything is removed again")}
	}
	var op *lab.OpError
	if errors.As(err, &op) && op.Phase != "" {
		code := exitImpossible
		if op.Bad {
			code = exitUsage
		}
		return &exitError{code, fmt.Errorf("up: stopped at %q, everything is removed again:\n%w", op.Phase, err)}
	}
	return &exitError{exitImpossible, fmt.Errorf("up: %w", err)}
}

// next is what one may do with the lab now.
func next(p *topology.Plan) string {
	var from, to string
	for i := range p.Nodes {
		n := &p.Nodes[i]
		if n.Kind == topology.Bridge || len(p.AddrsOf(n.Name)) == 0 {
			continue
		}
		switch {
		case from == "":
			from = n.Name
		case len(n.Services) > 0:
			s := n.Services[0]
			return fmt.Sprintf("hookwalk tui | hookwalk why %s %s:%d/%s | hookwalk down", from, n.Name, s.Port, s.Proto)
		default:
			to = n.Name
		}
	}
	if to == "" {
		return "hookwalk status | hookwalk down"
	}
	return fmt.Sprintf("hookwalk tui | hookwalk why %s %s | hookwalk down", from, to)
}
