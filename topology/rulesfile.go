package topology

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// LoadRules reads a file of nft rules alone, with what it includes from beside it, and finds what Load would find in the
// rules of a lab. The ruleset is nil if there are errors, or only the nft binary knows a construct in it; there may be
// warnings beside it. ok says that a lab could have the file.
func LoadRules(name string) (rules *nft.Ruleset, problems Problems, ok bool) {
	open := func(name string) (fs.File, error) { return os.Open(name) }
	text, err := read(open, name)
	if err != nil {
		return nil, Problems{{Pos: Pos{File: name}, Severity: SeverityError, Rule: "file", Value: name, Msg: reason(err)}}, false
	}
	dir := filepath.Dir(name)
	beside := func(n string) string {
		if filepath.IsAbs(n) {
			return n
		}
		return filepath.Join(dir, filepath.FromSlash(n))
	}
	c := &compiler{spec: &Spec{File: name}, rulesAlone: true,
		read: func(n string) ([]byte, error) { return read(open, beside(n)) },
		list: func(n string) ([]fs.DirEntry, error) { return listFolder(open, beside(n)) }}
	main := path.Base(slashed(name))
	l := c.parseRules(main, string(text), nil)
	c.problems.sort(name)
	return l.rules, c.problems, l.files != nil
}
