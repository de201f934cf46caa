package nft

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

func parseIPv4(_ *Datatype, w *WordNode, _ int) ([]byte, string, error) {
	a, err := netip.ParseAddr(w.Text)
	switch {
	case w.Kind == WordNumber:
		v, err := parseUint(w.Text)
		if err != nil || v > 1<<32-1 {
			return nil, "", fmt.Errorf("`%s` is not an IPv4 address", w.Text)
		}
		return putUint(v, 4), "", nil
	case err != nil && w.Kind == WordAddr:
		return nil, "", fmt.Errorf("`%s` is not an IPv4 address", w.Text)
	case err != nil:
		return nil, "", fmt.Errorf("`%s` is not an IPv4 address, and host names are not resolved", w.Text)
	case !a.Is4():
		return nil, "", fmt.Errorf("`%s` is an IPv6 address, an IPv4 address is wanted", w.Text)
	}
	b := a.As4()
	return b[:], "", nil
}

func printIPv4(_ *Datatype, data []byte) string {
	if len(data) != 4 {
		return fmt.Sprintf("0x%x", data)
	}
	return netip.AddrFrom4([4]byte(data)).String()
}

func parseIPv6(_ *Datatype, w *WordNode, _ int) ([]byte, string, error) {
	a, err := netip.ParseAddr(w.Text)
	switch {
	case err != nil && w.Kind == WordAddr:
		return nil, "", fmt.Errorf("`%s` is not an IPv6 address", w.Text)
	case err != nil:
		return nil, "", fmt.Errorf("`%s` is not an IPv6 address, and host names are not resolved", w.Text)
	case !a.Is6():
		return nil, "", fmt.Errorf("`%s` is an IPv4 address, an IPv6 address is wanted", w.Text)
	}
	b := a.As16()
	return b[:], "", nil
}

func printIPv6(_ *Datatype, data []byte) string {
	if len(data) != 16 {
		return fmt.Sprintf("0x%x", data)
	}
	return netip.AddrFrom16([16]byte(data)).String()
}

func parseLinkAddr(_ *Datatype, w *WordNode, _ int) ([]byte, string, error) {
	parts := strings.Split(w.Text, ":")
	if len(parts) != 6 {
		return nil, "", fmt.Errorf("`%s` is not a link-layer address such as 02:00:00:00:00:01", w.Text)
	}
	out := make([]byte, 6)
	for i, s := range parts {
		v, err := strconv.ParseUint(s, 16, 8)
		if err != nil {
			return nil, "", fmt.Errorf("`%s` is not a link-layer address", w.Text)
		}
		out[i] = byte(v)
	}
	return out, "", nil
}

func printLinkAddr(_ *Datatype, data []byte) string {
	var b strings.Builder
	for i, v := range data {
		if i > 0 {
			b.WriteByte(':')
		}
		fmt.Fprintf(&b, "%02x", v)
	}
	return b.String()
}
