package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/hookwalk/hookwalk/lab"
)

func statusCmd() *cobra.Command {
	var drift bool
	cmd := &cobra.Command{
		Use:   "status [LAB]",
		Short: "List the labs that are up; with LAB, its nodes",
		Long: `Lists the labs of this user with what of them works right now: nodes that are there, links whose ends are both up.
With LAB, or -l, it lists the nodes of that lab, too, the links that are down, and the faults in force. Root sees the
labs of other users as UID/NAME.

--drift shows instead what somebody changed in a lab by hand: devices, addresses, routes, kernel parameters and
nft rules that are not as the file says. Its exit code is 1 if there is something.`,
		Args: words,
		RunE: func(cmd *cobra.Command, args []string) error {
			name := global.lab
			if len(args) == 1 {
				name = args[0]
			}
			if drift {
				return runDrift(cmd.Context(), cmd.OutOrStdout(), name)
			}
			return runStatus(cmd.Context(), cmd.OutOrStdout(), name)
		},
	}
	cmd.Flags().BoolVar(&drift, "drift", false, "show what in the lab was changed by hand")
	return cmd
}

// labStatus is a line of status.
type labStatus struct {
	*lab.Status
	Error string `json:"error,omitempty"` // why it said nothing
}

func runStatus(ctx context.Context, out io.Writer, name string) error {
	var labs []*lab.Lab
	var err error
	if name == "" {
		labs, err = lab.List()
	} else {
		var l *lab.Lab
		l, err = lab.Open(name)
		labs = []*lab.Lab{l}
	}
	if err != nil {
		return &exitError{exitImpossible, err}
	}
	list := []labStatus{}
	for _, l := range labs {
		s, err := l.Status(ctx)
		line := labStatus{Status: s}
		if err != nil {
			line = labStatus{&lab.Status{Name: l.Name(), State: "silent", Nodes: []lab.NodeStatus{}, Links: []lab.LinkStatus{}, Faults: []lab.Fault{}}, err.Error()}
		}
		list = append(list, line)
	}
	switch {
	case global.output != "text":
		return writeJSON(out, struct {
			V    int         `json:"v"`
			Labs []labStatus `json:"labs"`
		}{1, list})
	case len(list) == 0:
		_, err := fmt.Fprintln(out, "no lab is up")
		return err
	}
	if err := statusLabs(out, list); err != nil || name == "" {
		return err
	}
	return statusNodes(out, list[0].Status)
}

func statusLabs(out io.Writer, list []labStatus) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "LAB\tSTATE\tUP\tNODES\tLINKS\tFILE")
	for _, s := range list {
		if s.Error != "" {
			fmt.Fprintf(w, "%s\t%s\t-\t-\t-\t%s\n", s.Name, s.State, s.Error)
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d/%d\t%d/%d\t%s\n", s.Name, s.State, lab.FormatAge(time.Since(s.Started)),
			s.NodesUp(), len(s.Nodes), s.LinksUp(), len(s.Links), shortPath(s.File))
	}
	return w.Flush()
}

func statusNodes(out io.Writer, s *lab.Status) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "\nNODE\tKIND\tADDRESSES\tSERVICES")
	for _, n := range s.Nodes {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", n.Name, n.Kind, strings.Join(n.Addrs, " "), strings.Join(n.Services, " "))
	}
	before := "\n" // an empty line
	for _, l := range s.Links {
		if !l.Up {
			fmt.Fprintf(w, "%sdown: %s -- %s\n", before, l.A, l.B)
			before = ""
		}
	}
	before = "\n"
	for _, f := range s.Faults {
		fmt.Fprintf(w, "%sfault: %s\n", before, f)
		before = ""
	}
	return w.Flush()
}

// shortPath writes a path from here, if that is shorter.
func shortPath(file string) string {
	here, err := os.Getwd()
	if err != nil {
		return file
	}
	rel, err := filepath.Rel(here, file)
	if err != nil || len(rel) >= len(file) {
		return file
	}
	if !strings.HasPrefix(rel, "..") {
		rel = "./" + rel
	}
	return rel
}
