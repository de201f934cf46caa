package topology

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Units of impairments. They are strict: a number without its unit, or with one that means something else elsewhere,
// is a mistake that would show only in measurements.

const (
	maxDelay = time.Hour
	minRate  = 1_000             // 1kbit
	maxRate  = 1_000_000_000_000 // 1000gbit
)

var timeUnits = []unit{{"us", 1e3}, {"ms", 1e6}, {"s", 1e9}}

var rateUnits = []unit{{"kbit", 1e3}, {"mbit", 1e6}, {"gbit", 1e9}, {"bit", 1}}

// unit is a word behind a number.
type unit struct {
	name  string
	times float64
}

// number splits "1.5ms" into the number and the word behind it.
func number(s string) (v float64, word string, ok bool) {
	i := 0
	for i < len(s) && (s[i] >= '0' && s[i] <= '9' || s[i] == '.') {
		i++
	}
	v, err := strconv.ParseFloat(s[:i], 64)
	return v, s[i:], err == nil
}

// measure reads a number with one of the units.
func measure(s, what, like string, units []unit) (v float64, msg, hint string) {
	n, word, ok := number(s)
	if ok {
		for _, u := range units {
			if word == u.name {
				return n * u.times, "", ""
			}
		}
	}
	hint = "like " + like
	switch near := strings.ToLower(word); {
	case !ok:
	case word == "":
		msg = fmt.Sprintf("the %s %s has no unit", what, s)
		hint = fmt.Sprintf("%s%s?", s, units[1].name)
	case near == "µs" || near == "usec" || near == "usecs":
		hint = fmt.Sprintf("%sus?", strings.TrimSuffix(s, word))
	case near == "msec" || near == "msecs":
		hint = fmt.Sprintf("%sms?", strings.TrimSuffix(s, word))
	case near == "sec" || near == "secs":
		hint = fmt.Sprintf("%ss?", strings.TrimSuffix(s, word))
	case near == "kbps" || near == "mbps" || near == "gbps" || near == "bps":
		hint = fmt.Sprintf("%s is bytes to some programs and bits to others; %s%sbit?", word, strings.TrimSuffix(s, word), strings.TrimSuffix(near, "bps"))
	default:
		for _, u := range units {
			if near == u.name {
				hint = strings.TrimSuffix(s, word) + u.name + "?"
			}
		}
	}
	if msg == "" {
		msg = fmt.Sprintf("%q is not a %s", shorten(s), what)
	}
	return 0, msg, hint
}

func parseTime(s string) (d time.Duration, msg, hint string) {
	v, msg, hint := measure(s, "time", "20ms, 500us or 1.5s", timeUnits)
	if msg == "" && v > float64(maxDelay) {
		return 0, fmt.Sprintf("%s is more than an hour", s), ""
	}
	return time.Duration(v + 0.5), msg, hint
}

func parseRate(s string) (bits uint64, msg, hint string) {
	v, msg, hint := measure(s, "rate", "10mbit, 500kbit or 1gbit", rateUnits)
	if msg == "" && (v < minRate || v > maxRate) {
		return 0, fmt.Sprintf("a rate is %s to %s, not %s", rateText(minRate), rateText(maxRate), s), ""
	}
	return uint64(v + 0.5), msg, hint
}

func parsePercent(s string) (p float64, msg, hint string) {
	v, word, ok := number(s)
	switch {
	case ok && word == "%" && v <= 100:
		return v, "", ""
	case ok && word == "%":
		return 0, fmt.Sprintf("%s is more than all", s), "0% to 100%"
	case ok && word == "":
		return 0, fmt.Sprintf("%s has no percent sign", s), s + "%?"
	}
	return 0, fmt.Sprintf("%q is not a percentage", shorten(s)), "like 1% or 0.5%"
}

// timeText is a time as parseTime reads it.
func timeText(d time.Duration) string {
	u, word := float64(time.Microsecond), "us"
	switch {
	case d >= time.Second:
		u, word = float64(time.Second), "s"
	case d >= time.Millisecond:
		u, word = float64(time.Millisecond), "ms"
	}
	return strconv.FormatFloat(float64(d)/u, 'f', -1, 64) + word
}

func percentText(p float64) string { return strconv.FormatFloat(p, 'f', -1, 64) + "%" }

// rateText is a rate as parseRate reads it.
func rateText(bits uint64) string {
	for i := len(rateUnits) - 2; i >= 0; i-- {
		if u := uint64(rateUnits[i].times); bits >= u {
			return strconv.FormatFloat(float64(bits)/float64(u), 'f', -1, 64) + rateUnits[i].name
		}
	}
	return strconv.FormatUint(bits, 10) + "bit"
}
