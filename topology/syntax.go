package topology

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// What the YAML parser cannot read, said for people who do not know YAML's grammar, and at its place.

var yamlLine = regexp.MustCompile(`^line (\d+): `)

// syntaxProblem says what the parser could not read, and where. The parser gives a line at most, and for several
// mistakes it is that of the construct around; the line that matters is the one without which the text before it
// has not got this mistake.
func syntaxProblem(src *source, text []byte, err error) Problem {
	msg := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 1
	if m := yamlLine.FindStringSubmatch(msg); m != nil {
		line, _ = strconv.Atoi(m[1])
		msg = msg[len(m[0]):]
	}
	if !strings.HasPrefix(msg, "could not find expected ':'") {
		line = firstBroken(text, err.Error(), line)
	}
	line = min(max(line, 1), len(src.lines))
	text0 := src.line(line)
	col, width, msg, hint := explainSyntax(text0, msg)
	p := Problem{Pos: src.at(line, col), Severity: SeverityError, Rule: "yaml", Msg: msg, Hint: hint, Source: text0}
	if width > 0 {
		p.End = src.at(line, col+width)
		p.Value = text0[col-1 : col-1+width]
	}
	return p
}

// firstBroken is the first line with which the text has the mistake; fallback if cutting it off makes others.
func firstBroken(text []byte, want string, fallback int) int {
	var ends []int
	for i, c := range text {
		if c == '\n' {
			ends = append(ends, i+1)
		}
	}
	if n := len(ends); n == 0 || ends[n-1] < len(text) {
		ends = append(ends, len(text))
	}
	broken := func(n int) bool {
		_, _, err := readYAML(text[:ends[n-1]])
		return err != nil && err.Error() == want
	}
	lo, hi := 1, len(ends)
	if !broken(hi) {
		return fallback
	}
	for lo < hi {
		if mid := (lo + hi) / 2; broken(mid) {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return lo
}

var unknownAnchor = regexp.MustCompile(`^unknown anchor '(.*)' referenced`)

// explainSyntax puts a message of the parser into words for people who do not know YAML's grammar, and finds its
// place in the line.
func explainSyntax(line, msg string) (col, width int, text, hint string) {
	indent := len(line) - len(strings.TrimLeft(line, " \t"))
	first := min(indent, max(len(line)-1, 0)) + 1
	switch {
	case strings.Contains(line[:indent], "\t"):
		return strings.IndexByte(line, '\t') + 1, 1, "a tab in the indentation", "YAML is indented with spaces only"
	case unknownAnchor.MatchString(msg):
		name := "*" + unknownAnchor.FindStringSubmatch(msg)[1]
		if i := strings.Index(line, name); i >= 0 {
			return i + 1, len(name), "nothing is marked with &" + name[1:], "a text that begins with * must be in quotes"
		}
	case strings.HasPrefix(msg, "mapping values are not allowed"):
		if i := strings.LastIndex(line, ": "); i >= 0 {
			return i + 1, 1, `":" is not expected here`, `is the line indented rightly? A text with ": " in it must be in quotes`
		}
		if t := strings.TrimRight(line, " \t"); strings.HasSuffix(t, ":") {
			return len(t), 1, `":" is not expected here`, "is the line indented rightly?"
		}
	case strings.Contains(msg, "',' or ']'"):
		i := strings.LastIndexByte(line, '[')
		return max(i+1, first), 1, `"," or "]" is missing in this list`, ""
	case strings.Contains(msg, "',' or '}'"):
		i := strings.LastIndexByte(line, '{')
		return max(i+1, first), 1, `"," or "}" is missing in this mapping`, ""
	case strings.HasPrefix(msg, "did not find expected key"), strings.HasPrefix(msg, "did not find expected '-'"),
		strings.HasPrefix(msg, "block sequence entries are not allowed"):
		return first, 0, "this line does not fit in with those above", "is it indented like its neighbours?"
	case strings.HasPrefix(msg, "did not find expected node content"):
		return first, 0, "a value on this line cannot be read", "a text that begins with a sign like : or , must be in quotes"
	case strings.HasPrefix(msg, "could not find expected ':'"):
		return first, 0, `":" is missing after a key`, `like "key: value"`
	case strings.HasPrefix(msg, "found character that cannot start any token"):
		for _, w := range strings.Fields(line) {
			if strings.IndexByte("@`%", w[0]) >= 0 {
				return strings.Index(line, w) + 1, 1, fmt.Sprintf("a text cannot begin with %q", w[:1]), "put it in quotes"
			}
		}
	case strings.HasPrefix(msg, "found unexpected end of stream"):
		if i := strings.IndexAny(line, `"'`); i >= 0 {
			return i + 1, 1, "this quote is never closed", ""
		}
	}
	return first, 0, "yaml: " + msg, ""
}
