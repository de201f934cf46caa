package lab

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hookwalk/hookwalk/topology"
)

// applyRequest makes the lab one of another plan.
type applyRequest struct {
	Plan *topology.Plan `json:"plan"`
	File string         `json:"file"` // absolute
	Dir  string         `json:"dir"`  // working directory of start commands
}

// Applied is what Apply did.
type Applied struct {
	// Changes are those that were made, compared with what the lab was just before them.
	Changes []topology.Change `json:"changes"`
	// Writes is how many messages were sent to the kernel to change something, and parameters written.
	Writes uint64 `json:"writes"`
}

// Apply makes a running lab one of another plan: it changes what is different and leaves the rest alone, with its
// processes and connections. Changes of one lab are made one after the other. progress, which may be nil, is called
// after each phase. After an error, or when ctx ends, the lab is what it was before, but for processes that ended with
// devices and nodes that were made anew; an *OpError says what could not be done. opts.Bound does not count.
func (l *Lab) Apply(ctx context.Context, plan *topology.Plan, opts Options, progress func(Progress)) (*Applied, error) {
	o, err := newOrder(plan, opts)
	if err != nil {
		return nil, err
	}
	w, _, err := l.dial()
	if err != nil {
		return nil, err
	}
	defer w.c.Close()
	if err := w.send(msgApply, applyRequest{o.Plan, o.File, o.Dir}); err != nil {
		return nil, &OpError{Op: "change lab " + l.Name(), Err: err}
	}
	stop := context.AfterFunc(ctx, func() { _ = w.send(msgCancel, nil) }) // the holder may have finished
	defer stop()
	for {
		m, _, err := w.recv()
		if err != nil {
			return nil, &OpError{Op: "change lab " + l.Name(), Err: fmt.Errorf("its holder is gone: %w", err)}
		}
		switch m.Kind {
		case msgProgress:
			var p Progress
			if err := m.decode(&p); err != nil {
				return nil, err
			}
			if progress != nil {
				progress(p)
			}
		case msgApplied:
			a := new(Applied)
			return a, m.decode(a)
		case msgError:
			e := asOpError(m.failure(), "change lab "+l.Name())
			if e.Err != nil && strings.Contains(e.Err.Error(), `"`+msgApply+`", which means nothing`) {
				e.Hint = "the lab was started by an older hookwalk: hookwalk down " + l.Name() + ", then up"
			}
			if errors.Is(e, errInterrupted) {
				return nil, context.Cause(ctx)
			}
			return nil, e
		default:
			return nil, fmt.Errorf("the holder says %q, which means nothing here", m.Kind)
		}
	}
}

// answerApply is the holder's part. The client may take its wish back, or go away: then it is undone.
func (h *holder) answerApply(w *wire, r applyRequest) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		defer cancel()
		for {
			m, files, err := w.recv()
			closeAll(files) // none are wanted
			if err != nil || m.Kind == msgCancel {
				return
			}
		}
	}()
	applied, err := h.apply(ctx, r, func(p Progress) { _ = w.send(msgProgress, p) }) // may be gone
	if err != nil {
		return err
	}
	_ = w.send(msgApplied, applied) // may be gone
	return nil
}
