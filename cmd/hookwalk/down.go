package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/hookwalk/hookwalk/lab"
)

func downCmd() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "down [LAB...]",
		Short: "End labs, and prove that nothing is left",
		Long: `Ends the lab with everything that runs in it, and then looks whether anything is left. Without LAB it is the only
one that is up. A lab can always be ended, whatever state it is in.

Exit code 1 if something is left, 3 if the lab is not up.`,
		Example: "  hookwalk down\n  hookwalk down --all",
		Args:    words,
		RunE: func(cmd *cobra.Command, args []string) error {
			if all && len(args) > 0 {
				return &exitError{exitUsage, errors.New("down: --all or names, not both")}
			}
			labs, err := downLabs(all, args)
			if err != nil {
				return err
			}
			return runDown(cmd.Context(), cmd.OutOrStdout(), labs)
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "end all labs of this user")
	return cmd
}

// downLabs finds the labs that are meant.
func downLabs(all bool, names []string) ([]*lab.Lab, error) {
	if all {
		labs, err := lab.List()
		if err != nil {
			return nil, &exitError{exitImpossible, err}
		}
		var mine []*lab.Lab
		for _, l := range labs {
			if l.Mine() {
				mine = append(mine, l)
			}
		}
		return mine, nil
	}
	if len(names) == 0 {
		names = []string{global.lab}
	}
	var labs []*lab.Lab
	for _, name := range names {
		l, err := lab.Open(name)
		if err != nil {
			return nil, &exitError{exitImpossible, fmt.Errorf("down: %w", err)}
		}
		labs = append(labs, l)
	}
	return labs, nil
}

// runDown ends the labs one after the other. It does not stop at an error: the rest is to be ended all the same.
func runDown(ctx context.Context, out io.Writer, labs []*lab.Lab) error {
	var errs []error
	reports := []*lab.Report{}
	left := false
	for _, l := range labs {
		r, err := l.Down(ctx)
		if err != nil {
			errs = append(errs, fmt.Errorf("down: %w", err))
			continue
		}
		reports = append(reports, r)
		left = left || len(r.Left) > 0
		if global.output == "text" {
			if _, err := fmt.Fprintln(out, r); err != nil {
				errs = append(errs, fmt.Errorf("down: lab %s is removed, but %w", l.Name(), err))
			}
		}
	}
	switch {
	case global.output != "text":
		errs = append(errs, writeJSON(out, struct {
			V    int           `json:"v"`
			Labs []*lab.Report `json:"labs"`
		}{1, reports}))
	case len(labs) == 0:
		_, err := fmt.Fprintln(out, "no lab is up")
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return &exitError{exitImpossible, err}
	}
	if left {
		return &exitError{Code: exitFailed}
	}
	return nil
}
