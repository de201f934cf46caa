package topology

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxSource is how much of a source line a problem shows, in characters: a line of a flow mapping may be endless.
const maxSource = 110

// Render writes every problem as a message, its source line, and a caret span under the value with the hint:
//
//	home-nat.yaml:23:14: unknown node "fw1"
//	   23 |   - [sw-lan, fw1:eth1]
//	      |              ^^^ did you mean "fw"?
func (ps Problems) Render(w io.Writer) error {
	for _, p := range ps {
		if _, err := io.WriteString(w, p.Render()); err != nil {
			return err
		}
	}
	return nil
}

// Render is the problem as Problems.Render writes it, several lines, each ended.
func (p Problem) Render() string {
	var b strings.Builder
	b.WriteString(p.Error())
	b.WriteByte('\n')
	if p.Pos.Line == 0 || strings.TrimSpace(p.Source) == "" {
		if p.Hint != "" {
			b.WriteString("    " + printable(p.Hint) + "\n")
		}
		return b.String()
	}
	line, from, width := p.window()
	fmt.Fprintf(&b, "%5d | %s\n", p.Pos.Line, line)
	fmt.Fprintf(&b, "      | %s%s", strings.Repeat(" ", from), strings.Repeat("^", width))
	if p.Hint != "" {
		b.WriteString(" " + printable(p.Hint))
	}
	b.WriteByte('\n')
	return b.String()
}

// window is the part of the source line to show, fit for a terminal, with the span of the value in it, both in
// characters.
func (p Problem) window() (line string, from, width int) {
	at := min(max(p.Pos.Col-1, 0), len(p.Source))
	end := at
	if p.End.Line == p.Pos.Line && p.End.Col > p.Pos.Col {
		end = min(p.End.Col-1, len(p.Source))
	}
	from = utf8.RuneCountInString(p.Source[:at])
	width = max(1, utf8.RuneCountInString(p.Source[at:end]))
	text := []rune(printable(strings.TrimRight(p.Source, " \t")))
	if len(text) <= maxSource {
		return string(text), from, width
	}
	start := 0
	if from+width > maxSource-3 {
		start = max(0, min(from-maxSource/3, len(text)-maxSource))
	}
	stop := min(len(text), start+maxSource)
	shown := string(text[start:stop])
	from -= start
	if start > 0 {
		shown, from = "..."+shown, from+3
	}
	if stop < len(text) {
		shown += "..."
	}
	return shown, from, min(width, maxSource)
}

// printable is s with every character that would move a terminal's cursor replaced.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case r == utf8.RuneError, !unicode.IsPrint(r):
			return '?'
		}
		return r
	}, s)
}
