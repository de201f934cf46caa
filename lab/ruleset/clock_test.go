package ruleset

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// TestClock compares times of day and dates with those that nft makes of them, where the clock is two hours ahead of
// UTC.
func TestClock(t *testing.T) {
	needMessages(t)
	t.Setenv("TZ", "XYZ-2")
	zone := time.FixedZone("XYZ", 2*60*60)
	g := rowGroup{"clock", "ip", filterInput, "", []string{
		`meta hour "17:00"`, `meta hour "00:30"`, `meta hour "00:00"-"19:00"`, `meta hour "22:00"-"02:00"`, `meta hour "03:00"-"04:00"`, `meta hour != "01:00"-"03:00"`,
		`meta hour >= "17:00"`, `meta hour < "01:00"`, "meta hour 61200", `meta time "2026-06-06 17:00"`, `meta time < "2026-01-01"`, `meta time "2026-01-01"-"2026-12-24 16:00"`, "meta time 1577836800", `meta day "Monday"`,
	}}
	for _, rule := range g.rules {
		want, got := bothMessages(t, g.file(rule), &names{clock: time.Now().In(zone)}, unix.NFT_MSG_NEWRULE)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-nft +ours):\n%s", rule, d)
		}
	}
}
