package main

import "github.com/spf13/cobra"

// commands is the command table: every verb, in the order in which help lists them.
func commands() []*cobra.Command {
	return []*cobra.Command{
		demoCmd(),
		upCmd(), downCmd(), statusCmd(), execCmd(), shellCmd(), logsCmd(),
		whyCmd(), traceCmd(), pingCmd(), sendCmd(), tuiCmd(),
		lintCmd(), schemaCmd(),
	}
}
