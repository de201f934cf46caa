package ruleset

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// askHandles asks for the handles of rules that have just been loaded: they are the last ones of their chains.
func (s *socket) askHandles(rs *nft.Ruleset) ([]Handle, error) {
	var out []Handle
	for _, t := range rs.Tables {
		inKernel, err := s.rulesOf(t)
		if err != nil {
			return nil, fmt.Errorf("ask for the handles of table %s: %w", tableName(t), err)
		}
		names := kernelNames(t, inKernel)
		for _, c := range t.Chains {
			list := inKernel[names[c]]
			first := len(list) - len(c.Rules)
			if first < 0 {
				return nil, fmt.Errorf("chain %s of table %s has %d rules right after %d were loaded", c.Name, tableName(t), len(list), len(c.Rules))
			}
			for i, r := range c.Rules {
				out = append(out, handleOf(r, list[first+i], names[c]))
			}
		}
	}
	return out, nil
}

// kernelNames are the names of the chains of a table in the kernel. Chains in braces have been numbered in the order in
// which they were loaded; those without rules are not in the list, and no matter.
func kernelNames(t *nft.Table, inKernel map[string][]uint64) map[*nft.Chain]string {
	names := map[*nft.Chain]string{}
	named := map[string]bool{}
	for _, c := range t.Chains {
		if !c.Anonymous {
			names[c], named[c.Name] = c.Name, true
		}
	}
	var numbers []int
	for name := range inKernel {
		if n, ok := blockNumber(name); ok && !named[name] {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	blocks := slices.DeleteFunc(blocksOf(t), func(c *nft.Chain) bool { return len(c.Rules) == 0 })
	for i, c := range blocks {
		if first := len(numbers) - len(blocks); first >= 0 {
			names[c] = blockPrefix + strconv.Itoa(numbers[first+i])
		}
	}
	return names
}

// rulesOf are the handles of all rules of a table, chain by chain in order.
func (s *socket) rulesOf(t *nft.Table) (map[string][]uint64, error) {
	var filter attrs
	filter.str(unix.NFTA_RULE_TABLE, t.Name)
	for {
		list := map[string][]uint64{}
		torn := false
		err := s.dump(unix.NFT_MSG_GETRULE, t.Family, filter.b, func(r reply) {
			torn = torn || r.flags&unix.NLM_F_DUMP_INTR != 0
			h, chain := ruleHandle(r.attrs)
			list[chain] = append(list[chain], h)
		})
		if err != nil || !torn { // else somebody changed the table meanwhile
			return list, err
		}
	}
}

// dump asks the kernel for all objects of a kind.
func (s *socket) dump(typ uint16, family nft.Family, filter []byte, f func(reply)) error {
	b := binary.NativeEndian.AppendUint32(nil, uint32(unix.NLMSG_HDRLEN+nfgenmsgLen+len(filter)))
	b = binary.NativeEndian.AppendUint16(b, unix.NFNL_SUBSYS_NFTABLES<<8|typ)
	b = binary.NativeEndian.AppendUint16(b, unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 0) // sequence number, port
	b = append(b, byte(family), unix.NFNETLINK_V0, 0, 0)
	if err := s.send(append(b, filter...)); err != nil {
		return err
	}
	var failed error
	done := false
	_, err := s.replies(func(r reply) bool {
		switch {
		case r.typ == unix.NLMSG_DONE:
			done = true
		case r.fail != nil:
			failed = &kernelError{r.fail.errno, r.fail.words}
		case r.attrs != nil:
			f(r)
		}
		return !done && failed == nil
	})
	if err == nil && failed == nil && !done {
		failed = errors.New("the kernel's list has no end")
	}
	return errors.Join(err, failed)
}
