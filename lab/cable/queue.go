package cable

import (
	"container/heap"
	"time"
)

// frame is one that waits.
type frame struct {
	at    time.Duration // when it is due
	order uint64        // of those that are due at the same time, the first to come goes first
	data  []byte
}

// queue holds frames, the next to go first.
type queue []*frame

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	return q[i].at < q[j].at || q[i].at == q[j].at && q[i].order < q[j].order
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

// Push is for package heap.
func (q *queue) Push(x any) { *q = append(*q, x.(*frame)) }

// Pop is for package heap.
func (q *queue) Pop() any {
	last := len(*q) - 1
	f := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return f
}

func (q *queue) add(f *frame) { heap.Push(q, f) }

// due takes the next frame if it is time for it; nil: it is not, or there is none.
func (q *queue) due(now time.Duration) *frame {
	if len(*q) == 0 || (*q)[0].at > now {
		return nil
	}
	return heap.Pop(q).(*frame)
}
