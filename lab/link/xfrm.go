package link

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"

	"github.com/hookwalk/hookwalk/topology"
)

// SetXFRM makes the states and policies of one side of an IPsec connection in the network namespace of the calling
// thread. out and in are the keys of the two directions.
func SetXFRM(x *topology.XFRM, out, in []byte) error {
	mode := netlink.XFRM_MODE_TUNNEL
	if x.Transport {
		mode = netlink.XFRM_MODE_TRANSPORT
	}
	for _, d := range []struct {
		src, dst netip.Addr
		key      []byte
	}{{x.Local, x.Remote, out}, {x.Remote, x.Local, in}} {
		s := &netlink.XfrmState{Src: d.src.AsSlice(), Dst: d.dst.AsSlice(), Proto: netlink.XFRM_PROTO_ESP, Mode: mode,
			Spi: int(x.SPI), Reqid: int(x.SPI), ReplayWindow: 32}
		switch x.Cipher {
		case "aes-gcm":
			s.Aead = &netlink.XfrmStateAlgo{Name: "rfc4106(gcm(aes))", Key: d.key, ICVLen: 128}
		case "aes-cbc":
			s.Crypt = &netlink.XfrmStateAlgo{Name: "cbc(aes)", Key: d.key[:16]}
			s.Auth = &netlink.XfrmStateAlgo{Name: "hmac(sha256)", Key: d.key[16:], TruncateLen: 128}
		case "none":
			s.Crypt = &netlink.XfrmStateAlgo{Name: "ecb(cipher_null)", Key: []byte{}}
			s.Auth = &netlink.XfrmStateAlgo{Name: "hmac(sha256)", Key: d.key, TruncateLen: 128}
		default:
			return fmt.Errorf("unknown cipher %q", x.Cipher)
		}
		if err := netlink.XfrmStateAdd(s); err != nil {
			return fmt.Errorf("state from %s to %s: %w", d.src, d.dst, err)
		}
	}
	for _, d := range []struct {
		dir      netlink.Dir
		from, to netip.Prefix
		src, dst netip.Addr
	}{
		{netlink.XFRM_DIR_OUT, x.From, x.To, x.Local, x.Remote},
		{netlink.XFRM_DIR_IN, x.To, x.From, x.Remote, x.Local},
		{netlink.XFRM_DIR_FWD, x.To, x.From, x.Remote, x.Local},
	} {
		tmpl := netlink.XfrmPolicyTmpl{Src: d.src.AsSlice(), Dst: d.dst.AsSlice(), Proto: netlink.XFRM_PROTO_ESP, Mode: mode, Reqid: int(x.SPI)}
		p := &netlink.XfrmPolicy{Src: ipNet(d.from), Dst: ipNet(d.to), Dir: d.dir, Tmpls: []netlink.XfrmPolicyTmpl{tmpl}}
		if err := netlink.XfrmPolicyAdd(p); err != nil {
			return fmt.Errorf("policy %s from %s to %s: %w", d.dir, d.from, d.to, err)
		}
	}
	return nil
}

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}
