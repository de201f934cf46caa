package nft

import (
	"slices"
	"strings"
)

// objectKinds are the kinds of named objects that start with a word of their own; the others start with ct.
var objectKinds = []string{"counter", "quota", "limit", "synproxy", "secmark"}

// ctObjectKinds are the words behind ct.
var ctObjectKinds = []string{"helper", "timeout", "expectation"}

func isObjectWord(word string) bool { return word == "ct" || slices.Contains(objectKinds, word) }

// objectKind is the kind of the object whose first word was taken.
func (p *parser) objectKind(first string) string {
	if first == "ct" {
		return "ct " + p.oneOf("object of ct", ctObjectKinds...).Text
	}
	return first
}

// objectDecl parses what follows `counter NAME`.
func (p *parser) objectDecl(first token, kind string, name *WordNode) Item {
	d := &ObjectDecl{Kind: kind, Name: name}
	var item func() Item
	item = func() Item {
		if it, ok := p.common(item); ok {
			return it
		}
		if p.cur().isWord("comment") {
			return p.property()
		}
		if t := p.cur(); len(d.Items) > 0 && p.oneStmt(kind) {
			p.fail(p.tokSpan(t), "", "end of the %s expected, found %s", kind, t.describe())
		}
		it := p.objectItem(kind)
		d.Items = append(d.Items, it)
		return it
	}
	switch t := p.cur(); {
	case t.is("{"):
		block := inObject
		if !p.oneStmt(kind) {
			block = inLines
		}
		d.Items = p.body(block, item)
	case p.block == inTable || !p.oneStmt(kind):
		p.fail(p.tokSpan(t), strings.TrimSpace("write `"+kind+" "+name.Text+" "+objectForm(kind))+"`", "`{` expected, found %s", t.describe())
	case !t.ends() && !t.is("}"):
		d.Items = []Item{item()}
	}
	d.Span = p.spanFrom(first)
	return d
}

// oneStmt reports whether an object of a kind says one thing only.
func (p *parser) oneStmt(kind string) bool { return slices.Contains(objectKinds, kind) }

// objectItem parses what an object says, but for its comment.
func (p *parser) objectItem(kind string) Item {
	t := p.cur()
	switch kind {
	case "ct helper", "ct timeout", "ct expectation":
		return p.ctObjectItem(kind)
	}
	d := &StmtDecl{}
	switch kind {
	case "counter":
		if !t.isWord("packets") {
			p.failWord(t, "keyword in a counter", []string{"packets", "comment"})
		}
		d.Stmt = p.counterArgs(t)
	case "quota":
		d.Stmt = p.quotaArgs(t)
	case "limit":
		d.Stmt = p.limitArgs(t)
	case "synproxy":
		d.Stmt = p.synproxyObject(t)
	default:
		if t.kind != tQuoted && t.kind != tName {
			p.fail(p.tokSpan(t), `write "system_u:object_r:ssh_server_packet_t:s0"`, "security context expected, found %s", t.describe())
		}
		w := p.word(p.advance())
		w.Kind = WordQuoted
		d.Stmt = &SecmarkNode{Span: w.Span, Context: w}
	}
	d.Span = p.spanFrom(t)
	return d
}

// ctObjectWords are the keywords of the objects of ct.
var ctObjectWords = map[string][]string{
	"ct helper":      {"type", "l3proto", "comment"},
	"ct timeout":     {"protocol", "l3proto", "policy", "comment"},
	"ct expectation": {"protocol", "dport", "timeout", "size", "l3proto", "comment"},
}

func (p *parser) ctObjectItem(kind string) Item {
	t := p.cur()
	key := p.oneOf("keyword in a "+kind, ctObjectWords[kind]...)
	switch key.Text {
	case "type":
		d := &HelperDecl{}
		if t := p.cur(); t.kind != tQuoted {
			p.unclosed(t)
			p.fail(p.tokSpan(t), `write type "ftp" protocol tcp`, "name of a helper in quotes expected, found %s", t.describe())
		}
		d.Type = p.word(p.advance())
		if t := p.cur(); !t.isWord("protocol") {
			p.fail(p.tokSpan(t), "write `type \""+d.Type.Text+"\" protocol tcp`", "`protocol` expected, found %s", t.describe())
		}
		p.advance()
		d.Protocol = p.oneOf("protocol", "tcp", "udp")
		d.Span = p.spanFrom(t)
		return d
	case "policy":
		p.expect("=", "after `policy`")
		d := &TimeoutsDecl{States: p.set(false)}
		d.Span = p.spanFrom(t)
		return d
	}
	d := &Property{Key: key}
	switch v := p.cur(); key.Text {
	case "protocol":
		d.Value = p.oneOf("protocol", "tcp", "udp")
	case "l3proto":
		d.Value = p.oneOf("family", familyWords...)
	case "dport", "size":
		d.Value = p.numberWord("number")
	case "timeout":
		if v.kind != tTime {
			p.fail(p.tokSpan(v), "write a time like 1h30m", "time expected after `timeout`, found %s", v.describe())
		}
		d.Value = p.word(p.advance())
	}
	d.Span = p.spanFrom(t)
	return d
}

// synproxyObject parses `mss 1460 wscale 7 timestamp sack-perm`, which may stand on several lines.
func (p *parser) synproxyObject(first token) StmtNode {
	n := p.synproxyArgs(first).(*SynproxyNode)
	for {
		skip := 0
		for p.peek(skip).kind == tNewline || p.peek(skip).kind == tSemicolon {
			skip++
		}
		if t := p.peek(skip); skip == 0 || !t.isWord("wscale") && !t.isWord("timestamp") && !t.isWord("sack-perm") {
			break
		}
		for range skip {
			p.advance()
		}
		more := p.synproxyArgs(first).(*SynproxyNode)
		if more.Wscale != nil {
			n.Wscale = more.Wscale
		}
		n.Timestamp = n.Timestamp || more.Timestamp
		n.SackPerm = n.SackPerm || more.SackPerm
	}
	if t := p.cur(); n.MSS == nil || n.Wscale == nil {
		p.fail(p.tokSpan(first), "write `mss 1460 wscale 7`", "a synproxy object says `mss` and `wscale`, found %s", t.describe())
	}
	n.Span = p.spanFrom(first)
	return n
}

// flowtableDecl parses what follows `flowtable NAME`.
func (p *parser) flowtableDecl(first token, name *WordNode) Item {
	d := &FlowtableDecl{Name: name}
	if t := p.cur(); !t.is("{") {
		p.fail(p.tokSpan(t), "write `flowtable "+name.Text+" { hook ingress priority 0; devices = { eth0, eth1 }; }`", "`{` expected, found %s", t.describe())
	}
	d.Items = p.body(inLines, p.flowtableItem)
	d.Span = p.spanFrom(first)
	return d
}

var flowtableWords = append([]string{"hook", "devices", "flags", "counter"}, commonWords...)

func (p *parser) flowtableItem() Item {
	if it, ok := p.common(p.flowtableItem); ok {
		return it
	}
	t := p.cur()
	if t.isWord("device") {
		p.fail(p.tokSpan(t), "write `devices = { ... }`", "a flowtable has `devices`")
	}
	switch p.oneOf("keyword in a flowtable", flowtableWords...).Text {
	case "hook":
		d := &HookDecl{}
		if t := p.cur(); t.kind != tName {
			p.failWord(t, "hook", []string{"ingress"})
		}
		d.Hook = p.word(p.advance())
		if t := p.cur(); !t.isWord("priority") {
			p.fail(p.tokSpan(t), "write `hook ingress priority 0`", "`priority` expected after the hook, found %s", t.describe())
		}
		p.advance()
		d.Priority = p.priority()
		d.Span = p.spanFrom(t)
		return d
	case "devices":
		p.expect("=", "after `devices`")
		d := &DevicesDecl{Value: p.setOrVar()}
		d.Span = p.spanFrom(t)
		return d
	case "flags":
		d := &FlagsDecl{Flags: []*WordNode{p.oneOf("flag", "offload")}}
		d.Span = p.spanFrom(t)
		return d
	}
	d := &Property{Key: p.word(t)}
	d.Span = p.spanFrom(t)
	return d
}

// mapObjects parses what a map of objects maps to; nil if it maps to something else.
func (p *parser) mapObjects(typeof bool) *WordNode {
	t, last := p.cur(), 1
	switch {
	case slices.Contains(objectKinds, t.text) && t.kind == tName:
	case t.isWord("ct") && slices.Contains(ctObjectKinds, p.peek(1).text):
		last = 2
	default:
		return nil
	}
	if end := p.peek(last); !end.ends() && !end.is("}") {
		return nil
	}
	if last == 2 && !typeof {
		p.fail(Span{p.pos(t), p.endPos(p.peek(1))}, "write `typeof` instead of `type`, and a selector before the colon", "`type` names types only")
	}
	w := p.word(p.advance())
	if last == 2 {
		w.Text += " " + p.advance().text
		w.Span = p.spanFrom(t)
	}
	return w
}
