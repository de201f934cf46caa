// Package tui is the screens: a lab as a map, and one packet on its way through the hooks.
//
// It gets paths and actions handed in and imports no package that touches a kernel.
package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/topology"
)

// Screen is one of the screens.
type Screen int

// The screens.
const (
	Lab Screen = iota
	Step
)

// String is the screen's name.
func (s Screen) String() string {
	if s == Step {
		return "Step"
	}
	return "Lab"
}

// Actions are what the screens can do to the lab. A nil action is not offered.
type Actions struct {
	Send  func(ctx context.Context, from, to string) (*path.Path, error)
	Shell func(ctx context.Context, node string, stdin io.Reader, stdout, stderr io.Writer) error
}

// Links say which ends of links, by node:interface, are down, and which impair what they send.
type Links struct{ Down, Impaired map[string]bool }

// Config is what a session starts with. Only Plan is needed.
type Config struct {
	Plan    *topology.Plan
	Started time.Time    // when the lab came up; zero: not shown
	Paths   []*path.Path // packets that were followed already
	Sent    time.Time    // when they were sent; zero: now
	Screen  Screen
	Keys    string // keys to press at the start: "nnD<esc><tab>"
	ASCII   bool
	NoColor bool // also with NO_COLOR in the environment
	Mouse   bool
	Actions Actions
	// Watch calls show with what is special about the lab's links, and again when that changes, until ctx ends; nil: what
	// the plan says.
	Watch func(ctx context.Context, show func(Links))
	// CanSuspend says whether ctrl+z may stop the program: only if somebody is there to continue it. nil: it may.
	CanSuspend func() bool
	Now        func() time.Time // the clock; nil: time.Now
}

// Run shows the screens until the user quits or ctx ends, and leaves the terminal as it was, also after a panic.
// The error of a session that ctx ended is that of ctx.
func Run(ctx context.Context, c Config) error {
	if c.Plan == nil {
		return errors.New("tui: there is no plan to show")
	}
	c.NoColor = c.NoColor || os.Getenv("NO_COLOR") != ""
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends what is under way
	options := []tea.ProgramOption{tea.WithContext(ctx), tea.WithFPS(30)}
	if c.NoColor {
		options = append(options, tea.WithColorProfile(colorprofile.ASCII))
	}
	m := newModel(ctx, c)
	run := newRunner(ctx, c.Watch)
	err := run.program(m, options)
	for err == nil && m.shellIn != "" {
		node := m.shellIn
		m.backFrom(node, c.Actions.Shell(ctx, node, os.Stdin, os.Stdout, os.Stderr))
		err = run.program(m, options)
	}
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, tea.ErrInterrupted):
		return context.Canceled
	}
	return fmt.Errorf("tui: %w", err)
}
