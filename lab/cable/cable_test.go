package cable

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology"
)

// plug is a socket pair that keeps frames apart: one end for the cable, one for the test.
func plug(t *testing.T) (forCable, ours *os.File) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	forCable, ours = os.NewFile(uintptr(fds[0]), "cable"), os.NewFile(uintptr(fds[1]), "test")
	t.Cleanup(func() { ours.Close() })
	return forCable, ours
}

// wired is a cable with both of its ends in the test.
func wired(t *testing.T, a, b string) (c *Cable, endA, endB *os.File) {
	t.Helper()
	var m [2]topology.Impairment
	for i, words := range []string{a, b} {
		var err error
		if m[i], err = (topology.Impairment{}).Apply(strings.Fields(words)); err != nil {
			t.Fatal(err)
		}
	}
	inA, endA := plug(t)
	inB, endB := plug(t)
	c, err := New(inA, inB, m[0], m[1], 42)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, endA, endB
}

// arrival is a frame that came, and how long it took.
type arrival struct {
	seq  int
	took time.Duration
	data []byte
}

// send sends n numbered frames, and gives what arrived: as many as are wanted, and what comes in a while behind them.
func send(t *testing.T, from, to *os.File, n, want int) []arrival {
	t.Helper()
	start := time.Now()
	got := make(chan []arrival)
	if err := to.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	go func() {
		var list []arrival
		buf := make([]byte, maxFrame)
		for {
			if len(list) >= want {
				_ = to.SetReadDeadline(time.Now().Add(100 * time.Millisecond)) // Read says what is wrong
			}
			k, err := to.Read(buf)
			if err != nil {
				got <- list
				return
			}
			list = append(list, arrival{int(binary.BigEndian.Uint32(buf)),
				time.Since(start) - time.Duration(binary.BigEndian.Uint64(buf[4:])), bytes.Clone(buf[:k])})
		}
	}()
	frame := make([]byte, 100)
	for i := range n {
		binary.BigEndian.PutUint32(frame, uint32(i))
		binary.BigEndian.PutUint64(frame[4:], uint64(time.Since(start)))
		if _, err := from.Write(frame); err != nil {
			t.Fatal(err)
		}
	}
	return <-got
}

func numbers(list []arrival) []int {
	out := make([]int, len(list))
	for i, a := range list {
		out[i] = a.seq
	}
	return out
}

// fatesOf are those of n frames in one direction of a cable that wired made.
func fatesOf(t *testing.T, direction uint64, words string, n int) []fate {
	t.Helper()
	s := shaped(t, 42, words)
	s.rng = newShape(42, direction).rng
	return fates(s, n)
}

func quickest(list []arrival) time.Duration {
	least := time.Hour
	for _, a := range list {
		least = min(least, a.took)
	}
	return least
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func TestCarry(t *testing.T) {
	t.Parallel()
	_, a, b := wired(t, "", "")
	for _, way := range [][2]*os.File{{a, b}, {b, a}} {
		if got := numbers(send(t, way[0], way[1], 1000, 1000)); !slices.Equal(got, upTo(1000)) {
			t.Errorf("%d frames came: %v", len(got), got)
		}
	}
}

// Each direction is impaired for itself.
func TestDelay(t *testing.T) {
	t.Parallel()
	_, a, b := wired(t, "delay 300ms", "")
	there := send(t, a, b, 200, 200)
	if !slices.Equal(numbers(there), upTo(200)) {
		t.Errorf("came %v", numbers(there))
	}
	// How late they are is up to the machine; the quickest of many shows what the cable does.
	if got := quickest(there); got < 300*time.Millisecond || got > 800*time.Millisecond {
		t.Errorf("the quickest took %v", got)
	}
	back := send(t, b, a, 200, 200)
	if got := quickest(back); len(back) != 200 || got > 300*time.Millisecond {
		t.Errorf("%d came back, the quickest took %v", len(back), got)
	}
}

func TestLoss(t *testing.T) {
	t.Parallel()
	_, a, b := wired(t, "loss 100%", "loss 10%")
	if got := send(t, a, b, 200, 0); len(got) != 0 {
		t.Errorf("%d frames came", len(got))
	}
	var want []int
	for i, f := range fatesOf(t, 1, "loss 10%", 1000) {
		if !f.lost {
			want = append(want, i)
		}
	}
	if got := numbers(send(t, b, a, 1000, len(want))); !slices.Equal(got, want) {
		t.Errorf("%d frames of 1000 came, want %d", len(got), len(want))
	}
}

func TestDuplicate(t *testing.T) {
	t.Parallel()
	_, a, b := wired(t, "duplicate 100%", "duplicate 100% delay 1ms")
	for _, way := range [][2]*os.File{{a, b}, {b, a}} {
		got := numbers(send(t, way[0], way[1], 100, 200))
		slices.Sort(got)
		want := append(upTo(100), upTo(100)...)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("came %v", got)
		}
	}
}

// A corrupted frame has one wrong bit.
func TestCorrupt(t *testing.T) {
	t.Parallel()
	_, a, b := wired(t, "corrupt 100%", "")
	for i := range 50 {
		sent := bytes.Repeat([]byte{byte(i)}, 60+i)
		if _, err := a.Write(sent); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, maxFrame)
		n, err := b.Read(buf)
		if err != nil || n != len(sent) {
			t.Fatalf("%d bytes, %v", n, err)
		}
		wrong := 0
		for j := range sent {
			wrong += bits.OnesCount8(sent[j] ^ buf[j])
		}
		if wrong != 1 {
			t.Errorf("%d bits are wrong", wrong)
		}
	}
}

// Reordered frames overtake those that are delayed, and the others keep their order.
func TestReorder(t *testing.T) {
	t.Parallel()
	_, a, b := wired(t, "delay 100ms reorder 20%", "")
	var quick, slow []int
	fates := fatesOf(t, 0, "delay 100ms reorder 20%", 500)
	overtaken := 0
	for _, f := range send(t, a, b, 500, 500) {
		if fates[f.seq].at == time.Duration(f.seq)*time.Millisecond {
			quick = append(quick, f.seq)
		} else {
			slow = append(slow, f.seq)
			overtaken += b2i(len(quick) > 0 && quick[len(quick)-1] > f.seq)
		}
	}
	if len(quick)+len(slow) != 500 || len(quick) < 60 || len(quick) > 140 || overtaken == 0 {
		t.Errorf("%d overtook, %d did not, %d were overtaken", len(quick), len(slow), overtaken)
	}
	if !slices.IsSorted(quick) || !slices.IsSorted(slow) {
		t.Errorf("overtook %v, waited %v", quick, slow)
	}
}

func TestLimit(t *testing.T) {
	t.Parallel()
	_, a, b := wired(t, "delay 1s limit 10", "")
	if got := numbers(send(t, a, b, 100, 10)); !slices.Equal(got, upTo(10)) {
		t.Errorf("came %v", got)
	}
}

// What changes holds for the frames that come from then on; those that are on their way stay so, until the cable is cut.
func TestChange(t *testing.T) {
	t.Parallel()
	c, a, b := wired(t, "delay 300ms", "")
	for i := range byte(2) {
		if _, err := a.Write([]byte{i, 0, 0}); err != nil {
			t.Fatal(err)
		}
	}
	waiting := func() int {
		c.lanes[0].mu.Lock()
		defer c.lanes[0].mu.Unlock()
		return len(c.lanes[0].waiting)
	}
	for waiting() < 2 {
		runtime.Gosched()
	}
	if err := c.Impair(0, topology.Impairment{}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Write([]byte{9, 0, 0}); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, maxFrame)
	for _, want := range []byte{9, 0, 1} {
		if n, err := b.Read(buf); err != nil || n != 3 || buf[0] != want {
			t.Errorf("came %v, %v, want %d", buf[:n], err, want)
		}
	}
	if err := c.Impair(0, topology.Impairment{Delay: 50 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Write([]byte{1, 0, 0}); err != nil {
		t.Fatal(err)
	}
	for waiting() < 1 {
		runtime.Gosched()
	}
	c.Cut()
	if err := b.SetReadDeadline(time.Now().Add(200 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, err := b.Read(buf); err == nil {
		t.Errorf("a cut cable brings %v", buf[:n])
	}
	if err := c.Impair(0, topology.Impairment{Distribution: "gauss"}); err == nil {
		t.Error("there is a distribution called gauss")
	}
}

// Close returns when nothing works any more, with frames under way, and the other ends see it.
func TestClose(t *testing.T) {
	t.Parallel()
	c, a, b := wired(t, "delay 1s", "")
	for range 50 {
		if _, err := a.Write(make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
	}
	c.Close()
	for _, end := range []*os.File{a, b} {
		if _, err := end.Write([]byte{0}); err == nil {
			t.Error("somebody still listens")
		}
	}
}

// The queue gives frames in the order of their time, of equals the first to come.
func TestQueue(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	var q queue
	type key struct {
		at    time.Duration
		order uint64
	}
	var want, got []key
	for i := range uint64(1000) {
		f := &frame{at: time.Duration(r.IntN(50)), order: i}
		q.add(f)
		want = append(want, key{f.at, f.order})
	}
	slices.SortFunc(want, func(a, b key) int {
		if a.at != b.at {
			return int(a.at - b.at)
		}
		return int(a.order) - int(b.order)
	})
	for now := range time.Duration(50) {
		for f := q.due(now); f != nil; f = q.due(now) {
			if f.at > now {
				t.Errorf("a frame for %d comes at %d", f.at, now)
			}
			got = append(got, key{f.at, f.order})
		}
	}
	if !slices.Equal(got, want) || q.due(1000) != nil {
		t.Error("not in order")
	}
}
