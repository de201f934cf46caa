package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/hookwalk/hookwalk/lab"
	"github.com/hookwalk/hookwalk/topology"
)

// changed is what a second up did, or would do, as a part of its JSON.
type changed struct {
	Changes []topology.Change `json:"changes"`
	Writes  *uint64           `json:"writes,omitempty"` // not with --dry-run
}

// runChange changes a lab that is up. The report is filled in.
func runChange(ctx context.Context, out io.Writer, l *lab.Lab, plan *topology.Plan, r *upReport, step func(lab.Progress), begin time.Time) error {
	text := global.output == "text"
	was, err := l.Plan(ctx)
	if err != nil {
		return changeError(ctx, l, err)
	}
	c := topology.Diff(was, plan)
	if text {
		writeChanges(ctx, out, l, c)
	}
	a, err := l.Apply(ctx, plan, lab.Options{Dir: filepath.Dir(plan.File)}, step)
	if err != nil {
		return changeError(ctx, l, err)
	}
	c.List = a.Changes // somebody else may have changed the lab in between
	r.Took = time.Since(begin)
	r.changed = &changed{a.Changes, &a.Writes}
	switch {
	case !text:
		err = writeJSON(out, r)
	case c.Empty():
		_, err = fmt.Fprintf(out, "%s: the file says what it said before; nothing was written\n", plan.Name)
	default:
		_, err = fmt.Fprintf(out, "changed in %.2f s: %s\n", r.Took.Seconds(), c.Summary())
	}
	if err != nil && !errors.Is(err, syscall.EPIPE) {
		return fmt.Errorf("up: lab %s is changed, but %w", plan.Name, err)
	}
	return nil
}

// writeChanges shows what is different. That it cannot be written is said at the end.
func writeChanges(ctx context.Context, out io.Writer, l *lab.Lab, c *topology.Changes) {
	if s, err := l.Status(ctx); err == nil {
		if file, err := filepath.Abs(c.New.File); err == nil && s.File != file {
			fmt.Fprintf(out, "  file %s, until now %s\n", shortPath(file), shortPath(s.File))
		}
	}
	_ = c.WriteText(out, painter(out))
}

// painter colours changes on a terminal: green comes, red goes, yellow changes. The signs say the same.
func painter(out io.Writer) topology.Paint {
	f, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) || global.color == "never" || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return nil
	}
	colours := map[topology.ChangeOp]string{topology.Added: "32", topology.Removed: "31", topology.Changed: "33"}
	return func(op topology.ChangeOp, line string) string { return "\x1b[" + colours[op] + "m" + line + "\x1b[0m" }
}

// changeError says at which phase a change stopped.
func changeError(ctx context.Context, l *lab.Lab, err error) error {
	state := "the lab is as it was"
	if s, errStatus := l.Status(context.WithoutCancel(ctx)); errStatus != nil {
		state = "the lab is gone"
	} else if s.State == lab.Broken {
		state = "and what was done could not be undone"
	}
	var op *lab.OpError
	if ctx.Err() != nil && !errors.As(err, &op) {
		return &exitError{exitInterrupted, errors.New("up: interrupted; " + state)}
	}
	code := exitImpossible
	if errors.As(err, &op) && op.Bad {
		code = exitUsage
	}
	if op != nil && op.Phase != "" {
		return &exitError{code, fmt.Errorf("up: stopped at %q, %s:\n%w", op.Phase, state, err)}
	}
	return &exitError{code, fmt.Errorf("up: %w", err)}
}

// dryRun is what up --dry-run found, as JSON.
type dryRun struct {
	V       int               `json:"v"`
	Lab     string            `json:"lab"`
	File    string            `json:"file"`
	Up      bool              `json:"up"`
	Changes []topology.Change `json:"changes"`
}

// runDryRun shows what up would change, and ends with 1 if that is anything.
func runDryRun(ctx context.Context, out io.Writer, plan *topology.Plan) error {
	c := topology.Diff(&topology.Plan{V: topology.PlanVersion, Name: plan.Name, About: plan.About}, plan)
	d := dryRun{V: 1, Lab: plan.Name, File: plan.File}
	l, err := lab.Open(plan.Name)
	var missing *lab.NotUpError
	switch {
	case errors.As(err, &missing):
	case err != nil:
		return &exitError{exitImpossible, fmt.Errorf("up: %w", err)}
	default:
		was, err := l.Plan(ctx)
		if err != nil {
			return &exitError{exitImpossible, fmt.Errorf("up: %w", err)}
		}
		d.Up = true
		c = topology.Diff(was, plan)
	}
	d.Changes = c.List
	if global.output != "text" {
		err = writeJSON(out, d)
	} else {
		err = writeDryRun(ctx, out, l, plan, c)
	}
	if err == nil && (!d.Up || !c.Empty()) {
		return &exitError{Code: exitFailed}
	}
	return err
}

func writeDryRun(ctx context.Context, out io.Writer, l *lab.Lab, plan *topology.Plan, c *topology.Changes) error {
	if l == nil {
		_, err := fmt.Fprintf(out, "%s is not up; up would make %s and %s\n", plan.Name, lintCount(len(plan.Nodes), "node"), lintCount(len(plan.Links), "link"))
		return err
	}
	writeChanges(ctx, out, l, c)
	if c.Empty() {
		_, err := fmt.Fprintf(out, "%s: the file says what it said before\n", plan.Name)
		return err
	}
	_, err := fmt.Fprintf(out, "%s: %s; nothing was done\n", plan.Name, c.Summary())
	return err
}

// MarshalJSON has the changes beside the other fields.
func (r upReport) MarshalJSON() ([]byte, error) {
	type plain upReport // without this method
	return json.Marshal(struct {
		plain
		*changed
	}{plain(r), r.changed})
}
