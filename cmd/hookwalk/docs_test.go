package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestDocs runs every command in the README, in docs and in the lessons of the labs, and holds what it prints against
// what the document says. A document is a story: its commands run in order, in one folder.
//
// A `console` block has commands behind "$ ", each with what it prints; a line "..." stands for any lines, "..." inside
// a line for anything, and "[exit N]" at the end for an exit code that is not 0. All lines of a `sh` block are
// commands, which must end with 0. What stands in a comment in front of a block steers it:
//
//	<!-- lab: DIR -->      the lab in DIR, from the root of the repository, is brought up first, for the blocks behind it
//	<!-- file: NAME -->    the block is the text of a file
//	<!-- not run: WHY -->  the block is not run
func TestDocs(t *testing.T) {
	root := filepath.Join("..", "..")
	var files []string
	for _, pattern := range []string{"*.md", "docs/*.md", "labs/*/*.md", "tests/vm/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	ran := 0
	for _, file := range files {
		name, err := filepath.Rel(root, file)
		if err != nil {
			t.Fatal(err)
		}
		blocks, err := docBlocks(file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(blocks) == 0 {
			continue
		}
		ran++
		t.Run(filepath.ToSlash(name), func(t *testing.T) { runDoc(t, name, blocks) })
	}
	if ran == 0 {
		t.Fatal("no document has a command")
	}
}

// docBlock is one block of a document that means something here.
type docBlock struct {
	line  int    // of its first line of text, from 1
	lang  string // console, sh; "" for a file
	lab   string // folder of the lab to bring up first
	file  string // name of the file that it is
	lines []string
}

var directive = regexp.MustCompile(`^<!-- (lab|file|not run): (.*?) -->$`)

// docBlocks finds the commands and files of a document.
func docBlocks(file string) ([]docBlock, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var out []docBlock
	var next docBlock
	skip := false
	lines := strings.Split(string(text), "\n")
	for i := 0; i < len(lines); i++ {
		line := strings.TrimSpace(lines[i])
		if m := directive.FindStringSubmatch(line); m != nil {
			switch m[1] {
			case "lab":
				next.lab = m[2]
			case "file":
				next.file = m[2]
			default:
				skip = true
			}
			continue
		}
		lang, ok := strings.CutPrefix(line, "```")
		if !ok {
			if line != "" && (next.file != "" || skip) {
				return nil, fmt.Errorf("line %d: the comment before it speaks of a block, but none follows", i+1)
			}
			continue
		}
		next.line, next.lang = i+2, lang
		for i++; i < len(lines) && strings.TrimSpace(lines[i]) != "```"; i++ {
			next.lines = append(next.lines, lines[i])
		}
		if !skip && (next.file != "" || lang == "console" || lang == "sh") {
			out = append(out, next)
		}
		next, skip = docBlock{}, false
	}
	return out, nil
}

// runDoc runs the blocks of one document in a folder of their own.
func runDoc(t *testing.T, name string, blocks []docBlock) {
	d := &doc{name: name, dir: t.TempDir(), lab: fmt.Sprintf("doc%d", os.Getpid())}
	bin := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(bin, "hookwalk")); err != nil {
		t.Fatal(err)
	}
	d.env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "HOOKWALK_LAB="+d.lab, "NO_COLOR=1")
	t.Cleanup(func() { d.down(t) })
	for _, b := range blocks {
		switch {
		case b.file != "":
			d.write(t, b.file, strings.Join(b.lines, "\n")+"\n")
		default:
			if b.lab != "" {
				d.up(t, b.lab)
			}
			d.block(t, b)
		}
		if t.Failed() {
			return
		}
	}
}

// doc is a document that is being run. Its labs are called lab, whatever their files say, so that they never meet those
// of other tests; what the commands print has the name that the document knows.
type doc struct {
	name, dir string
	lab       string
	said      string // the lab's name in the document
	env       []string
}

var nameLine = regexp.MustCompile(`(?m)^name: (\S+)$`)

// write makes a file. A topology file gets the lab's name.
func (d *doc) write(t *testing.T, name, text string) {
	t.Helper()
	if m := nameLine.FindStringSubmatch(text); m != nil {
		if d.said != m[1] { // else it is another text of the same file
			d.down(t) // one lab at a time
		}
		d.said = m[1]
		text = strings.Replace(text, m[0], "name: "+d.lab, 1)
	}
	file := filepath.Join(d.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// up copies a lab of the repository and deploys it.
func (d *doc) up(t *testing.T, lab string) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join("..", "..", lab, "*"))
	if err != nil || len(found) == 0 {
		t.Fatalf("%s: no lab in %s", d.name, lab)
	}
	for _, file := range found {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d.write(t, filepath.Base(file), string(text))
	}
	if out, code := d.run(t, "hookwalk up ."); code != 0 {
		t.Fatalf("%s: bring up %s: exit %d\n%s", d.name, lab, code, out)
	}
}

func (d *doc) down(t *testing.T) {
	t.Helper()
	if out, code := d.run(t, "hookwalk down "+d.lab); code != 0 && !strings.Contains(out, "no lab") && !strings.Contains(out, "is not up") {
		t.Errorf("%s: remove the lab: exit %d\n%s", d.name, code, out)
	}
}

// run runs a command line with a shell; both streams together are what it printed.
func (d *doc) run(t *testing.T, line string) (string, int) {
	t.Helper()
	cmd := exec.Command("sh", "-c", line)
	cmd.Dir, cmd.Env = d.dir, d.env
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %s: %v", d.name, line, err)
	}
	text := out.String()
	if d.said != "" {
		text = strings.ReplaceAll(text, d.lab, d.said)
	}
	return text, cmd.ProcessState.ExitCode()
}

// block runs the commands of a block.
func (d *doc) block(t *testing.T, b docBlock) {
	for i := 0; i < len(b.lines); {
		line, at := b.lines[i], b.line+i
		i++
		command := line
		if b.lang == "console" {
			var ok bool
			if command, ok = strings.CutPrefix(line, "$ "); !ok {
				t.Fatalf("%s:%d: a console block begins with a command, \"$ ...\"", d.name, at)
			}
		} else if strings.TrimSpace(line) == "" {
			continue
		}
		var want []string
		code := 0
		for b.lang == "console" && i < len(b.lines) && !strings.HasPrefix(b.lines[i], "$ ") {
			want = append(want, b.lines[i])
			i++
		}
		if n := len(want); n > 0 && strings.HasPrefix(want[n-1], "[exit ") {
			var err error
			if code, err = strconv.Atoi(strings.TrimSuffix(want[n-1][len("[exit "):], "]")); err != nil {
				t.Fatalf("%s:%d: %v", d.name, at+n, err)
			}
			want = want[:n-1]
		}
		got, exit := d.run(t, command)
		if exit != code {
			t.Errorf("%s:%d: %s: exit %d, the document says %d\n%s", d.name, at, command, exit, code, got)
			return
		}
		if b.lang == "console" && !docMatch(want, strings.Split(strings.TrimSuffix(got, "\n"), "\n")) {
			t.Errorf("%s:%d: %s prints\n%s\nthe document says\n%s", d.name, at, command, got, strings.Join(want, "\n"))
			return
		}
	}
}

// docMatch holds the lines of a document against what was printed. Spaces at the end of a line do not count.
func docMatch(want, got []string) bool {
	if len(want) == 0 {
		return len(got) == 0 || len(got) == 1 && got[0] == ""
	}
	if want[0] == "..." {
		for i := 0; i <= len(got); i++ {
			if len(want) == 1 || docMatch(want[1:], got[i:]) {
				return true
			}
		}
		return false
	}
	if len(got) == 0 {
		return false
	}
	parts := strings.Split(strings.TrimRight(want[0], " "), "...")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return regexp.MustCompile(`^`+strings.Join(parts, `.*`)+` *$`).MatchString(got[0]) && docMatch(want[1:], got[1:])
}

func TestDocMatch(t *testing.T) {
	for _, c := range []struct {
		want, got string
		ok        bool
	}{
		{"a\nb", "a\nb", true},
		{"a\nb", "a", false},
		{"a", "a\nb", false},
		{"a\n...", "a\nb\nc", true},
		{"...\nc", "a\nb\nc", true},
		{"...\nd", "a\nb\nc", false},
		{"a ... c", "a b c", true},
		{"a.c", "abc", false},
		{"...", "", true},
		{"a", "a  ", true},
	} {
		if got := docMatch(strings.Split(c.want, "\n"), strings.Split(c.got, "\n")); got != c.ok {
			t.Errorf("%q matches %q: %v, want %v", c.want, c.got, got, c.ok)
		}
	}
}
