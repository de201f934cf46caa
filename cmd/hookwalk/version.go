package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// versionReport is what build of the program this is.
type versionReport struct {
	V       int    `json:"v"`
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	Changed bool   `json:"changed,omitempty"` // the source differed from the commit
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
}

func versionCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print which build this is",
		Args:  words,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return writeVersion(cmd.OutOrStdout(), thisVersion())
		},
	}
}

func thisVersion() versionReport {
	r := versionReport{V: 1, Version: "unknown", Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return r
	}
	if info.Main.Version != "" {
		r.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			r.Commit = s.Value
		case "vcs.modified":
			r.Changed = s.Value == "true"
		}
	}
	return r
}

func writeVersion(w io.Writer, r versionReport) error {
	if global.output != "text" {
		return writeJSON(w, r)
	}
	line := "hookwalk " + r.Version
	if r.Commit != "" {
		line += "  commit " + r.Commit[:min(12, len(r.Commit))]
		if r.Changed {
			line += " with changes"
		}
	}
	_, err := fmt.Fprintf(w, "%s  %s %s/%s\n", line, r.Go, r.OS, r.Arch)
	return err
}
