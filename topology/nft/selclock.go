package nft

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The keys of meta that read a clock. The kernel's runs in UTC; nft writes and lists hours and dates in the time zone
// of the machine, and turns them into UTC when it loads them. A rule for "17:00" that was loaded in summer is thus one
// for "16:00" in winter. The day of the week is never turned: it begins at midnight UTC (nft_meta_weekday of
// net/netfilter/nft_meta.c, where the kernel itself has no time zone).
const (
	MetaTime MetaKey = 30
	MetaDay  MetaKey = 31
	MetaHour MetaKey = 32
)

const secondsPerDay = 24 * 60 * 60

// The types of nft's src/meta.c, date_type and hour_type.
var (
	TypeDate = &Datatype{Name: "time", ID: 43, Order: HostEndian, Bits: 64, codec: codec{parseDate, printDate}}
	TypeHour = &Datatype{Name: "hour", ID: 44, Order: HostEndian, Bits: 32, codec: codec{parseHour, printHour}}
)

// isClock reports whether values of a type are times of the machine's time zone.
func isClock(d *Datatype) bool { return d == TypeDate || d == TypeHour }

var dateLayouts = []string{"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02"}

// parseDate reads a date, or a number of seconds since 1970. The value is in nanoseconds.
func parseDate(_ *Datatype, w *WordNode, _ int) ([]byte, string, error) {
	if w.Kind == WordNumber {
		if v, err := parseUint(w.Text); err == nil && v < 1<<63/uint64(time.Second) {
			return putUint(v*uint64(time.Second), 8), "", nil
		}
		return nil, "", fmt.Errorf("%s seconds are too many", w.Text)
	}
	date, clock, both := strings.Cut(w.Text, " ")
	if both && len(clock) > 1 && clock[1] == ':' {
		clock = "0" + clock
	}
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, strings.TrimSpace(date+" "+clock)); err == nil && t.Year() >= 1970 && t.Year() < 2262 {
			return putUint(uint64(t.UnixNano()), 8), "", nil
		}
	}
	return nil, "", fmt.Errorf("`%s` is not a date such as \"2026-12-24 18:00\"", w.Text)
}

func printDate(_ *Datatype, data []byte) string {
	return `"` + time.Unix(0, int64(getUint(data))).UTC().Format(dateLayouts[0]) + `"`
}

// parseHour reads a time of day, or a number of seconds since midnight UTC.
func parseHour(_ *Datatype, w *WordNode, _ int) ([]byte, string, error) {
	if w.Kind == WordNumber {
		if v, err := parseUint(w.Text); err == nil && v < 1<<32 {
			return putUint(v, 4), "", nil
		}
		return nil, "", fmt.Errorf("%s seconds are more than a day", w.Text)
	}
	parts := strings.Split(w.Text, ":")
	total := uint64(0)
	for i, limit := range []uint64{24, 60, 60} {
		total *= 60
		if i == 2 && len(parts) == 2 {
			break
		}
		v, err := uint64(0), error(nil)
		if i < len(parts) {
			v, err = strconv.ParseUint(parts[i], 10, 8)
		}
		if len(parts) < 2 || len(parts) > 3 || err != nil || v >= limit {
			return nil, "", fmt.Errorf("`%s` is not a time of day such as \"17:00\"", w.Text)
		}
		total += v
	}
	return putUint(total, 4), "", nil
}

func printHour(_ *Datatype, data []byte) string {
	v := getUint(data)
	if v >= secondsPerDay {
		return strconv.FormatUint(v, 10)
	}
	text := fmt.Sprintf("%02d:%02d", v/3600, v/60%60)
	if v%60 != 0 {
		text += fmt.Sprintf(":%02d", v%60)
	}
	return `"` + text + `"`
}

// AtClock is the value of a time of day or a date as the kernel compares it, in UTC and in the order of the machine,
// where the clock shows now: its location is the time zone. For any other value it is Data.
func (e *Const) AtClock(now time.Time) []byte {
	if !isClock(e.typ) || e.UTC {
		return e.Data
	}
	v := getUint(e.network())
	switch e.typ {
	case TypeHour:
		_, offset := now.Zone()
		v = (v + uint64(2*secondsPerDay-offset)) % secondsPerDay
	case TypeDate: // the offset of the time that is taken for UTC, as parse_iso_date of nft's src/meta.c
		_, offset := time.Unix(0, int64(v)).In(now.Location()).Zone()
		v -= uint64(offset) * uint64(time.Second)
	}
	return e.typ.nativeOrder(putUint(v, len(e.Data)))
}

// hourRange turns a range of hours that passes midnight into what nft makes of it: all but those in between.
func (c *checker) hourRange(s *Match, x ExprNode) ExprNode {
	n, ok := x.(*RangeNode)
	if !ok || s.Left.Type() != TypeHour || s.Op != OpEq && s.Op != OpNe {
		return x
	}
	from, to := c.constant(c.wordOf(n.From, "time of day"), TypeHour), c.constant(c.wordOf(n.To, "time of day"), TypeHour)
	if getUint(from.be) <= getUint(to.be) {
		return x
	}
	s.Op = OpEq + OpNe - s.Op
	return &RangeNode{Span: n.Span, From: n.To, To: n.From}
}

// clock parses `17:00` as the value of meta hour without quotes: to the lexer it is several tokens. Nil if there is
// none.
func (p *parser) clock() *WordNode {
	if !p.clockOK {
		return nil
	}
	first := p.cur()
	end := int(first.off)
	for end < len(p.src) && (isDigit(p.src[end]) || p.src[end] == ':') {
		end++
	}
	text := p.src[first.off:end]
	if _, _, err := parseHour(TypeHour, &WordNode{Kind: WordName, Text: text}, 32); err != nil {
		return nil
	}
	for int(p.cur().off) < end {
		p.advance()
	}
	return &WordNode{Span: p.spanFrom(first), Kind: WordQuoted, Text: text}
}
