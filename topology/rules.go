package topology

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// Check parses the ruleset again, out of what the plan has: no file is read. Positions in it name files as Files
// does, and in an inline ruleset they are those of the topology file. There may be errors even in a good plan:
// constructs that only the nft binary knows (nft.Errors.Unsupported); the ruleset is then nil.
func (r *Ruleset) Check() (*nft.Ruleset, nft.Errors) {
	return checkRules(r.Main, r.Files[r.Main], nft.Options{
		Include: func(name string) (string, []byte, error) {
			name = included(r.Main, name)
			text, ok := r.Files[name]
			if !ok {
				return "", nil, fs.ErrNotExist
			}
			return name, []byte(text), nil
		},
		BaseLine: r.FirstLine,
		BaseCol:  r.FirstCol,
	})
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
		if err != nil {
			return "", nil, errors.New(reason(err))
		}
		l.files[name] = string(b)
		return name, b, nil
	}}
	if inline != nil {
		opt.BaseLine, opt.BaseCol = inline.FirstLine, inline.FirstCol
	}
	_, errs := checkRules(main, text, opt)
	fatal := false
	for _, e := range errs {
		fatal = c.ruleProblem(e, main, l, inline != nil) == SeverityError || fatal
	}
	if fatal {
		l.files = nil
	}
	return l
}

// includes reports whether a line includes other files. Those must be in the plan, so the nft binary is no way out
// where they cannot be named.
func includes(line string) bool {
	word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
	return word == "include"
}

// ruleProblem takes over a mistake in a ruleset, and says how bad it is.
func (c *compiler) ruleProblem(e *nft.Error, main string, l *loadedRules, inline bool) Severity {
	p := Problem{Pos: e.Pos, End: e.End, Severity: SeverityError, Rule: "nft", Msg: e.Msg, Hint: e.Hint}
	if inline && (e.Pos.File == main || e.Pos.File == "") {
		p.Pos.File = c.spec.File
		p.Source = c.spec.src.line(p.Pos.Line)
	} else {
		p.Source = newSource("", []byte(l.files[e.Pos.File])).line(p.Pos.Line)
		p.Pos.File = c.beside(e.Pos.File)
	}
	if p.End.IsValid() {
		p.End.File = p.Pos.File
	}
	if p.Source != "" && e.End.Line == e.Pos.Line && 0 < e.Pos.Col && e.Pos.Col < e.End.Col && e.End.Col <= len(p.Source)+1 {
		p.Value = p.Source[e.Pos.Col-1 : e.End.Col-1]
	}
	if e.Unsupported && !includes(p.Source) {
		p.Severity, p.Rule = SeverityWarning, "nft-binary"
		p.Hint = strings.TrimPrefix(p.Hint+"; loaded through the nft binary where there is one", "; ")
	}
	c.problems = append(c.problems, p)
	return p.Severity
}

// beside names a file that is named from the topology file's folder so that it opens from where Load was called.
func (c *compiler) beside(name string) string {
	if path.IsAbs(name) {
		return name
	}
	return path.Join(path.Dir(slashed(c.spec.File)), name)
}
