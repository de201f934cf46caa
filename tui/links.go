package tui

import (
	"context"
	"sync"

	tea "charm.land/bubbletea/v2"
)

// linksMsg says what is special about the lab's links from now on.
type linksMsg Links

// runner runs the program, and once more after each shell, and tells it about the lab's links.
type runner struct {
	mu      sync.Mutex // guards the rest
	current *tea.Program
	links   Links
	known   bool
}

// newRunner begins to watch, until ctx ends.
func newRunner(ctx context.Context, watch func(context.Context, func(Links))) *runner {
	r := &runner{}
	if watch != nil {
		go watch(ctx, r.show)
	}
	return r
}

// show has the program that runs show links.
func (r *runner) show(l Links) {
	r.mu.Lock()
	r.links, r.known = l, true
	p := r.current
	r.mu.Unlock()
	if p != nil {
		p.Send(linksMsg(l)) // a program that has ended takes nothing, and does not mind
	}
}

// program runs it once.
func (r *runner) program(m *model, options []tea.ProgramOption) error {
	p := tea.NewProgram(m, options...)
	r.mu.Lock()
	if r.current = p; r.known {
		m.lab.SetLinks(r.links.Down, r.links.Impaired)
	}
	r.mu.Unlock()
	_, err := p.Run()
	return err
}
