package nft

import "strconv"

// Family is an address family of nft, with the kernel's number
// (include/uapi/linux/netfilter.h, enum NFPROTO_*).
type Family uint8

// The families.
const (
	FamilyUnspec Family = 0
	FamilyInet   Family = 1
	FamilyIP     Family = 2
	FamilyARP    Family = 3
	FamilyNetdev Family = 5
	FamilyBridge Family = 7
	FamilyIP6    Family = 10
)

var familyNames = []struct {
	name   string
	family Family
}{
	{"ip", FamilyIP},
	{"ip6", FamilyIP6},
	{"inet", FamilyInet},
	{"arp", FamilyARP},
	{"bridge", FamilyBridge},
	{"netdev", FamilyNetdev},
}

// ParseFamily finds the family that nft spells s.
func ParseFamily(s string) (Family, bool) {
	for _, f := range familyNames {
		if f.name == s {
			return f.family, true
		}
	}
	return FamilyUnspec, false
}

// String is the family as nft spells it; FamilyUnspec is "".
func (f Family) String() string {
	for _, n := range familyNames {
		if n.family == f {
			return n.name
		}
	}
	if f == FamilyUnspec {
		return ""
	}
	return strconv.Itoa(int(f))
}

// NFProto is the family as `meta nfproto` spells it: ipv4, ipv6.
func (f Family) NFProto() string {
	switch f {
	case FamilyIP:
		return "ipv4"
	case FamilyIP6:
		return "ipv6"
	}
	return f.String()
}
