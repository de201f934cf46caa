package lab

import (
	"fmt"
	"time"

	"github.com/hookwalk/hookwalk/topology"
)

// minFlap is the shortest time in which a cable goes down and comes up again.
const minFlap = 20 * time.Millisecond

// flap takes a cable down and brings it up, again and again. Its fields are used with holder.changes held.
type flap struct {
	every time.Duration
	left  int // times that it will go down yet
	times int // 0: until somebody ends it
	down  bool
	ended chan struct{} // closed when somebody ends it
}

// startFlap takes a cable down for the first time, and has it go on by itself.
func (h *holder) startFlap(plan *topology.Plan, l *topology.Link, st *linkState, r *LinkRequest) error {
	st.endFlap()
	f := &flap{every: r.Every, left: r.Times, times: r.Times, down: true, ended: make(chan struct{})}
	st.flap, st.down = f, false
	if err := h.syncLinks(plan); err != nil {
		st.endFlap()
		return err
	}
	go h.flap(l.Name(), f)
	return nil
}

// endFlap ends a flap, if there is one.
func (s *linkState) endFlap() {
	if s.flap != nil {
		close(s.flap.ended)
		s.flap = nil
	}
}

// flap goes on with a cable that is down.
func (h *holder) flap(name string, f *flap) {
	timer := time.NewTicker(f.every / 2)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-f.ended:
			return
		}
		if !h.turn(name, f) {
			return
		}
	}
}

// turn takes a flapping cable down or brings it up, and reports whether it goes on.
func (h *holder) turn(name string, f *flap) bool {
	h.changes.Lock()
	defer h.changes.Unlock()
	st := h.faults.links[name]
	if st == nil || st.flap != f {
		return false
	}
	f.down = !f.down
	if !f.down && f.times > 0 {
		if f.left--; f.left == 0 {
			st.flap = nil
			if st.none() {
				delete(h.faults.links, name)
			}
		}
	}
	if err := h.syncLinks(h.plan()); err != nil {
		h.log.add("", "fault", fmt.Sprintf("%s: %v", name, err))
	}
	h.listFaults()
	return st.flap == f
}
