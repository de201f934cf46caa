package lab

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"sync"

	"github.com/hookwalk/hookwalk/lab/link"
)

// wireGuardKeys are the private keys of a lab's wireguard devices. They are made when they are first asked for, and are
// nowhere but here and in the kernel.
type wireGuardKeys struct {
	mu   sync.Mutex // guards keys
	keys map[string]*ecdh.PrivateKey
}

// of gives the key of a device of a node.
func (k *wireGuardKeys) of(node, device string) (*ecdh.PrivateKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	name := node + ":" + device
	if key := k.keys[name]; key != nil {
		return key, nil
	}
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key for %s: %w", name, err)
	}
	if k.keys == nil {
		k.keys = map[string]*ecdh.PrivateKey{}
	}
	k.keys[name] = key
	return key, nil
}

// setWireGuard gives the wireguard devices of the node that the calling thread is in their keys and peers.
func (n *nodeWork) setWireGuard() error {
	for i := range n.devices {
		d := &n.devices[i]
		if d.made == nil || d.made.WireGuard == nil || d.have {
			continue
		}
		w := d.made.WireGuard
		e := &OpError{Op: "set up the wireguard device", Node: n.Name, Object: d.Name, Pos: d.made.Pos}
		own, err := n.keys.of(n.Name, d.Name)
		if err != nil {
			e.Err = err
			return e
		}
		var peers []link.Peer
		for j := range w.Peers {
			p := &w.Peers[j]
			public, err := base64.StdEncoding.DecodeString(p.Key)
			if p.Node != "" {
				var key *ecdh.PrivateKey
				if key, err = n.keys.of(p.Node, p.Iface); err == nil {
					public = key.PublicKey().Bytes()
				}
			}
			if err != nil {
				e.Err = err
				return e
			}
			peers = append(peers, link.Peer{WireGuardPeer: p, Public: public})
		}
		if e.Err = link.SetWireGuard(d.Index, own.Bytes(), w.Listen, peers); e.Err != nil {
			return e
		}
	}
	return nil
}
