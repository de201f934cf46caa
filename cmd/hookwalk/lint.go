package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/hookwalk/hookwalk/topology"
)

func lintCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "lint FILE...",
		Short: "Check topology files and their rules: every error at once",
		Long: `Check topology files and the rules that they name, on any OS, without a kernel: every error at once, each with its
file, line and column. A folder stands for the lab.yaml in it.

Exit code 2 if there is an error; warnings alone do not count.`,
		Example: "  hookwalk lint home-nat.yaml",
		Args:    words,
		RunE: func(cmd *cobra.Command, args []string) error {
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

// lintFile is one lab. The numbers are those of a good one.
type lintFile struct {
	File     string            `json:"file"`
	OK       bool              `json:"ok"`
	Name     string            `json:"name,omitempty"`
	Nodes    int               `json:"nodes"`
	Links    int               `json:"links"`
	Rules    int               `json:"rules"`
	Problems topology.Problems `json:"problems"`
}

func lint(names []string) lintReport {
	r := lintReport{V: 1}
	for _, name := range names {
		plan, problems := topology.Load(name)
		f := lintFile{File: name, OK: plan != nil, Problems: problems}
		if problems == nil {
			f.Problems = topology.Problems{} // [] in JSON, not null
		}
		if plan != nil {
			f.File, f.Name, f.Nodes, f.Links = plan.File, plan.Name, len(plan.Nodes), len(plan.Links)
			f.Rules = countRules(plan)
		}
		errs, warnings := problems.Count()
		r.Errors += errs
		r.Warnings += warnings
		r.Files = append(r.Files, f)
	}
	return r
}

// countRules is the number of rules in all rulesets that the Go side understands.
func countRules(plan *topology.Plan) int {
	n := 0
	for i := range plan.Nodes {
		r := plan.Nodes[i].Ruleset
		if r == nil {
			continue
		}
		set, errs := r.Check()
		if len(errs) > 0 {
			continue
		}
		for _, t := range set.Tables {
			for _, c := range t.Chains {
				n += len(c.Rules)
			}
		}
	}
	return n
}

// text writes the problems, a line for each good file, and a line that sums up the problems.
func (r lintReport) text(w io.Writer) error {
	for _, f := range r.Files {
		if err := f.Problems.Render(w); err != nil {
			return err
		}
		if f.OK {
			if _, err := fmt.Fprintf(w, "%s: ok, %s, %s, %s\n", f.File, lintCount(f.Nodes, "node"), lintCount(f.Links, "link"), lintCount(f.Rules, "rule")); err != nil {
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
