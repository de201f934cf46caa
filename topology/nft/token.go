package nft

import "strings"

// tokenKind is the lexical kind of a token.
type tokenKind uint8

const (
	tEOF tokenKind = iota
	tNewline
	tSemicolon
	tComment
	tName
	tNumber
	tAddr
	tTime
	tQuoted
	tWildcard
	tPunct // text is one of { } ( ) [ ] , : . = == != < <= << > >= >> & | ^ ! - / @ $ * +
	tBad   // text is the character, or the start of a string that is not closed
)

// token is one token. text is part of the source: what is inside the quotes for tQuoted, without # for tComment.
type token struct {
	kind   tokenKind
	spaced bool // white space or the start of a line stands before it
	off    int32
	end    int32
	line   int32
	col    int32
	text   string
}

// describe names a token in a message.
func (t token) describe() string {
	switch t.kind {
	case tEOF:
		return "end of file"
	case tNewline:
		return "end of line"
	case tSemicolon:
		return "`;`"
	case tComment:
		return "a comment"
	case tQuoted:
		return `"` + shorten(t.text) + `"`
	}
	return "`" + shorten(t.text) + "`"
}

// shorten is a text of the source as a message can show it.
func shorten(s string) string {
	const most = 60
	if len(s) > most {
		s = s[:most] + "..."
	}
	return strings.ToValidUTF8(s, "\ufffd")
}

func (t token) is(punct string) bool { return t.kind == tPunct && t.text == punct }

func (t token) isWord(word string) bool { return t.kind == tName && t.text == word }

// ends reports whether t ends a statement.
func (t token) ends() bool {
	return t.kind == tEOF || t.kind == tNewline || t.kind == tSemicolon || t.kind == tComment
}
