// Package tui is the screens: a lab as a map, and one packet on its way through the hooks.
//
// It gets paths and actions handed in and imports no package that touches a kernel.
package tui

import (
	"context"
	"errors"
	"io"
	"time"

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

// Actions are what the screens can do to the lab. A nil action is not offered.
type Actions struct {
	Send  func(ctx context.Context, from, to string) (*path.Path, error)
	Shell func(ctx context.Context, node string, stdin io.Reader, stdout, stderr io.Writer) error
}

// Config is what a session starts with.
type Config struct {
	Plan    *topology.Plan
	Started time.Time
	Paths   []*path.Path
	Screen  Screen
	Keys    string
	ASCII   bool
	NoColor bool
	Mouse   bool
	Actions Actions
}

// Run shows the screens until the user quits or ctx ends.
func Run(ctx context.Context, c Config) error { return errors.New("not written yet") }
