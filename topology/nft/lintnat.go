package nft

import (
	"fmt"
	"strconv"
)

// The priorities of the two kinds of NAT (include/uapi/linux/netfilter_ipv4.h, NF_IP_PRI_NAT_DST and NF_IP_PRI_NAT_SRC).
const (
	priorityDNAT = -100
	prioritySNAT = 100
)

// natPriority finds nat chains that have the priority of the other kind, written as a number: the names are refused at
// the wrong hook, see [Check].
func (l *linter) natPriority(c *Chain) {
	b := c.Base
	if b == nil || b.Type != "nat" {
		return
	}
	has, name, wants := prioritySNAT, "srcnat", priorityDNAT
	if b.Hook == HookPostrouting || b.Hook == HookInput {
		has, name, wants = priorityDNAT, "dstnat", prioritySNAT
	}
	if b.Priority != has {
		return
	}
	l.add(LintNATPriority, b.Span, fmt.Sprintf("a nat chain at %s has priority %d, which is that of %s", b.Hook, has, name),
		fmt.Sprintf("write `priority %s`, which is %s here", map[int]string{priorityDNAT: "dstnat", prioritySNAT: "srcnat"}[wants], strconv.Itoa(wants)))
}
