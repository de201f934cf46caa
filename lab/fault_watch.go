package lab

import (
	"context"
	"fmt"

	"github.com/hookwalk/hookwalk/topology"
)

// WatchFaults calls show with the faults in force, at once and after each change, until ctx ends or the lab does. The
// error is nil then.
func (l *Lab) WatchFaults(ctx context.Context, show func([]Fault)) error {
	w, _, err := l.dial()
	if err != nil {
		return err
	}
	defer w.c.Close()
	stop := context.AfterFunc(ctx, func() { _ = w.c.Close() }) // wakes the reader
	defer stop()
	if err := w.send(msgWatch, nil); err != nil {
		return &OpError{Op: "watch the faults", Err: err}
	}
	for {
		m, files, err := w.recv()
		if err != nil {
			return nil
		}
		closeAll(files) // none are wanted
		switch m.Kind {
		case msgWatch:
			var list []Fault
			if err := m.decode(&list); err != nil {
				return err
			}
			show(list)
		case msgError:
			return m.failure()
		default:
			return fmt.Errorf("the holder says %q, which means nothing here", m.Kind)
		}
	}
}

// answerWatch is the holder's part.
func (h *holder) answerWatch(w *wire) error {
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_, files, _ := w.recv() // nothing is expected but the end
		closeAll(files)
	}()
	for {
		h.mu.Lock()
		list, changed := h.inForce, h.changed
		h.mu.Unlock()
		if err := w.send(msgWatch, list); err != nil {
			return nil
		}
		select {
		case <-changed:
		case <-gone:
			return nil
		}
	}
}

// Ends says which ends of a plan's links the faults, or the plan itself, have down or impairing what they send, by
// node:interface.
func Ends(plan *topology.Plan, faults []Fault) (down, impaired map[string]bool) {
	down, impaired = map[string]bool{}, map[string]bool{}
	cut := map[string]bool{} // by Link.Name
	stopped := map[string]bool{}
	sends := sendsOf(faults)
	for _, f := range faults {
		switch {
		case f.Link != nil:
			if f.Link.Down {
				cut[f.Link.A+" -- "+f.Link.B] = true
			}
		case f.Node != nil:
			stopped[f.Node.Name] = f.Node.State == "stopped"
		case f.Partition != nil:
			for _, name := range f.Partition.Links {
				cut[name] = true
			}
		}
	}
	for i := range plan.Links {
		l := &plan.Links[i]
		for _, e := range l.Ends() {
			name := e.Name()
			if cut[l.Name()] || stopped[l.A.Node] || stopped[l.B.Node] {
				down[name] = true
			}
			text, ok := sends[name]
			if impaired[name] = text != ""; !ok {
				impaired[name] = !e.Impair.IsZero()
			}
		}
	}
	return down, impaired
}

// sendsOf says what becomes of the frames that the ends send for which faults say it, by node:interface.
func sendsOf(faults []Fault) map[string]string {
	sends := map[string]string{}
	for _, f := range faults {
		if f.Link == nil {
			continue
		}
		for end, text := range map[string]*string{f.Link.A: f.Link.SendA, f.Link.B: f.Link.SendB} {
			if text != nil {
				sends[end] = *text
			}
		}
	}
	return sends
}
