package topology

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// Check parses the ruleset again, out of what the plan has: no file is read. Positions in it name files as Files
// does, and in an inline ruleset they are those of the topology file. There may be errors even in a good plan:
// constructs that only the nft binary knows (nft.Errors.Unsupported); the ruleset is then nil.
func (r *Ruleset) Check() (*nft.Ruleset, nft.Errors) {
	return checkRules(r.Main, r.Files[r.Main], nft.Options{
		Include: func(name string) (string, []byte, error) {
			for _, file := range r.Included(name) {
				return file, []byte(r.Files[file]), nil
			}
			return "", nil, nil // a folder: else there is no plan
		},
		Glob: func(pattern string) ([]nft.Source, error) {
			var out []nft.Source
			for _, file := range r.Included(pattern) {
				out = append(out, nft.Source{Name: file, Text: []byte(r.Files[file])})
			}
			return out, nil
		},
		BaseLine: r.FirstLine,
		BaseCol:  r.FirstCol,
	})
}

// Included are the names in Files that an include in the ruleset stands for, in the order in which they are included. A
// pattern may stand for several, or for none.
func (r *Ruleset) Included(name string) []string {
	name = included(r.Main, name)
	if _, ok := r.Files[name]; ok {
		return []string{name}
	}
	var out []string
	for file := range r.Files {
		if nft.MatchGlob(name, file) {
			out = append(out, file)
		}
	}
	slices.Sort(out)
	return out
}

func checkRules(main, text string, opt nft.Options) (*nft.Ruleset, nft.Errors) {
	file, _ := nft.Parse(main, []byte(text), opt) // Check has its errors too
	return nft.Check(file)
}

// included is the name of a file that the ruleset main includes as name: seen from the folder of main.
func included(main, name string) string {
	name = path.Clean(slashed(name))
	if path.IsAbs(name) {
		return name
	}
	return path.Join(path.Dir(main), name)
}

// loadedRules is a ruleset as far as a file gave one.
type loadedRules struct {
	files map[string]string // what it is made of: nil if there is nothing to use
	lines map[string]*source
	rules *nft.Ruleset // nil if it has errors, or constructs that only nft knows
}

// source is a file as lines, to show those with problems.
func (l *loadedRules) source(name string) *source {
	s := l.lines[name]
	if s == nil {
		if l.lines == nil {
			l.lines = map[string]*source{}
		}
		s = newSource("", []byte(l.files[name]))
		l.lines[name] = s
	}
	return s
}

// nft plans the ruleset of a node. Its files are named from the folder of the topology file on, so that what a trace
// says is the same wherever the lab was started; problems name them so that they can be opened.
func (c *compiler) nft(n *node) {
	s := &n.spec.NFT
	if !s.Text.present() {
		return
	}
	at := nodePath(n.spec).at("nft")
	var main string
	var l *loadedRules
	if s.Inline {
		main = path.Base(slashed(c.spec.File))
		l = c.parseRules(main, s.Text.Value, s)
	} else {
		main = path.Clean(slashed(s.Text.Value))
		if s.Text.Value == "" {
			c.fail(s.Text, at, "nft", "nft names no file", "nft: fw.nft, or nft: | and the rules")
			return
		}
		var ok bool
		if l, ok = c.rules[main]; !ok {
			text, err := c.readFile(main)
			if err != nil {
				c.fail(s.Text, at, "nft-file", fmt.Sprintf("%s cannot be read: %s", shorten(s.Text.Value), reason(err)),
					fmt.Sprintf("the name is seen from the folder of %s", path.Base(slashed(c.spec.File))))
				l = &loadedRules{}
			} else {
				l = c.parseRules(main, string(text), nil)
				c.rules[main] = l
			}
		}
	}
	if l.files == nil {
		return
	}
	c.ruleDevices(n, main, l, s.Inline)
	n.plan.Ruleset = &Ruleset{Main: main, Files: l.files, FirstLine: s.FirstLine, FirstCol: s.FirstCol, Pos: s.Text.Pos}
}

func slashed(name string) string { return strings.ReplaceAll(name, `\`, "/") }

func (c *compiler) readFile(name string) ([]byte, error) {
	if c.read == nil {
		return nil, errors.New("no files can be read here")
	}
	return c.read(name)
}

// reason is err without the name of the file, which the message has already.
func reason(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return err.Error()
}

// parseRules parses and checks a ruleset with all that it includes. inline is nil for a file of its own.
func (c *compiler) parseRules(main, text string, inline *RulesSpec) *loadedRules {
	l := &loadedRules{files: map[string]string{main: text}}
	opt := nft.Options{Include: func(name string) (string, []byte, error) {
		name = included(main, name)
		b, err := c.readFile(name)
		switch {
		case errors.Is(err, errFolder):
			return "", nil, nil // nft takes nothing of it
		case err != nil:
			return "", nil, errors.New(reason(err))
		}
		l.files[name] = string(b)
		return name, b, nil
	}}
	opt.Glob = func(pattern string) ([]nft.Source, error) {
		var out []nft.Source
		if c.list == nil {
			return nil, errors.New("folders cannot be read here")
		}
		for _, name := range nft.Glob(included(main, pattern), c.list) {
			b, err := c.readFile(name)
			switch {
			case errors.Is(err, errFolder): // behind a symbolic link
				continue
			case err != nil:
				return nil, fmt.Errorf("%s: %s", name, reason(err))
			}
			l.files[name] = string(b)
			out = append(out, nft.Source{Name: name, Text: b})
		}
		return out, nil
	}
	if inline != nil {
		opt.BaseLine, opt.BaseCol = inline.FirstLine, inline.FirstCol
	}
	rules, errs := checkRules(main, text, opt)
	l.rules = rules
	fatal := false
	for _, e := range errs {
		p := Problem{Pos: e.Pos, End: e.End, Severity: SeverityError, Rule: "nft", Msg: e.Msg, Hint: e.Hint}
		c.locate(&p, main, l, inline != nil)
		if e.Unsupported {
			p.Severity, p.Rule = SeverityWarning, "nft-binary"
			p.Hint = strings.TrimPrefix(p.Hint+"; loaded through the nft binary where there is one", "; ")
		}
		c.problems = append(c.problems, p)
		fatal = fatal || p.Severity == SeverityError
	}
	if rules != nil {
		c.lintRules(rules, main, l, inline != nil)
	}
	if fatal {
		l.files = nil
	}
	return l
}

// ipv6Only are the findings that matter only where there are IPv6 addresses.
var ipv6Only = []string{nft.LintNDBlocked, nft.LintTooBigBlocked}

// lintRules warns of what is probably not as it was meant in a good ruleset.
func (c *compiler) lintRules(rules *nft.Ruleset, main string, l *loadedRules, inline bool) {
	for _, f := range nft.Lint(rules) {
		if slices.Contains(ipv6Only, f.Code) && !c.hasIPv6() {
			continue
		}
		p := Problem{Pos: f.Pos, End: f.End, Severity: SeverityWarning, Rule: f.Code, Msg: f.Msg, Hint: f.Hint}
		c.locate(&p, main, l, inline)
		c.problems = append(c.problems, p)
	}
}

// hasIPv6 reports whether a device of the lab has an IPv6 address. Rules without a lab may meet some.
func (c *compiler) hasIPv6() bool {
	if c.rulesAlone {
		return true
	}
	for _, n := range c.nds {
		for _, i := range n.ifaces {
			for _, a := range i.addrs {
				if a.prefix.Addr().Is6() {
					return true
				}
			}
		}
	}
	return false
}

// locate names the file of a problem in a ruleset as it can be opened, and gives it its source line.
func (c *compiler) locate(p *Problem, main string, l *loadedRules, inline bool) {
	name := p.Pos.File
	if inline && (name == main || name == "") {
		p.Pos.File = c.spec.File
		p.Source = c.spec.src.line(p.Pos.Line)
	} else {
		p.Source = l.source(name).line(p.Pos.Line)
		p.Pos.File = c.beside(name)
	}
	if p.End.IsValid() {
		p.End.File = p.Pos.File
		if p.Source != "" && p.End.Line == p.Pos.Line { // the end of a line may be what is wrong: there is nothing behind it
			p.End.Col = max(p.Pos.Col, min(p.End.Col, len(p.Source)+1))
		}
	}
	if p.Source != "" && p.End.Line == p.Pos.Line && 0 < p.Pos.Col && p.Pos.Col < p.End.Col && p.End.Col <= len(p.Source)+1 {
		p.Value = p.Source[p.Pos.Col-1 : p.End.Col-1]
	}
}

// beside names a file that is named from the topology file's folder so that it opens from where Load was called.
func (c *compiler) beside(name string) string {
	if path.IsAbs(name) {
		return name
	}
	return path.Join(path.Dir(slashed(c.spec.File)), name)
}
