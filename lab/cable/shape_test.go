package cable

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookwalk/hookwalk/topology"
)

func shaped(t *testing.T, seed uint64, words string) *shape {
	t.Helper()
	m, err := topology.Impairment{}.Apply(strings.Fields(words))
	if err != nil {
		t.Fatal(err)
	}
	s := newShape(seed, 0)
	if err := s.set(m); err != nil {
		t.Fatal(err)
	}
	return s
}

// fates are those of n frames of 1000 bytes, one each millisecond.
func fates(s *shape, n int) []fate {
	out := make([]fate, n)
	for i := range out {
		out[i] = s.judge(time.Duration(i)*time.Millisecond, 1000)
	}
	return out
}

// near fails if a share is not what it should be, within five standard deviations of a fair draw.
func near(t *testing.T, what string, got, n int, percent float64) {
	t.Helper()
	p := percent / 100
	if off := math.Abs(float64(got) - p*float64(n)); off > 5*math.Sqrt(float64(n)*p*(1-p))+1e-9 {
		t.Errorf("%s: %d of %d, want %g%%", what, got, n, percent)
	}
}

func TestShares(t *testing.T) {
	const n = 100_000
	for _, tt := range []struct {
		words                        string
		lost, twice, wrong, overtake float64
	}{
		{"loss 5%", 5, 0, 0, 0},
		{"loss 100%", 100, 0, 0, 0},
		{"duplicate 10%", 0, 10, 0, 0},
		{"corrupt 1%", 0, 0, 1, 0},
		{"delay 20ms reorder 25%", 0, 0, 0, 25},
		{"loss gemodel 1% 1% 100% 0%", 50, 0, 0, 0},
		{"loss gemodel 0% 100% 100% 7%", 7, 0, 0, 0},
		{"loss 10% duplicate 100%", 0, 90, 0, 0}, // a frame that comes twice survives one loss
	} {
		var lost, twice, wrong, overtake int
		for i, f := range fates(shaped(t, 1, tt.words), n) {
			switch {
			case f.lost:
				lost++
			case f.at == time.Duration(i)*time.Millisecond && strings.Contains(tt.words, "reorder"):
				overtake++
			}
			twice += b2i(f.again)
			wrong += b2i(!f.lost && f.bit >= 0)
		}
		if strings.Contains(tt.words, "gemodel 1%") {
			if lost < n*45/100 || lost > n*55/100 { // bursts: not a fair draw
				t.Errorf("%s: %d lost of %d", tt.words, lost, n)
			}
		} else {
			near(t, tt.words+": lost", lost, n, tt.lost)
		}
		near(t, tt.words+": twice", twice, n, tt.twice)
		near(t, tt.words+": wrong", wrong, n, tt.wrong)
		near(t, tt.words+": overtake", overtake, n, tt.overtake)
	}
}

// Bursts of the loss model are as long as its way back says, and correlated losses come in bursts, too.
func TestBursts(t *testing.T) {
	bursts := func(words string) (mean float64) {
		var lost, runs int
		was := false
		for _, f := range fates(shaped(t, 1, words), 200_000) {
			lost += b2i(f.lost)
			runs += b2i(f.lost && !was)
			was = f.lost
		}
		return float64(lost) / float64(runs)
	}
	if got := bursts("loss gemodel 1% 10% 100% 0%"); got < 9 || got > 11 {
		t.Errorf("the bad state lasts %.1f frames, want 10", got)
	}
	if single, more := bursts("loss 20%"), bursts("loss 20% 50%"); more < single*1.03 {
		t.Errorf("%.2f frames are lost in a row, %.2f with a correlation", single, more)
	}
}

// The same seed gives the same fates, whatever the time is; another one, and the other direction, do not.
func TestSeed(t *testing.T) {
	const words = "delay 20ms 5ms 25% distribution normal loss 5% duplicate 5% corrupt 5% reorder 5%"
	what := func(seed, direction uint64, step time.Duration) []fate {
		s := shaped(t, seed, words)
		s.rng = newShape(seed, direction).rng
		out := make([]fate, 1000)
		for i := range out {
			now := time.Duration(i) * step
			out[i] = s.judge(now, 100+i)
			out[i].at, out[i].againAt = max(out[i].at-now, 0), max(out[i].againAt-now, 0)
		}
		return out
	}
	first := what(42, 0, time.Millisecond)
	if diff := cmp.Diff(first, what(42, 0, time.Microsecond), cmp.AllowUnexported(fate{})); diff != "" {
		t.Errorf("the same seed (-first +second):\n%s", diff)
	}
	if cmp.Equal(first, what(43, 0, time.Millisecond), cmp.AllowUnexported(fate{})) {
		t.Error("another seed gives the same")
	}
	if cmp.Equal(first, what(42, 1, time.Millisecond), cmp.AllowUnexported(fate{})) {
		t.Error("the other direction gives the same")
	}
}

func TestDelays(t *testing.T) {
	const n = 50_000
	for _, tt := range []struct {
		words          string
		least, most    time.Duration
		mean           time.Duration
		deviation, off time.Duration
	}{
		{"delay 20ms", 20 * time.Millisecond, 20 * time.Millisecond, 20 * time.Millisecond, 0, 0},
		{"delay 20ms 5ms", 15 * time.Millisecond, 25 * time.Millisecond, 20 * time.Millisecond, 2887 * time.Microsecond, 100 * time.Microsecond},
		{"delay 20ms 5ms distribution normal", 0, 60 * time.Millisecond, 20 * time.Millisecond, 5 * time.Millisecond, 100 * time.Microsecond},
		{"delay 20ms 2ms distribution pareto", 18 * time.Millisecond, 30 * time.Millisecond, 20 * time.Millisecond, 1600 * time.Microsecond, 500 * time.Microsecond},
		{"delay 20ms 2ms distribution paretonormal", 0, 30 * time.Millisecond, 20 * time.Millisecond, 1500 * time.Microsecond, 500 * time.Microsecond},
	} {
		var sum, square float64
		for i, f := range fates(shaped(t, 1, tt.words), n) {
			d := f.at - time.Duration(i)*time.Millisecond
			if d < tt.least || d > tt.most {
				t.Fatalf("%s: %v", tt.words, d)
			}
			sum += float64(d)
			square += float64(d) * float64(d)
		}
		mean := sum / n
		deviation := math.Sqrt(max(square/n-mean*mean, 0))
		if math.Abs(mean-float64(tt.mean)) > float64(tt.off) || math.Abs(deviation-float64(tt.deviation)) > float64(tt.off)+1000 {
			t.Errorf("%s: mean %v, deviation %v", tt.words, time.Duration(mean), time.Duration(deviation))
		}
	}
}

// At a rate frames leave one after the other, each taking its time, and the delay is on top.
func TestRate(t *testing.T) {
	s := shaped(t, 1, "rate 8mbit delay 5ms") // 1000 bytes take 1 ms
	for i := range 10 {
		if got, want := s.judge(0, 1000).at, time.Duration(i+1)*time.Millisecond+5*time.Millisecond; got != want {
			t.Errorf("frame %d arrives after %v, want %v", i, got, want)
		}
	}
	if got, want := s.judge(time.Second, 500).at, time.Second+5500*time.Microsecond; got != want {
		t.Errorf("after a rest a frame arrives at %v, want %v", got, want)
	}
}
