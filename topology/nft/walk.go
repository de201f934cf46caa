package nft

import "reflect"

// Walk visits n, and then everything in it in the order in which it is written: items, statements, expressions, words
// and comments. Where visit returns false, what is inside is left out.
//
// It walks the tree that [Parse] makes. Included files are part of it: see [Include]. What [Check] makes are plain
// lists (Ruleset.Tables, Table.Chains, Chain.Rules, Rule.Stmts) and needs no walking.
func Walk(n Node, visit func(Node) bool) {
	if n == nil {
		return
	}
	v := reflect.ValueOf(n)
	if v.Kind() != reflect.Pointer || v.IsNil() || isChecked(n) || !visit(n) {
		return
	}
	walkFields(v.Elem(), visit)
}

var nodeType = reflect.TypeFor[Node]()

// walkFields walks the nodes in the fields of a struct. The comment behind a line comes after what is on the line.
func walkFields(v reflect.Value, visit func(Node) bool) {
	if v.Kind() != reflect.Struct {
		return
	}
	var trail *Comment
	for i := range v.NumField() {
		f := v.Field(i)
		switch x := f; {
		case !v.Type().Field(i).IsExported():
		case f.Type() == reflect.TypeFor[Line]():
			trail = f.Addr().Interface().(*Line).Trail
		case f.Kind() == reflect.Slice && f.Type().Elem().Implements(nodeType):
			for j := range x.Len() {
				walkValue(x.Index(j), visit)
			}
		default:
			walkValue(x, visit)
		}
	}
	if trail != nil {
		Walk(trail, visit)
	}
}

func walkValue(v reflect.Value, visit func(Node) bool) {
	if (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) && !v.IsNil() && v.Type().Implements(nodeType) {
		Walk(v.Interface().(Node), visit)
	}
}

// isChecked reports whether n is of the second level of this package, whose parts know their parents.
func isChecked(n Node) bool {
	switch n.(type) {
	case *Table, *Chain, *Base, *Rule, *Set, *Elem, *Object, *Verdict, Stmt, Expr:
		return true
	}
	return false
}
