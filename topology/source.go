package topology

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// source is the text of one file and the way from a place in it to its line.
type source struct {
	file  string
	lines []string // without their ends
}

// newSource splits text into lines. A byte order mark is not part of the first one.
func newSource(file string, text []byte) *source {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	lines := strings.Split(string(text), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimSuffix(l, "\r")
	}
	return &source{file: file, lines: lines}
}

// line is the text of line n, which counts from 1; "" if there is no such line.
func (s *source) line(n int) string {
	if s == nil || n < 1 || n > len(s.lines) {
		return ""
	}
	return s.lines[n-1]
}

// at is the place of a line and a byte of it, both from 1.
func (s *source) at(line, col int) Pos { return Pos{File: s.file, Line: line, Col: col} }

// column turns a column in characters, from 1, into one in bytes: YAML counts the former, Pos the latter.
func (s *source) column(line, runes int) int {
	text := s.line(line)
	// A line of ASCII, so nearly every line, needs no walk.
	if len(text) < runes || !ascii(text[:runes-1]) {
		rest := text
		for ; runes > 1 && rest != ""; runes-- {
			_, n := utf8.DecodeRuneInString(rest)
			rest = rest[n:]
		}
		return len(text) - len(rest) + 1
	}
	return runes
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// illegal finds what no line of the file may have in it, so that everything behind can count lines as editors do
// and show them on a terminal: bytes that are not UTF-8, control characters, and line ends of a rarer kind.
func illegal(file string, text []byte) Problems {
	var ps Problems
	src := newSource(file, text)
	for i, l := range src.lines {
		for j, r := range l {
			msg, hint := "", ""
			switch {
			case r == utf8.RuneError:
				if _, n := utf8.DecodeRuneInString(l[j:]); n > 1 {
					continue
				}
				msg, hint = "this byte is not UTF-8", "save the file as UTF-8 text"
			case r == '\u0085', r == '\u2028', r == '\u2029', r == '\r':
				msg, hint = "a line end that editors do not show", "end lines with a plain newline"
			case r < ' ' && r != '\t', r == 0x7f, r > 0x7f && r < 0xa0, r == '\ufeff':
				msg, hint = fmt.Sprintf("the control character %U", r), "remove it, or write it as \"\\x..\" in double quotes"
			default:
				continue
			}
			ps = append(ps, Problem{
				Pos: src.at(i+1, j+1), Severity: SeverityError, Rule: "text", Msg: msg, Hint: hint, Source: l,
			})
			break // one for each line tells enough
		}
		if len(ps) == 10 {
			break // it is not a text file
		}
	}
	return ps
}
