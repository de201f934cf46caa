package ruleset

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// Error says why a ruleset was not loaded. Nothing of it was, then.
type Error struct {
	Pos  nft.Pos // in the ruleset; the zero Pos if it concerns all of it
	What string  // what could not be done; "" if Err says it
	Err  error   // the kernel's errno, with its own words if it has some
	More int     // how many more errors the kernel gave
	Hint string  // what to do next; "" if nobody knows
	Bad  bool    // the file is wrong, for every machine: so the nft program says
}

// Error is "file:line:col: what: cause", without the hint.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Pos.IsValid() {
		b.WriteString(e.Pos.String() + ": ")
	}
	if e.What != "" {
		b.WriteString(e.What + ": ")
	}
	b.WriteString(e.Err.Error())
	if e.More > 0 {
		fmt.Fprintf(&b, " (and %d more)", e.More)
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// kernelError is an errno with the words of the extended ack.
type kernelError struct {
	errno unix.Errno
	words string
}

func (e *kernelError) Error() string {
	if e.words != "" {
		return e.errno.Error() + ": " + e.words
	}
	return e.errno.Error()
}

func (e *kernelError) Unwrap() error { return e.errno }

// refused says what the kernel did not like: seq is the message that failed.
func (b *batch) refused(seq uint32, f *failure) *Error {
	e := &Error{Err: &kernelError{f.errno, f.words}}
	if int(seq) >= len(b.parts) || b.parts[seq].what == "" {
		// Begin and end of the batch: what the kernel sees only when all is there.
		e.What = "the kernel refuses the ruleset as a whole"
		e.Hint = wholeHint(f.errno)
		return e
	}
	p := &b.parts[seq]
	e.Pos, e.What = p.span.Pos, "the kernel refuses "+p.what
	if p.rule != nil {
		e.What = "the kernel refuses `" + p.rule.Text + "`"
	}
	expr := ""
	if m := b.markAt(seq, f.offset); m != nil && f.offset > 0 {
		e.Pos = m.node.Range().Pos
		if s := spelled(m.node); s != "" {
			e.What = "the kernel refuses `" + s + "`"
		}
		if p.rule != nil {
			expr = b.exprName(m.at)
		}
	}
	e.Hint = p.hint(f.errno, expr)
	return e
}

// spelled is a piece of the source in nft's spelling.
func spelled(n nft.Node) string {
	switch n := n.(type) {
	case nft.Stmt:
		return n.String()
	case *nft.Elem:
		if n.Key != nil {
			return n.Key.String()
		}
		return "*"
	}
	return ""
}

// exprName is the name of the expression that begins at an offset of the batch.
func (b *batch) exprName(at int) string {
	name := ""
	eachAttr(b.b[at:], func(_ uint16, elem []byte) {
		if name == "" {
			eachAttr(elem, func(typ uint16, v []byte) {
				if typ == unix.NFTA_EXPR_NAME {
					name = cString(v)
				}
			})
		}
	})
	return name
}

const tooDeep = "chains jump to each other in a circle, or through more than 16 levels"

// wholeHint is for errors that the kernel finds when it has read everything (nf_tables_validate).
func wholeHint(errno unix.Errno) string {
	switch {
	case errors.Is(errno, unix.EPERM):
		return "loading rules needs CAP_NET_ADMIN in the user namespace of the network namespace"
	case errors.Is(errno, unix.ELOOP), errors.Is(errno, unix.EMLINK):
		return tooDeep
	case errors.Is(errno, unix.EOPNOTSUPP):
		return "a statement is reached from a hook where it cannot be; or the kernel was built without nf_tables"
	}
	return ""
}

// hint says what to do about an error at one message. expr is the expression that was refused, "" if it is not known.
func (p *part) hint(errno unix.Errno, expr string) string {
	switch {
	case errors.Is(errno, unix.EPERM) && expr == "payload":
		return "Linux 7.2 and later let nobody write header fields inside a user namespace: run the lab as root"
	case p.flowtable != nil && !errors.Is(errno, unix.EPERM):
		return p.flowtableHint(errno)
	case p.object != nil && !errors.Is(errno, unix.EPERM) && !errors.Is(errno, unix.EEXIST):
		return p.objectHint(errno)
	case errors.Is(errno, unix.EPERM):
		return "loading rules needs CAP_NET_ADMIN; a table with the flag owner belongs to the process that made it"
	case expr != "" && (errors.Is(errno, unix.ENOENT) || errors.Is(errno, unix.EOPNOTSUPP)):
		return "this kernel has no `" + expr + "` here: it needs the module " + p.module(expr)
	case errors.Is(errno, unix.ELOOP), errors.Is(errno, unix.EMLINK):
		return tooDeep
	case p.rule != nil && p.rule.Chain.Base != nil && errors.Is(errno, unix.EOPNOTSUPP):
		b := p.rule.Chain.Base
		return "one of its statements cannot be in a chain of type " + b.Type + " at the hook " + string(b.Hook)
	case p.base != nil && errors.Is(errno, unix.ENOENT) && len(p.base.Devices) > 0:
		return "each device must exist when the rules are loaded: " + strings.Join(p.base.Devices, ", ")
	case p.base != nil && errors.Is(errno, unix.ENOENT):
		return "this kernel has no chains of type " + p.base.Type + ": they need the module nft_chain_" + p.base.Type
	case p.base != nil && p.base.Offload && errors.Is(errno, unix.EOPNOTSUPP):
		return "a device of the chain cannot run rules in hardware: leave `flags offload` out"
	case p.base != nil && errors.Is(errno, unix.EOPNOTSUPP):
		return "this kernel has no chains of type " + p.base.Type + " at the hook " + string(p.base.Hook) + " with this priority"
	case errors.Is(errno, unix.EEXIST):
		return "it is there already, and different; `flush ruleset` at the top of the file removes what is there"
	}
	return ""
}

// module is the kernel module with an expression (the MODULE_ALIAS_NFT_EXPR of net/netfilter/nft_*.c).
func (p *part) module(expr string) string {
	family := p.rule.Chain.Table.Family
	switch expr {
	case "notrack":
		return "nft_ct"
	case "meta", "reject":
		if family == nft.FamilyBridge || expr == "reject" {
			return "nft_" + expr + "_" + moduleFamily(family)
		}
	case "fib":
		return "nft_fib_" + moduleFamily(family)
	}
	return "nft_" + expr
}

// moduleFamily is a family as names of modules have it.
func moduleFamily(f nft.Family) string {
	switch f {
	case nft.FamilyIP:
		return "ipv4"
	case nft.FamilyIP6:
		return "ipv6"
	}
	return f.String()
}
