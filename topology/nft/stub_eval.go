package nft

// Stand-ins, so that the rest builds while the evaluator is written. This file goes away.

type setIndex struct{}

type machine struct{}

func (m *machine) write(w Write, f func(p *Packet, sure bool))           {}
func (m *machine) stateful(s Stmt, what string)                          {}
func (m *machine) verdict(k VerdictKind, c *Chain, s Stmt)               {}
func (m *machine) requireL4(s Stmt, text string, l4 int)                 {}
func (m *machine) requireFamily(s Stmt, text string, f Family)           {}
func (m *machine) lookup(key Expr, set *Set, s Stmt) (*Elem, ExprResult) { return nil, ExprResult{} }
func (m *machine) add(r ExprResult)                                      {}
func (m *machine) mapVerdict(s Stmt)                                     {}
