package topology

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestApply(t *testing.T) {
	for _, tt := range []struct {
		on, words string
		want      Impairment
		text      string // "": words
	}{
		{"", "delay 20ms", Impairment{Delay: 20 * time.Millisecond}, ""},
		{"", "delay 1.5s 500us 25% distribution pareto", Impairment{Delay: 1500 * time.Millisecond, Jitter: 500 * time.Microsecond,
			Correlation: 25, Distribution: "pareto"}, ""},
		{"", "delay 20ms jitter 5ms correlation 10% distribution uniform", Impairment{Delay: 20 * time.Millisecond,
			Jitter: 5 * time.Millisecond, Correlation: 10}, "delay 20ms 5ms 10%"},
		{"", "loss 5% 25% duplicate 1% corrupt 0.1%", Impairment{Loss: Chance{5, 25}, Duplicate: Chance{Percent: 1}, Corrupt: Chance{Percent: 0.1}}, ""},
		{"", "loss gemodel 1%", Impairment{LossModel: GEModel{1, 99, 100, 0}}, "loss gemodel 1% 99% 100% 0%"},
		{"", "loss gemodel 1% 10% 90% 0.5%", Impairment{LossModel: GEModel{1, 10, 90, 0.5}}, ""},
		{"", "rate 10mbit limit 50", Impairment{Rate: 10_000_000, Limit: 50}, ""},
		{"", "rate 1.5gbit", Impairment{Rate: 1_500_000_000}, ""},
		// What is not named stays.
		{"delay 20ms loss 1%", "rate 1mbit", Impairment{Delay: 20 * time.Millisecond, Loss: Chance{Percent: 1}, Rate: 1_000_000}, "delay 20ms loss 1% rate 1mbit"},
		{"delay 20ms 5ms reorder 25% loss 1%", "delay 10ms", Impairment{Delay: 10 * time.Millisecond, Jitter: 5 * time.Millisecond,
			Reorder: Chance{Percent: 25}, Loss: Chance{Percent: 1}}, "delay 10ms 5ms loss 1% reorder 25%"},
		// One model of loss takes the place of the other, nothing that of something.
		{"loss gemodel 1% 10%", "loss 5%", Impairment{Loss: Chance{Percent: 5}}, "loss 5%"},
		{"loss 5%", "loss gemodel 1% 10%", Impairment{LossModel: GEModel{1, 10, 100, 0}}, "loss gemodel 1% 10% 100% 0%"},
		{"loss 5% 25% rate 1mbit", "loss 0%", Impairment{Rate: 1_000_000}, "rate 1mbit"},
		{"delay 20ms 5ms 25% distribution normal reorder 1% loss 1%", "delay 0ms", Impairment{Loss: Chance{Percent: 1}}, "loss 1%"},
	} {
		on, err := Impairment{}.Apply(strings.Fields(tt.on))
		if err != nil {
			t.Errorf("%s: %v", tt.on, err)
		}
		got, err := on.Apply(strings.Fields(tt.words))
		if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
			t.Errorf("%q on %q: %v (-want +got):\n%s", tt.words, tt.on, err, diff)
		}
		if tt.text == "" {
			tt.text = tt.words
		}
		if s := got.String(); s != tt.text {
			t.Errorf("%q on %q reads %q, want %q", tt.words, tt.on, s, tt.text)
		}
	}
}

func TestApplyRefuses(t *testing.T) {
	for words, want := range map[string]string{
		"latency 20ms":          `there is no impairment "latency"`,
		"dely 20ms":             `did you mean "delay"?`,
		"delay":                 `nothing follows "delay"; like 20ms`,
		"delay 20":              "the time 20 has no unit; 20ms?",
		"delay 20ms 5ms 25% x":  `unexpected "x" behind the delay`,
		"loss 5":                "5%?",
		"loss nan%":             `"nan%" is not a percentage`,
		"loss gemodel 1% x":     `"x" is not a percentage`,
		"rate 1e9bit":           `"1e9bit" is not a rate`,
		"rate 10mb":             `"10mb" is not a rate`,
		"delay 20MS":            "20ms?",
		"jitter 5ms":            "there is none; delay: 20ms",
		"delay 1ms reorder 5":   "5%?",
		"reorder 5%":            "there is no delay",
		"limit 5":               "nothing makes them wait",
		"delay 3601s":           "more than an hour",
		"delay 1ms correlation": `nothing follows "correlation"`,
	} {
		before := Impairment{Loss: Chance{Percent: 3}}
		_, err := before.Apply(strings.Fields(words))
		var wrong *ImpairError
		if words == "limit 5" {
			_, err = Impairment{}.Apply(strings.Fields(words))
		}
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", words, err, want)
		}
	}
}

// TestImpairmentText: what String writes, Apply reads.
func TestImpairmentText(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	percent := func() float64 { return float64(r.IntN(100_000)+1) / 1000 }
	for range 2000 {
		var m Impairment
		if r.IntN(2) == 0 {
			m.Delay = time.Duration(r.Int64N(int64(10*time.Second))) + 1
			if r.IntN(2) == 0 {
				m.Jitter = time.Duration(r.Int64N(int64(time.Second))) + 1
				m.Correlation, m.Distribution = percent(), append(distributions[1:], "")[r.IntN(4)]
			}
			m.Reorder = Chance{percent(), percent()}
		}
		switch r.IntN(3) {
		case 0:
			m.Loss = Chance{percent(), 0}
		case 1:
			m.LossModel = GEModel{percent(), percent(), percent(), percent()}
		}
		if r.IntN(2) == 0 {
			m.Duplicate, m.Corrupt = Chance{percent(), percent()}, Chance{percent(), 0}
		}
		if r.IntN(2) == 0 {
			m.Rate = uint64(r.Int64N(maxRate-minRate)) + minRate
		}
		if !m.IsZero() && r.IntN(2) == 0 {
			m.Limit = 1 + r.IntN(maxLimit)
		}
		got, err := Impairment{}.Apply(strings.Fields(m.String()))
		if err != nil || got != m {
			t.Fatalf("%q: %v (-want +got):\n%s", m, err, cmp.Diff(m, got))
		}
	}
}
