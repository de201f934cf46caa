package ruleset

import (
	"errors"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"

	"github.com/hookwalk/hookwalk/topology"
	"github.com/hookwalk/hookwalk/topology/nft"
)

// binaryPaths are where the nft program is beside $PATH: an ordinary user's does not have sbin.
var binaryPaths = []string{"/usr/sbin/nft", "/sbin/nft"}

// loadByBinary loads a ruleset with the nft program, in the network namespace of the calling thread. errs are the
// constructs that only nft knows.
func loadByBinary(r *topology.Ruleset, errs nft.Errors, replace bool) error {
	program, err := findBinary()
	if err != nil {
		return &Error{Pos: errs[0].Pos, Err: errors.New(errs[0].Msg), More: len(errs) - 1,
			Hint: "install nftables: its program nft can load this file; or write it without that"}
	}
	f := &flat{}
	if replace {
		f.line("flush ruleset", nft.Pos{})
	}
	f.file(r, r.Main, r.FirstLine, r.FirstCol, 1)
	writes.Add(1)
	cmd := exec.Command(program, "-f", "-")
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.Stdin = strings.NewReader(f.text.String())
	out, err := cmd.CombinedOutput()
	if err != nil {
		return f.failure(string(out), err)
	}
	return nil
}

func findBinary() (string, error) {
	program, err := exec.LookPath("nft")
	for _, p := range binaryPaths {
		if err == nil {
			break
		}
		program, err = exec.LookPath(p)
	}
	return program, err
}

// flat is a ruleset as one text, with what it includes, and where each of its lines is from.
type flat struct {
	text strings.Builder
	from []nft.Pos // the first column of each line
}

var includeLine = regexp.MustCompile(`^\s*include\s+"([^"]+)"\s*;?\s*$`)

// maxIncludes is how deep files may include each other, as in nft (MAX_INCLUDE_DEPTH of its src/scanner.l).
const maxIncludes = 16

func (f *flat) line(text string, from nft.Pos) {
	f.text.WriteString(text + "\n")
	f.from = append(f.from, from)
}

// file adds a file. Its lines and columns count from first and col.
func (f *flat) file(r *topology.Ruleset, name string, first, col, depth int) {
	for i, line := range strings.Split(strings.TrimSuffix(r.Files[name], "\n"), "\n") {
		if m := includeLine.FindStringSubmatch(line); m != nil && depth < maxIncludes {
			list := r.Included(m[1])
			for _, in := range list {
				f.file(r, in, 0, 0, depth+1)
			}
			if len(list) > 0 || strings.ContainsAny(m[1], "*?[") { // a pattern may stand for nothing
				continue
			}
		}
		f.line(line, nft.Pos{File: name, Line: first + i + 1, Col: col + 1})
	}
}

var binaryError = regexp.MustCompile(`(?m)^/dev/stdin:(\d+):(\d+)-\d+: Error: (.*)$`)

// kernelSays is how nft passes on what the kernel refused (nft_cmd_error of its src/cmd.c and what calls it): the file
// itself may be right.
const kernelSays = "Could not process rule"

// failure is what nft says, at its place in the files.
func (f *flat) failure(out string, err error) *Error {
	all := binaryError.FindAllStringSubmatch(out, -1)
	if all == nil {
		words, _, _ := strings.Cut(strings.TrimSpace(out), "\n")
		if words == "" {
			words = err.Error()
		}
		return &Error{What: "the nft program", Err: errors.New(words)}
	}
	m := all[0]
	e := &Error{What: "the nft program", Err: errors.New(m[3]), More: len(all) - 1}
	e.Bad = !strings.HasPrefix(m[3], kernelSays)
	line, _ := strconv.Atoi(m[1]) // digits
	col, _ := strconv.Atoi(m[2])
	if 0 < line && line <= len(f.from) && f.from[line-1].IsValid() {
		e.Pos = f.from[line-1]
		e.Pos.Col += col - 1
	}
	return e
}
