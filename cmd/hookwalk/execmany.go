package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/hookwalk/hookwalk/lab"
)

// execAtOnce is in how many nodes a command runs at the same time.
const execAtOnce = 64

// execMany runs a command in every node that matches, side by side. Lines of output are not mixed.
func execMany(ctx context.Context, l *lab.Lab, pattern string, args []string) error {
	plan, err := l.Plan(ctx)
	if err != nil {
		return &exitError{exitImpossible, err}
	}
	nodes, err := matchNodes(plan, pattern)
	if err != nil {
		return err
	}
	width := 0
	for _, n := range nodes {
		width = max(width, len(n))
	}
	ctx, stop := signal.NotifyContext(ctx, relayed...) // ends all of them: which one would the signal be for?
	defer stop()
	var mu sync.Mutex // guards the two streams, worst and full
	worst := 0
	var full error // of writing to standard output: nobody can see the rest
	var g errgroup.Group
	g.SetLimit(execAtOnce)
	for _, node := range nodes {
		g.Go(func() error {
			prefix := fmt.Sprintf("%-*s | ", width, node)
			code, err := execPrefixed(ctx, l, lab.Command{Node: node, Args: args}, func(w io.Writer, line string) {
				mu.Lock()
				defer mu.Unlock()
				if _, err := fmt.Fprintf(w, "%s%s\n", prefix, line); err != nil && w == os.Stdout && full == nil {
					full = err
					stop()
				}
			})
			var unstarted *lab.NotStartedError
			if errors.As(err, &unstarted) && unstarted.Code() != 0 {
				mu.Lock()
				fmt.Fprintf(os.Stderr, "%s%v\n", prefix, err)
				mu.Unlock()
				code, err = unstarted.Code(), nil
			}
			mu.Lock()
			worst = max(worst, code)
			mu.Unlock()
			return err
		})
	}
	err = g.Wait()
	switch {
	case full != nil:
		return &exitError{exitImpossible, full}
	case ctx.Err() != nil:
		return &exitError{exitInterrupted, errors.New("exec: interrupted")}
	case err != nil:
		return &exitError{exitImpossible, err}
	case worst != 0:
		return &exitError{Code: worst}
	}
	return nil
}

// execPrefixed runs a command and hands each line of its output to show.
func execPrefixed(ctx context.Context, l *lab.Lab, c lab.Command, show func(w io.Writer, line string)) (int, error) {
	var readers sync.WaitGroup
	streams := []struct {
		to   io.Writer
		file **os.File
	}{{os.Stdout, &c.Stdout}, {os.Stderr, &c.Stderr}}
	for _, s := range streams {
		r, w, err := os.Pipe()
		if err != nil {
			return 0, err
		}
		*s.file = w
		defer w.Close()
		readers.Go(func() {
			defer r.Close()
			lines := bufio.NewReader(r)
			for {
				line, err := lines.ReadString('\n')
				if len(line) > 0 && line[len(line)-1] == '\n' {
					line = line[:len(line)-1]
				} else if line == "" && err != nil {
					return
				}
				show(s.to, line)
			}
		})
	}
	p, err := l.Start(ctx, c)
	_ = c.Stdout.Close() // the command has them
	_ = c.Stderr.Close()
	if err != nil {
		readers.Wait()
		return 0, err
	}
	defer p.Close()
	code, err := p.Wait(ctx)
	if err == nil {
		readers.Wait()
	}
	return code, err
}
