package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hookwalk/hookwalk/lab"
	"github.com/hookwalk/hookwalk/topology"
)

// completeWithin is how long somebody who pressed tab waits for the lab.
const completeWithin = time.Second

// completer offers words for the place behind args.
type completer = cobra.CompletionFunc

// addCompletion tells the shell which words each verb takes: labs, nodes, targets or files.
func addCompletion(root *cobra.Command) {
	for names, c := range map[string]struct {
		verbs []string
		offer completer
	}{
		"labs":    {[]string{"down", "status"}, completeLabs},
		"nodes":   {[]string{"exec", "shell", "logs"}, completeNodes},
		"targets": {[]string{"why", "trace", "ping", "send", "tui"}, completeTargets},
		"faults":  {[]string{"fault link", "fault node"}, completeFaults},
		"files":   {[]string{"up", "lint", "graph"}, completeFiles("yaml", "yml")},
		"rules":   {[]string{"fmt"}, completeFiles("nft")},
	} {
		for _, verb := range c.verbs {
			cmd, _, err := root.Find(strings.Fields(verb))
			if err != nil {
				panic(fmt.Sprintf("completion of %s: %v", names, err)) // the table names no verb that is not there
			}
			cmd.ValidArgsFunction = c.offer
		}
	}
	for flag, offer := range map[string]completer{
		"lab": completeLabs,
		"output": cobra.FixedCompletions([]string{"text\tfor people", "json\tfor machines", "jsonl\tone line for each thing"},
			cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveKeepOrder),
		"color": cobra.FixedCompletions([]string{"auto", "never"}, cobra.ShellCompDirectiveNoFileComp),
	} {
		if err := root.RegisterFlagCompletionFunc(flag, offer); err != nil {
			panic(err) // as above
		}
	}
}

func completeFiles(ext ...string) completer {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return ext, cobra.ShellCompDirectiveFilterFileExt
	}
}

func completeLabs(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	labs, err := lab.List()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var names []string
	for _, l := range labs {
		names = append(names, l.Name())
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

func completeNodes(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveDefault // a command of the node's
	}
	return completePlan(cmd, func(p *topology.Plan) (out []string) {
		for i := range p.Nodes {
			out = append(out, describe(&p.Nodes[i]))
		}
		return out
	})
}

// completeTargets offers nodes, and behind the first their services, too.
func completeTargets(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return completeNodes(cmd, args, "")
	}
	if len(args) > 1 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return completePlan(cmd, func(p *topology.Plan) (out []string) {
		for i := range p.Nodes {
			n := &p.Nodes[i]
			out = append(out, describe(n))
			for _, s := range n.Services {
				out = append(out, fmt.Sprintf("%s:%d/%s\t%s", n.Name, s.Port, s.Proto, s.Name))
			}
		}
		return out
	})
}

// completeFaults offers nodes, and behind them what can be done to a link or a node.
func completeFaults(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	nodes, do := 1, []string{lab.FaultStop, lab.FaultStart, lab.FaultPause, lab.FaultResume}
	if cmd.Name() == "link" {
		nodes, do = 2, []string{"down", "up", "flap", "clear", "delay", "loss", "duplicate", "corrupt", "reorder", "rate", "limit"}
	}
	switch {
	case len(args) < nodes:
		return completeNodes(cmd, nil, "")
	case len(args) == nodes || cmd.Name() == "link":
		return do, cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveNoFileComp
}

// describe is a node's name, and behind a tab what the shell shows beside it.
func describe(n *topology.Node) string { return n.Name + "\t" + string(n.Kind) }

// completePlan offers what words finds in the lab's plan.
func completePlan(cmd *cobra.Command, words func(*topology.Plan) []string) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(cmd.Context(), completeWithin)
	defer cancel()
	l, err := openLab()
	if err != nil {
		return cobra.AppendActiveHelp(nil, err.Error()), cobra.ShellCompDirectiveNoFileComp
	}
	p, err := l.Plan(ctx)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return words(p), cobra.ShellCompDirectiveNoFileComp
}
