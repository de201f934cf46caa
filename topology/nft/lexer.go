package nft

import (
	"net/netip"
	"strings"
)

// lexer cuts a source into tokens. As in nft the longest match wins: `cafe::1` is an address, `eth0.100` and
// `mbytes/second` are names, `10/second` is a number, a slash and a name.
type lexer struct {
	src  string
	off  int
	line int32
	bol  int // offset of the start of the line
	toks []token
}

func lex(src string) []token {
	l := &lexer{src: src, line: 1, toks: make([]token, 0, len(src)/4+8)}
	for l.next() {
	}
	return l.toks
}

func (l *lexer) add(kind tokenKind, start, end int, text string, spaced bool) {
	l.toks = append(l.toks, token{
		kind: kind, spaced: spaced, off: int32(start), end: int32(end),
		line: l.line, col: int32(start-l.bol) + 1, text: text,
	})
	l.off = end
}

// next adds one token; false after the last.
func (l *lexer) next() bool {
	spaced := l.off == l.bol
	for l.off < len(l.src) {
		switch c := l.src[l.off]; {
		case c == ' ' || c == '\t' || c == '\r':
			l.off++
		case c == '\\' && strings.HasPrefix(l.src[l.off+1:], "\n"):
			l.off += 2
			l.line++
			l.bol = l.off
		case c == '\\' && strings.HasPrefix(l.src[l.off+1:], "\r\n"):
			l.off += 3
			l.line++
			l.bol = l.off
		default:
			goto token
		}
		spaced = true
	}
token:
	start := l.off
	if start >= len(l.src) {
		l.add(tEOF, start, start, "", spaced)
		return false
	}
	rest := l.src[start:]
	c := rest[0]
	switch {
	case c == '\n':
		l.add(tNewline, start, start+1, "\n", spaced)
		l.line++
		l.bol = l.off
	case c == ';':
		l.add(tSemicolon, start, start+1, ";", spaced)
	case c == '#':
		n := strings.IndexByte(rest, '\n')
		if n < 0 {
			n = len(rest)
		}
		l.add(tComment, start, start+n, strings.TrimRight(rest[1:n], " \t\r"), spaced)
	case c == '"':
		n := strings.IndexAny(rest[1:], "\"\n")
		if n < 0 || rest[1+n] == '\n' {
			if n < 0 {
				n = len(rest) - 1
			}
			l.add(tBad, start, start+1+n, rest[:1+n], spaced)
			break
		}
		l.add(tQuoted, start, start+n+2, rest[1:1+n], spaced)
	case isHex(c) || c == ':' && strings.HasPrefix(rest, "::"):
		if n := addressLen(rest); n > 0 {
			l.add(tAddr, start, start+n, rest[:n], spaced)
			break
		}
		if isDigit(c) {
			l.number(start, spaced)
			break
		}
		if isLetter(c) {
			l.name(start, spaced)
			break
		}
		l.punct(start, spaced)
	case isLetter(c) || c == '_':
		l.name(start, spaced)
	default:
		l.punct(start, spaced)
	}
	return true
}

func (l *lexer) name(start int, spaced bool) {
	n := start
	for n < len(l.src) && isNameByte(l.src[n]) {
		n++
	}
	kind := tName
	switch {
	case n < len(l.src) && l.src[n] == '*':
		kind, n = tWildcard, n+1
	case strings.HasPrefix(l.src[n:], `\*`):
		kind, n = tName, n+2
	}
	l.add(kind, start, n, l.src[start:n], spaced)
}

func (l *lexer) number(start int, spaced bool) {
	s := l.src[start:]
	n := 0
	if len(s) > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') && isHex(s[2]) {
		for n = 2; n < len(s) && isHex(s[n]); n++ {
		}
		l.add(tNumber, start, start+n, s[:n], spaced)
		return
	}
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	for _, w := range []string{"8021ad", "8021q"} { // the only names that start with a digit
		if rest, ok := strings.CutPrefix(s, w); ok && (rest == "" || !isNameByte(rest[0])) {
			l.add(tName, start, start+len(w), w, spaced)
			return
		}
	}
	if t := timeLen(s); t > n && (t == len(s) || !isLetter(s[t])) {
		l.add(tTime, start, start+t, s[:t], spaced)
		return
	}
	l.add(tNumber, start, start+n, s[:n], spaced)
}

// puncts are the operators, the longer ones first.
var puncts = []string{"==", "!=", "<=", ">=", "<<", ">>",
	"{", "}", "(", ")", "[", "]", ",", ":", ".", "=", "<", ">", "&", "|", "^", "!", "-", "/", "@", "$", "*", "+"}

func (l *lexer) punct(start int, spaced bool) {
	rest := l.src[start:]
	for _, p := range puncts {
		if strings.HasPrefix(rest, p) {
			l.add(tPunct, start, start+len(p), p, spaced)
			return
		}
	}
	n := 1 // the whole of a character that is not ASCII
	for n < len(rest) && rest[n]&0xc0 == 0x80 {
		n++
	}
	l.add(tBad, start, start+n, rest[:n], spaced)
}

// addressLen is the length of the IPv4, IPv6 or link-layer address that s starts with; 0 if there is none.
func addressLen(s string) int {
	n, colons, dots := 0, 0, 0
	for n < len(s) && n < 64 {
		switch c := s[n]; {
		case c == ':':
			colons++
		case c == '.':
			dots++
		case !isHex(c):
			goto done
		}
		n++
	}
done:
	if colons < 2 && dots < 3 {
		return 0
	}
	if m := macLen(s[:n]); m > 0 {
		return m
	}
	if colons >= 2 {
		for m := n; m > 1; m-- {
			if _, err := netip.ParseAddr(s[:m]); err == nil && strings.Count(s[:m], ":") >= 2 {
				return m
			}
		}
	}
	return ipv4Len(s[:n])
}

// macLen is the length of a link-layer address: six bytes with colons.
func macLen(s string) int {
	n := 0
	for group := range 6 {
		if group > 0 {
			if n >= len(s) || s[n] != ':' {
				return 0
			}
			n++
		}
		digits := 0
		for n < len(s) && isHex(s[n]) && digits < 3 {
			n++
			digits++
		}
		if digits == 0 || digits > 2 {
			return 0
		}
	}
	if n < len(s) && (s[n] == ':' || isHex(s[n])) {
		return 0
	}
	return n
}

// ipv4Len is the length of four decimal numbers with dots; they need not fit a byte, the checker says so then.
func ipv4Len(s string) int {
	n := 0
	for group := range 4 {
		if group > 0 {
			if n >= len(s) || s[n] != '.' {
				return 0
			}
			n++
		}
		start := n
		for n < len(s) && isDigit(s[n]) && n-start < 3 {
			n++
		}
		if n == start {
			return 0
		}
	}
	return n
}

// timeLen is the length of a time like 1d2h3m4s5ms that s starts with; 0 if there is none.
func timeLen(s string) int {
	n := 0
	for _, unit := range []string{"d", "h", "m", "s", "ms"} {
		d := n
		for d < len(s) && isDigit(s[d]) {
			d++
		}
		if d == n || !strings.HasPrefix(s[d:], unit) {
			continue
		}
		if unit == "m" && strings.HasPrefix(s[d:], "ms") {
			continue
		}
		n = d + len(unit)
	}
	return n
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isHex(c byte) bool    { return isDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' }
func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func isNameByte(c byte) bool {
	return isLetter(c) || isDigit(c) || c == '_' || c == '-' || c == '.' || c == '/'
}
