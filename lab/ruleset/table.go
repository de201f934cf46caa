package ruleset

import (
	"github.com/google/nftables"
	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// Attributes that golang.org/x/sys does not have (include/uapi/linux/netfilter/nf_tables.h).
const (
	nftaTableUserdata = 6  // enum nft_table_attributes
	nftaChainUserdata = 12 // enum nft_chain_attributes
	nftaObjUserdata   = 8  // enum nft_object_attributes
	nftaHookDevs      = 4  // enum nft_hook_attributes
)

func (c *compiler) newTable(t *nft.Table) {
	c.begin(unix.NFT_MSG_NEWTABLE, unix.NLM_F_CREATE, t.Family, part{what: "table " + tableName(t), span: t.Span})
	c.str(unix.NFTA_TABLE_NAME, t.Name)
	c.u32(unix.NFTA_TABLE_FLAGS, uint32(t.Flags))
	c.comment(nftaTableUserdata, t.Comment)
}

func (c *compiler) newChain(t *nft.Table, ch *nft.Chain) {
	p := part{what: "chain " + ch.Name, span: ch.Span, base: ch.Base}
	if ch.Base != nil && ch.Base.Pos.IsValid() {
		p.span = ch.Base.Span // nothing else of a chain is refused
	}
	c.begin(unix.NFT_MSG_NEWCHAIN, unix.NLM_F_CREATE, t.Family, p)
	c.str(unix.NFTA_CHAIN_TABLE, t.Name)
	c.str(unix.NFTA_CHAIN_NAME, ch.Name)
	if b := ch.Base; b != nil {
		c.hook(t.Family, b)
		if b.PolicyPos.IsValid() {
			c.u32(unix.NFTA_CHAIN_POLICY, uint32(verdictKind(b.Policy)))
		}
		c.str(unix.NFTA_CHAIN_TYPE, b.Type)
		if b.Offload {
			c.u32(nftaChainFlags, nftChainHWOffload)
		}
	}
	c.comment(nftaChainUserdata, ch.Comment)
}

func (c *compiler) hook(f nft.Family, b *nft.Base) {
	at := c.open(unix.NFTA_CHAIN_HOOK)
	c.u32(unix.NFTA_HOOK_HOOKNUM, hookNumber(f, b.Hook))
	c.u32(unix.NFTA_HOOK_PRIORITY, uint32(int32(b.Priority)))
	switch len(b.Devices) {
	case 0:
	case 1:
		c.str(unix.NFTA_HOOK_DEV, b.Devices[0])
	default:
		list := c.open(nftaHookDevs)
		for _, d := range b.Devices {
			c.str(nftables.NFTA_DEVICE_NAME, d)
		}
		c.close(list)
	}
	c.close(at)
}

// hookNumber is the number of a hook in a family: enum nf_inet_hooks and enum nf_dev_hooks of
// include/uapi/linux/netfilter.h, NF_ARP_* of netfilter_arp.h, NF_BR_* of netfilter_bridge.h.
func hookNumber(f nft.Family, h nft.Hook) uint32 {
	switch f {
	case nft.FamilyARP:
		return map[nft.Hook]uint32{nft.HookInput: 0, nft.HookOutput: 1, nft.HookForward: 2}[h]
	case nft.FamilyNetdev:
		return map[nft.Hook]uint32{nft.HookIngress: 0, nft.HookEgress: 1}[h]
	}
	return map[nft.Hook]uint32{nft.HookPrerouting: 0, nft.HookInput: 1, nft.HookForward: 2, nft.HookOutput: 3,
		nft.HookPostrouting: 4, nft.HookIngress: 5}[h]
}
