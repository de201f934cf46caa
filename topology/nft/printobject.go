package nft

import "strings"

func (p *printer) objectBody(d *ObjectDecl) {
	outer := p.object
	p.object = d.Kind
	p.str(" ")
	p.block(d.Items)
	p.object = outer
}

// objectStmt prints what an object says: its kind is in front already.
func (p *printer) objectStmt(s StmtNode) {
	var q printer
	if n, ok := s.(*SynproxyNode); ok { // as nft lists it
		p.str("mss ", n.MSS.Text, "\n")
		p.tabs()
		p.str("wscale ", n.Wscale.Text)
		rest := *n
		rest.MSS, rest.Wscale = nil, nil
		if rest.Timestamp || rest.SackPerm {
			p.str("\n")
			p.tabs()
			rest.print(&q)
			p.str(strings.TrimPrefix(q.b.String(), "synproxy "))
		}
		return
	}
	s.print(&q)
	p.str(strings.TrimPrefix(q.b.String(), p.object+" "))
}

// objectLine prints a line of an object of ct, or of a flowtable.
func (p *printer) objectLine(it Item) {
	switch d := it.(type) {
	case *HookDecl:
		p.str("hook ", d.Hook.Text, " priority ")
		p.priority(d.Priority)
	case *DevicesDecl:
		p.str("devices = ")
		p.expr(d.Value)
	case *HelperDecl:
		p.str("type ")
		p.quoted(d.Type)
		p.str(" protocol ", d.Protocol.Text)
	case *TimeoutsDecl:
		p.str("policy = ")
		p.expr(d.States)
	}
}
