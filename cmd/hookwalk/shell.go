package main

import (
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/hookwalk/hookwalk/lab"
)

func shellCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "shell NODE",
		Short: "Open a shell in a node",
		Long: `Opens $SHELL in a node, with a prompt that names the lab and the node. Inside, the other nodes are known to ip(8):
ip netns list, ip netns exec OTHER COMMAND. The shell ends with the lab.`,
		Example: "  hookwalk shell fw",
		Args:    words,
		RunE: func(cmd *cobra.Command, args []string) error {
			l, err := openLab()
			if err != nil {
				return err
			}
			return shellIn(cmd.Context(), l, args[0])
		},
	}
}

// shellIn opens a shell in a node on this process's terminal. Without one it runs what comes from standard input.
func shellIn(ctx context.Context, l *lab.Lab, node string) error {
	c := l.Shell(node)
	if term.IsTerminal(int(os.Stdin.Fd())) != term.IsTerminal(int(os.Stdout.Fd())) {
		c.Args = c.Args[:1] // not interactive: the shell reads commands, or is read
	}
	err := execOne(context.WithoutCancel(ctx), l, c)
	var exit *exitError
	if errors.As(err, &exit) && exit.Err == nil && term.IsTerminal(int(os.Stdin.Fd())) {
		return nil // the code of the last thing that was typed is not a failure of shell
	}
	return err
}
