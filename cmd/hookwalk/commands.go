package main

import "github.com/spf13/cobra"

// verbs are the command table: every verb, in the order and under the titles in which help lists them.
func verbs() []verbGroup {
	return []verbGroup{
		{"Begin:", []*cobra.Command{demoCmd()}},
		{"Labs:", []*cobra.Command{upCmd(), downCmd(), statusCmd(), execCmd(), shellCmd(), logsCmd(), faultCmd()}},
		{"Packets:", []*cobra.Command{whyCmd(), traceCmd(), tuiCmd(), pingCmd(), sendCmd()}},
		{"Files:", []*cobra.Command{lintCmd(), graphCmd(), fmtCmd(), schemaCmd()}},
		{"The program:", []*cobra.Command{doctorCmd(), versionCmd()}},
	}
}

// verbGroup is a part of the command table.
type verbGroup struct {
	title string
	verbs []*cobra.Command
}

// addVerbs makes the verbs known to root.
func addVerbs(root *cobra.Command) {
	cobra.EnableCommandSorting = false
	last := ""
	for _, g := range verbs() {
		root.AddGroup(&cobra.Group{ID: g.title, Title: g.title})
		for _, v := range g.verbs {
			v.GroupID, last = g.title, g.title
			run := v.RunE
			v.RunE = func(cmd *cobra.Command, args []string) error {
				begun = true
				return run(cmd, args)
			}
		}
		root.AddCommand(g.verbs...)
	}
	root.SetHelpCommandGroupID(last)
	root.SetCompletionCommandGroupID(last)
}
