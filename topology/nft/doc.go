// Package nft is the nftables language in Go: a lexer, a parser, an AST with positions, a printer, a checker, and an
// evaluator of rules against packets.
//
// A ruleset has two levels. [Parse] makes a [File]: what is written, word for word, with its comments; [Print] writes
// it back in canonical form. [Check] makes a [Ruleset] of it: what the file asks the kernel for, every name resolved,
// every value typed and in the kernel's byte order. Both report all mistakes at once, each with its place, and with
// Unsupported set where nft knows a construct that this package does not: it never takes one for another.
//
// From there: [Chain.Eval] and [Rule.Eval] hold a [Packet] against rules, and say of each which expression decided; what
// one packet cannot show is [Unknown], with the reason. [Lint] finds rules that are allowed and still wrong. [Walk]
// visits everything that is written in a File. The examples have each of these in a few lines.
//
// Rule.Text is a rule on one line in nft's spelling, without its comment: `tcp dport { 22, 80 } accept`. Where nft
// lists a rule differently from how it was written, the text follows nft in the spelling of values (`http` is 80) but
// keeps the order of elements and what nft would leave out.
//
// A new statement is a file with its node, its checked form and an entry in statements; a new selector, header field or
// datatype is an entry in a table. The tests hold all of it against the real nft.
//
// The package is pure: standard library only, no kernel, any OS.
package nft
