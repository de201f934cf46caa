package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/hookwalk/hookwalk/lab"
	"github.com/hookwalk/hookwalk/topology"
	"github.com/hookwalk/hookwalk/tui/netmap"
)

// pipeWidth is the width of a map that does not go to a terminal.
const pipeWidth = 80

func graphCmd() *cobra.Command {
	width := 0
	cmd := &cobra.Command{
		Use:   "graph [FILE]",
		Short: "Draw the network of a lab as text",
		Long: `Draws the network of a topology file, or without FILE of the lab that is up: as much of each node as the width has
room for. Hosts with one cable are listed under their switch. A bar of double lines stands for a full mesh. Where two
cables cross, one passes over the other; only a joint is drawn as a joint. More than 60 nodes are drawn as groups of
nodes that are called alike.

With -o json it prints the nodes and the links.`,
		Example: `  hookwalk graph lab.yaml
  hookwalk graph --width 120`,
		Args: words,
		RunE: func(cmd *cobra.Command, args []string) error {
			if width < 0 || cmd.Flags().Changed("width") && width == 0 {
				return &exitError{exitUsage, fmt.Errorf("graph: a map cannot be %d cells wide", width)}
			}
			if len(args) > 0 && cmd.Flags().Changed("lab") {
				return &exitError{exitUsage, errors.New("graph: -l names a lab that is up and FILE one to read; give one of them")}
			}
			plan, faults, err := graphPlan(cmd.Context(), cmd.ErrOrStderr(), args)
			if err != nil {
				return err
			}
			return runGraph(cmd.OutOrStdout(), plan, faults, width)
		},
	}
	cmd.Flags().IntVar(&width, "width", 0, "cells; without it the terminal's width, 80 in a pipe")
	return cmd
}

// graphPlan is the plan of a file, or of the lab that is up, with the faults in force there.
func graphPlan(ctx context.Context, errOut io.Writer, args []string) (*topology.Plan, []lab.Fault, error) {
	if len(args) == 0 {
		l, err := openLab()
		if err != nil {
			return nil, nil, err
		}
		plan, err := l.Plan(ctx)
		if err != nil {
			return nil, nil, &exitError{exitImpossible, err}
		}
		report, err := l.Fault(ctx, lab.FaultRequest{})
		if err != nil {
			return nil, nil, &exitError{exitImpossible, err}
		}
		return plan, report.Faults, nil
	}
	plan, problems := topology.Load(args[0])
	if err := problems.Render(errOut); err != nil {
		return nil, nil, err
	}
	if plan == nil {
		errs, _ := problems.Count()
		return nil, nil, &exitError{exitUsage, fmt.Errorf("graph: %s; nothing was drawn", lintCount(errs, "error"))}
	}
	return plan, nil, nil
}

func runGraph(out io.Writer, plan *topology.Plan, faults []lab.Fault, width int) error {
	if global.output != "text" {
		return writeJSON(out, graphOf(plan))
	}
	if width == 0 {
		width = pipeWidth
		if w, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil && w > 0 {
			width = w
		}
	}
	down, impaired := lab.Ends(plan, faults)
	_, err := io.WriteString(out, netmap.TextOf(netmap.Input{Plan: plan, Down: down, Impaired: impaired, Width: width, ASCII: global.ascii}))
	return err
}

// graphReport is the network as a program wants it.
type graphReport struct {
	V     int         `json:"v"`
	Lab   string      `json:"lab"`
	Nodes []graphNode `json:"nodes"`
	Links []graphLink `json:"links"`
}

type graphNode struct {
	Name     string   `json:"name"`
	Kind     string   `json:"kind"`
	Addrs    []string `json:"addrs"`
	Services []string `json:"services"` // http:80/tcp
}

type graphLink struct {
	A    graphEnd `json:"a"`
	B    graphEnd `json:"b"`
	MTU  int      `json:"mtu,omitempty"`
	Kind string   `json:"kind,omitempty"` // tap; "": a veth pair
}

type graphEnd struct {
	Node   string   `json:"node"`
	Iface  string   `json:"iface"`
	Addrs  []string `json:"addrs"`
	Impair string   `json:"impair,omitempty"` // what becomes of the frames that it sends
}

func graphOf(p *topology.Plan) graphReport {
	r := graphReport{V: 1, Lab: p.Name, Nodes: []graphNode{}, Links: []graphLink{}}
	for i := range p.Nodes {
		n := &p.Nodes[i]
		services := []string{}
		for _, s := range n.Services {
			services = append(services, fmt.Sprintf("%s:%d/%s", s.Name, s.Port, s.Proto))
		}
		r.Nodes = append(r.Nodes, graphNode{n.Name, string(n.Kind), texts(p.AddrsOf(n.Name)), services})
	}
	end := func(e *topology.End) graphEnd { return graphEnd{e.Node, e.Iface, texts(e.Addrs), e.Impair.String()} }
	for i := range p.Links {
		l := &p.Links[i]
		r.Links = append(r.Links, graphLink{end(&l.A), end(&l.B), l.MTU, string(l.Kind)})
	}
	return r
}

// texts is a list for JSON: [], not null, if there is nothing.
func texts[T fmt.Stringer](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = v.String()
	}
	return out
}
