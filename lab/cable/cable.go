// Package cable is a cable in user space: it carries frames between two TAP devices, and does to them on the way what
// netem does in the kernel. It sleeps when there is nothing to carry.
package cable

import (
	"errors"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"github.com/hookwalk/hookwalk/lab/link"
	"github.com/hookwalk/hookwalk/topology"
)

// Cable is a cable that works. It may be used from many goroutines.
type Cable struct {
	ports [2]*os.File
	lanes [2]*lane // from A to B, from B to A
	done  sync.WaitGroup
}

// New begins to carry frames between two files, from each of which a read gives one frame, and takes them over. What A
// and B send is impaired by a and b. With a seed of 0 chance is another each time.
func New(portA, portB *os.File, a, b topology.Impairment, seed uint64) (*Cable, error) {
	if seed == 0 {
		seed = rand.Uint64()
	}
	c := &Cable{ports: [2]*os.File{portA, portB}}
	for i, m := range []topology.Impairment{a, b} {
		l, err := newLane(c.ports[i], c.ports[1-i], newShape(seed, uint64(i)), m)
		if err != nil {
			c.close()
			return nil, err
		}
		c.lanes[i] = l
	}
	for _, l := range c.lanes {
		c.done.Go(l.read)
		c.done.Go(l.release)
	}
	return c, nil
}

// Impair changes what becomes of the frames that an end sends: 0 is A, 1 is B. Those on their way stay so.
func (c *Cable) Impair(end int, m topology.Impairment) error {
	l := c.lanes[end]
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.shape.set(m)
}

// Cut discards all frames that are on their way.
func (c *Cable) Cut() {
	for _, l := range c.lanes {
		l.mu.Lock()
		l.waiting = nil
		l.mu.Unlock()
	}
}

// Ports are the files of A and B. They belong to the cable.
func (c *Cable) Ports() [2]*os.File { return c.ports }

// Close ends it, and with it the devices.
func (c *Cable) Close() {
	c.close()
	c.done.Wait()
}

func (c *Cable) close() {
	for i, p := range c.ports {
		_ = link.RemoveTap(p) // a file of another kind, or a device that is gone
		_ = p.Close()         // frames that were not carried are lost
		if c.lanes[i] != nil {
			c.lanes[i].alarm.close()
		}
	}
}

// maxFrame is the largest frame: the largest MTU with an Ethernet header and two VLAN tags.
const maxFrame = 1<<16 + 14 + 8

// lane carries frames one way. One goroutine reads, and sends what need not wait; another sends what has waited.
type lane struct {
	from, to *os.File
	alarm    alarm
	start    time.Time // of the lane's clock

	mu      sync.Mutex // guards the rest
	shape   *shape
	waiting queue
	order   uint64
}

func newLane(from, to *os.File, s *shape, m topology.Impairment) (*lane, error) {
	if err := s.set(m); err != nil {
		return nil, err
	}
	a, err := newAlarm()
	if err != nil {
		return nil, err
	}
	return &lane{from: from, to: to, alarm: a, start: time.Now(), shape: s}, nil
}

func (l *lane) now() time.Duration { return time.Since(l.start) }

// read carries frames until the device is gone.
func (l *lane) read() {
	buf := make([]byte, maxFrame)
	for {
		n, err := l.from.Read(buf)
		if err != nil {
			return
		}
		l.carry(buf[:n])
	}
}

// carry sends a frame, or keeps a copy of it until it is due.
func (l *lane) carry(data []byte) {
	l.mu.Lock()
	if l.shape.plain() {
		l.mu.Unlock()
		l.send(data)
		return
	}
	now := l.now()
	f := l.shape.judge(now, len(data))
	if f.lost || len(data) == 0 {
		l.mu.Unlock()
		return
	}
	if f.bit >= 0 {
		bit := f.bit % (8 * len(data))
		data[bit/8] ^= 1 << (bit % 8)
	}
	times := 0 // it is sent at once
	for _, at := range []time.Duration{f.at, f.againAt}[:1+b2i(f.again)] {
		if at <= now {
			times++
		} else {
			l.keep(now, at, data)
		}
	}
	l.mu.Unlock()
	for range times {
		l.send(data)
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// keep holds a copy of a frame until it is due. mu is held.
func (l *lane) keep(now, at time.Duration, data []byte) {
	limit := topology.DefaultLimit
	if l.shape.m.Limit != 0 {
		limit = l.shape.m.Limit
	}
	if len(l.waiting) >= limit {
		return
	}
	l.order++
	l.waiting.add(&frame{at: at, order: l.order, data: append([]byte(nil), data...)})
	if l.waiting[0].order == l.order { // the alarm is set for a later one, or for none
		_ = l.alarm.set(at - now) // fails only when it is closed
	}
}

// release sends frames when they are due.
func (l *lane) release() {
	for l.alarm.wait() == nil {
		for {
			l.mu.Lock()
			now := l.now()
			f := l.waiting.due(now)
			if f == nil {
				if len(l.waiting) > 0 {
					_ = l.alarm.set(l.waiting[0].at - now) // as above
				}
				l.mu.Unlock()
				break
			}
			l.mu.Unlock()
			l.send(f.data)
		}
	}
}

// send gives a frame to the other device. One that is down or full loses it, like a real one.
func (l *lane) send(data []byte) {
	if _, err := l.to.Write(data); errors.Is(err, os.ErrClosed) {
		return // the cable is being taken away
	}
}
