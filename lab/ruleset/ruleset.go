// Package ruleset loads nft rules into the kernel: it compiles what topology/nft has checked to netlink messages, sends
// them in one transaction, and knows which handle the kernel gave to which rule.
package ruleset

import (
	"errors"

	"github.com/hookwalk/hookwalk/topology"
)

// Handle says which kernel handle a rule of a checked ruleset got.
type Handle struct {
	Family string
	Table  string
	Chain  string
	Index  int // of the rule in its chain, from 0
	Handle uint64
}

// Load loads a ruleset into the network namespace of the calling thread, all or nothing. With replace everything that
// is there goes first, in the same transaction.
func Load(r *topology.Ruleset, replace bool) ([]Handle, error) {
	return nil, errors.New("not written yet")
}

// Owned are tables that live as long as the socket that made them (NFT_TABLE_F_OWNER, kernel 5.12).
type Owned struct{}

// Own loads tables written in the nft language, each with `flags owner`, into the network namespace of the calling
// thread. It may be closed from anywhere.
func Own(text string) (*Owned, error) { return nil, errors.New("not written yet") }

// Close deletes the tables.
func (o *Owned) Close() error { return nil }
