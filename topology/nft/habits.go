package nft

import (
	"slices"
	"strings"
)

// What people write by habit, from other languages or other programs, and what to write instead.

// lookAlikes are characters that word processors and web pages put in the place of ASCII ones.
var lookAlikes = []struct{ chars, name, cure string }{
	{"“”„‟«»‘’‚‛", "a typographic quote", "write a straight one: `\"`"},
	{"'", "no quote of nft", "write `\"`"},
	{"–—‐‑‒−", "a typographic dash", "write a plain `-`"},
	{"\u00a0\u2007\u202f\u2009\u200b\ufeff", "an invisible character that is no space", "write a plain space"},
	{"…", "one character for three dots", "write them one by one"},
	{"；", "a semicolon of another script", "write a plain `;`"},
	{"，", "a comma of another script", "write a plain `,`"},
}

// lookAlike says what a character looks like, and what to do; false if it is none of those.
func lookAlike(t token) (msg, cure string, ok bool) {
	if t.kind != tBad {
		return "", "", false
	}
	for _, l := range lookAlikes {
		if strings.Contains(l.chars, t.text) {
			return "`" + t.text + "` is " + l.name, l.cure, true
		}
	}
	return "", "", false
}

const iptablesCure = "`iptables-translate` and `iptables-restore-translate` write rules in nft's"

// foreign reports a line in another language.
func (p *parser) foreign() {
	t, next := p.cur(), p.peek(1)
	joined := !next.spaced && !next.ends()
	switch {
	case t.is("-") && joined && (next.kind == tName || next.is("-")):
		if next.is("-") && (p.peek(2).spaced || p.peek(2).ends()) {
			p.fail(p.tokSpan(t), "a comment starts with `#`", "`--` starts no comment")
		}
		p.iptables(t)
	case p.block != inFile:
	case t.is("*") && joined && next.kind == tName, t.is(":") && joined && next.kind == tName:
		p.iptables(t)
	case t.kind != tName:
	case t.text == "COMMIT" && next.ends():
		p.iptables(t)
	case slices.Contains([]string{"iptables", "ip6tables", "ebtables", "arptables", "iptables-restore"}, t.text):
		p.iptables(t)
	case t.text == "sudo" || t.text == "nft":
		p.fail(p.tokSpan(t), "a file has only what comes behind `nft`: `add table inet x`", "`%s` is a command of the shell", t.text)
	}
	if t.is("/") && joined && (next.is("/") || next.is("*")) {
		p.fail(Span{p.pos(t), p.endPos(next)}, "a comment starts with `#`", "`/%s` starts no comment", next.text)
	}
}

func (p *parser) iptables(t token) {
	end := p.peek(1)
	if t.kind == tName {
		end = t
	}
	p.fail(Span{p.pos(t), p.endPos(end)}, iptablesCure, "this is the language of iptables")
}

// behindOption reports whether the token before the current one is an option of iptables: `-j`.
func (p *parser) behindOption() bool {
	if p.i < 2 {
		return false
	}
	dash, word := p.toks[p.i-2], p.toks[p.i-1]
	return dash.is("-") && dash.spaced && word.kind == tName && !word.spaced && len(word.text) == 1
}

// wordHabits are words at the place of a statement or a selector.
var wordHabits = func() map[string]string {
	m := map[string]string{}
	for _, h := range [][2]string{
		{"allow permit pass ok", "the verdict is `accept`"},
		{"deny block discard refuse forbid", "the verdict is `drop`, or `reject` to tell the sender"},
		{"port dport sport ports", "a port is of a protocol: `tcp dport 22`; or `meta l4proto { tcp, udp } th dport 53`"},
		{"proto protocol l4proto", "write `meta l4proto tcp`"},
		{"state ctstate", "write `ct state new`"},
		{"new established related invalid untracked NEW ESTABLISHED RELATED INVALID", "states are listed with commas: `ct state established,related`"},
		{"saddr src source from", "write `ip saddr` or `ip6 saddr`"},
		{"daddr dst dest destination", "write `ip daddr` or `ip6 daddr`"},
		{"interface iface dev device in-interface ingress", "write `iifname \"eth0\"` for where packets come in, `oifname` for where they go out"},
		{"level prefix snaplen queue-threshold", "what belongs to `log` stands right behind it: `log prefix \"x\" level info`"},
		{"not", "write `!=` behind what is looked at: `ip saddr != 192.0.2.1`"},
	} {
		for _, w := range strings.Fields(h[0]) {
			m[w] = h[1]
		}
	}
	return m
}()

// fieldHabits are names of fields, by "protocol field"; "*" is any protocol.
var fieldHabits = map[string]string{
	"ip6 protocol": "IPv6 calls it `nexthdr`; `meta l4proto tcp` also finds it behind extension headers",
	"ip6 proto":    "IPv6 calls it `nexthdr`; `meta l4proto tcp` also finds it behind extension headers",
	"ip6 ttl":      "IPv6 calls it `hoplimit`",
	"ip hoplimit":  "IPv4 calls it `ttl`",
	"ip nexthdr":   "IPv4 calls it `protocol`",
	"ip proto":     "write `ip protocol`",
	"ip tos":       "write `ip dscp`",
	"* port":       "write `dport` for where the packet goes, `sport` for where it comes from",
	"* ports":      "write `dport` for where the packet goes, `sport` for where it comes from",
	"* src":        "write `%saddr`", "* source": "write `%saddr`", "* from": "write `%saddr`",
	"* dst": "write `%daddr`", "* dest": "write `%daddr`", "* destination": "write `%daddr`", "* to": "write `%daddr`",
}

// habit is what to write instead of a word at the place of what; "" if it is no habit.
func habit(what, word string) string {
	switch {
	case strings.HasPrefix(what, "field of "):
		proto := strings.TrimPrefix(what, "field of ")
		if h := fieldHabits[proto+" "+word]; h != "" {
			return h
		}
		h := fieldHabits["* "+word]
		side := "s"
		if strings.Contains(h, "%d") {
			side = "d"
		}
		switch {
		case !strings.Contains(h, "%"):
			if strings.Contains(h, "port") && !slices.Contains([]string{"tcp", "udp", "udplite", "sctp", "dccp", "th"}, proto) {
				return ""
			}
			return h
		case proto == "ip" || proto == "ip6" || proto == "ether" || proto == "arp":
			return "write `" + side + "addr`"
		case slices.Contains([]string{"tcp", "udp", "udplite", "sctp", "dccp", "th"}, proto):
			return "write `" + side + "port`"
		}
		return ""
	case what == "family":
		return map[string]string{"ipv4": "write `ip`", "ip4": "write `ip`", "ipv6": "write `ip6`", "inet4": "write `ip`", "inet6": "write `ip6`", "eb": "write `bridge`"}[word]
	case what == "policy":
		return map[string]string{"deny": "write `policy drop`", "block": "write `policy drop`", "allow": "write `policy accept`", "return": "one of: accept, drop"}[word]
	}
	return ""
}
