// Package ruleset loads nft rules into the kernel: it compiles what topology/nft has checked to netlink messages, sends
// them in one transaction, and knows which handle the kernel gave to which rule.
package ruleset

import (
	"errors"
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
	if len(errs) > 0 {
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
	return s.transact(rs, b)
}

// transact sends a batch and reads what the kernel says to it: errors, or the rules with their handles where the batch
// asks for them.
func (s *socket) transact(rs *nft.Ruleset, b *batch) ([]Handle, error) {
	s.room(len(b.b)+unix.NLMSG_HDRLEN, receiveBuffer)
	if err := s.send(b.b); err != nil {
		return nil, err
	}
	var handles []Handle
	var failed *Error
	err := s.replies(func(r reply) bool {
		switch {
		case r.fail != nil && failed == nil:
			failed = refused(rs, b, r.seq, r.fail)
		case r.fail != nil:
			failed.Other++
		case r.typ == unix.NFNL_SUBSYS_NFTABLES<<8|unix.NFT_MSG_NEWRULE && int(r.seq) < len(b.parts):
			if rule := b.parts[r.seq].rule; rule != nil {
				handles = append(handles, handleOf(rule, r.attrs))
			}
		}
		return true
	})
	switch {
	case failed != nil:
		return nil, failed
	case errors.Is(err, errLost):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("read the kernel's answer: %w", err)
	}
	return handles, nil
}

func handleOf(r *nft.Rule, list []byte) Handle {
	h := Handle{Family: r.Chain.Table.Family.String(), Table: r.Chain.Table.Name, Chain: r.Chain.Name, Index: r.Index}
	eachAttr(list, func(typ uint16, v []byte) {
		if typ == unix.NFTA_RULE_HANDLE {
			for _, b := range v {
				h.Handle = h.Handle<<8 | uint64(b)
			}
		}
	})
	return h
}
