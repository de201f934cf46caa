package ruleset

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// valid is a ruleset that the tests below break behind the checker's back: what the kernel refuses, the checker mostly
// sees first.
const valid = `table ip t {
	set hosts {
		type ipv4_addr
		elements = { 10.0.0.1, 10.0.0.2 }
	}
	chain a {
		accept
	}
	chain b {
		jump a
	}
	chain in {
		type filter hook input priority filter; policy accept;
		tcp dport 22 jump b
		ip saddr @hosts counter
		iif "lo" accept
	}
	chain nat {
		type nat hook postrouting priority srcnat; policy accept;
		tcp dport 80 masquerade
	}
}
`

// TestRefused: what the kernel refuses is told at its place, with what to do, and nothing is loaded.
func TestRefused(t *testing.T) {
	chain := func(rs *nft.Ruleset, name string) *nft.Chain { return rs.Tables[0].Chain(name) }
	stmts := func(rs *nft.Ruleset, name string, rule int) []nft.Stmt { return chain(rs, name).Rules[rule].Stmts }
	for _, tt := range []struct {
		name  string
		spoil func(rs *nft.Ruleset)
		want  string
		hint  string
		errno []unix.Errno
	}{
		{"chains in a circle", func(rs *nft.Ruleset) {
			v := &stmts(rs, "a", 0)[0].(*nft.VerdictStmt).Verdict
			v.Kind, v.Chain = nft.VerdictJump, chain(rs, "b")
		}, "test.nft:14:3: the kernel refuses `tcp dport 22 jump b`: too many", "in a circle", []unix.Errno{unix.ELOOP, unix.EMLINK}},
		{"a chain type that does not exist", func(rs *nft.Ruleset) { chain(rs, "in").Base.Type = "nonsense" },
			"test.nft:13:3: the kernel refuses chain in: no such file or directory", "module nft_chain_nonsense", []unix.Errno{unix.ENOENT}},
		{"a hook that the type does not have", func(rs *nft.Ruleset) { chain(rs, "nat").Base.Hook = nft.HookForward },
			"test.nft:19:3: the kernel refuses chain nat: operation not supported", "type nat at the hook forward", []unix.Errno{unix.EOPNOTSUPP}},
		{"NAT before conntrack", func(rs *nft.Ruleset) { chain(rs, "nat").Base.Priority = -300 },
			"test.nft:19:3: the kernel refuses chain nat: operation not supported", "with this priority", []unix.Errno{unix.EOPNOTSUPP}},
		{"a statement at a hook where it cannot be", func(rs *nft.Ruleset) { chain(rs, "nat").Base.Hook = nft.HookPrerouting },
			"test.nft:20:3: the kernel refuses `tcp dport 80 masquerade`: operation not supported", "type nat at the hook prerouting", []unix.Errno{unix.EOPNOTSUPP}},
		{"an expression that does not exist", func(rs *nft.Ruleset) {
			stmts(rs, "in", 1)[0].(*nft.Match).Left.(*nft.Payload).Offset = 1 << 20
		}, "test.nft:15:3: the kernel refuses `ip saddr @hosts`: ", "", []unix.Errno{unix.ERANGE, unix.EINVAL}},
		{"a set that is not there", func(rs *nft.Ruleset) { rs.Tables[0].Sets = nil },
			"test.nft:15:3: the kernel refuses `ip saddr @hosts`: no such file or directory", "", []unix.Errno{unix.ENOENT}},
		{"an element of the wrong size", func(rs *nft.Ruleset) {
			k := rs.Tables[0].Sets[0].Elems[1].Key.(*nft.Const)
			k.Data = append(k.Data, 1)
		}, "test.nft:4:26: the kernel refuses `10.0.0.2`: invalid argument", "", []unix.Errno{unix.EINVAL}},
		{"a device that is not there", func(rs *nft.Ruleset) {
			stmts(rs, "in", 2)[0].(*nft.Match).Right.(*nft.Const).Symbol = "nosuch"
		}, "test.nft:16:7: there is no device `nosuch` in this network namespace", "iifname and oifname compare names", []unix.Errno{unix.ENODEV}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fresh(t, func() {
				rs := parsed(t, valid)
				tt.spoil(rs)
				_, err := load(rs, false)
				var e *Error
				if !errors.As(err, &e) {
					t.Errorf("got %v", err)
					return
				}
				// Linux 6.1 finds the circle when it looks at the jump, not at the end.
				got := strings.Replace(e.Error(), "test.nft:14:16: the kernel refuses `jump b`", "test.nft:14:3: the kernel refuses `tcp dport 22 jump b`", 1)
				if !strings.HasPrefix(got, tt.want) {
					t.Errorf("got  %v\nwant %s", e, tt.want)
				}
				if !strings.Contains(e.Hint, tt.hint) {
					t.Errorf("hint %q, want %q", e.Hint, tt.hint)
				}
				known := false
				for _, errno := range tt.errno {
					known = known || errors.Is(err, errno)
				}
				if !known {
					t.Errorf("%v is not one of %v", err, tt.errno)
				}
				if s, err := dumpAll(); err != nil || s != "" {
					t.Errorf("something was loaded: %s, %v", s, err)
				}
			})
		})
	}
}

// TestAllOrNothing: a ruleset that is refused at its end leaves what was there as it was, also when it was to replace it.
func TestAllOrNothing(t *testing.T) {
	fresh(t, func() {
		if _, err := Load(source(valid), false); err != nil {
			t.Error(err)
			return
		}
		before, err := dumpAll()
		if err != nil {
			t.Error(err)
		}
		rs := parsed(t, strings.ReplaceAll(valid, "table ip t", "table ip other"))
		rs.Tables[0].Chain("nat").Base.Hook = nft.HookPrerouting
		for _, replace := range []bool{false, true} {
			if _, err := load(rs, replace); err == nil {
				t.Error("the ruleset was loaded")
			}
			after, err := dumpAll()
			if err != nil || after != before {
				t.Errorf("replace %v: changed, or %v:\n%s", replace, err, after)
			}
		}
	})
}

// TestUnsupported: what a kernel lacks is named, with its module. Queues and reject in a bridge are modules on most.
func TestUnsupported(t *testing.T) {
	for _, tt := range []struct{ text, want, hint string }{
		{"table ip t {\n\tchain c {\n\t\ttcp dport 22 queue to 1\n\t}\n}\n", "test.nft:3:16: the kernel refuses `queue to 1`: ", "module nft_queue"},
		{"table bridge t {\n\tchain c {\n\t\ttype filter hook input priority 0;\n\t\tether type ip reject\n\t}\n}\n",
			"test.nft:4:17: the kernel refuses `reject", "module nft_reject_bridge"},
	} {
		fresh(t, func() {
			_, err := Load(source(tt.text), false)
			if err == nil {
				t.Logf("this kernel has %s", tt.hint)
				return
			}
			var e *Error
			if !errors.As(err, &e) || !strings.HasPrefix(e.Error(), tt.want) || !strings.Contains(e.Hint, tt.hint) {
				t.Errorf("got %v, %+v", err, e)
			}
		})
	}
}
