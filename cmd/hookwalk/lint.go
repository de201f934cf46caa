package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hookwalk/hookwalk/topology"
	"github.com/hookwalk/hookwalk/topology/nft"
)

func lintCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "lint FILE...",
		Short: "Check topology files and rules: every error at once",
		Long: `Check topology files and the rules that they name, on any OS, without a kernel: every error at once, each with its
file, line and column. A folder stands for the lab.yaml in it. A file whose name ends in .nft is one of rules alone, and
is checked as such.

Exit code 2 if there is an error; warnings alone do not count.`,
		Example: "  hookwalk lint home-nat.yaml",
		Args:    words,
		RunE: func(cmd *cobra.Command, args []string) error {
			if slices.Contains(args, "-") {
				return usageError(cmd, errors.New("lint -: standard input is not read, because what a file names is looked for beside it: name a file"))
			}
			report := lint(args)
			out := cmd.OutOrStdout()
			var err error
			switch global.output {
			case "json":
				enc := json.NewEncoder(out)
				enc.SetIndent("", "  ")
				err = enc.Encode(report)
			case "jsonl":
				enc := json.NewEncoder(out)
				for _, f := range report.Files {
					if err = enc.Encode(f); err != nil {
						break
					}
				}
			default:
				err = report.text(out)
			}
			if err == nil && report.Errors > 0 {
				err = &exitError{Code: exitUsage}
			}
			return err
		},
	}
}

// lintReport is what lint has to say.
type lintReport struct {
	V        int        `json:"v"`
	Errors   int        `json:"errors"`
	Warnings int        `json:"warnings"`
	Files    []lintFile `json:"files"`
}

// lintFile is one lab, or one file of rules. The numbers are those of a good one.
type lintFile struct {
	File      string            `json:"file"`
	OK        bool              `json:"ok"`
	Name      string            `json:"name,omitempty"`
	Nodes     int               `json:"nodes"`
	Links     int               `json:"links"`
	Rules     int               `json:"rules"`
	Uncounted []string          `json:"uncounted,omitempty"` // nodes whose rules only the nft program knows: their rules are not in Rules
	Problems  topology.Problems `json:"problems"`
	alone     bool              // a file of rules, without a lab
}

func lint(names []string) lintReport {
	r := lintReport{V: 1}
	for _, name := range names {
		f := lintOne(name)
		if f.Problems == nil {
			f.Problems = topology.Problems{} // [] in JSON, not null
		}
		errs, warnings := f.Problems.Count()
		r.Errors += errs
		r.Warnings += warnings
		r.Files = append(r.Files, f)
	}
	return r
}

// lintOne checks one file: rules if it is called so, else a lab.
func lintOne(name string) lintFile {
	if filepath.Ext(name) == ".nft" {
		rules, problems, ok := topology.LoadRules(name)
		f := lintFile{File: name, OK: ok, alone: true, Problems: problems}
		if ok {
			f.count(name, rules)
		}
		return f
	}
	plan, problems := topology.Load(name)
	f := lintFile{File: name, OK: plan != nil, Problems: problems}
	if plan == nil {
		return f
	}
	f.File, f.Name, f.Nodes, f.Links = plan.File, plan.Name, len(plan.Nodes), len(plan.Links)
	for i := range plan.Nodes {
		if n := &plan.Nodes[i]; n.Ruleset != nil {
			rules, errs := n.Ruleset.Check()
			if len(errs) > 0 {
				rules = nil
			}
			f.count(n.Name, rules)
		}
	}
	return f
}

// count adds the rules of a ruleset; nil is one that only the nft program knows.
func (f *lintFile) count(of string, rules *nft.Ruleset) {
	if rules == nil {
		f.Uncounted = append(f.Uncounted, of)
		return
	}
	for _, t := range rules.Tables {
		for _, c := range t.Chains {
			f.Rules += len(c.Rules)
		}
	}
}

// size is what is in a good file: "7 nodes, 6 links, 5 rules".
func (f *lintFile) size() string {
	s := ""
	if !f.alone {
		s = lintCount(f.Nodes, "node") + ", " + lintCount(f.Links, "link") + ", "
	}
	switch {
	case len(f.Uncounted) == 0:
		return s + lintCount(f.Rules, "rule")
	case f.Rules == 0:
		return s + "rules not counted: for the nft program"
	}
	return s + lintCount(f.Rules, "rule") + ", those of " + strings.Join(f.Uncounted, ", ") + " not counted: for the nft program"
}

// text writes the problems, a line for each good file, and a line that sums up the problems.
func (r lintReport) text(w io.Writer) error {
	for _, f := range r.Files {
		if err := f.Problems.Render(w); err != nil {
			return err
		}
		if f.OK {
			if _, err := fmt.Fprintf(w, "%s: ok, %s\n", f.File, f.size()); err != nil {
				return err
			}
		}
	}
	if r.Errors+r.Warnings == 0 {
		return nil
	}
	_, err := fmt.Fprintf(w, "%s, %s\n", lintCount(r.Errors, "error"), lintCount(r.Warnings, "warning"))
	return err
}

func lintCount(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
