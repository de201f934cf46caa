package nft

// ObjectDecl is a named object: `counter NAME { packets 0 bytes 0 }`, `limit NAME { rate 1/second }`, `ct helper NAME {
// type "ftp" protocol tcp; }`. Its items are *Comment, *Include, *Define, *StmtDecl (what a counter, limit, quota,
// secmark or synproxy says), *Property, *HelperDecl and *TimeoutsDecl.
type ObjectDecl struct {
	Line
	Kind  string // counter, quota, limit, synproxy, secmark, ct helper, ct timeout, ct expectation
	Name  *WordNode
	Items []Item
}

// HelperDecl is `type "ftp" protocol tcp` of a ct helper.
type HelperDecl struct {
	Line
	Type     *WordNode
	Protocol *WordNode
}

// TimeoutsDecl is `policy = { established : 2m, close : 20 }` of a ct timeout.
type TimeoutsDecl struct {
	Line
	States *SetNode
}

// FlowtableDecl is `flowtable NAME { ... }`. Its items are *Comment, *Include, *Define, *HookDecl, *DevicesDecl,
// *FlagsDecl and, for `counter`, *Property.
type FlowtableDecl struct {
	Line
	Name  *WordNode
	Items []Item
}

// HookDecl is `hook ingress priority 0` of a flowtable.
type HookDecl struct {
	Line
	Hook     *WordNode
	Priority *PriorityNode
}

// DevicesDecl is `devices = { eth0, eth1 }` of a flowtable.
type DevicesDecl struct {
	Line
	Value ExprNode // *SetNode or *VarNode
}

// FlowAddNode is `flow add @NAME`.
type FlowAddNode struct {
	Span
	Flowtable *SetRefNode
}

// SecmarkNode is the security context in a secmark object.
type SecmarkNode struct {
	Span
	Context *WordNode
}
