package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/hookwalk/hookwalk/lab"
	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/lab/traffic"
)

// probeFlags are the flags of every verb that sends a probe.
type probeFlags struct{ four, six bool }

func (p *probeFlags) add(cmd *cobra.Command) {
	cmd.Flags().BoolVarP(&p.four, "ipv4", "4", false, "IPv4 only")
	cmd.Flags().BoolVarP(&p.six, "ipv6", "6", false, "IPv6 only")
	cmd.MarkFlagsMutuallyExclusive("ipv4", "ipv6")
}

func (p *probeFlags) family() traffic.Family {
	switch {
	case p.four:
		return traffic.IPv4
	case p.six:
		return traffic.IPv6
	}
	return traffic.AnyFamily
}

const targetHelp = `TARGET is a node or an address, with :PORT/PROTO behind it for tcp and udp:
web, web:80, web:53/udp, 203.0.113.1:8080/tcp, [2001:db8::1]:80/tcp. Without a port it is an echo request.`

func whyCmd() *cobra.Command {
	var flags probeFlags
	cmd := &cobra.Command{
		Use:   "why NODE TARGET",
		Short: "Send a packet and say where it ended, and why",
		Long: "Sends one packet from NODE to TARGET, follows it through every hook of every node, and says where it\n" +
			"ended, which rule decided, and which rule would have let it pass but for one expression.\n\n" + targetHelp +
			"\n\nExit code 0 if it was delivered and answered, 1 if not, 3 if that could not be measured.",
		Example: "  hookwalk why client 203.0.113.1:8080/tcp",
		Args:    words,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := follow(cmd.Context(), args[0], args[1], flags.family())
			if err != nil {
				return err
			}
			if err := writePath(os.Stdout, p, path.WriteWhy); err != nil {
				return err
			}
			return verdictExit(p)
		},
	}
	flags.add(cmd)
	return cmd
}

func traceCmd() *cobra.Command {
	var flags probeFlags
	var rules bool
	cmd := &cobra.Command{
		Use:   "trace NODE TARGET",
		Short: "Send a packet and list every station it passed",
		Long: "Sends one packet from NODE to TARGET and prints one line for each device, hook, chain and decision that it\n" +
			"met on every node, and the same for what came back.\n\n" + targetHelp,
		Example: "  hookwalk trace --rules client 203.0.113.1:8080/tcp",
		Args:    words,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := follow(cmd.Context(), args[0], args[1], flags.family())
			if err != nil {
				return err
			}
			err = writePath(os.Stdout, p, func(w io.Writer, p *path.Path) {
				path.WriteTrace(w, p, rules)
				fmt.Fprintln(w, p.Headline())
			})
			if err != nil {
				return err
			}
			return verdictExit(p)
		},
	}
	flags.add(cmd)
	cmd.Flags().BoolVar(&rules, "rules", false, "list every rule that was looked at")
	return cmd
}

// follow opens the lab and traces one probe.
func follow(ctx context.Context, from, to string, family traffic.Family) (*path.Path, error) {
	l, err := openLab()
	if err != nil {
		return nil, err
	}
	p, err := l.Why(ctx, from, to, family)
	if err != nil {
		return nil, probeError(err)
	}
	return p, nil
}

// probeError gives a failed probe its exit code: a target that makes no sense is bad usage, the rest could not be
// measured.
func probeError(err error) error {
	var bad *lab.TargetError
	if errors.As(err, &bad) {
		return &exitError{exitUsage, err}
	}
	return &exitError{exitImpossible, err}
}

// writePath prints a path as text or JSON, as -o says.
func writePath(w io.Writer, p *path.Path, text func(io.Writer, *path.Path)) error {
	switch global.output {
	case "json", "jsonl":
		return writeJSON(w, p)
	}
	return writeText(w, func(w io.Writer) { text(w, p) })
}

// writeText writes what text prints, in one piece, and gives the error of that.
func writeText(w io.Writer, text func(io.Writer)) error {
	b := bufio.NewWriter(w)
	text(b)
	return b.Flush()
}

// writeJSON prints v indented, or on one line for jsonl.
func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	if global.output == "json" {
		enc.SetIndent("", "  ")
	}
	return enc.Encode(v)
}

// verdictExit is the exit code of a path: the packet must have arrived, and so must the answer. Where one is expected
// and was not sent, the path has a reply that says why.
func verdictExit(p *path.Path) error {
	switch {
	case p.Verdict == path.Error:
		return &exitError{Code: exitImpossible}
	case p.Verdict != path.Delivered:
		return &exitError{Code: exitFailed}
	case p.Reply != nil && p.Reply.Verdict == path.Error:
		return &exitError{Code: exitImpossible}
	case p.Reply != nil && p.Reply.Verdict != path.Delivered:
		return &exitError{Code: exitFailed}
	}
	return nil
}
