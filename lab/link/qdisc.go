package link

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology"
)

// Impair has a device do to the frames that it sends what m says, in place of what Impair told it before. A rate alone
// is a token bucket (tbf), everything else is netem; the zero value removes both. mtu is that of the device, in bytes.
// Frames that wait in it stay there as long as the kind of discipline stays the same.
//
// The error is ENOENT if the kernel has no such discipline.
func (c *Conn) Impair(index, mtu int, m topology.Impairment) error {
	switch {
	case m.IsZero():
		return c.removeQdisc(index)
	case m.RateOnly():
		return c.setQdisc(index, handleTBF, "tbf", tbf(m, mtu))
	}
	options, err := netem(m)
	if err != nil {
		return err
	}
	handle := handleNetem + distributionNumber(m.Distribution)<<16
	err = c.setQdisc(index, handle, "netem", options)
	if errors.Is(err, unix.EINVAL) && m.Duplicate.Percent != 0 {
		// A netem that duplicates may not be in one tree with another, not even with the one whose place it takes
		// (check_netem_in_tree, net/sched/sch_netem.c, of 2025, and in stable kernels).
		if err = c.removeQdisc(index); err == nil {
			err = c.setQdisc(index, handle, "netem", options)
		}
	}
	return err
}

// removeQdisc gives a device its default discipline.
func (c *Conn) removeQdisc(index int) error {
	r := c.request(unix.RTM_DELQDISC, unix.NLM_F_ACK)
	r.AddData(qdiscMsg(index, 0))
	err := c.do(r)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EINVAL) { // sch_api.c: nothing but the default is there
		return nil
	}
	return err
}

// Handles of the disciplines. A device that has one with the same handle changes it; with another one it gets a new
// one (tc_modify_qdisc, net/sched/sch_api.c). A discipline cannot change its kind, and netem does not give a
// distribution up.
const (
	handleTBF   = 1 << 16
	handleNetem = 2 << 16
)

// setQdisc gives a device its root discipline, or changes it.
func (c *Conn) setQdisc(index, handle int, kind string, options *nl.RtAttr) error {
	r := c.request(unix.RTM_NEWQDISC, unix.NLM_F_CREATE|unix.NLM_F_REPLACE|unix.NLM_F_ACK)
	r.AddData(qdiscMsg(index, handle))
	r.AddData(nl.NewRtAttr(nl.TCA_KIND, nl.ZeroTerminated(kind)))
	r.AddData(options)
	return c.do(r)
}

// qdiscMsg is a struct tcmsg for the root discipline of a device.
func qdiscMsg(index, handle int) *nl.TcMsg {
	const root = 0xffffffff // TC_H_ROOT, include/uapi/linux/pkt_sched.h
	return &nl.TcMsg{Family: unix.AF_UNSPEC, Ifindex: int32(index), Handle: uint32(handle), Parent: root}
}

// pack writes fields as a C structure without padding.
func pack(fields ...any) []byte {
	var b bytes.Buffer
	for _, f := range fields {
		_ = binary.Write(&b, binary.NativeEndian, f) // a buffer takes all, and fields are numbers
	}
	return b.Bytes()
}

// share is a percentage as netem has it, a part of 2^32-1.
func share(percent float64) uint32 { return uint32(math.Round(percent / 100 * math.MaxUint32)) }

// Attributes of netem, include/uapi/linux/pkt_sched.h. All that hookwalk can set are always sent: what is left out
// would stay as it was.
const (
	netemCorr      = 1  // TCA_NETEM_CORR
	netemDist      = 2  // TCA_NETEM_DELAY_DIST
	netemReorder   = 3  // TCA_NETEM_REORDER
	netemCorrupt   = 4  // TCA_NETEM_CORRUPT
	netemLoss      = 5  // TCA_NETEM_LOSS
	netemRate      = 6  // TCA_NETEM_RATE
	netemRate64    = 8  // TCA_NETEM_RATE64
	netemLatency64 = 10 // TCA_NETEM_LATENCY64
	netemJitter64  = 11 // TCA_NETEM_JITTER64
	netemLossGE    = 2  // NETEM_LOSS_GE
)

// netem are the options of the discipline: struct tc_netem_qopt, with attributes behind it.
func netem(m topology.Impairment) (*nl.RtAttr, error) {
	limit := uint32(topology.DefaultLimit)
	if m.Limit != 0 {
		limit = uint32(m.Limit)
	}
	gap := uint32(0)
	if m.Reorder.Percent != 0 {
		gap = 1
	}
	o := nl.NewRtAttr(nl.TCA_OPTIONS, pack(ticks(m.Delay), limit, share(m.Loss.Percent), gap, share(m.Duplicate.Percent), ticks(m.Jitter)))
	o.AddRtAttr(netemCorr, pack(share(m.Correlation), share(m.Loss.Correlation), share(m.Duplicate.Correlation)))
	o.AddRtAttr(netemReorder, pack(share(m.Reorder.Percent), share(m.Reorder.Correlation)))
	o.AddRtAttr(netemCorrupt, pack(share(m.Corrupt.Percent), share(m.Corrupt.Correlation)))
	rate, big := rate32(m.Rate)
	o.AddRtAttr(netemRate, pack(rate, int32(0), uint32(0), int32(0))) // struct tc_netem_rate: no overhead, no cells
	if big != 0 {
		o.AddRtAttr(netemRate64, pack(big))
	}
	if g := m.LossModel; g != (topology.GEModel{}) { // struct tc_netem_gemodel: p, r, h, k1
		o.AddRtAttr(netemLoss|unix.NLA_F_NESTED, nil).
			AddRtAttr(netemLossGE, pack(share(g.P), share(g.R), share(100-g.Bad), share(g.Good)))
	}
	// Since Linux 4.16; they say what ticks of 64 ns in 32 bits cannot.
	o.AddRtAttr(netemLatency64, pack(m.Delay.Nanoseconds()))
	o.AddRtAttr(netemJitter64, pack(m.Jitter.Nanoseconds()))
	if m.Distribution != "" {
		table, err := Distribution(m.Distribution)
		if err != nil {
			return nil, err
		}
		o.AddRtAttr(netemDist, pack(table))
	}
	return o, nil
}

// ticks is a time in units of 64 ns, PSCHED_TICKS2NS of include/net/pkt_sched.h, as far as 32 bits go.
func ticks(d time.Duration) uint32 { return uint32(min(d>>6, math.MaxUint32)) }

// rate32 is a rate in bytes per second for a field of 32 bits, and for the attribute of 64 bits that is needed if it
// does not fit.
func rate32(bits uint64) (uint32, uint64) {
	bytes := max(bits/8, min(bits, 1))
	if bytes >= math.MaxUint32 {
		return math.MaxUint32, bytes
	}
	return uint32(bytes), 0
}

// Attributes of tbf, include/uapi/linux/pkt_sched.h.
const (
	tbfParms  = 1 // TCA_TBF_PARMS
	tbfRate64 = 4 // TCA_TBF_RATE64
	tbfBurst  = 6 // TCA_TBF_BURST
)

// tbfBurstTime is how long a token bucket sends at full speed after a rest.
const tbfBurstTime = 4 * time.Millisecond

// tbf are the options of a token bucket. It holds two frames at least, or it would let none through.
func tbf(m topology.Impairment, mtu int) *nl.RtAttr {
	const ethernet = 1 // TC_LINKLAYER_ETHERNET
	frame := uint64(mtu) + 18
	frames := uint64(topology.DefaultLimit)
	if m.Limit != 0 {
		frames = uint64(m.Limit)
	}
	rate, big := rate32(m.Rate)
	bytes := max(uint64(rate), big)
	burst := max(bytes*uint64(tbfBurstTime/time.Millisecond)/1000, 2*frame)
	limit := uint32(min(frames*frame, math.MaxUint32))
	buffer := ticks(time.Duration(burst * uint64(time.Second) / bytes))
	none := make([]byte, 12) // struct tc_ratespec: no peak rate
	o := nl.NewRtAttr(nl.TCA_OPTIONS, nil)
	// struct tc_tbf_qopt; its struct tc_ratespec is cell_log, linklayer, overhead, cell_align, mpu, rate.
	o.AddRtAttr(tbfParms, pack(uint8(0), uint8(ethernet), uint16(0), int16(0), uint16(0), rate, none, limit, buffer, uint32(0)))
	o.AddRtAttr(tbfBurst, pack(uint32(min(burst, math.MaxUint32))))
	if big != 0 {
		o.AddRtAttr(tbfRate64, pack(big))
	}
	return o
}

// IsQdiscMissing reports whether an error of Impair says that this kernel has no such discipline.
func IsQdiscMissing(err error) bool {
	return errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EOPNOTSUPP)
}

// QdiscMissing names what a kernel lacks that answered ENOENT to Impair.
func QdiscMissing(m topology.Impairment) string {
	kind := "netem"
	if m.RateOnly() {
		kind = "tbf"
	}
	return fmt.Sprintf("the queueing discipline %s: sudo modprobe sch_%s, or a kernel with CONFIG_NET_SCH_%s", kind, kind, bytes.ToUpper([]byte(kind)))
}
