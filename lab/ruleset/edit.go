package ruleset

import (
	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// edit turns the differences between two rulesets into a batch.
//
// What goes is removed first, in the order in which nothing refers to it any more: rules, elements, sets, objects and
// flowtables, chains. What comes is made in the opposite order, so that it may have the name of something that went.
type edit struct {
	*compiler
	handles map[ruleAt]uint64 // of the old rules
}

// knows reports whether there is a handle for every old rule of the chains that differ.
func (e *edit) knows(d *nft.TableDiff) bool {
	for _, c := range d.Chains {
		for _, p := range c.Rules {
			if p.Old != nil && e.handles[placeOf(p.Old)] == 0 {
				return false
			}
		}
	}
	return true
}

func (e *edit) remove(diffs []nft.TableDiff) {
	for i := range diffs {
		d := &diffs[i]
		switch {
		case edited(*d):
			e.removeParts(d)
		case d.Old != nil:
			e.deleteTable(d.Old)
		}
	}
}

// deleteTable removes a table, if it is there.
func (e *edit) deleteTable(t *nft.Table) {
	e.flush(&nft.Flush{Span: t.Span, What: "table", Family: t.Family, Table: t.Name, Delete: true})
}

func (e *edit) removeParts(d *nft.TableDiff) {
	e.enter(d.Old)
	family := d.Old.Family
	for _, c := range d.Chains {
		if c.Old == nil {
			continue
		}
		if c.New == nil || c.Anew {
			e.begin(unix.NFT_MSG_DELRULE, 0, family, part{what: "flush chain " + c.Old.Name, span: c.Old.Span})
			e.str(unix.NFTA_RULE_TABLE, d.Old.Name)
			e.str(unix.NFTA_RULE_CHAIN, c.Old.Name)
			continue
		}
		for _, p := range c.Rules {
			if p.New == nil {
				e.begin(unix.NFT_MSG_DELRULE, 0, family, part{what: "delete rule", span: p.Old.Span})
				e.str(unix.NFTA_RULE_TABLE, d.Old.Name)
				e.str(unix.NFTA_RULE_CHAIN, c.Old.Name)
				e.u64(unix.NFTA_RULE_HANDLE, e.handles[placeOf(p.Old)])
			}
		}
	}
	for _, s := range d.Sets {
		if s.Old != nil && s.New != nil {
			e.removeElements(s)
		}
	}
	for _, s := range d.Sets {
		if s.New == nil {
			e.begin(unix.NFT_MSG_DELSET, 0, family, part{what: "delete set " + s.Old.Name, span: s.Old.Span})
			e.str(unix.NFTA_SET_TABLE, d.Old.Name)
			e.str(unix.NFTA_SET_NAME, s.Old.Name)
		}
	}
	for _, o := range d.Objects {
		if o.New == nil {
			e.begin(unix.NFT_MSG_DELOBJ, 0, family, part{what: "delete " + o.Old.Kind() + " " + o.Old.Name, span: o.Old.Span})
			e.str(unix.NFTA_OBJ_TABLE, d.Old.Name)
			e.str(unix.NFTA_OBJ_NAME, o.Old.Name)
			e.u32(unix.NFTA_OBJ_TYPE, objectTypes[o.Old.Kind()])
		}
	}
	for _, f := range d.Flowtables {
		if f.New == nil {
			e.begin(unix.NFT_MSG_DELFLOWTABLE, 0, family, part{what: "delete flowtable " + f.Old.Name, span: f.Old.Span})
			e.str(nftaFlowtableTable, d.Old.Name)
			e.str(nftaFlowtableName, f.Old.Name)
		}
	}
	for _, c := range d.Chains {
		if c.Old != nil && (c.New == nil || c.Anew) {
			e.begin(unix.NFT_MSG_DELCHAIN, 0, family, part{what: "delete chain " + c.Old.Name, span: c.Old.Span})
			e.str(unix.NFTA_CHAIN_TABLE, d.Old.Name)
			e.str(unix.NFTA_CHAIN_NAME, c.Old.Name)
		}
	}
}

func (e *edit) removeElements(d nft.SetDiff) {
	if !byBounds(d.Old) {
		e.elementList(unix.NFT_MSG_DELSETELEM, 0, d.Old, e.singles(d.Old, d.Removed, bits{}))
		return
	}
	e.begin(unix.NFT_MSG_DELSETELEM, 0, e.table.Family, part{what: "flush " + setWords(d.Old), span: d.Old.Span})
	e.str(unix.NFTA_SET_ELEM_LIST_TABLE, e.table.Name)
	e.str(unix.NFTA_SET_ELEM_LIST_SET, d.Old.Name)
}

func (e *edit) make(diffs []nft.TableDiff) {
	for i := range diffs {
		d := &diffs[i]
		switch {
		case edited(*d):
			e.makeChains(d)
		case d.New != nil:
			e.newTable(d.New)
			e.chains(d.New)
		}
	}
	for i := range diffs {
		d := &diffs[i]
		switch {
		case edited(*d):
			e.makeParts(d)
		case d.New != nil:
			e.contents(d.New, true)
		}
	}
}

func (e *edit) makeChains(d *nft.TableDiff) {
	for _, c := range d.Chains {
		switch {
		case c.New == nil:
		case c.Old == nil || c.Anew:
			e.newChain(d.New, c.New)
		case c.Policy:
			b := c.New.Base
			policy := b.Policy
			if !b.PolicyPos.IsValid() {
				policy = nft.VerdictAccept
			}
			e.begin(unix.NFT_MSG_NEWCHAIN, 0, d.New.Family, part{what: "the policy of chain " + c.New.Name, span: b.Span})
			e.str(unix.NFTA_CHAIN_TABLE, d.New.Name)
			e.str(unix.NFTA_CHAIN_NAME, c.New.Name)
			e.u32(unix.NFTA_CHAIN_POLICY, uint32(verdictKind(policy)))
		}
	}
}

func (e *edit) makeParts(d *nft.TableDiff) {
	e.enter(d.New)
	for _, f := range d.Flowtables {
		if f.Old == nil {
			e.newFlowtable(f.New)
		}
	}
	for _, o := range d.Objects {
		if o.Old == nil {
			e.newObject(o.New)
		}
	}
	for _, s := range d.Sets {
		switch {
		case s.New == nil:
		case s.Old == nil:
			e.wholeSet(s.New)
		case byBounds(s.New):
			e.addElements(s.New, e.elements(s.New, bits{}))
		default:
			e.addElements(s.New, e.singles(s.New, s.Added, bits{}))
		}
	}
	for _, c := range d.Chains {
		if c.New != nil {
			e.makeRules(c)
		}
	}
}

// makeRules puts new rules before the next one that stays.
func (e *edit) makeRules(d nft.ChainDiff) {
	next := make([]uint64, len(d.Rules)+1)
	for i := len(d.Rules) - 1; i >= 0; i-- {
		next[i] = next[i+1]
		if p := d.Rules[i]; p.Old != nil && p.New != nil {
			next[i] = e.handles[placeOf(p.Old)]
		}
	}
	for i, p := range d.Rules {
		if p.Old == nil {
			e.before = next[i]
			e.newRule(d.New, p.New, true)
		}
	}
	e.before = 0
}
