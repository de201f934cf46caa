package nft

import "time"

// LastNode is `last`, with `used never` or `used 5s` as nft lists it.
type LastNode struct {
	Span
	Used *WordNode // `never` or a time; nil: not written
}

// Last remembers when a packet was last here. Ago says how long ago that was, if Set.
type Last struct {
	Span
	Ago time.Duration
	Set bool
}

func init() {
	statements["last"] = func(p *parser, first token) StmtNode {
		n := &LastNode{}
		if p.acceptWord("used") {
			switch t := p.cur(); {
			case t.isWord("never"), t.kind == tTime:
				n.Used = p.word(p.advance())
			default:
				p.fail(p.tokSpan(t), "", "`never` or a time such as 1h30m expected, found %s", t.describe())
			}
		}
		n.Span = p.spanFrom(first)
		return n
	}
}

func (n *LastNode) print(p *printer) {
	p.str("last")
	if n.Used != nil {
		p.str(" used ", n.Used.Text)
	}
}

func (n *LastNode) check(c *checker) Stmt {
	s := &Last{Span: n.Span}
	if n.Used == nil || n.Used.Text == "never" {
		return s
	}
	d, err := parseTime(n.Used.Text)
	if err != nil {
		c.fail(n.Used.Span, "", "%s", err.Error())
	}
	s.Ago, s.Set = d, true
	return s
}

func (s *Last) String() string {
	if !s.Set {
		return "last used never"
	}
	return "last used " + formatTime(s.Ago)
}

// eval is nft_last_eval (net/netfilter/nft_last.c): it only remembers.
func (*Last) eval(*machine) {}
