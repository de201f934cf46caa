package nft

import "time"

// metaClock reads the clock of the packet as the time zone of the caller shows it, which is how rules are written.
func (o *PacketMeta) metaClock(e *Meta) value {
	if !o.Time.Known {
		return isUnknown("nobody said what time it was")
	}
	var v value
	t := o.Time.V
	switch e.Key {
	case MetaDay: // nft_meta_weekday: of UTC
		v.setUint(uint64(t.UTC().Weekday()), 1)
	case MetaHour:
		v.setUint(uint64(t.Hour()*3600+t.Minute()*60+t.Second()), 4)
	default:
		_, offset := t.Zone()
		v.setUint(uint64(t.UnixNano()+int64(offset)*int64(time.Second)), 8)
	}
	return v
}

// holdClock holds the clock against the right side of a match, in UTC as the kernel does: whether 23:00 comes before
// 01:00 depends on that.
func (m *machine) holdClock(s *Match, r ExprResult) ExprResult {
	v := m.value(s.Left)
	now := m.p.Meta.Time.V
	if v.has != known {
		return m.hold(s, &v, r)
	}
	r.Got = v.spell(s.Left.Type())
	u := uint64(now.UnixNano())
	if s.Left.Type() == TypeHour {
		utc := now.UTC()
		u = uint64(utc.Hour()*3600 + utc.Minute()*60 + utc.Second())
	}
	utc := func(c *Const) uint64 { return getUint(c.typ.nativeOrder(c.AtClock(now))) }
	var is bool
	switch right := s.Right.(type) {
	case *Const:
		c := utc(right)
		switch s.Op {
		case OpLt:
			is = u < c
		case OpLe:
			is = u <= c
		case OpGt:
			is = u > c
		case OpGe:
			is = u >= c
		default:
			is = u == c
		}
	case *Range:
		from, to := utc(right.From), utc(right.To)
		if is = from <= u && u <= to; from > to { // nft makes it `!= to-from`
			is = u < to || from < u
		}
	}
	r.Match = answer(is)
	if s.Op == OpNe {
		r.Match = not(r.Match)
	}
	return r
}
