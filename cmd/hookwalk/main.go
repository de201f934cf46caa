// Command hookwalk deploys network labs and shows where every packet in them went.
//
// This package is the command table: flags, exit codes and wiring, no logic.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/hookwalk/hookwalk/lab"
)

// Exit codes, the same for every verb.
const (
	exitFailed      = 1   // a check failed, or the packet did not arrive
	exitUsage       = 2   // bad usage or a bad file
	exitImpossible  = 3   // could not be done or measured here: missing right, kernel feature, lab not up
	exitNothing     = 4   // nothing was selected
	exitInterrupted = 130 // SIGINT
)

// exitError ends the program with Code. Err is printed first; nil when everything has been said already.
type exitError struct {
	Code int
	Err  error
}

func (e *exitError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit %d", e.Code)
	}
	return e.Err.Error()
}

func (e *exitError) Unwrap() error { return e.Err }

// global holds the flags that every verb has.
var global struct {
	lab    string // -l: the lab to work on; "" = the only one that runs
	output string // -o: text, json or jsonl
	color  string // --color: auto, never
	ascii  bool
}

func main() {
	lab.Main()
	os.Exit(run(os.Args[1:]))
}

// run executes one command line and gives its exit code.
func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends at once
	root := rootCmd()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	var exit *exitError
	var file *os.PathError
	switch {
	case errors.As(err, &file) && file.Path == os.Stdout.Name() && errors.Is(file, syscall.EPIPE):
		return exitImpossible // who reads the output has seen enough
	case errors.As(err, &exit) && exit.Code == exitInterrupted:
		fmt.Fprintf(os.Stderr, "hookwalk: %v\n", exit)
		return exitInterrupted
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintln(os.Stderr, "hookwalk: interrupted")
		return exitInterrupted
	case exit != nil:
		if exit.Err != nil {
			fmt.Fprintf(os.Stderr, "hookwalk: %v\n", exit.Err)
		}
		return exit.Code
	}
	fmt.Fprintf(os.Stderr, "hookwalk: %v\n", err)
	if begun || file != nil && file.Path == os.Stdout.Name() { // completion is cobra's own, and no verb of ours
		return exitImpossible
	}
	return exitUsage
}

// begun says that a verb runs: the command line was understood, and what goes wrong from there on is no bad usage.
var begun bool

func rootCmd() *cobra.Command {
	root := &cobra.Command{
		Use:           "hookwalk",
		Short:         "Network labs with a packet debugger inside",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownVerb(cmd, args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(*cobra.Command, []string) error {
			switch global.output {
			case "text", "json", "jsonl":
			default:
				return &exitError{exitUsage, fmt.Errorf("-o %s: the output is one of text, json, jsonl", global.output)}
			}
			switch global.color {
			case "auto", "never":
			default:
				return &exitError{exitUsage, fmt.Errorf("--color %s: it is one of auto, never", global.color)}
			}
			return nil
		},
	}
	f := root.PersistentFlags()
	f.StringVarP(&global.lab, "lab", "l", os.Getenv("HOOKWALK_LAB"), "the lab to work on (default: $HOOKWALK_LAB, or the only one that runs)")
	f.Lookup("lab").DefValue = "" // help says where it comes from, not what it happens to be
	f.StringVarP(&global.output, "output", "o", "text", "text, json or jsonl")
	f.StringVar(&global.color, "color", "auto", "auto or never; NO_COLOR is honoured too")
	f.BoolVar(&global.ascii, "ascii", false, "draw with ASCII characters only")
	root.SuggestionsMinimumDistance = 2
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &exitError{exitUsage, fmt.Errorf("%w\n    try: %s --help", err, cmd.CommandPath())}
	})
	addVerbs(root)
	addCompletion(root)
	return root
}
