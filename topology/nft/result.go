package nft

// Answer is the outcome of an expression or a rule.
type Answer uint8

// The answers.
const (
	No Answer = iota
	Yes
	Unknown // limit, quota, numgen, or a field that nobody recorded
)

// String is yes, no or unknown.
func (a Answer) String() string {
	switch a {
	case No:
		return "no"
	case Yes:
		return "yes"
	}
	return "unknown"
}

// ExprResult is one statement of a rule that decides something, held against a packet.
type ExprResult struct {
	Match    Answer
	Text     string // the whole expression: `tcp dport 8080`
	Selector string // what it looks at: `tcp dport`
	Want     string // what it wants: `8080`
	Got      string // what the packet has, in nft's spelling: `80`; "" if that is not known
	Why      string // for Unknown: why it cannot be known; for No without a Got: why there is nothing to look at
	// Implied: the packet is of another protocol than the selector needs. Selector, Want and Got then speak of that
	// (`meta l4proto`, `tcp`, `udp`), not of the field.
	Implied bool
	Stmt    Stmt
}

// Write is a field that a rule rewrites, or would rewrite.
type Write struct {
	Field string // in nft's spelling: `ip daddr`, `tcp dport`, `meta mark`
	Value string // `10.0.2.10`; a range or "" when the kernel chooses
	Known bool   // Value is exact
	NAT   bool   // done by NAT after the chain, not at once
	Stmt  Stmt
}

// RuleResult is one rule held against a packet.
type RuleResult struct {
	Rule  *Rule
	Match Answer // of all expressions together
	// Exprs are all expressions in order, also those behind the first that does not match.
	Exprs []ExprResult
	// Verdict is what the rule does with a packet that it matches: VerdictContinue if it has no verdict (counter,
	// log, mark) and VerdictAccept for NAT, as in the kernel. It is set whether or not Match is Yes, unless a map
	// decides it.
	Verdict VerdictKind
	// Text is the verdict as the rule says it: `accept`, `jump lan`, `dnat to 10.0.2.10:80`, `policy drop`.
	Text   string
	Target *Chain // of jump and goto
	Writes []Write
	Why    string // for Unknown: the first reason
}

// ChainResult is a chain held against a packet, with the chains it jumps to.
type ChainResult struct {
	Chain *Chain
	// Rules are all rules looked at, in the order in which the kernel looks at them.
	Rules []RuleResult
	// Verdict is VerdictAccept, VerdictDrop, VerdictReject, VerdictQueue; VerdictContinue if a chain that is no base
	// chain ended without one; VerdictUnknown if it hangs on something that cannot be known.
	Verdict VerdictKind
	Rule    *Rule   // the rule that decided; nil for the policy, or if not known
	Policy  bool    // the policy decided
	Why     string  // for VerdictUnknown: the first reason
	Packet  *Packet // the packet at the end, with what the rules wrote; NAT is not applied
	Writes  []Write // of all rules that matched
}

// EvalOptions steer [Chain.Eval]. The zero value is fine.
type EvalOptions struct {
	// Resolve is asked about a rule whose answer is Unknown (the kernel's trace may have said whether it matched).
	// It returns what to take instead; Unknown if it does not know either.
	Resolve func(*RuleResult) Answer
}
