package topology

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// This file is the only one that knows YAML. It turns a document into a tree: aliases followed, merge keys merged,
// duplicate keys found, every value at its exact place.

const (
	maxDepth = 40     // levels of the tree: the format has six
	maxAlias = 50_000 // values that aliases may add: a file of ten lines can name billions
)

// parseYAML gives the tree of the one document in text; nil if there is none or it is broken.
func parseYAML(src *source, text []byte) (*tree, Problems) {
	if ps := illegal(src.file, text); len(ps) > 0 {
		return nil, ps
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	doc, more, err := readYAML(text)
	if err != nil {
		return nil, Problems{syntaxProblem(src, text, err)}
	}
	b := &treeBuilder{src: src}
	if more != nil {
		b.problem(more, "documents", "a second YAML document", "a file is one lab: put this one into a file of its own")
	}
	if doc == nil {
		return nil, b.problems
	}
	t := b.build(doc, 0)
	if b.gaveUp {
		// What is left of the tree is full of holes that nobody made.
		return nil, b.problems[len(b.problems)-1:]
	}
	return t, b.problems
}

// readYAML reads the first document, and the start of the second if there is one. The parser panics on a few
// broken files; they are broken all the same.
func readYAML(text []byte) (doc, more *yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: %v", r)
		}
	}()
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var first, second yaml.Node
	if err := dec.Decode(&first); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, nil, nil
		}
		return nil, nil, err
	}
	if len(first.Content) > 0 {
		doc = first.Content[0]
	}
	switch err := dec.Decode(&second); {
	case err == nil:
		more = &second
		if len(second.Content) > 0 {
			more = second.Content[0]
		}
	case !errors.Is(err, io.EOF):
		return nil, nil, err
	}
	return doc, more, nil
}

type treeBuilder struct {
	src      *source
	problems Problems
	aliased  int // values that came out of aliases so far
	inAlias  bool
	gaveUp   bool // too many of them, or too deep; said once
}

func (b *treeBuilder) problem(n *yaml.Node, rule, msg, hint string) {
	if b.gaveUp {
		return
	}
	span := b.span(n)
	b.problems = append(b.problems, Problem{
		Pos: span.Pos, End: span.End, Severity: SeverityError, Rule: rule, Value: n.Value, Msg: msg, Hint: hint,
		Source: b.src.line(span.Pos.Line),
	})
}

// build never gives nil.
func (b *treeBuilder) build(n *yaml.Node, depth int) *tree {
	if depth > maxDepth {
		b.problem(n, "depth", "values nested too deeply", "the format has six levels at most")
		b.gaveUp = true
		return &tree{span: b.span(n)}
	}
	if b.inAlias {
		if b.aliased++; b.aliased > maxAlias {
			b.problem(n, "aliases", "aliases make this file larger than "+strconv.Itoa(maxAlias)+" values", "")
			b.gaveUp = true
			return &tree{span: b.span(n)}
		}
	}
	switch n.Kind {
	case yaml.AliasNode:
		was := b.inAlias
		b.inAlias = true
		t := b.build(n.Alias, depth+1)
		b.inAlias = was
		return t
	case yaml.SequenceNode:
		t := &tree{kind: treeList, span: b.span(n), items: make([]*tree, 0, len(n.Content))}
		for _, c := range n.Content {
			if t.items = append(t.items, b.build(c, depth+1)); b.gaveUp {
				break
			}
		}
		return t
	case yaml.MappingNode:
		return b.mapping(n, depth)
	case yaml.ScalarNode:
		return b.scalar(n)
	}
	return &tree{span: b.span(n)}
}

func (b *treeBuilder) mapping(n *yaml.Node, depth int) *tree {
	t := &tree{kind: treeMapping, span: b.span(n)}
	seen := make(map[string]Pos, len(n.Content)/2)
	var merges []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if b.gaveUp {
			break
		}
		if k.Kind == yaml.ScalarNode && k.Tag == "!!merge" {
			merges = append(merges, v)
			continue
		}
		key := b.build(k, depth+1)
		if key.kind != treeScalar {
			b.problem(k, "key", "a key must be a plain word, this is "+key.kind.String(), "")
			continue
		}
		if first, ok := seen[key.text]; ok {
			b.problem(k, "duplicate-key", fmt.Sprintf("key %q is written twice (line %d)", key.text, first.Line),
				"keep one of them")
			continue
		}
		seen[key.text] = key.span.Pos
		t.keys = append(t.keys, key)
		t.items = append(t.items, b.build(v, depth+1))
	}
	for _, m := range merges {
		b.merge(t, seen, m, depth)
	}
	return t
}

// merge adds the keys of a "<<:" that are not written beside it.
func (b *treeBuilder) merge(t *tree, seen map[string]Pos, v *yaml.Node, depth int) {
	from := b.build(v, depth+1)
	sources := []*tree{from}
	if from.kind == treeList {
		sources = from.items
	}
	for _, m := range sources {
		if m.kind != treeMapping {
			b.problem(v, "merge", "<<: takes a mapping, this is "+m.kind.String(), "like <<: *name, where &name marks a mapping")
			continue
		}
		for i, key := range m.keys {
			if _, ok := seen[key.text]; !ok {
				seen[key.text] = key.span.Pos
				t.keys = append(t.keys, key)
				t.items = append(t.items, m.items[i])
			}
		}
	}
}

func (b *treeBuilder) scalar(n *yaml.Node) *tree {
	t := &tree{kind: treeScalar, text: n.Value, block: n.Style&yaml.LiteralStyle != 0, span: b.span(n)}
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0 && n.ShortTag() == "!!null" {
		t.kind = treeNull
		return t
	}
	t.origin = b.origin(n)
	return t
}

// span is the place of a node. The end of a scalar that goes over several lines is not known.
func (b *treeBuilder) span(n *yaml.Node) Span {
	if n.Line < 1 || n.Column < 1 {
		return Span{Pos: b.src.at(1, 1)}
	}
	line, col := n.Line, b.src.column(n.Line, n.Column)
	col += properties(b.src.line(line), col)
	s := Span{Pos: b.src.at(line, col)}
	if n.Kind != yaml.ScalarNode {
		return s
	}
	if text := b.src.line(line); col <= len(text) {
		if rest := text[col-1:]; n.Style&yaml.SingleQuotedStyle != 0 || n.Style&yaml.DoubleQuotedStyle != 0 {
			if end := closingQuote(rest); end > 0 {
				s.End = b.src.at(line, col+end)
			}
		} else if strings.HasPrefix(rest, n.Value) && n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 {
			s.End = b.src.at(line, col+len(n.Value))
		}
	}
	return s
}

// properties is the length of an anchor and a tag that stand before a value.
func properties(line string, col int) int {
	i := col - 1
	for i < len(line) && (line[i] == '&' || line[i] == '!') {
		j := i + strings.IndexAny(line[i:]+" ", " \t")
		for j < len(line) && (line[j] == ' ' || line[j] == '\t') {
			j++
		}
		if j == len(line) {
			break // the value is on another line; its anchor is the best there is
		}
		i = j
	}
	return max(0, i-(col-1))
}

// closingQuote is the length of the quoted text that s begins with; 0 if it does not end in s.
func closingQuote(s string) int {
	if s == "" {
		return 0
	}
	q := s[0]
	for i := 1; i < len(s); i++ {
		switch {
		case q == '"' && s[i] == '\\':
			i++
		case s[i] == q && q == '\'' && i+1 < len(s) && s[i+1] == q:
			i++
		case s[i] == q:
			return i + 1
		}
	}
	return 0
}

// origin is the way from a byte of a scalar's value to its place in the source. It is nil where escapes or the
// folding of lines make the two differ.
func (b *treeBuilder) origin(n *yaml.Node) func(int) Pos {
	start := b.span(n).Pos
	line := b.src.line(start.Line)
	if start.Col > len(line) {
		return nil
	}
	rest := line[start.Col-1:]
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		rest, start.Col = rest[1:], start.Col+1
	}
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 && strings.HasPrefix(rest, n.Value) {
		return func(i int) Pos { return b.src.at(start.Line, start.Col+i) }
	}
	if n.Style&^(yaml.TaggedStyle|yaml.FlowStyle) == 0 {
		return b.folded(n.Value, start)
	}
	return nil
}

// folded is origin for a plain scalar over several lines: each line end, with the blanks around it, is one blank of
// the value.
func (b *treeBuilder) folded(value string, at Pos) func(int) Pos {
	places := make([]Pos, 0, len(value)+1)
	for i := 0; i < len(value); i++ {
		text := b.src.line(at.Line)
		if strings.TrimRight(text[min(at.Col-1, len(text)):], " \t") == "" || commented(text, at.Col-1) {
			if value[i] != ' ' && value[i] != '\n' {
				return nil
			}
			places = append(places, at)
			for at.Line++; at.Line <= len(b.src.lines); at.Line++ {
				next := b.src.line(at.Line)
				if trimmed := strings.TrimLeft(next, " \t"); trimmed != "" {
					at.Col = len(next) - len(trimmed) + 1
					break
				}
			}
			continue
		}
		if text[at.Col-1] != value[i] {
			return nil
		}
		places = append(places, at)
		at.Col++
	}
	places = append(places, at)
	return func(i int) Pos { return places[i] }
}

// commented reports whether nothing but a comment is left of the line.
func commented(line string, i int) bool {
	rest := strings.TrimLeft(line[min(i, len(line)):], " \t")
	return strings.HasPrefix(rest, "#") && i > 0 && (line[i] == ' ' || line[i] == '\t')
}
