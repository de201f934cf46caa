package cable

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/hookwalk/hookwalk/lab/link"
	"github.com/hookwalk/hookwalk/topology"
)

// shape decides what becomes of each frame, in the order and with the arithmetic of netem_enqueue, net/sched/sch_netem.c.
// What it decides about the n-th frame depends on the seed and on n, not on the time; only when a frame is sent, and
// whether there is room for it, does.
type shape struct {
	m     topology.Impairment
	table []int16 // of the distribution; nil: uniform
	rng   *rand.Rand

	delay, loss, duplicate, corrupt, reorder correlated
	bad                                      bool          // the state of the loss model
	free                                     time.Duration // when the last frame is out of the wire, at its rate
}

// fate is what becomes of a frame.
type fate struct {
	lost    bool
	bit     int           // that is wrong, modulo the frame's bits; -1: none
	at      time.Duration // when it arrives
	again   bool          // it comes twice
	againAt time.Duration
}

// newShape begins with the seed of one direction.
func newShape(seed, direction uint64) *shape {
	return &shape{rng: rand.New(rand.NewPCG(seed, direction))}
}

// set changes what is done to frames from now on.
func (s *shape) set(m topology.Impairment) error {
	s.table = nil
	if m.Distribution != "" {
		var err error
		if s.table, err = link.Distribution(m.Distribution); err != nil {
			return err
		}
	}
	s.m = m
	return nil
}

// plain reports whether all frames are left alone.
func (s *shape) plain() bool { return s.m.IsZero() }

// correlated is a source of random numbers, each of which may depend on the one before (get_crandom).
type correlated struct{ last uint32 }

func (c *correlated) next(s *shape, percent float64) uint32 {
	v := s.rng.Uint32()
	if percent == 0 {
		return v
	}
	rho := uint64(share(percent)) + 1
	c.last = uint32((uint64(v)*(1<<32-rho) + uint64(c.last)*rho) >> 32)
	return c.last
}

func share(percent float64) uint32 { return uint32(math.Round(percent / 100 * math.MaxUint32)) }

// happens draws whether something with a chance happens.
func (c *correlated) happens(s *shape, chance topology.Chance) bool {
	return chance.Percent != 0 && share(chance.Percent) >= c.next(s, chance.Correlation)
}

// judge decides about a frame of so many bytes that comes in at now.
func (s *shape) judge(now time.Duration, size int) fate {
	f := fate{bit: -1}
	count := 1
	if s.duplicate.happens(s, s.m.Duplicate) {
		count++
	}
	if s.loses() {
		count--
	}
	if count == 0 {
		f.lost = true
		return f
	}
	f.again = count == 2
	if s.corrupt.happens(s, s.m.Corrupt) {
		f.bit = int(s.rng.Uint32() >> 1)
	}
	f.at = s.arrival(now, size)
	if f.again {
		f.againAt = s.arrival(now, size)
	}
	return f
}

// loses draws whether a frame is lost (loss_event, loss_gilb_ell).
func (s *shape) loses() bool {
	g := s.m.LossModel
	if g == (topology.GEModel{}) {
		return s.loss.happens(s, s.m.Loss)
	}
	hit := func(percent float64) bool { return percent != 0 && share(percent) >= s.rng.Uint32() }
	if !s.bad {
		s.bad = hit(g.P)
		return hit(g.Good)
	}
	s.bad = !hit(g.R)
	return hit(g.Bad)
}

// arrival is when a frame arrives: once it is on the wire at its rate, and the delay is over.
func (s *shape) arrival(now time.Duration, size int) time.Duration {
	if s.reorder.happens(s, s.m.Reorder) {
		return now
	}
	at := now
	if s.m.Rate != 0 {
		s.free = max(s.free, now) + time.Duration(uint64(size)*8*uint64(time.Second)/s.m.Rate)
		at = s.free
	}
	return max(at+s.draw(), now)
}

// draw is the delay of a frame (tabledist).
func (s *shape) draw() time.Duration {
	mu, sigma := s.m.Delay, int64(s.m.Jitter)
	if sigma == 0 {
		return mu
	}
	v := s.delay.next(s, s.m.Correlation)
	if s.table == nil {
		return mu + time.Duration(float64(v)/(1<<31)*float64(sigma)) - time.Duration(sigma)
	}
	const scale = 8192 // NETEM_DIST_SCALE
	return mu + time.Duration(float64(s.table[int(v)%len(s.table)])*float64(sigma)/scale)
}
