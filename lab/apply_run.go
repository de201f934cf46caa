package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/lab/link"
	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/lab/ruleset"
	"github.com/hookwalk/hookwalk/topology"
)

// applier makes a lab of one plan a lab of another.
//
// What goes is removed before what comes is made, because it may have the same name; nodes go last, with their
// processes, when nothing can fail any more. Each step says how it is undone. What the kernel takes along when something
// is removed, and what both plans have, is put back at the end of the step: a removed address takes along others of its
// network, a device its routes.
type applier struct {
	h        *holder
	ctx      context.Context // the wish of whoever asked
	old, new *topology.Plan
	changes  *topology.Changes
	dir      string
	b        *builder               // of the new plan, with what is there already
	before   map[string]*nodeBefore // the nodes of both plans that something changes in
	undo     []func() error         // what was done, in reverse
	handles  map[string][]path.Handle
	services map[string]io.Closer
	anew     map[string]map[string]bool // by node: devices that are made or removed
	done     []string                   // for the text of progress
}

// errInterrupted says that whoever asked for a change does not want it any more.
var errInterrupted = unix.ECANCELED

// apply makes the lab one of another plan, or leaves it as it was.
func (h *holder) apply(ctx context.Context, r applyRequest, progress func(Progress)) (*Applied, error) {
	h.changes.Lock()
	defer h.changes.Unlock()
	h.mu.Lock()
	old, broken := h.current, h.broken
	h.mu.Unlock()
	switch {
	case r.Plan == nil || r.Plan.Name != old.Name:
		return nil, &OpError{Op: "change lab " + old.Name, Err: errors.New("that is the plan of another lab")}
	case broken != "":
		return nil, &OpError{Op: "change lab " + old.Name, Err: errors.New(broken), Hint: "hookwalk down " + old.Name + ", then up"}
	}
	wrote := link.Writes() + ruleset.Writes()
	a := &applier{h: h, ctx: ctx, old: old, new: r.Plan, changes: topology.Diff(old, r.Plan), dir: r.Dir,
		before: map[string]*nodeBefore{}, handles: maps.Clone(h.handles), services: maps.Clone(h.services), anew: map[string]map[string]bool{}}
	if !a.changes.Empty() {
		if err := a.run(progress); err != nil {
			err = a.takeBack(err)
			a.carryFaults(old)
			return nil, err
		}
	}
	h.mu.Lock()
	h.current, h.handles, h.services = r.Plan, a.handles, a.services
	h.order.File, h.order.Dir = r.File, r.Dir
	h.mu.Unlock()
	a.carryFaults(r.Plan)
	return &Applied{Changes: a.changes.List, Writes: link.Writes() + ruleset.Writes() - wrote}, nil
}

func (a *applier) run(progress func(Progress)) error {
	if err := a.refuse(); err != nil {
		return err
	}
	for _, phase := range []struct {
		name  string
		steps []func() error
	}{
		{"nodes", []func() error{a.look, a.removeOld, a.makeNodes}},
		{"links", []func() error{a.makeLinks, a.changeEnds}},
		{"addrs", []func() error{a.configure, a.changeSysctls, a.changeAddrs, a.changeRoutes, a.changePolicy}},
		{"nft", []func() error{a.changeRules}},
		{"ready", []func() error{a.await, a.changeServices, a.writeHosts, a.runCommands, a.removeNodes}},
	} {
		since := time.Now()
		a.done = nil
		for _, step := range phase.steps {
			err := a.ctx.Err()
			if err != nil {
				err = errInterrupted
			} else {
				err = step()
			}
			if err != nil {
				e := asOpError(err, "change the lab")
				e.Phase = phase.name
				return e
			}
		}
		if len(a.done) > 0 {
			progress(Progress{phase.name, strings.Join(a.done, ", "), time.Since(since)})
		}
	}
	return nil
}

// refuse finds changes that cannot be made in place.
func (a *applier) refuse() error {
	for _, c := range a.changes.List {
		if c.What == topology.ChangeLab && c.Field != "about" {
			return &OpError{Op: "change " + c.Field + " of the lab", Err: errors.New("it concerns all of the lab"),
				Hint: "hookwalk down " + a.old.Name + ", then up"}
		}
	}
	return nil
}

// takeBack undoes what was done, and says so if it cannot.
func (a *applier) takeBack(why error) error {
	var failed []error
	for _, undo := range slices.Backward(a.undo) {
		if err := undo(); err != nil {
			failed = append(failed, err)
		}
	}
	if failed == nil {
		return why
	}
	e := asOpError(why, "change the lab")
	broken := fmt.Sprintf("a change failed and could not be undone: %v", errors.Join(failed...))
	a.h.mu.Lock()
	a.h.broken = broken
	a.h.mu.Unlock()
	e.Hint = strings.TrimPrefix(e.Hint+"\n", "\n") + broken + "\nhookwalk down " + a.old.Name + ", then up"
	return e
}

// counted notes something for the line of the phase, if there is anything.
func (a *applier) counted(n int, noun, verb string) {
	if n > 0 {
		a.done = append(a.done, count(n, noun)+" "+verb)
	}
}

// each calls f for each change of a kind.
func (a *applier) each(what topology.ChangeKind, f func(c *topology.Change) error) error {
	for i := range a.changes.List {
		if c := &a.changes.List[i]; c.What == what {
			if err := f(c); err != nil {
				return err
			}
		}
	}
	return nil
}

// either is what a change adds, or what it removes.
func either[T any](c *topology.Change) *T {
	if x, ok := c.New.(*T); ok {
		return x
	}
	return c.Old.(*T)
}

// writeHosts writes the hosts file of the nodes. Programs that run have the same file, so it is not replaced.
func (a *applier) writeHosts() error {
	was, is := hosts(a.old), hosts(a.new)
	if was == is {
		return nil
	}
	a.undo = append(a.undo, func() error { return overwrite(hostsFile, was) })
	return overwrite(hostsFile, is)
}

// overwrite gives a file another content.
func overwrite(name, text string) error {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if _, err = f.WriteString(text); err == nil {
		err = f.Truncate(int64(len(text)))
	}
	return errors.Join(err, f.Close())
}
