package nft

import (
	"errors"
	"strconv"
	"strings"
)

// socketCgroup is NFT_SOCKET_CGROUPV2 (include/uapi/linux/netfilter/nf_tables.h, enum nft_socket_keys).
const socketCgroup = 3

// cgroupPath is how cgroups are spelled: by their path below /sys/fs/cgroup, which only the machine can resolve.
var cgroupPath = codec{parseCgroup, printDecimal}

func parseCgroup(_ *Datatype, w *WordNode, _ int) ([]byte, string, error) {
	path := strings.Trim(w.Text, "/")
	if path == "" && w.Text != "" {
		path = "/"
	}
	if path == "" {
		return nil, "", errors.New("the path of the cgroup is empty")
	}
	return nil, path, nil
}

// cgroup parses what follows `socket` in `socket cgroupv2 level 2`.
func (p *parser) cgroup(first token) ExprNode {
	n := &SelectorNode{Words: []*WordNode{p.word(first), p.word(p.advance()), p.oneOf("word", "level"), p.numberWord("level of the cgroup")}}
	n.Span = p.spanFrom(first)
	return n
}

func (c *checker) cgroup(n *SelectorNode) Expr {
	level := uint32(c.number(n.Words[3], 8)) // net/netfilter/nft_socket.c, nft_socket_init: at most 255
	return &Socket{Span: n.Span, Key: socketCgroup, Level: level, typ: TypeCgroupV2, name: "socket cgroupv2 level " + strconv.Itoa(int(level))}
}
