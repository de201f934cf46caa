package lab

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/lab/link"
	"github.com/hookwalk/hookwalk/lab/probe"
	"github.com/hookwalk/hookwalk/topology"
)

// xfrmKeys are the keys of a lab's IPsec states. They are made when they are first asked for: the two ends of a state
// then get the same.
type xfrmKeys struct {
	mu   sync.Mutex // guards keys
	keys map[string][]byte
}

func (k *xfrmKeys) of(src, dst netip.Addr, x *topology.XFRM) ([]byte, error) {
	if x.Key != "" {
		return hex.DecodeString(x.Key)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	name := fmt.Sprint(src, " ", dst, " ", x.SPI, " ", x.Cipher)
	if key := k.keys[name]; key != nil {
		return key, nil
	}
	key := make([]byte, topology.KeyBytes(x.Cipher))
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	if k.keys == nil {
		k.keys = map[string][]byte{}
	}
	k.keys[name] = key
	return key, nil
}

// setXFRM makes the IPsec connections of the node that the calling thread is in.
func (n *nodeWork) setXFRM() error {
	for i := range n.XFRM {
		x := &n.XFRM[i]
		out, err := n.esp.of(x.Local, x.Remote, x)
		var in []byte
		if err == nil {
			in, err = n.esp.of(x.Remote, x.Local, x)
		}
		if err == nil {
			err = link.SetXFRM(x, out, in)
		}
		if err == nil {
			continue
		}
		e := &OpError{Op: fmt.Sprintf("set up IPsec from %s to %s", x.Local, x.Remote), Node: n.Name, Pos: x.Pos, Err: err}
		if errors.Is(err, unix.EPROTONOSUPPORT) || errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EAFNOSUPPORT) {
			e.Hint = probe.Lacks(probe.ESP)
		}
		return e
	}
	return nil
}
