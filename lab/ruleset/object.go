package ruleset

import (
	"encoding/binary"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// Numbers of objects and their attributes that golang.org/x/sys lacks (include/uapi/linux/netfilter/nf_tables.h,
// NFT_OBJECT_*, and the enums nft_ct_timeout_timeout_attributes, nft_ct_expectation_attributes, nft_secmark_attributes).
const (
	nftObjectCTTimeout = 7
	nftObjectSecmark   = 8
	nftObjectCTExpect  = 9
	nftObjectSynproxy  = 10

	nftaCTTimeoutL3Proto = 1
	nftaCTTimeoutL4Proto = 2
	nftaCTTimeoutData    = 3

	nftaCTExpectL3Proto = 1
	nftaCTExpectL4Proto = 2
	nftaCTExpectDport   = 3
	nftaCTExpectTimeout = 4
	nftaCTExpectSize    = 5

	nftaSecmarkCtx = 1
)

// objectTypes are the kernel's numbers of the kinds of objects.
var objectTypes = map[string]uint32{
	"counter": unix.NFT_OBJECT_COUNTER, "quota": unix.NFT_OBJECT_QUOTA, "ct helper": unix.NFT_OBJECT_CT_HELPER, "limit": unix.NFT_OBJECT_LIMIT,
	"ct timeout": nftObjectCTTimeout, "secmark": nftObjectSecmark, "ct expectation": nftObjectCTExpect, "synproxy": nftObjectSynproxy,
}

// newObject makes a named object.
func (c *compiler) newObject(o *nft.Object) {
	c.begin(unix.NFT_MSG_NEWOBJ, unix.NLM_F_CREATE, o.Table.Family, part{what: o.Kind() + " " + o.Name, span: o.Span, object: o})
	c.str(unix.NFTA_OBJ_TABLE, o.Table.Name)
	c.str(unix.NFTA_OBJ_NAME, o.Name)
	c.u32(unix.NFTA_OBJ_TYPE, objectTypes[o.Kind()])
	c.objectData(o)
	c.comment(nftaObjUserdata, o.Comment)
}

// objectData is what an object consists of.
func (c *compiler) objectData(o *nft.Object) {
	var e expr.Any
	switch s := o.Stmt.(type) {
	case *nft.Helper, *nft.Timeouts, *nft.Expectation, *nft.Secmark:
		at := c.open(unix.NFTA_OBJ_DATA)
		c.ctObject(s)
		c.close(at)
		return
	case *nft.Synproxy:
		e = synproxy(s)
	default:
		e = stateful(s)
	}
	data, err := expr.MarshalExprData(byte(o.Table.Family), e)
	if err != nil {
		c.fail(o.Span, "", "", err)
	}
	c.put(unix.NFTA_OBJ_DATA|unix.NLA_F_NESTED, data)
}

func synproxy(s *nft.Synproxy) expr.Any {
	return &expr.SynProxy{Mss: s.MSS, MssValueSet: s.HasMSS, Wscale: s.Wscale, WscaleValueSet: s.HasWscale, Timestamp: s.Timestamp, SackPerm: s.SackPerm}
}

// ctObject writes the objects that google/nftables does not encode as they are wanted: CtHelper leaves the
// zero byte behind the name out that nft writes; CtExpect has the timeout in network order; CtTimeout writes the states in a random
// order, changes its own table of defaults, and has twelve hours for an established connection there in the place of five
// days.
func (c *compiler) ctObject(s nft.Stmt) {
	switch s := s.(type) {
	case *nft.Helper:
		c.str(unix.NFTA_CT_HELPER_NAME, s.Type)
		c.u16(unix.NFTA_CT_HELPER_L3PROTO, uint16(s.L3))
		c.u8(unix.NFTA_CT_HELPER_L4PROTO, s.L4)
	case *nft.Timeouts:
		c.u16(nftaCTTimeoutL3Proto, uint16(s.L3))
		c.u8(nftaCTTimeoutL4Proto, s.L4)
		at := c.open(nftaCTTimeoutData)
		for i, t := range s.Seconds {
			c.u32(uint16(i+1), t)
		}
		c.close(at)
	case *nft.Expectation:
		c.u16(nftaCTExpectL3Proto, uint16(s.L3))
		c.u8(nftaCTExpectL4Proto, s.L4)
		c.u16(nftaCTExpectDport, s.Dport)
		// In the order of the machine, other than all else (nft_ct_expect_obj_init of net/netfilter/nft_ct.c).
		c.put(nftaCTExpectTimeout, binary.NativeEndian.AppendUint32(nil, s.Timeout))
		c.u8(nftaCTExpectSize, s.Size)
	case *nft.Secmark:
		c.put(nftaSecmarkCtx, []byte(s.Context)) // without a zero byte, as nft does
	}
}

// objectRef uses a named object. expr.Objref has no map.
func (r *rule) objectRef(s *nft.ObjectRef) {
	if s.Map == nil {
		r.add(&expr.Objref{Type: int(objectTypes[s.Kind]), Name: s.Object.Name})
		return
	}
	r.require(s.Key)
	key := r.alloc(s.Key.Type())
	set := r.loadKey(s.Key, key, s.Map)
	r.raw("objref", func(a *attrs) {
		a.u32(unix.NFTA_OBJREF_SET_SREG, regNumber(key))
		a.put(unix.NFTA_OBJREF_SET_NAME, []byte(set.name)) // without a zero byte, as nft does
		a.u32(unix.NFTA_OBJREF_SET_ID, set.id)
	})
}

// flowAdd puts a connection into a flowtable. expr.FlowOffload leaves the zero byte behind the name out that nft writes.
func (r *rule) flowAdd(s *nft.FlowAdd) {
	r.raw("flow_offload", func(a *attrs) { a.str(expr.NFTNL_EXPR_FLOW_TABLE_NAME, s.Flowtable.Name) })
}

// Attributes and flags of flowtables (enum nft_flowtable_attributes, nft_flowtable_hook_attributes and
// nft_flowtable_flags of nf_tables.h).
const (
	nftaFlowtableTable        = 1
	nftaFlowtableName         = 2
	nftaFlowtableHook         = 3
	nftaFlowtableFlags        = 7
	nftaFlowtableHookNum      = 1
	nftaFlowtableHookPriority = 2
	nftaFlowtableHookDevs     = 3
	nftFlowtableHWOffload     = 1
	nftFlowtableCounter       = 2
	netdevIngress             = 0 // NF_NETDEV_INGRESS of netfilter.h
)

// newFlowtable makes a flowtable.
func (c *compiler) newFlowtable(f *nft.Flowtable) {
	c.begin(unix.NFT_MSG_NEWFLOWTABLE, unix.NLM_F_CREATE, f.Table.Family, part{what: "flowtable " + f.Name, span: f.Span, flowtable: f})
	c.str(nftaFlowtableTable, f.Table.Name)
	c.str(nftaFlowtableName, f.Name)
	hook := c.open(nftaFlowtableHook)
	c.u32(nftaFlowtableHookNum, netdevIngress)
	c.u32(nftaFlowtableHookPriority, uint32(int32(f.Priority)))
	if len(f.Devices) > 0 {
		list := c.open(nftaFlowtableHookDevs)
		for _, d := range f.Devices {
			c.str(nftables.NFTA_DEVICE_NAME, d)
		}
		c.close(list)
	}
	c.close(hook)
	c.u32(nftaFlowtableFlags, flag(f.Offload, nftFlowtableHWOffload)|flag(f.Counter, nftFlowtableCounter))
}
