package nft

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Helper is what a ct helper says: which helper of the kernel looks after connections that it is set for.
type Helper struct {
	Span
	Type string // ftp, tftp, sip, ...
	L3   Family // FamilyInet: both
	L4   uint8  // 6 or 17
}

// Timeouts is what a ct timeout says: how long the states of a connection last.
type Timeouts struct {
	Span
	L3      Family
	L4      uint8
	Seconds []uint32 // seconds, by the kernel's number of the state; what was not written is nft's default
}

// Expectation is what a ct expectation says: connections to Dport that a connection lets its peer open to it.
type Expectation struct {
	Span
	L3      Family
	L4      uint8
	Dport   uint16
	Timeout uint32 // milliseconds
	Size    uint8  // how many at most
}

// Secmark is what a secmark says: the security context of packets.
type Secmark struct {
	Span
	Context string
}

// timeoutState is a state of a connection, with the seconds that nft writes if nothing else is said (src/rule.c,
// tcp_dflt_timeout and udp_dflt_timeout).
type timeoutState struct {
	name    string
	seconds uint32
}

// timeoutStates are the states of a protocol in the kernel's order (enum ctattr_timeout_tcp and ctattr_timeout_udp of
// include/uapi/linux/netfilter/nfnetlink_cttimeout.h).
var timeoutStates = map[uint8][]timeoutState{
	6: {{"syn_sent", 120}, {"syn_recv", 60}, {"established", 432000}, {"fin_wait", 120}, {"close_wait", 60}, {"last_ack", 30},
		{"time_wait", 120}, {"close", 10}, {"syn_sent2", 120}, {"retrans", 300}, {"unack", 300}},
	17: {{"unreplied", 30}, {"replied", 120}},
}

var ctProtocols = map[string]uint8{"tcp": 6, "udp": 17}

func protocolWord(l4 uint8) string {
	if l4 == 17 {
		return "udp"
	}
	return "tcp"
}

// ctObjectItem takes over a line of an object of ct.
func (c *checker) ctObjectItem(o *Object, it Item) {
	switch d := it.(type) {
	case *HelperDecl:
		h := o.Stmt.(*Helper)
		if h.Type != "" {
			c.fail(d.Span, "", "the type is written twice")
		}
		if len(d.Type.Text) > 15 || d.Type.Text == "" { // NF_CT_HELPER_NAME_LEN
			c.fail(d.Type.Span, "", "the name of a helper has 1 to 15 bytes")
		}
		h.Type, h.L4 = d.Type.Text, ctProtocols[d.Protocol.Text]
	case *TimeoutsDecl:
		// The protocol may stand behind it.
		c.later(phaseObjects, func() { c.timeouts(o.Stmt.(*Timeouts), d) })
	case *Property:
		switch s := o.Stmt.(type) {
		case *Helper:
			s.L3 = c.l3proto(d)
		case *Timeouts:
			if d.Key.Text == "protocol" {
				s.L4 = ctProtocols[d.Value.(*WordNode).Text]
				break
			}
			s.L3 = c.l3proto(d)
		case *Expectation:
			c.expectationItem(s, d)
		}
	}
}

// l3proto checks the family of an object: that of the table, or one that a table of family inet sees.
func (c *checker) l3proto(d *Property) Family {
	w := d.Value.(*WordNode)
	f := familyOf(w)
	switch own := c.table.Family; {
	case f == own:
	case own == FamilyInet && (f == FamilyIP || f == FamilyIP6):
	case f == FamilyInet && (own == FamilyIP || own == FamilyIP6 || own == FamilyBridge || own == FamilyNetdev):
	case own == FamilyBridge && (f == FamilyIP || f == FamilyIP6), own == FamilyNetdev && (f == FamilyIP || f == FamilyIP6):
	default:
		// nft_ct_helper_obj_init and its kin, net/netfilter/nft_ct.c
		c.fail(w.Span, "leave it out: it is that of the table", "connections of family %s do not pass a table of family %s", f, own)
	}
	return f
}

func (c *checker) expectationItem(s *Expectation, d *Property) {
	w := d.Value.(*WordNode)
	switch d.Key.Text {
	case "protocol":
		s.L4 = ctProtocols[w.Text]
	case "l3proto":
		s.L3 = c.l3proto(d)
	case "dport":
		s.Dport = uint16(c.number(w, 16))
	case "size":
		s.Size = uint8(c.number(w, 8))
	default:
		t, err := parseTime(w.Text)
		if err != nil {
			c.fail(w.Span, "", "%s", err.Error())
		}
		s.Timeout = uint32(t.Milliseconds())
	}
}

func (c *checker) timeouts(s *Timeouts, d *TimeoutsDecl) {
	states := timeoutStates[s.L4]
	if states == nil {
		return // that the protocol is missing is reported
	}
	var names []string
	for _, st := range states {
		names = append(names, st.name)
	}
	for _, e := range d.States.Elems {
		w, ok := c.expand(e.Key).(*WordNode)
		if !ok || e.Data == nil {
			c.fail(e.Span, "write `established : 120`", "a state and its time in seconds are wanted")
		}
		i := slices.Index(names, w.Text)
		if i < 0 {
			hint := didYouMean(w.Text, names)
			if hint == "" {
				hint = "one of: " + strings.Join(names, ", ")
			}
			c.fail(w.Span, hint, "%s has no state `%s`", protocolWord(s.L4), w.Text)
		}
		s.Seconds[i] = c.seconds(e.Data)
	}
}

// seconds is a time, or a number of seconds.
func (c *checker) seconds(x ExprNode) uint32 {
	w := c.wordOf(x, "time")
	if w.Kind != WordTime {
		return uint32(c.number(w, 32))
	}
	t, err := parseTime(w.Text)
	if err != nil {
		c.fail(w.Span, "", "%s", err.Error())
	}
	return uint32(t.Seconds())
}

// ctObjectComplete checks that an object of ct says everything, and puts in what follows from the table.
func (c *checker) ctObjectComplete(d *ObjectDecl, o *Object) {
	missing := func(what string) {
		if !c.partial {
			c.fail(d.Name.Span, "write `"+d.Kind+" "+o.Name+" "+objectForms[d.Kind]+"`", "%s `%s` has no %s", d.Kind, o.Name, what)
		}
	}
	l3 := func(f *Family) {
		if *f == FamilyUnspec {
			*f = o.Table.Family
		}
	}
	switch s := o.Stmt.(type) {
	case *Helper:
		l3(&s.L3)
		if s.Type == "" {
			missing("type")
		}
	case *Timeouts:
		l3(&s.L3)
		for _, st := range timeoutStates[s.L4] {
			s.Seconds = append(s.Seconds, st.seconds)
		}
		if s.L4 == 0 {
			missing("protocol")
		}
	case *Expectation:
		l3(&s.L3)
		switch {
		case s.L4 == 0:
			missing("protocol")
		case s.Dport == 0:
			missing("dport")
		case s.Timeout == 0:
			missing("timeout")
		case s.Size == 0:
			missing("size")
		}
	}
}

func (n *SecmarkNode) print(p *printer) { p.quoted(n.Context) }

func (n *SecmarkNode) check(c *checker) Stmt {
	if len(n.Context.Text) > 255 || n.Context.Text == "" { // NFT_SECMARK_CTX_MAXLEN
		c.fail(n.Span, "", "a security context has 1 to 255 bytes")
	}
	return &Secmark{Span: n.Span, Context: n.Context.Text}
}

func (s *Secmark) String() string { return `"` + s.Context + `"` }

func (s *Helper) String() string {
	return `type "` + s.Type + `" protocol ` + protocolWord(s.L4) + "; l3proto " + s.L3.String()
}

func (s *Timeouts) String() string {
	var list []string
	for i, st := range timeoutStates[s.L4] {
		if i < len(s.Seconds) && s.Seconds[i] != st.seconds {
			list = append(list, st.name+" : "+strconv.FormatUint(uint64(s.Seconds[i]), 10))
		}
	}
	out := "protocol " + protocolWord(s.L4) + "; l3proto " + s.L3.String()
	if len(list) > 0 {
		out += "; policy = { " + strings.Join(list, ", ") + " }"
	}
	return out
}

func (s *Expectation) String() string {
	return "protocol " + protocolWord(s.L4) + "; dport " + strconv.Itoa(int(s.Dport)) + "; timeout " + formatTime(time.Duration(s.Timeout)*time.Millisecond) +
		"; size " + strconv.Itoa(int(s.Size)) + "; l3proto " + s.L3.String()
}

// secmarkMatched reports a match of a security mark: its number is the security module's, nft compares it with nothing.
func (c *checker) secmarkMatched(x Expr) {
	c.fail(x.Range(), "it can be copied: `ct secmark set meta secmark`, `meta secmark set ct secmark`", "`%s` cannot be matched", x)
}

// useHelper is nft_ct_helper_obj_eval (net/netfilter/nft_ct.c): a connection gets a helper with its first packet. It
// never ends the rule, and changes nothing that rules read: see [machine.ct].
func (s *ObjectRef) useHelper(m *machine, o *Object) {
	c := &m.p.CT
	if c.missing() || c.State.Known && c.State.V != stateNew {
		return
	}
	w := Write{Field: "ct helper", Stmt: s}
	if o != nil {
		h := o.Stmt.(*Helper)
		t := m.p.transport()
		if t.hasProto == known && t.proto != h.L4 {
			return
		}
		w.Value, w.Known = `"`+h.Type+`"`, c.State.Known && t.hasProto == known
	}
	m.write(w, nil)
}

// useExpectation is nft_ct_expect_obj_eval (net/netfilter/nft_ct.c): the kernel leaves the rule for all but the first
// packet of a connection, and where the connection has as many expectations as it may have.
func (s *ObjectRef) useExpectation(m *machine) {
	v := isUnknown("whether there is room for another expectation depends on the packets before this one")
	switch c := &m.p.CT; {
	case c.missing():
		v = isBroken("the packet has no conntrack entry")
	case c.State.Known && c.State.V != stateNew:
		v = isBroken("only the first packet of a connection adds an expectation")
	}
	m.require(s, s.String(), s.Kind, v)
}
