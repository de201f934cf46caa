package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/hookwalk/hookwalk/lab"
	"github.com/hookwalk/hookwalk/topology"
)

func execCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "exec NODE -- COMMAND...",
		Short: "Run a command in a node, or in several",
		Long: `Runs a command in a node: with its devices, /sys, host name, hosts file and resolver, in the same working directory,
with the terminal, signals and exit code passed through. The command ends with this one, and with the lab.

NODE may be a pattern, quoted from the shell: 'pc*'. The command then runs in all that match, side by side, each line
of output begins with the node's name, and the exit code is the worst. Exit code 4 if no node matches, 127 if there is
no such command, 128 + N if signal N ended it.`,
		Example: "  hookwalk exec fw -- ip -br addr\n  hookwalk exec 'pc*' -- ip route get 10.0.2.10",
		Args: func(_ *cobra.Command, args []string) error {
			if len(execArgs(args)) < 2 {
				return errors.New("exec: say in which node, and what: hookwalk exec NODE -- COMMAND")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			args = execArgs(args)
			l, err := openLab()
			if err != nil {
				return err
			}
			// Signals are passed on; what the command makes of them is its own business.
			ctx := context.WithoutCancel(cmd.Context())
			if strings.ContainsAny(args[0], "*?[") {
				return execMany(ctx, l, args[0], args[1:])
			}
			return execOne(ctx, l, lab.Command{Node: args[0], Args: args[1:]})
		},
	}
	cmd.Flags().SetInterspersed(false) // the command's flags are its own, with or without --
	return cmd
}

// execArgs leaves out the -- between node and command.
func execArgs(args []string) []string {
	if len(args) > 1 && args[1] == "--" {
		return append(args[:1:1], args[2:]...)
	}
	return args
}

// execOne runs a command with this process's files, on a terminal of its own if both are terminals.
func execOne(ctx context.Context, l *lab.Lab, c lab.Command) error {
	var code int
	var err error
	if term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stdout.Fd())) {
		code, err = execTerminal(ctx, l, c)
	} else {
		c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
		code, err = execRelayed(ctx, l, c)
	}
	if err != nil {
		return execError(ctx, l, c.Node, err)
	}
	if code != 0 {
		return &exitError{Code: code}
	}
	return nil
}

// execTerminal runs a command on a terminal of its own. Signals that keys make are made there; one that is sent to end
// this process ends the command, and leaves the outer terminal as it was.
func execTerminal(ctx context.Context, l *lab.Lab, c lab.Command) (int, error) {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	code, err := l.Terminal(ctx, c, os.Stdin, os.Stdout)
	if ctx.Err() != nil {
		return 128 + int(syscall.SIGTERM), nil
	}
	return code, err
}

// relayed are the signals that reach the command.
var relayed = []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2,
	syscall.SIGCONT, syscall.SIGALRM}

// execRelayed runs a command and passes signals on to it.
func execRelayed(ctx context.Context, l *lab.Lab, c lab.Command) (int, error) {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, relayed...)
	defer signal.Stop(signals)
	p, err := l.Start(ctx, c)
	if err != nil {
		return 0, err
	}
	defer p.Close()
	done := make(chan struct{})
	defer close(done)
	go func() {
		for {
			select {
			case s := <-signals:
				_ = p.Signal(s.(syscall.Signal)) // if it has ended, Wait knows
			case <-done:
				return
			}
		}
	}()
	return p.Wait(ctx)
}

// execError gives an error its exit code. A node that is not there is bad usage.
func execError(ctx context.Context, l *lab.Lab, node string, err error) error {
	var unstarted *lab.NotStartedError
	if errors.As(err, &unstarted) && unstarted.Code() != 0 {
		return &exitError{unstarted.Code(), err}
	}
	if plan, planErr := l.Plan(ctx); planErr == nil && plan.Node(node) == nil {
		return &exitError{exitUsage, unknownNode(plan, node)}
	}
	return &exitError{exitImpossible, err}
}

func unknownNode(plan *topology.Plan, node string) error {
	return fmt.Errorf("lab %s has no node %q%s", plan.Name, node, plan.Suggest(node))
}

// matchNodes finds the nodes whose names match a shell pattern.
func matchNodes(plan *topology.Plan, pattern string) ([]string, error) {
	var names []string
	for _, n := range plan.Nodes {
		ok, err := path.Match(pattern, n.Name)
		if err != nil {
			return nil, &exitError{exitUsage, fmt.Errorf("%q is not a pattern: %w", pattern, err)}
		}
		if ok {
			names = append(names, n.Name)
		}
	}
	if len(names) == 0 {
		return nil, &exitError{exitNothing, fmt.Errorf("no node of lab %s matches %q", plan.Name, pattern)}
	}
	return names, nil
}
