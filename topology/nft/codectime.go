package nft

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// parseTime reads 1d2h3m4s5ms, or a plain number of seconds.
func parseTime(s string) (time.Duration, error) {
	if n, err := parseUint(s); err == nil {
		if n > uint64(1<<62/time.Second) {
			return 0, fmt.Errorf("`%s` seconds are too many", s)
		}
		return time.Duration(n) * time.Second, nil
	}
	var total time.Duration
	rest := s
	for rest != "" {
		n := 0
		for n < len(rest) && isDigit(rest[n]) {
			n++
		}
		v, err := strconv.ParseUint(rest[:n], 10, 32)
		if err != nil {
			return 0, fmt.Errorf("`%s` is not a time such as 1h30m", s)
		}
		rest = rest[n:]
		unit := time.Duration(0)
		for _, u := range timeUnits {
			if strings.HasPrefix(rest, u.name) {
				unit, rest = u.d, rest[len(u.name):]
				break
			}
		}
		if unit == 0 {
			return 0, fmt.Errorf("`%s` is not a time such as 1h30m", s)
		}
		if total += time.Duration(v) * unit; total < 0 || v > uint64(1<<62/unit) {
			return 0, fmt.Errorf("`%s` is too long", s)
		}
	}
	return total, nil
}

var timeUnits = []struct {
	name string
	d    time.Duration
}{
	{"ms", time.Millisecond}, {"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second},
}

// formatTime spells a time as nft does: 1d2h3m4s5ms.
func formatTime(d time.Duration) string {
	if d == 0 {
		return "0s"
	}
	var b strings.Builder
	for _, u := range []int{1, 2, 3, 4, 0} {
		unit := timeUnits[u]
		if n := d / unit.d; n > 0 {
			b.WriteString(strconv.FormatInt(int64(n), 10) + unit.name)
			d -= n * unit.d
		}
	}
	return b.String()
}

func parseDuration(d *Datatype, w *WordNode, size int) ([]byte, string, error) {
	if w.Kind != WordTime && w.Kind != WordNumber {
		return nil, "", fmt.Errorf("`%s` is not a time such as 1h30m", w.Text)
	}
	t, err := parseTime(w.Text)
	if err != nil {
		return nil, "", err
	}
	ms := uint64(t / time.Millisecond)
	if bits.Len64(ms) > size {
		return nil, "", fmt.Errorf("`%s` is too long", w.Text)
	}
	return putUint(ms, d.Bytes()), "", nil
}

func printDuration(_ *Datatype, data []byte) string {
	ms := getUint(data)
	if ms > uint64(1<<62/time.Millisecond) {
		return strconv.FormatUint(ms, 10) + "ms"
	}
	return formatTime(time.Duration(ms) * time.Millisecond)
}
