package path

import "strings"

// ctOf reads the conntrack attributes of a trace event. The state has one bit per ctinfo,
// NF_CT_STATE_BIT in include/net/netfilter/nf_conntrack.h; the status has the IPS_* bits.
func ctOf(e *Event) *CT {
	if e.CT == nil {
		return nil
	}
	ct := &CT{ID: e.CT.ID, Proof: Observed}
	for _, s := range []struct {
		bit  uint32
		name string
	}{{1, "invalid"}, {2, "established"}, {4, "related"}, {8, "new"}, {64, "untracked"}} {
		if e.CT.State&s.bit != 0 {
			ct.State = s.name
		}
	}
	if e.CT.ID != 0 {
		ct.Direction = "original"
		if e.CT.Direction == 1 {
			ct.Direction = "reply"
		}
	}
	var status []string
	for _, s := range []struct {
		bit  uint32
		name string
	}{{1 << 0, "expected"}, {1 << 1, "seen-reply"}, {1 << 2, "assured"}, {1 << 3, "confirmed"}, {1 << 4, "snat"},
		{1 << 5, "dnat"}, {1 << 9, "dying"}} {
		if e.CT.Status&s.bit != 0 {
			status = append(status, s.name)
		}
	}
	ct.Status = strings.Join(status, ",")
	return ct
}
