package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/hookwalk/hookwalk/lab/probe"
)

func doctorCmd() *cobra.Command {
	var o probe.Options
	cmd := &cobra.Command{
		Use:   "doctor [FEATURE...]",
		Short: "Find out what this kernel and this user can do, by trying",
		Long: `Tries everything that labs may use, in namespaces that are gone afterwards, and says for each feature whether it is
there, what is missing, what that costs, and the cure. With FEATUREs it tries only those.

The kernel may load modules while features are tried, as it does whenever somebody uses them. Some modules make a device
in the host's network namespace when they are loaded (dummy0, bond0, ifb0, tunl0, gre0, sit0); they are left alone
unless root asks for it with --load-modules.

Exit code 3 if labs do not work here; with FEATUREs, if one of them is not there.`,
		Example: "  hookwalk doctor\n  hookwalk doctor flowtable netem",
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, f := range probe.Features() {
				names = append(names, string(f))
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			all := probe.Features()
			for _, a := range args {
				if !slices.Contains(all, probe.Feature(a)) {
					return &exitError{exitUsage, fmt.Errorf("doctor: there is no feature %q; hookwalk doctor lists them", a)}
				}
				o.Features = append(o.Features, probe.Feature(a))
			}
			if o.LoadModules && os.Geteuid() != 0 {
				return &exitError{exitImpossible, errors.New("doctor: --load-modules changes the host's network namespace: run it as root")}
			}
			return runDoctor(cmd.Context(), cmd.OutOrStdout(), o)
		},
	}
	cmd.Flags().BoolVar(&o.LoadModules, "load-modules", false, "also load modules that make a device on the host")
	return cmd
}

func runDoctor(ctx context.Context, out io.Writer, o probe.Options) error {
	r := probe.NewReport(ctx, o)
	if err := ctx.Err(); err != nil {
		return err
	}
	var err error
	if global.output == "text" {
		err = r.Text(out)
	} else {
		err = writeJSON(out, r)
	}
	good := r.Labs
	if o.Features != nil {
		good = r.Complete()
	}
	if err == nil && !good {
		err = &exitError{Code: exitImpossible}
	}
	return err
}
