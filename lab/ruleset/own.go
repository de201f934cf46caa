package ruleset

import (
	"sync"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// Owned are tables that live as long as the socket that made them (NFT_TABLE_F_OWNER, kernel 5.12).
type Owned struct {
	mu sync.Mutex // guards s
	s  *socket
}

// Own loads tables written in the nft language, each with `flags owner`, into the network namespace of the calling
// thread. It may be closed from anywhere.
func Own(text string) (*Owned, error) {
	file, errs := nft.Parse("tables of hookwalk", []byte(text), nft.Options{})
	if len(errs) > 0 {
		return nil, errs
	}
	rs, errs := nft.Check(file)
	if len(errs) > 0 {
		return nil, errs
	}
	b, err := compile(rs, false, false, &names{})
	if err != nil {
		return nil, err
	}
	s, err := openSocket()
	if err != nil {
		return nil, err
	}
	s.room(len(b.b)+unix.NLMSG_HDRLEN, 0)
	if _, _, err := s.transact(b); err != nil {
		_ = s.close() // the error before it says more
		return nil, err
	}
	return &Owned{s: s}, nil
}

// Close deletes the tables: the kernel does it when the socket is gone. It may be called again.
func (o *Owned) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.s == nil {
		return nil
	}
	s := o.s
	o.s = nil
	return s.close()
}
