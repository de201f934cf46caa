package nft

import (
	"fmt"
	"go/ast"
	goparser "go/parser"
	gotoken "go/token"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// productions are what the corpus has to have of the language, and how often it was seen.
type productions map[string]int

func (p productions) want(kind string, words ...string) {
	for _, w := range words {
		p[kind+" "+w] += 0
	}
}

func (p productions) saw(name string) {
	if _, ok := p[name]; ok {
		p[name]++
	}
}

// wanted are the productions, from the tables that the parser and the checker work with.
func wantedProductions() productions {
	p := productions{}
	p.want("family", familyWords...)
	for f, hooks := range chainHooks {
		p.want("filter chain of "+f.String()+" at", hookNames(hooks)...)
	}
	for typ, hooks := range typeHooks {
		for _, f := range []string{"ip", "ip6", "inet"} {
			p.want(typ+" chain of "+f+" at", hookNames(hooks)...)
		}
	}
	for _, n := range priorityNames {
		p.want("priority", n.name)
	}
	for _, n := range bridgePriorityNames {
		p.want("bridge priority", n.name)
	}
	for w := range statements {
		p.want("statement", w)
	}
	p.want("verdict", verdictWords...)
	for _, r := range relations {
		p.want("comparison", r.word, r.sign)
	}
	for _, level := range bitLevels {
		for _, o := range level {
			p.want("bits", o.word, o.sign)
		}
	}
	for _, proto := range protocols {
		p.want("selector "+proto.Name, proto.fieldNames()...)
	}
	for _, k := range metaKeys {
		p.want("selector", k.spelling())
		if k.bare {
			p.want("word", k.name)
		}
	}
	for _, k := range ctKeys {
		if k.dir != dirMust {
			p.want("selector ct", k.name)
		}
		if k.dir != dirNever {
			p.want("selector ct original", k.name)
			p.want("selector ct reply", k.name)
		}
	}
	for _, list := range []struct {
		head string
		of   []extension
	}{{"", ip6Extensions}, {"tcp option ", tcpExtensions}, {"ip option ", ipExtensions}} {
		for _, x := range list.of {
			p.want("selector "+list.head+x.name, x.fieldNames()...)
			if list.head == "" {
				p.want("selector exthdr", x.name)
			} else {
				p.want("selector", list.head+x.name)
			}
		}
	}
	for _, x := range sctpChunks {
		p.want("selector sctp chunk", x.name)
		for _, f := range x.fields {
			p.want("selector sctp chunk "+x.name, f.Name)
		}
	}
	for _, f := range chunkCommon {
		p.want("selector sctp chunk data", f.Name)
	}
	for name, fields := range routingFields {
		for _, f := range fields {
			p.want("selector "+name, f.Name)
		}
	}
	for a := range tcpAliases {
		p.want("word", a)
	}
	for _, k := range rtKeys {
		p.want("selector rt", k.name)
	}
	for _, k := range socketKeys {
		p.want("selector socket", k.name)
	}
	for w := range rawBases {
		p.want("raw", w)
	}
	p.want("set type", typeNames()...)
	for _, d := range datatypes {
		if !d.codecIsService() && d != TypeInetProto {
			p.want("value of "+d.Name, d.symbols.names()...)
		}
	}
	for w := range setFlags {
		p.want("set flag", w)
	}
	p.want("word", slices.Concat(topWords, tableWords, setWords)...)
	for _, n := range nodeTypes() {
		p.want("node", n)
	}
	return p
}

// nodeTypes are the types of nodes, by the source of this package: what has a method exprNode, or print, or is an Item.
func nodeTypes() (out []string) {
	parsed := sources()
	for _, f := range parsed {
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil || d.Name.Name != "exprNode" && (d.Name.Name != "print" || d.Type.Params.NumFields() != 1) {
					continue
				}
				if star, ok := d.Recv.List[0].Type.(*ast.StarExpr); ok {
					out = append(out, star.X.(*ast.Ident).Name)
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					spec, ok := s.(*ast.TypeSpec)
					if !ok {
						continue
					}
					st, ok := spec.Type.(*ast.StructType)
					if !ok {
						continue
					}
					for _, f := range st.Fields.List {
						if id, ok := f.Type.(*ast.Ident); ok && id.Name == "Line" && len(f.Names) == 0 {
							out = append(out, spec.Name.Name)
						}
					}
				}
			}
		}
	}
	return out
}

var fileSet = gotoken.NewFileSet()

// sources are the files of this package, without its tests.
func sources() map[string]*ast.File {
	names, _ := filepath.Glob("*.go")
	out := map[string]*ast.File{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := goparser.ParseFile(fileSet, name, nil, goparser.SkipObjectResolution)
		if err != nil {
			panic(err)
		}
		out[name] = f
	}
	return out
}

// wordPlaces are where the parser asks for one of some words, by file and line: the calls of oneOf and acceptWord, named
// by their function and counted in it.
func wordPlaces() map[string]string {
	out := map[string]string{}
	for name, f := range sources() {
		for _, d := range f.Decls {
			in, n := "init", 0
			if fn, ok := d.(*ast.FuncDecl); ok {
				in = fn.Name.Name
			}
			if in == "init" {
				in = strings.TrimSuffix(name, ".go")
			}
			ast.Inspect(d, func(node ast.Node) bool {
				call, ok := node.(*ast.CallExpr)
				if !ok {
					return true
				}
				if sel, ok := call.Fun.(*ast.SelectorExpr); ok && (sel.Sel.Name == "oneOf" || sel.Sel.Name == "acceptWord") {
					n++
					out[fmt.Sprintf("%s:%d", name, fileSet.Position(call.Pos()).Line)] = fmt.Sprintf("%s, %d", in, n)
				}
				return true
			})
		}
	}
	return out
}

// notInCorpus are productions that cannot be in it, and why.
var notInCorpus = map[string]string{
	"node Raw":                            "what this package does not read",
	"node Include":                        "the corpus has no files: see testdata/good/includes.nft",
	"word include":                        "the corpus has no files: see testdata/good/includes.nft",
	"set type ll_addr":                    "nft wants typeof instead",
	"set type string":                     "nft wants typeof instead",
	"set type day":                        "a word of the language to nft: it reads no such type",
	"node RenameDecl":                     "a file makes its chains, nothing has another name yet",
	"asked in rename, 1":                  "a file makes its chains, nothing has another name yet",
	"node ReplaceDecl":                    noHandles,
	"asked in replace, 1":                 noHandles,
	"asked in replace, 2":                 noHandles,
	"asked in handle, 1":                  noHandles,
	"asked in flush, 1: rule":             noHandles,
	"asked in flush, 1: meter":            "meters are sets now, and flushed as such",
	"asked in flush, 1: tunnel":           "tunnels are not read",
	"asked in addDecl, 1: table":          "a word of the message only: tables are read elsewhere",
	"asked in flagsDecl, 1: owner":        "the kernel takes an owned table away when the program ends",
	"asked in flagsDecl, 1: persist":      "the kernel takes it with owner only",
	"asked in ctObjectItem, 4: arp":       noFamily,
	"asked in ctObjectItem, 4: bridge":    noFamily,
	"asked in ctObjectItem, 4: netdev":    noFamily,
	"asked in flowtableItem, 1: define":   "read before",
	"asked in ctObjectItem, 1: comment":   "read before",
	"asked in flowtableItem, 1: include":  "read before",
	"asked in flowtableItem, 1: redefine": "read before",
	"asked in flowtableItem, 1: undefine": "read before",
	"set type cgroupsv2":                  "there are no control groups by name",
}

const (
	noHandles = "a file cannot know the handles"
	noFamily  = "conntrack has no such family"
)

// TestCorpusCovers: the corpus has every production of the language: each statement, selector, field, key, flag and
// value in the tables, each kind of node, and each word wherever the parser asks for one of some words.
func TestCorpusCovers(t *testing.T) {
	seen := wantedProductions()
	places, met := wordPlaces(), map[string]bool{}
	offered := map[string]map[string]bool{} // by place, the words that may stand there, and which did
	onWord = func(known []string, got string) {
		var pc [1]uintptr
		runtime.Callers(3, pc[:])
		frame, _ := runtime.CallersFrames(pc[:]).Next()
		place := fmt.Sprintf("%s:%d", filepath.Base(frame.File), frame.Line)
		place = places[place]
		met[place] = true
		if offered[place] == nil {
			offered[place] = map[string]bool{}
		}
		for _, k := range known {
			offered[place][k] = offered[place][k] || k == got
		}
	}
	defer func() { onWord = nil }()
	for _, s := range corpus(t) {
		src := s.with(s.rules...)
		file, errs := Parse(s.name, []byte(src), Options{})
		if len(errs) > 0 {
			t.Error(errs.Render())
		}
		rules, errs := Check(file)
		if len(errs) > 0 {
			t.Error(errs.Render())
			continue
		}
		observe(seen, src, file, rules)
	}
	for _, place := range places {
		seen["asked in "+place] = 0
		if met[place] {
			seen["asked in "+place] = 1
		}
		for w, got := range offered[place] {
			key := "asked in " + place + ": " + w
			seen[key] = 0
			if got {
				seen[key] = 1
			}
		}
	}
	var missing []string
	covered := 0
	for name, n := range seen {
		switch {
		case n > 0:
			covered++
			if notInCorpus[name] != "" {
				t.Errorf("%s is in the corpus", name)
			}
		case notInCorpus[name] == "":
			missing = append(missing, name)
		}
	}
	t.Logf("%d of %d productions of the language are in the corpus", covered, len(seen)-len(notInCorpus))
	slices.Sort(missing)
	if missing != nil {
		t.Errorf("%d are not; add them to testdata/corpus:\n%s", len(missing), strings.Join(missing, "\n"))
	}
}

// observe counts the productions of a ruleset.
func observe(seen productions, src string, file *File, rules *Ruleset) {
	words := map[string]bool{}
	for _, tok := range lex(src) {
		if tok.kind == tName || tok.kind == tQuoted || tok.kind == tPunct {
			words[tok.text] = true
		}
	}
	for name := range seen {
		kind, w, _ := strings.Cut(name, " ")
		switch {
		case kind == "word" && words[w]:
			seen[name]++
		case kind == "value" && words[name[strings.LastIndexByte(name, ' ')+1:]]:
			seen[name]++
		case kind == "statement" && words[w], kind == "verdict" && words[w], kind == "comparison" && words[w], kind == "bits" && words[w]:
			seen[name]++
		}
	}
	Walk(file, func(n Node) bool {
		seen.saw("node " + strings.TrimPrefix(fmt.Sprintf("%T", n), "*nft."))
		switch n := n.(type) {
		case *SelectorNode:
			seen.saw("selector " + n.canonical())
		case *RawPayloadNode:
			seen.saw("raw " + n.Base.Text)
		case *TypeDecl:
			for _, x := range slices.Concat(n.Key, n.Data) {
				if w, ok := x.(*WordNode); ok && (!n.Typeof || w.Text == "verdict") {
					seen.saw("set type " + w.Text)
				}
			}
		case *FlagsDecl:
			for _, w := range n.Flags {
				seen.saw("set flag " + w.Text)
			}
		}
		return true
	})
	for _, tb := range rules.Tables {
		seen.saw("family " + tb.Family.String())
		for _, ch := range tb.Chains {
			if b := ch.Base; b != nil {
				seen.saw(b.Type + " chain of " + tb.Family.String() + " at " + string(b.Hook))
				if tb.Family == FamilyBridge {
					seen.saw("bridge priority " + b.PriorityName)
				} else {
					seen.saw("priority " + b.PriorityName)
				}
			}
		}
	}
}
