package topology

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// FileName is the topology file of a folder.
const FileName = "lab.yaml"

// maxFile is the largest file that is read, in bytes: a lab of 10,000 nodes has about one million.
const maxFile = 16 << 20

// Load reads a topology file, and the files that it names, and computes the plan. A folder stands for the lab.yaml in
// it. The plan is nil if there are errors; there may be warnings beside a plan.
func Load(name string) (*Plan, Problems) {
	if st, err := os.Stat(name); err == nil && st.IsDir() {
		name = filepath.Join(name, FileName)
	}
	dir := filepath.Dir(name)
	folder := ""
	if abs, err := filepath.Abs(dir); err == nil {
		folder = filepath.Base(abs)
	}
	open := func(name string) (fs.File, error) { return os.Open(name) }
	return load(name, folder, open, func(n string) string {
		if filepath.IsAbs(n) {
			return n
		}
		return filepath.Join(dir, filepath.FromSlash(n))
	})
}

// LoadFS is Load for a file system in memory, such as the labs that are part of the program.
func LoadFS(fsys fs.FS, name string) (*Plan, Problems) {
	if st, err := fs.Stat(fsys, name); err == nil && st.IsDir() {
		name = path.Join(name, FileName)
	}
	dir := path.Dir(name)
	folder := ""
	if dir != "." {
		folder = path.Base(dir)
	}
	return load(name, folder, fsys.Open, func(n string) string { return path.Join(dir, n) })
}

// load reads the file, and through beside the files that it names.
func load(name, folder string, open func(string) (fs.File, error), beside func(string) string) (*Plan, Problems) {
	text, err := read(open, name)
	if err != nil {
		hint := ""
		if errors.Is(err, fs.ErrNotExist) {
			hint = "the file of a lab, or a folder with a " + FileName + ", is wanted"
		}
		return nil, Problems{{Pos: Pos{File: name}, Severity: SeverityError, Rule: "file", Value: name, Msg: reason(err), Hint: hint}}
	}
	spec, problems := Parse(name, text)
	if spec == nil {
		return nil, problems
	}
	spec.Folder = folder
	plan, more := compile(spec, func(n string) ([]byte, error) { return read(open, beside(n)) },
		func(n string) ([]fs.DirEntry, error) { return listFolder(open, beside(n)) })
	problems = append(problems, more...)
	problems.sort(name)
	if problems.HasErrors() {
		return nil, problems
	}
	return plan, problems
}

// listFolder is what is in a folder.
func listFolder(open func(string) (fs.File, error), name string) ([]fs.DirEntry, error) {
	f, err := open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	d, ok := f.(fs.ReadDirFile)
	if !ok {
		return nil, errors.New("is no directory")
	}
	return d.ReadDir(-1)
}

var errFolder = errors.New("is a directory")

// read reads a file of a size that a lab may have.
func read(open func(string) (fs.File, error), name string) ([]byte, error) {
	f, err := open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if st, err := f.Stat(); err == nil && st.IsDir() {
		return nil, errFolder
	}
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxFile {
		return nil, fmt.Errorf("has more than %d MiB", maxFile>>20)
	}
	return b, nil
}
