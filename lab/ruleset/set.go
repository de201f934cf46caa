package ruleset

import (
	"github.com/google/nftables"
	"github.com/google/nftables/userdata"
	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// A flag and attributes of sets that golang.org/x/sys and google/nftables lack (enum nft_set_flags, nft_set_attributes
// and nft_set_field_attributes of nf_tables.h).
const (
	nftSetObject       = 0x40  // a map to objects
	nftSetExpr         = 0x100 // several statements for each element, Linux 5.12
	nftaSetExpr        = 17
	nftaSetExpressions = 18
	nftaSetFieldLen    = 1
)

// newSet declares a set or a map. key is what the type of its keys was taken from, nil if it was written; keyBytes is
// their size, size the number of elements that there will be at most: 0, if nothing is known.
func (c *compiler) newSet(s *nft.Set, key nft.Expr, keyBytes, size int) setName {
	name := c.setOf(s)
	flags := uint32(s.Flags)
	if hasRanges(s) && s.Key.Base == nft.BaseConcat {
		flags |= nftables.NFT_SET_CONCAT
	}
	if len(s.Stmts) > 1 {
		flags |= nftSetExpr
	}
	if s.Anonymous() || s.Meter {
		flags |= unix.NFT_SET_ANONYMOUS
	}
	switch {
	case s.Objects != "":
		flags |= nftSetObject
	case s.Map:
		flags |= unix.NFT_SET_MAP
	}
	what := "set " + s.Name
	if s.Map {
		what = "map " + s.Name
	}
	c.begin(unix.NFT_MSG_NEWSET, unix.NLM_F_CREATE, c.table.Family, part{what: what, span: s.Span})
	c.str(unix.NFTA_SET_TABLE, c.table.Name)
	c.str(unix.NFTA_SET_NAME, name.name)
	c.u32(unix.NFTA_SET_FLAGS, flags)
	c.u32(unix.NFTA_SET_KEY_TYPE, s.Key.ID)
	c.u32(unix.NFTA_SET_KEY_LEN, uint32(keyBytes))
	switch {
	case s.Verdict:
		c.u32(unix.NFTA_SET_DATA_TYPE, unix.NFT_DATA_VERDICT)
		c.u32(unix.NFTA_SET_DATA_LEN, unix.NFT_REG_SIZE)
	case s.Data != nil:
		c.u32(unix.NFTA_SET_DATA_TYPE, s.Data.ID)
		c.u32(unix.NFTA_SET_DATA_LEN, uint32(dataBytes(s)))
	}
	if s.Objects != "" {
		c.u32(unix.NFTA_SET_OBJ_TYPE, objectTypes[s.Objects])
	}
	c.u32(unix.NFTA_SET_ID, name.id)
	if s.Policy == "memory" && s.Flags&nft.SetConstant == 0 { // of a constant set nft lets the kernel choose
		c.u32(unix.NFTA_SET_POLICY, unix.NFT_SET_POL_MEMORY)
	}
	c.setDesc(s, size, flags&nftables.NFT_SET_CONCAT != 0)
	if s.Timeout > 0 {
		c.u64(unix.NFTA_SET_TIMEOUT, uint64(s.Timeout.Milliseconds()))
	}
	if s.GCInterval > 0 {
		c.u32(unix.NFTA_SET_GC_INTERVAL, uint32(s.GCInterval.Milliseconds()))
	}
	c.put(unix.NFTA_SET_USERDATA, setNotes(s, key))
	c.statefuls(nftaSetExpr, nftaSetExpressions, s.Stmts)
	return name
}

// setDesc describes a set to the kernel, which chooses by it how to store it.
func (c *compiler) setDesc(s *nft.Set, size int, concat bool) {
	if size == 0 && !concat {
		return
	}
	at := c.open(unix.NFTA_SET_DESC)
	if size > 0 {
		c.u32(unix.NFTA_SET_DESC_SIZE, uint32(size))
	}
	if concat {
		list := c.open(nftables.NFTA_SET_DESC_CONCAT)
		for _, p := range s.Key.Parts {
			elem := c.open(unix.NFTA_LIST_ELEM)
			c.u32(nftaSetFieldLen, uint32(p.Bytes()))
			c.close(elem)
		}
		c.close(list)
	}
	c.close(at)
}

// hasRanges reports whether keys of a set may be ranges.
func hasRanges(s *nft.Set) bool { return s.Flags&nft.SetInterval != 0 }

func dataBytes(s *nft.Set) int {
	n := s.Data.Bytes()
	if s.DataRange {
		return 2 * n
	}
	return n
}

// setNotes are the notes that nft wants of a set, to list it as it was written. key is what the type of its keys was
// taken from; nil if it was written.
func setNotes(s *nft.Set, key nft.Expr) []byte {
	var u udata
	u.u32(userdata.NFTNL_UDATA_SET_KEYBYTEORDER, noteOrder(s.Key, key))
	if s.Map && s.Objects == "" {
		u.u32(userdata.NFTNL_UDATA_SET_DATABYTEORDER, noteOrder(s.Data, s.DataExpr))
	}
	if s.Meter {
		return u.b
	}
	if s.AutoMerge || s.Anonymous() && !s.Map && hasRanges(s) {
		u.u32(userdata.NFTNL_UDATA_SET_MERGE_ELEMENTS, 1)
	}
	if s.Objects == "" || !s.Anonymous() {
		u.typeof(userdata.NFTNL_UDATA_SET_KEY_TYPEOF, s.Key, noted(s, key))
	}
	switch {
	case s.Verdict && (s.Anonymous() || s.Typeof):
		u.nest(userdata.NFTNL_UDATA_SET_DATA_TYPEOF, func(u *udata) { u.typeofData(exprVerdict, nil) })
	case s.Data != nil && !s.Anonymous():
		u.typeof(userdata.NFTNL_UDATA_SET_DATA_TYPEOF, s.Data, s.DataExpr)
	}
	if s.Map {
		u.u32(userdata.NFTNL_UDATA_SET_DATA_INTERVAL, flag(s.DataRange, 1))
	}
	if s.Comment != "" {
		u.str(userdata.NFTNL_UDATA_SET_COMMENT, s.Comment)
	}
	return u.b
}

// noted is what nft notes of the key of a set: in braces, only of what is looked up as it was loaded, and of a
// concatenation the parts before the first that is not: whose bits are moved. Those that are only masked are noted.
func noted(s *nft.Set, key nft.Expr) nft.Expr {
	if !s.Anonymous() {
		return key
	}
	concat, ok := key.(*nft.ConcatExpr)
	if !ok {
		if s.Map || bitsOf(key).size > 0 {
			return nil
		}
		return key
	}
	for i, p := range concat.Parts {
		if bitsOf(p).shift > 0 || hasRanges(s) && swaps(p.Type()) {
			return &nft.ConcatExpr{Parts: concat.Parts[:i]}
		}
	}
	return key
}

// noteOrder is the byte order of a type as nft notes it (enum byteorder of nft's include/datatype.h).
func noteOrder(t *nft.Datatype, e nft.Expr) uint32 {
	const (
		invalid = 0
		host    = 1
		big     = 2
	)
	if t == nil || t.Base == nft.BaseConcat {
		return invalid
	}
	switch e := e.(type) {
	case nil:
		switch t {
		case nft.TypeNFProto, nft.TypeInetProto, nft.TypeDCCPPktType, nft.TypeCTDir, nft.TypeBoolean:
			return invalid
		}
	case *nft.Payload:
		return big
	case *nft.CT:
		if e.Key == nft.CTProtocol {
			return big
		}
	case *nft.Meta:
		if t.Bytes() == 1 {
			return host
		}
	}
	if t.Order == nft.BigEndian {
		return big
	}
	return host
}
