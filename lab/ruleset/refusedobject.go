package ruleset

import (
	"errors"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// flowtableHint says what to do about a flowtable that the kernel refuses (nf_tables_newflowtable of
// net/netfilter/nf_tables_api.c).
func (p *part) flowtableHint(errno unix.Errno) string {
	switch {
	case errors.Is(errno, unix.ENOENT):
		for _, d := range p.flowtable.Devices {
			var gone *noDevice
			if _, err := deviceIndex(d); errors.As(err, &gone) {
				return gone.Error() + "; each must exist when the rules are loaded"
			}
		}
		return "this kernel has no flowtables: they need the modules nf_flow_table_inet and nft_flow_offload (CONFIG_NF_FLOW_TABLE, " +
			"CONFIG_NFT_FLOW_OFFLOAD), Linux 4.16"
	case errors.Is(errno, unix.EOPNOTSUPP) && p.flowtable.Offload:
		return "one of its devices cannot take connections over: leave `flags offload` out"
	case errors.Is(errno, unix.EEXIST):
		return "a device can be in one flowtable of a table only"
	}
	return ""
}

// objectHint says what to do about an object that the kernel refuses (the init functions of net/netfilter/nft_ct.c and
// nft_meta.c).
func (p *part) objectHint(errno unix.Errno) string {
	absent := errors.Is(errno, unix.ENOENT) || errors.Is(errno, unix.EOPNOTSUPP)
	switch s := p.object.Stmt.(type) {
	case *nft.Helper:
		if absent {
			return "this kernel has no helper `" + s.Type + "`: it needs the modules nft_ct and nf_conntrack_" + s.Type
		}
	case *nft.Timeouts:
		if absent {
			return "this kernel has no timeouts in rules: they need the modules nft_ct and nfnetlink_cttimeout (CONFIG_NF_CONNTRACK_TIMEOUT), Linux 4.19"
		}
	case *nft.Expectation:
		switch {
		case errors.Is(errno, unix.EAFNOSUPPORT):
			return "an expectation is for one family: add `l3proto ip;` or `l3proto ip6;`"
		case absent:
			return "this kernel has no expectations in rules: they need the module nft_ct, Linux 5.3"
		}
	case *nft.Secmark:
		if absent || errors.Is(errno, unix.EINVAL) {
			return "security contexts need a security module that knows this one, such as SELinux, and CONFIG_NETWORK_SECMARK, Linux 4.20"
		}
	case *nft.Synproxy:
		if absent {
			return "this kernel has no synproxy: it needs the module nft_synproxy, Linux 5.4"
		}
	}
	return ""
}
