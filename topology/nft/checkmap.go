package nft

// anonymous checks a set that is written inside a rule.
func (c *checker) anonymous(n *SetNode, s *Set) *Set {
	s.Span, s.Table, s.Flags = n.Span, c.table, SetConstant
	c.elements(s, n)
	if len(s.Elems) == 0 {
		panic(bailout{}) // that was reported
	}
	c.finishSet(s)
	return s
}

// mapOf checks the map of a lookup. data is the type of its values, nil if any will do; with verdict it maps to
// verdicts.
func (c *checker) mapOf(x ExprNode, key, data *Datatype, verdict bool) *Set {
	switch n := c.expand(x).(type) {
	case *SetNode:
		if data == nil && !verdict {
			c.fail(n.Span, "use a map with a name and a type", "nothing says here of which type the values of this map are")
		}
		return c.anonymous(n, &Set{Map: true, Key: key, Data: data, Verdict: verdict})
	case *SetRefNode:
		s := c.setNamed(n, true)
		c.sameKey(n, s, key)
		switch {
		case s.Objects != "":
			c.fail(n.Span, "use it as `"+s.Objects+" name KEY map @"+s.Name+"`", "map `%s` has %ss, not values", s.Name, s.Objects)
		case verdict && !s.Verdict:
			c.fail(n.Span, "use `map`, in a statement that takes a value", "map `%s` has no verdicts, it maps to %s", s.Name, s.Data)
		case !verdict && s.Verdict:
			c.fail(n.Span, "use `vmap`", "map `%s` has verdicts, not values", s.Name)
		case data != nil && !sameType(data, s.Data):
			c.fail(n.Span, "", "map `%s` maps to %s, but %s is wanted", s.Name, s.Data, data)
		}
		return s
	default:
		c.fail(n.Range(), "", "`{ ... }` or `@NAME` expected")
	}
	return nil
}

// setNamed finds the set or map that `@name` is.
func (c *checker) setNamed(n *SetRefNode, isMap bool) *Set {
	s := c.setNow(n.Name.Text)
	if s == nil {
		var names []string
		for _, x := range c.table.Sets {
			if x.Map == isMap {
				names = append(names, x.Name)
			}
		}
		c.missing(n.Span, didYouMean(n.Name.Text, names), "table %s %s has no %s `%s`", c.table.Family, c.table.Name, setWord(isMap), n.Name.Text)
	}
	if s.Map && !isMap && c.chain != nil && s.typed() {
		return s // whether it has the key is asked
	}
	if s.Map != isMap {
		hint := "a map is used with `map` or `vmap`"
		if isMap {
			hint = "a set is used as `SELECTOR @" + s.Name + "`"
		}
		c.fail(n.Span, hint, "`%s` is a %s, at %s", s.Name, setWord(s.Map), s.Pos)
	}
	if !s.typed() {
		panic(bailout{}) // its type was reported
	}
	return s
}

func (c *checker) sameKey(n *SetRefNode, s *Set, key *Datatype) {
	if !sameType(s.Key, key) {
		if s.Key.Name == key.Name {
			c.fail(n.Span, "", "%s `%s` has keys of %d bits, but %d bits are looked up", setWord(s.Map), s.Name, s.Key.Bits, key.Bits)
		}
		c.fail(n.Span, "", "%s `%s` has keys of type %s, but %s is looked up", setWord(s.Map), s.Name, s.Key, key)
	}
}
