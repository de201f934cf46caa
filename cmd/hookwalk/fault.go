package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hookwalk/hookwalk/lab"
	"github.com/hookwalk/hookwalk/topology"
)

func faultCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "fault",
		Short: "Break a running lab on purpose, and mend it",
		Long: `Takes links down, impairs them, stops nodes, parts a lab in two. A fault changes only what it names. When the command
returns, the kernel has done it. clear makes the lab what its file says again.`,
		Example: `  hookwalk fault link client isp down
  hookwalk fault link client isp delay 20ms 5ms loss 1%
  hookwalk fault link client:eth0 isp rate 1mbit --one-way
  hookwalk fault link client isp flap 5 every 2s
  hookwalk fault link client isp clear
  hookwalk fault node web stop
  hookwalk fault partition client,isp fw,web
  hookwalk fault clear`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return &exitError{exitUsage, fmt.Errorf("there is no fault %q\n    try: hookwalk fault --help", args[0])}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(faultLinkCmd(), faultNodeCmd(), faultPartitionCmd(),
		faultPlainCmd("heal", "End all partitions", lab.FaultRequest{Heal: true}),
		faultPlainCmd("clear", "End all faults: the lab is what its file says again", lab.FaultRequest{Clear: true}),
		faultPlainCmd("list", "List the faults that are in force", lab.FaultRequest{}))
	for _, c := range cmd.Commands() {
		run := c.RunE
		c.RunE = func(cmd *cobra.Command, args []string) error {
			begun = true
			return run(cmd, args)
		}
	}
	return cmd
}

func faultLinkCmd() *cobra.Command {
	var oneWay bool
	cmd := &cobra.Command{
		Use:   "link A B WHAT...",
		Short: "Take a link down, have it flap, or impair it",
		Long: `A and B are nodes with one link between them, or ends (node:interface). WHAT is one of

  down, up                    both ends lose their carrier, or get it again, with their addresses and routes
  flap [N] [every T]          down and up again, N times (1 if it is left out; "flap every 2s" goes on until it is
                              cleared), each time for half of T (1s). The command returns when it is down for the
                              first time
  delay 20ms [5ms [25%]], jitter 5ms, correlation 25%, distribution normal, loss 1%, duplicate 1%, corrupt 0.1%,
  reorder 25%, rate 10mbit, limit 100
                              what becomes of the frames of both directions; several may stand one after the other,
                              and what is not named stays as it is. They mean what they mean in the file
  clear                       as the file says

With --one-way an impairment is only that of what A sends.`,
		Example: "  hookwalk fault link client isp delay 20ms loss 1%\n  hookwalk fault link client isp down",
		Args:    words,
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := parseLinkFault(args)
			if err != nil {
				return usageError(cmd, fmt.Errorf("fault link: %w", err))
			}
			if r.OneWay = oneWay; oneWay && r.Do != lab.FaultImpair {
				return usageError(cmd, errors.New("fault link: --one-way is for impairments"))
			}
			return runFault(cmd.Context(), lab.FaultRequest{Link: r})
		},
	}
	cmd.Flags().BoolVar(&oneWay, "one-way", false, "only what A sends")
	return cmd
}

// parseLinkFault reads A B WHAT...
func parseLinkFault(args []string) (*lab.LinkRequest, error) {
	r := &lab.LinkRequest{A: args[0], B: args[1]}
	what, rest := args[2], args[3:]
	switch what {
	case "down", "up", "clear":
		if len(rest) > 0 {
			return nil, fmt.Errorf("unexpected %q behind %s", rest[0], what)
		}
		r.Do = what
		return r, nil
	case "flap":
		r.Do = lab.FaultFlap
		return r, parseFlap(r, rest)
	}
	if !topology.IsImpairKey(what) {
		return nil, fmt.Errorf("%q is none of down, up, flap, clear, delay, jitter, correlation, distribution, loss, duplicate, corrupt, "+
			"reorder, rate, limit", what)
	}
	r.Do, r.Impair = lab.FaultImpair, args[2:]
	// The holder checks it against what the link has; what is no impairment at all is found here. A delay stands in for
	// the one that the link may have.
	probe := topology.Impairment{Delay: time.Millisecond, Jitter: time.Millisecond}
	if _, err := probe.Apply(r.Impair); err != nil {
		return nil, err
	}
	return r, nil
}

// parseFlap reads [N] [every T].
func parseFlap(r *lab.LinkRequest, args []string) error {
	r.Times, r.Every = 1, time.Second
	if len(args) > 0 && args[0] != "every" {
		n, err := strconv.Atoi(args[0])
		if err != nil || n < 1 {
			return fmt.Errorf("flap %s: it is a number of times", args[0])
		}
		r.Times, args = n, args[1:]
	} else if len(args) > 0 {
		r.Times = 0
	}
	switch {
	case len(args) == 0:
		return nil
	case args[0] != "every" || len(args) != 2:
		return errors.New("flap is flap [N] [every T]")
	}
	d, err := time.ParseDuration(args[1])
	if err != nil || d <= 0 {
		return fmt.Errorf("every %s: it is a time, like 2s", args[1])
	}
	r.Every = d
	return nil
}

func faultNodeCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "node NODE stop|start|pause|resume",
		Short: "Stop or pause a node",
		Long: `stop takes all links of the node down, ends its built-in services and holds its processes; start gives it all back.
pause holds its processes (SIGSTOP), and its built-in services answer nothing; its links are left alone: the kernel still
forwards, answers pings and takes connections. resume lets them go on. Programs that exec starts meanwhile run.`,
		Example: "  hookwalk fault node web stop",
		Args:    words,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch args[1] {
			case lab.FaultStop, lab.FaultStart, lab.FaultPause, lab.FaultResume:
			default:
				return usageError(cmd, fmt.Errorf("fault node: %q is none of stop, start, pause, resume", args[1]))
			}
			return runFault(cmd.Context(), lab.FaultRequest{Node: &lab.NodeRequest{Name: args[0], Do: args[1]}})
		},
	}
}

func faultPartitionCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "partition SET SET...",
		Short: "Take down the links between sets of nodes",
		Long: `SET is a list of nodes, a,b. The links that join two sets go down; nodes in no set, and their links, are left alone.
'a,b | c,d' in quotes is the same. heal brings the links up again.`,
		Example: "  hookwalk fault partition client,isp fw,web",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 && strings.Contains(args[0], "|") {
				return nil
			}
			return words(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			var sets [][]string
			for _, set := range strings.Split(strings.Join(args, "|"), "|") {
				set := strings.FieldsFunc(set, func(r rune) bool { return r == ',' || r == ' ' })
				if len(set) > 0 {
					sets = append(sets, set)
				}
			}
			if len(sets) < 2 {
				return usageError(cmd, errors.New("fault partition: it takes two sets of nodes"))
			}
			return runFault(cmd.Context(), lab.FaultRequest{Partition: sets})
		},
	}
}

func faultPlainCmd(name, short string, r lab.FaultRequest) *cobra.Command {
	return &cobra.Command{
		Use: name, Short: short, Args: words, Example: "  hookwalk fault " + name,
		RunE: func(cmd *cobra.Command, _ []string) error { return runFault(cmd.Context(), r) },
	}
}

// runFault has a change made and prints what it did; of none, what is in force.
func runFault(ctx context.Context, r lab.FaultRequest) error {
	l, err := openLab()
	if err != nil {
		return err
	}
	report, err := l.Fault(ctx, r)
	if err != nil {
		var op *lab.OpError
		if errors.As(err, &op) && op.Bad {
			return &exitError{exitUsage, err}
		}
		return &exitError{exitImpossible, err}
	}
	if global.output != "text" {
		return writeJSON(os.Stdout, struct {
			V   int    `json:"v"`
			Lab string `json:"lab"`
			*lab.FaultReport
		}{1, l.Name(), report})
	}
	switch {
	case report.Said != "":
		_, err = fmt.Println(report.Said)
	case len(report.Faults) == 0:
		_, err = fmt.Println("no fault is in force")
	}
	if report.Said == "" {
		for _, f := range report.Faults {
			if _, err = fmt.Println(f); err != nil {
				break
			}
		}
	}
	return err
}
