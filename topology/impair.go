package topology

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Impairment is what becomes of the frames that an end of a link sends, in the words of tc-netem(8). The zero value
// leaves them alone. It is comparable.
type Impairment struct {
	Delay        time.Duration `json:"delayNs,omitempty"`
	Jitter       time.Duration `json:"jitterNs,omitempty"`     // how far a frame's delay may be from Delay
	Correlation  float64       `json:"correlation,omitempty"`  // of a frame's delay with that of the one before, in percent
	Distribution string        `json:"distribution,omitempty"` // of the delay: "" uniform, normal, pareto, paretonormal

	Loss      Chance  `json:"loss,omitzero"`
	LossModel GEModel `json:"gemodel,omitzero"` // in place of Loss
	Duplicate Chance  `json:"duplicate,omitzero"`
	Corrupt   Chance  `json:"corrupt,omitzero"` // of one wrong bit
	Reorder   Chance  `json:"reorder,omitzero"` // of a frame to be sent at once, before those that are being delayed

	Rate  uint64 `json:"rateBitsPerSec,omitempty"`
	Limit int    `json:"limit,omitempty"` // frames that wait at most; 0: DefaultLimit
}

// DefaultLimit is how many frames wait at an end where nothing else is said, as tc-netem(8) has it.
const DefaultLimit = 1000

// Chance is how often something happens to a frame.
type Chance struct {
	Percent     float64 `json:"percent"`
	Correlation float64 `json:"correlation,omitempty"` // with what happened to the frame before, in percent
}

// GEModel loses frames in bursts: the Gilbert-Elliott model of tc-netem(8). All in percent.
type GEModel struct {
	P    float64 `json:"p"`    // from the good state to the bad one, at each frame
	R    float64 `json:"r"`    // and back
	Bad  float64 `json:"bad"`  // 1-h: lost in the bad state
	Good float64 `json:"good"` // 1-k: lost in the good state
}

// IsZero reports whether frames are left alone.
func (m Impairment) IsZero() bool { return m == Impairment{} }

// RateOnly reports whether frames are slowed down and nothing else: what a token bucket can do without netem.
func (m Impairment) RateOnly() bool {
	return m.Rate != 0 && m == Impairment{Rate: m.Rate, Limit: m.Limit}
}

// impairKeys are the options, in the order in which String writes them.
var impairKeys = []string{"delay", "jitter", "correlation", "distribution", "loss", "duplicate", "corrupt", "reorder", "rate", "limit"}

// distributions of the delay. What tc calls so are tables of numbers that it reads from files; see lab/link.
var distributions = []string{"uniform", "normal", "pareto", "paretonormal"}

// IsImpairKey reports whether word is the name of an option.
func IsImpairKey(word string) bool { return slices.Contains(impairKeys, word) }

// Apply is m with the options in words, "delay 20ms 5ms loss 1%": what they do not name stays. The error says which
// word is wrong, and what would be right.
func (m Impairment) Apply(words []string) (Impairment, error) {
	for i := 0; i < len(words); {
		key := words[i]
		if !IsImpairKey(key) {
			return m, impairError(fmt.Sprintf("there is no impairment %q", shorten(key)), didYouMean(key, impairKeys))
		}
		j := i + 1
		for j < len(words) && !IsImpairKey(words[j]) {
			j++
		}
		if _, msg, hint := m.set(key, words[i+1:j]); msg != "" {
			return m, impairError(msg, hint)
		}
		i = j
	}
	if _, msg, hint := m.check(); msg != "" {
		return m, impairError(msg, hint)
	}
	return m, nil
}

// ImpairError is a mistake in the words of an impairment.
type ImpairError struct{ Msg, Hint string }

func (e *ImpairError) Error() string {
	if e.Hint == "" {
		return e.Msg
	}
	return e.Msg + "; " + e.Hint
}

func impairError(msg, hint string) error { return &ImpairError{msg, hint} }

// set gives one option its values. A mistake is in word at, or in all of it: -1.
func (m *Impairment) set(key string, words []string) (at int, msg, hint string) {
	most := map[string]int{"delay": 3, "loss": 5, "duplicate": 2, "corrupt": 2, "reorder": 2}[key]
	if key == "loss" && len(words) > 0 && words[0] != gemodel {
		most = 2
	}
	switch most = max(most, 1); {
	case len(words) == 0:
		return -1, "nothing follows " + strconv.Quote(key), "like " + impairExamples[key]
	case len(words) > most:
		return most, fmt.Sprintf("unexpected %q behind the %s", shorten(words[most]), key), "like " + impairExamples[key]
	}
	next := *m
	w := words[0]
	switch key {
	case "delay":
		next.Delay, msg, hint = parseTime(w)
		if msg == "" && len(words) > 1 {
			at = 1
			next.Jitter, msg, hint = parseTime(words[1])
		}
		if msg == "" && len(words) > 2 {
			at = 2
			next.Correlation, msg, hint = parsePercent(words[2])
		}
		if next.Delay == 0 && len(words) == 1 { // what is said of a delay goes with it
			next.Jitter, next.Correlation, next.Distribution, next.Reorder = 0, 0, "", Chance{}
		}
	case "jitter":
		next.Jitter, msg, hint = parseTime(w)
	case "correlation":
		next.Correlation, msg, hint = parsePercent(w)
	case "distribution":
		if next.Distribution = w; !slices.Contains(distributions, w) {
			msg, hint = fmt.Sprintf("unknown distribution %q", shorten(w)), didYouMean(w, distributions)
		} else if w == "uniform" {
			next.Distribution = ""
		}
	case "loss":
		next.Loss, next.LossModel = Chance{}, GEModel{}
		if w == gemodel {
			at, msg, hint = next.LossModel.parse(words)
		} else {
			at, msg, hint = next.Loss.parse(words)
		}
	case "duplicate":
		at, msg, hint = next.Duplicate.parse(words)
	case "corrupt":
		at, msg, hint = next.Corrupt.parse(words)
	case "reorder":
		at, msg, hint = next.Reorder.parse(words)
	case "rate":
		next.Rate, msg, hint = parseRate(w)
	case "limit":
		n, err := strconv.Atoi(w)
		if next.Limit = n; err != nil || n < 1 || n > maxLimit {
			msg, hint = fmt.Sprintf("the limit is 1 to %d frames, not %q", maxLimit, shorten(w)), ""
		}
	}
	if msg == "" {
		*m = next
	}
	return at, msg, hint
}

const (
	gemodel  = "gemodel"
	maxLimit = 1_000_000
)

// impairExamples show how an option is written.
var impairExamples = map[string]string{
	"delay": "20ms, or 20ms 5ms", "jitter": "5ms", "correlation": "25%", "distribution": "normal", "loss": "1%", "duplicate": "1%",
	"corrupt": "0.1%", "reorder": "25%", "rate": "10mbit", "limit": "1000",
}

// parse reads "5%" or "5% 25%".
func (c *Chance) parse(words []string) (at int, msg, hint string) {
	*c = Chance{}
	if c.Percent, msg, hint = parsePercent(words[0]); msg != "" || len(words) == 1 {
		return 0, msg, hint
	}
	c.Correlation, msg, hint = parsePercent(words[1])
	if msg == "" && c.Percent == 0 {
		*c = Chance{}
	}
	return 1, msg, hint
}

// parse reads "gemodel P [R [1-H [1-K]]]" with the defaults of tc-netem(8).
func (g *GEModel) parse(words []string) (at int, msg, hint string) {
	if len(words) == 1 {
		return 0, "nothing follows gemodel", "like loss gemodel 1% 10%"
	}
	v := []float64{0, 0, 100, 0}
	for i, w := range words[1:] {
		if v[i], msg, hint = parsePercent(w); msg != "" {
			return i + 1, msg, hint
		}
		if i == 0 {
			v[1] = 100 - v[0]
		}
	}
	if *g = (GEModel{v[0], v[1], v[2], v[3]}); g.P == 0 && g.Good == 0 {
		*g = GEModel{}
	}
	return 0, "", ""
}

// check finds options that say nothing without another: its key, and what is missing.
func (m Impairment) check() (key, msg, hint string) {
	switch {
	case m.Jitter != 0 && m.Delay == 0:
		return "jitter", "jitter varies the delay, and there is none", "delay: 20ms"
	case m.Correlation != 0 && m.Jitter == 0:
		return "correlation", "correlation is that of the jitter, and there is none", "jitter: 5ms; loss and others take one of their own: loss: 1% 25%"
	case m.Distribution != "" && m.Jitter == 0:
		return "distribution", "distribution is that of the jitter, and there is none", "jitter: 5ms"
	case m.Reorder.Percent != 0 && m.Delay == 0:
		return "reorder", "reorder sends frames before those that are delayed, and there is no delay", "delay: 20ms"
	case m.Limit != 0 && m == Impairment{Limit: m.Limit}:
		return "limit", "limit is how many frames wait, and nothing makes them wait", "delay: 20ms, or rate: 10mbit"
	}
	return "", "", ""
}

// String is what Apply reads: "delay 20ms 5ms loss 1%". "" if frames are left alone.
func (m Impairment) String() string {
	var out []string
	add := func(key string, values ...string) { out = append(append(out, key), values...) }
	if m.Delay != 0 {
		add("delay", timeText(m.Delay))
		if m.Jitter != 0 {
			out = append(out, timeText(m.Jitter))
			if m.Correlation != 0 {
				out = append(out, percentText(m.Correlation))
			}
		}
	}
	if m.Distribution != "" {
		add("distribution", m.Distribution)
	}
	chance := func(key string, c Chance) {
		if c.Percent == 0 {
			return
		}
		add(key, percentText(c.Percent))
		if c.Correlation != 0 {
			out = append(out, percentText(c.Correlation))
		}
	}
	chance("loss", m.Loss)
	if g := m.LossModel; g != (GEModel{}) {
		add("loss", gemodel, percentText(g.P), percentText(g.R), percentText(g.Bad), percentText(g.Good))
	}
	chance("duplicate", m.Duplicate)
	chance("corrupt", m.Corrupt)
	chance("reorder", m.Reorder)
	if m.Rate != 0 {
		add("rate", rateText(m.Rate))
	}
	if m.Limit != 0 {
		add("limit", strconv.Itoa(m.Limit))
	}
	return strings.Join(out, " ")
}
