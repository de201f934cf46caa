package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/hookwalk/hookwalk/topology/nft"
)

func fmtCmd() *cobra.Command {
	var write, list bool
	cmd := &cobra.Command{
		Use:   "fmt FILE...",
		Short: "Print nft rules in their canonical form",
		Long: `Prints files of nft rules in the one canonical form: a statement on a line, tabs for indent, nft's own spelling of
keywords. Comments and values stay as they are.

With -w the files are rewritten, with --list only the names of those that would change are printed and the exit code is
1 if there is one. Exit code 2 if a file cannot be read as rules; it stays as it is.`,
		Example: "  hookwalk fmt -w fw.nft",
		Args:    words,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runFmt(cmd.OutOrStdout(), cmd.ErrOrStderr(), args, write, list)
		},
	}
	cmd.Flags().BoolVarP(&write, "write", "w", false, "rewrite the files")
	cmd.Flags().BoolVar(&list, "list", false, "print the names of files that are not in canonical form")
	cmd.MarkFlagsMutuallyExclusive("write", "list")
	return cmd
}

// runFmt goes over all files; an error in one does not keep the others from being done.
func runFmt(out, errOut io.Writer, names []string, write, list bool) error {
	var errs []error
	differs := false
	var full error // of writing to out
	for _, name := range names {
		before, after, err := format(name)
		switch same := bytes.Equal(before, after); {
		case err != nil:
		case list && !same:
			differs = true
			_, full = fmt.Fprintln(out, name)
		case write && !same:
			err = rewrite(name, after)
		case !write && !list:
			_, full = out.Write(after)
		}
		if full != nil {
			return &exitError{exitImpossible, full}
		}
		var bad nft.Errors
		if errors.As(err, &bad) {
			fmt.Fprint(errOut, bad.Render())
			err = fmt.Errorf("fmt: %s is not changed", name)
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return &exitError{exitUsage, err}
	}
	if differs {
		return &exitError{Code: exitFailed}
	}
	return nil
}

// format reads a file of rules and gives its text before and after.
func format(name string) (before, after []byte, err error) {
	before, err = os.ReadFile(name)
	if err != nil {
		return nil, nil, fmt.Errorf("fmt: %w", err)
	}
	file, problems := nft.Parse(name, before, nft.Options{
		Include: func(path string) (string, []byte, error) {
			if !filepath.IsAbs(path) {
				path = filepath.Join(filepath.Dir(name), path)
			}
			if st, err := os.Stat(path); err == nil && st.IsDir() {
				return "", nil, nil // nft takes nothing of it
			}
			text, err := os.ReadFile(path)
			return path, text, err
		},
		// What is behind a pattern is files of their own: they are formatted when they are named.
		Glob: func(string) ([]nft.Source, error) { return nil, nil },
	})
	if len(problems) > 0 {
		return nil, nil, problems
	}
	return before, []byte(nft.Print(file)), nil
}

// rewrite replaces a file at once: a crash leaves the old or the new one. Its mode stays; a symbolic link keeps leading
// to it.
func rewrite(name string, text []byte) (err error) {
	name, err = filepath.EvalSymlinks(name)
	if err != nil {
		return fmt.Errorf("fmt: %w", err)
	}
	st, err := os.Stat(name)
	if err != nil {
		return fmt.Errorf("fmt: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".")
	if err != nil {
		return fmt.Errorf("fmt: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // it is of no use
			err = fmt.Errorf("fmt: %w", err)
		}
	}()
	_, err = f.Write(text)
	if err == nil {
		err = f.Chmod(st.Mode().Perm())
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	return err
}
