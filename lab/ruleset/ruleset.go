// Package ruleset loads nft rules into the kernel: it compiles what topology/nft has checked to netlink messages, sends
// them in one transaction, and knows which handle the kernel gave to which rule.
package ruleset

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology"
	"github.com/hookwalk/hookwalk/topology/nft"
)

// Handle says which kernel handle a rule of a checked ruleset got.
type Handle struct {
	Family string
	Table  string
	Chain  string
	Index  int // of the rule in its chain, from 0
	Handle uint64
	// Kernel is the kernel's name of a chain in braces, which has none in the ruleset; else "".
	Kernel string
}

// Loaded says what was loaded.
type Loaded struct {
	Handles []Handle // of all rules, in the order written; none with Binary
	Binary  bool     // the nft program did it, because hookwalk cannot read all of the file yet
}

// Load loads a ruleset into the network namespace of the calling thread, all or nothing. With replace everything that
// is there goes first, in the same transaction; only what a process owns stays. An error is an *Error, or nft.Errors
// if the ruleset itself is wrong.
func Load(r *topology.Ruleset, replace bool) (*Loaded, error) {
	rs, errs := r.Check()
	switch {
	case errs.Unsupported():
		if err := loadByBinary(r, errs, replace); err != nil {
			return nil, err
		}
		return &Loaded{Binary: true}, nil
	case len(errs) > 0:
		return nil, errs
	}
	handles, err := load(rs, replace)
	if err != nil {
		return nil, err
	}
	return &Loaded{Handles: handles}, nil
}

func load(rs *nft.Ruleset, replace bool) ([]Handle, error) {
	b, err := compile(rs, replace, true, &names{})
	if err != nil {
		return nil, err
	}
	s, err := openSocket()
	if err != nil {
		return nil, err
	}
	defer s.close()
	s.room(len(b.b)+unix.NLMSG_HDRLEN, receiveBuffer)
	handles, all, err := s.transact(b)
	if err == nil && !all {
		// An ordinary user's socket has no room for the answers to more than about a thousand rules.
		return s.askHandles(rs)
	}
	return handles, err
}

// transact sends a batch and reads what the kernel says to it: errors, or the rules with their handles where the batch
// asks for them. all says that no handle is missing.
func (s *socket) transact(b *batch) (handles []Handle, all bool, err error) {
	writes.Add(uint64(len(b.parts)))
	if err := s.send(b.b); err != nil {
		return nil, false, err
	}
	var failed *Error
	lost, err := s.replies(func(r reply) bool {
		switch {
		case r.fail != nil && failed == nil:
			failed = b.refused(r.seq, r.fail)
		case r.fail != nil:
			failed.More++
		case r.typ == unix.NFNL_SUBSYS_NFTABLES<<8|unix.NFT_MSG_NEWRULE && int(r.seq) < len(b.parts):
			if rule := b.parts[r.seq].rule; rule != nil {
				h, chain := ruleHandle(r.attrs)
				handles = append(handles, handleOf(rule, h, chain))
			}
		}
		return true
	})
	switch {
	case failed != nil:
		return nil, false, failed
	case err != nil:
		return nil, false, fmt.Errorf("read the kernel's answer: %w", err)
	}
	rules := 0
	for i := range b.parts {
		if b.parts[i].rule != nil {
			rules++
		}
	}
	return handles, !lost && len(handles) == rules, nil
}

// handleOf is the handle of a rule, which is in a chain that the kernel calls so.
func handleOf(r *nft.Rule, handle uint64, chain string) Handle {
	t := r.Chain.Table
	h := Handle{Family: t.Family.String(), Table: t.Name, Chain: r.Chain.Name, Index: r.Index, Handle: handle}
	if r.Chain.Anonymous {
		h.Kernel = chain
	}
	return h
}

// ruleHandle is the handle in a message about a rule, and the chain that the rule is in.
func ruleHandle(list []byte) (h uint64, chain string) {
	eachAttr(list, func(typ uint16, v []byte) {
		switch {
		case typ == unix.NFTA_RULE_HANDLE && len(v) == 8:
			h = binary.BigEndian.Uint64(v)
		case typ == unix.NFTA_RULE_CHAIN:
			chain = cString(v)
		}
	})
	return h, chain
}
