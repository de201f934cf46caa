package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/hookwalk/hookwalk/lab"
	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/lab/traffic"
	"github.com/hookwalk/hookwalk/tui"
)

func tuiCmd() *cobra.Command {
	var flags probeFlags
	var keys string
	cmd := &cobra.Command{
		Use:   "tui [NODE TARGET]",
		Short: "Open the terminal UI on a lab, and on a packet",
		Long: "Shows the lab as a map. With NODE and TARGET a packet is sent first and the screen opens on its way through the\n" +
			"hooks. ? shows the keys.\n\n" + targetHelp,
		Example: "  hookwalk tui client 203.0.113.1:8080/tcp",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 0 && len(args) != 2 {
				return fmt.Errorf("tui takes nothing, or a node and a target; it got %d words", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if !term.IsTerminal(int(os.Stdin.Fd())) || !term.IsTerminal(int(os.Stdout.Fd())) {
				return &exitError{exitUsage, errors.New("tui needs a terminal; why, trace and status print the same as text or JSON")}
			}
			return runTUI(cmd.Context(), args, flags.family(), keys)
		},
	}
	flags.add(cmd)
	cmd.Flags().StringVar(&keys, "keys", "", "press these keys at the start, for documentation and tests")
	return cmd
}

func runTUI(ctx context.Context, args []string, family traffic.Family, keys string) error {
	l, err := openLab()
	if err != nil {
		return err
	}
	status, err := l.Status(ctx)
	if err != nil {
		return &exitError{exitImpossible, err}
	}
	plan, err := l.Plan(ctx)
	if err != nil {
		return &exitError{exitImpossible, err}
	}
	config := tui.Config{Plan: plan, Started: status.Started, Keys: keys, ASCII: global.ascii, NoColor: global.color == "never",
		Mouse: true, CanSuspend: canSuspend, Actions: tui.Actions{
			Send: func(ctx context.Context, from, to string) (*path.Path, error) {
				return l.Why(ctx, from, to, family)
			},
			Shell: func(ctx context.Context, node string, stdin io.Reader, stdout, stderr io.Writer) error {
				return shellIn(ctx, l, node)
			},
		},
		Watch: func(ctx context.Context, show func(tui.Links)) {
			_ = l.WatchFaults(ctx, func(faults []lab.Fault) { // a lab that is gone changes no more
				down, impaired := lab.Ends(plan, faults)
				show(tui.Links{Down: down, Impaired: impaired})
			})
		}}
	if len(args) == 2 {
		config.Sent = time.Now()
		p, err := l.Why(ctx, args[0], args[1], family)
		if err != nil {
			return probeError(err)
		}
		config.Paths, config.Screen = []*path.Path{p}, tui.Step
	}
	return tui.Run(ctx, config)
}

// openLab opens the lab that -l names, or the only one.
func openLab() (*lab.Lab, error) {
	l, err := lab.Open(global.lab)
	if err != nil {
		return nil, &exitError{exitImpossible, err}
	}
	return l, nil
}
