package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hookwalk/hookwalk/topology"
)

func schemaCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of the topology file, for editors",
		Example: `  hookwalk schema > hookwalk.schema.json
  # then, as the first line of a topology file:
  # yaml-language-server: $schema=./hookwalk.schema.json`,
		Args: words,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b, err := topology.Schema()
			if err != nil {
				return fmt.Errorf("make the schema: %w", err)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s\n", b)
			return err
		},
	}
}
