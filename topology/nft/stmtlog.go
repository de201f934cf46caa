package nft

import (
	"strconv"
	"strings"
)

func init() { statements["log"] = (*parser).logStmt }

var logLevels = []string{"emerg", "alert", "crit", "err", "warn", "notice", "info", "debug", "audit"}

func (p *parser) logStmt(first token) StmtNode {
	n := &LogNode{}
	for {
		t := p.cur()
		if t.kind != tName {
			break
		}
		o := &LogOpt{Key: t.text}
		switch t.text {
		case "prefix":
			p.advance()
			w := p.nameWord("text")
			w.Kind = WordQuoted
			o.Values = []*WordNode{w}
		case "level":
			p.advance()
			o.Values = []*WordNode{p.oneOf("log level", logLevels...)}
		case "group", "snaplen", "queue-threshold":
			p.advance()
			o.Values = []*WordNode{p.numberWord("number")}
		case "flags":
			p.advance()
			o.Values = p.logFlags()
		default:
			n.Span = p.spanFrom(first)
			return n
		}
		o.Span = p.spanFrom(t)
		n.Opts = append(n.Opts, o)
	}
	n.Span = p.spanFrom(first)
	return n
}

func (p *parser) logFlags() []*WordNode {
	kind := p.oneOf("log flag", "tcp", "ip", "skuid", "ether", "all")
	out := []*WordNode{kind}
	switch kind.Text {
	case "tcp":
		for {
			out = append(out, p.oneOf("log flag", "sequence", "options"))
			if !p.accept(",") {
				break
			}
		}
	case "ip":
		out = append(out, p.oneOf("log flag", "options"))
	}
	return out
}

func (n *LogNode) print(p *printer) {
	p.str("log")
	for _, o := range n.Opts {
		p.str(" ", o.Key)
		for i, v := range o.Values {
			sep := " "
			if i > 1 {
				sep = ","
			}
			p.str(sep)
			p.word(v)
		}
	}
}

func (n *LogNode) check(c *checker) Stmt {
	s := &Log{Span: n.Span}
	for _, o := range n.Opts {
		v := o.Values[0]
		switch o.Key {
		case "prefix":
			s.Prefix = c.expandText(v)
			if len(s.Prefix) > 127 {
				c.fail(v.Span, "", "the prefix is longer than 127 bytes")
			}
		case "level":
			s.Level = v.Text
		case "group":
			s.HasGroup, s.Group = true, uint16(c.number(v, 16))
		case "snaplen":
			s.Snaplen = uint32(c.number(v, 32))
		case "queue-threshold":
			s.Threshold = uint16(c.number(v, 16))
		case "flags":
			s.Flags |= logFlagsOf(o.Values)
		}
	}
	group := s.HasGroup || s.Snaplen > 0 || s.Threshold > 0
	switch {
	case group && s.Level != "":
		c.fail(n.Span, "a level is for the kernel log, a group for nflog", "level and group exclude each other")
	case group && s.Flags != 0:
		c.fail(n.Span, "flags are for the kernel log, a group for nflog", "flags and group exclude each other")
	case s.Level == "audit" && len(n.Opts) > 1:
		c.fail(n.Span, "write `log level audit` alone", "the audit log takes no prefix, flags or group")
	}
	return s
}

func logFlagsOf(words []*WordNode) LogFlags {
	var f LogFlags
	switch words[0].Text {
	case "all":
		return LogAll
	case "skuid":
		return LogUID
	case "ether":
		return LogEther
	case "ip":
		return LogIPOpt
	}
	for _, w := range words[1:] {
		if w.Text == "sequence" {
			f |= LogTCPSeq
		} else {
			f |= LogTCPOpt
		}
	}
	return f
}

func (s *Log) String() string {
	var b strings.Builder
	b.WriteString("log")
	if s.Prefix != "" {
		b.WriteString(` prefix "` + s.Prefix + `"`)
	}
	if s.HasGroup || s.Snaplen > 0 || s.Threshold > 0 {
		b.WriteString(" group " + strconv.Itoa(int(s.Group)))
	}
	if s.Snaplen > 0 {
		b.WriteString(" snaplen " + strconv.FormatUint(uint64(s.Snaplen), 10))
	}
	if s.Threshold > 0 {
		b.WriteString(" queue-threshold " + strconv.Itoa(int(s.Threshold)))
	}
	if s.Level != "" && s.Level != "warn" {
		b.WriteString(" level " + s.Level)
	}
	if s.Flags&LogAll == LogAll {
		b.WriteString(" flags all")
		return b.String()
	}
	if f := s.Flags & (LogTCPSeq | LogTCPOpt); f != 0 {
		b.WriteString(" flags tcp " + map[LogFlags]string{LogTCPSeq: "sequence", LogTCPOpt: "options", LogTCPSeq | LogTCPOpt: "sequence,options"}[f])
	}
	for _, f := range []struct {
		bit  LogFlags
		text string
	}{{LogIPOpt, "ip options"}, {LogUID, "skuid"}, {LogEther, "ether"}} {
		if s.Flags&f.bit != 0 {
			b.WriteString(" flags " + f.text)
		}
	}
	return b.String()
}

func (*Log) eval(*machine) {}

// expandText is a text with the variables in it replaced (str_preprocess of nft's src/parser_bison.y): a dollar sign
// and what follows it, up to a character that names do not have.
func (c *checker) expandText(w *WordNode) string {
	text := w.Text
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "$")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		n := 0
		for n < len(rest) && (isLetter(rest[n]) || isDigit(rest[n]) || rest[n] == '_') {
			n++
		}
		if n == 0 { // a dollar sign alone
			b.WriteByte('$')
			text = rest
			continue
		}
		x := c.expand(&VarNode{Span: w.Span, Name: rest[:n]})
		value, ok := x.(*WordNode)
		if !ok {
			c.fail(w.Span, "", "`$%s` stands for more than a word, it cannot be a part of a text", rest[:n])
		}
		b.WriteString(value.Text)
		text = rest[n:]
	}
}
