package nft

import (
	"strconv"
	"strings"
	"time"
)

func init() {
	statements["limit"] = func(p *parser, first token) StmtNode {
		if p.cur().isWord("name") {
			return p.objectRef(first)
		}
		return p.limitArgs(first)
	}
	statements["quota"] = func(p *parser, first token) StmtNode {
		if p.cur().isWord("name") {
			return p.objectRef(first)
		}
		return p.quotaArgs(first)
	}
}

var (
	perWords  = []string{"second", "minute", "hour", "day", "week"}
	byteWords = []string{"bytes", "kbytes", "mbytes"}
	periods   = map[string]time.Duration{"second": time.Second, "minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour, "week": 7 * 24 * time.Hour}
	byteUnits = map[string]uint64{"": 1, "bytes": 1, "kbytes": 1 << 10, "mbytes": 1 << 20}
)

func (p *parser) limitArgs(first token) StmtNode {
	n := &LimitNode{}
	if t := p.cur(); !t.isWord("rate") {
		p.fail(p.tokSpan(t), "write `limit rate 10/second`", "`rate` expected, found %s", t.describe())
	}
	p.advance()
	n.Over = p.acceptWord("over")
	n.Rate = p.numberWord("rate")
	switch t := p.cur(); {
	case t.is("/"):
		p.advance()
		n.Per = p.oneOf("unit of time", perWords...).Text
	case t.kind == tName && strings.Contains(t.text, "/"): // mbytes/second is one word
		unit, per, _ := strings.Cut(t.text, "/")
		if byteUnits[unit] == 0 || periods[per] == 0 {
			hint := didYouMean(unit, byteWords)
			if byteUnits[unit] != 0 {
				hint = didYouMean(per, perWords)
			}
			p.fail(p.tokSpan(t), hint, "unknown rate `%s`", t.text)
		}
		p.advance()
		n.Unit, n.Per = unit, per
	case t.kind == tName && byteUnits[t.text] != 0:
		n.Unit = p.advance().text
		p.expect("/", "after `"+n.Unit+"`")
		n.Per = p.oneOf("unit of time", perWords...).Text
	default:
		p.fail(p.tokSpan(t), "write `limit rate 10/second` or `limit rate 10 mbytes/second`", "`/` and a unit of time expected, found %s", t.describe())
	}
	if p.acceptWord("burst") {
		n.Burst = p.numberWord("burst")
		units := byteWords
		if n.Unit == "" {
			units = []string{"packets"}
		}
		n.BurstUnit = p.oneOf("unit of burst", units...).Text
	}
	n.Span = p.spanFrom(first)
	return n
}

func (n *LimitNode) print(p *printer) {
	p.str("limit rate ")
	if n.Over {
		p.str("over ")
	}
	p.str(n.Rate.Text)
	if n.Unit != "" {
		p.str(" ", n.Unit)
	}
	p.str("/", n.Per)
	if n.Burst != nil {
		p.str(" burst ", n.Burst.Text, " ", n.BurstUnit)
	}
}

func (n *LimitNode) check(c *checker) Stmt {
	s := &Limit{Span: n.Span, Over: n.Over, Bytes: n.Unit != "", Per: periods[n.Per], InUnit: n.Unit}
	s.Rate = c.scaled(n.Rate, byteUnits[n.Unit], 64)
	if s.Rate == 0 {
		c.fail(n.Rate.Span, "", "the rate of a limit is at least 1")
	}
	if !s.Bytes {
		s.Burst = 5
	}
	if n.Burst != nil {
		unit := uint64(1)
		if s.Bytes {
			unit = byteUnits[n.BurstUnit]
		}
		s.Burst = uint32(c.scaled(n.Burst, unit, 32))
		if s.Burst == 0 && !s.Bytes {
			c.fail(n.Burst.Span, "", "the burst of a limit is at least 1")
		}
	}
	return s
}

func (s *Limit) String() string {
	var b strings.Builder
	b.WriteString("limit rate ")
	if s.Over {
		b.WriteString("over ")
	}
	per := "second"
	for w, d := range periods {
		if d == s.Per {
			per = w
		}
	}
	if s.Bytes {
		b.WriteString(formatBytes(s.Rate))
	} else {
		b.WriteString(strconv.FormatUint(s.Rate, 10))
	}
	b.WriteString("/" + per)
	switch {
	case s.Bytes && s.Burst != 0:
		b.WriteString(" burst " + formatBytes(uint64(s.Burst)))
	case !s.Bytes && s.Burst != 5:
		b.WriteString(" burst " + strconv.Itoa(int(s.Burst)) + " packets")
	}
	return b.String()
}

// formatBytes spells a size in the largest unit that needs no fraction.
func formatBytes(n uint64) string {
	i := 0
	for ; i < 2 && n != 0 && n%1024 == 0; i++ {
		n /= 1024
	}
	return strconv.FormatUint(n, 10) + " " + byteWords[i]
}

func (s *Limit) eval(m *machine) { m.stateful(s, "limit") }

func (p *parser) quotaArgs(first token) StmtNode {
	n := &QuotaNode{}
	switch {
	case p.acceptWord("over"):
		n.Over = true
	case p.acceptWord("until"):
	}
	n.Size = p.numberWord("size")
	n.Unit = p.oneOf("unit", byteWords...).Text
	if p.acceptWord("used") {
		n.Used = p.numberWord("size")
		n.UsedUnit = p.oneOf("unit", byteWords...).Text
	}
	n.Span = p.spanFrom(first)
	return n
}

func (n *QuotaNode) print(p *printer) {
	p.str("quota ")
	if n.Over {
		p.str("over ")
	}
	p.str(n.Size.Text, " ", n.Unit)
	if n.Used != nil {
		p.str(" used ", n.Used.Text, " ", n.UsedUnit)
	}
}

func (n *QuotaNode) check(c *checker) Stmt {
	s := &Quota{Span: n.Span, Over: n.Over, Bytes: c.scaled(n.Size, byteUnits[n.Unit], 64)}
	if n.Used != nil {
		s.Used = c.scaled(n.Used, byteUnits[n.UsedUnit], 64)
		if s.Used > s.Bytes { // net/netfilter/nft_quota.c, nft_quota_do_init
			c.fail(n.Used.Span, "", "more is used than the quota has")
		}
	}
	return s
}

func (s *Quota) String() string {
	out := "quota "
	if s.Over {
		out += "over "
	}
	out += formatBytes(s.Bytes)
	if s.Used > 0 {
		out += " used " + formatBytes(s.Used)
	}
	return out
}

func (s *Quota) eval(m *machine) { m.stateful(s, "quota") }
