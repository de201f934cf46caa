package ruleset

import (
	"encoding/binary"
	"errors"
	"fmt"

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
		for _, c := range t.Chains {
			list := inKernel[c.Name]
			first := len(list) - len(c.Rules)
			if first < 0 {
				return nil, fmt.Errorf("chain %s of table %s has %d rules right after %d were loaded", c.Name, tableName(t), len(list), len(c.Rules))
			}
			for i, r := range c.Rules {
				out = append(out, handleOf(r, list[first+i]))
			}
		}
	}
	return out, nil
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
			chain := ""
			eachAttr(r.attrs, func(typ uint16, v []byte) {
				if typ == unix.NFTA_RULE_CHAIN {
					chain = cString(v)
				}
			})
			list[chain] = append(list[chain], ruleHandle(r.attrs))
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
