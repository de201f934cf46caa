package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/hookwalk/hookwalk/lab"
)

func logsCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "logs [NODE]",
		Short: "Print what services and start commands of the nodes wrote",
		Long: `Prints the last lines that the built-in services and the start commands (exec: in the file) of a node wrote, or those
of all nodes, by time. They are kept in memory, some 30 kB for each node.`,
		Args: words,
		RunE: func(cmd *cobra.Command, args []string) error {
			l, err := openLab()
			if err != nil {
				return err
			}
			node := ""
			if len(args) == 1 {
				node = args[0]
				plan, err := l.Plan(cmd.Context())
				if err != nil {
					return &exitError{exitImpossible, err}
				}
				if plan.Node(node) == nil {
					return &exitError{exitUsage, unknownNode(plan, node)}
				}
			}
			lines, err := l.Logs(cmd.Context(), node)
			if err != nil {
				return &exitError{exitImpossible, err}
			}
			if len(lines) == 0 && global.output == "text" {
				whose := "any node"
				if node != "" {
					whose = node
				}
				fmt.Fprintf(cmd.ErrOrStderr(), "nothing from %s: no service and no start command wrote a line yet\n", whose)
			}
			return writeLogs(cmd.OutOrStdout(), lines)
		},
	}
}

func writeLogs(out io.Writer, lines []lab.LogLine) error {
	switch global.output {
	case "json":
		return writeJSON(out, struct {
			V     int           `json:"v"`
			Lines []lab.LogLine `json:"lines"`
		}{1, lines})
	case "jsonl":
		enc := json.NewEncoder(out)
		for _, l := range lines {
			if err := enc.Encode(l); err != nil {
				return err
			}
		}
		return nil
	}
	for _, l := range lines {
		if _, err := fmt.Fprintf(out, "%s %s %s  %s\n", l.Time.Format("15:04:05.000"), l.Node, l.Source, l.Text); err != nil {
			return err
		}
	}
	return nil
}
