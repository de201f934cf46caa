package probe

import (
	"context"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// Options say what Run does. The zero value is good.
type Options struct {
	// Features are those to try, in this order; nil means all, in the order of Features.
	Features []Feature

	// LoadModules lets the kernel load the modules that make a device in the host's network namespace when they are
	// loaded: bonding, dummy, ifb and the tunnels over IPv4. Without it, a feature whose module is such a one and is not
	// loaded is Unknown. It is for root, on purpose.
	LoadModules bool
}

// limit is how long the child process may take. Loading a module on a slow machine takes a second; nothing else takes
// any time.
const limit = 2 * time.Minute

// noNamespaces is why nothing else could be tried.
const noNamespaces = "there are no namespaces to try it in"

// Run tries features, and gives one Result for each, in order. It never fails: what could not be tried is Unknown, with
// the reason. The end of ctx ends it.
func Run(ctx context.Context, o Options) []Result {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	names := o.Features
	if names == nil {
		names = Features()
	}
	m := lookAround()
	found := map[Feature]finding{}
	var try []Feature
	for _, name := range names {
		switch d := name.find(); {
		case d == nil:
			found[name] = finding{Feature: name, Status: Unknown, Reason: "there is no feature of this name"}
		case d.try == nil:
		default:
			if f, held := m.hold(d, o.LoadModules); held {
				found[name] = f
			} else {
				try = append(try, name)
			}
		}
	}
	for _, f := range inside(ctx, try) {
		found[f.Feature] = f
	}
	if m.privileged && slices.Contains(names, UserNamespaces) {
		found[UserNamespaces] = asUser(ctx)
	}
	results := make([]Result, len(names))
	for i, name := range names {
		results[i] = m.result(name, found)
	}
	return results
}

// result puts together what was found and what is known about a feature.
func (m *machine) result(name Feature, found map[Feature]finding) Result {
	f, ok := found[name]
	if !ok {
		f = finding{Feature: name, Status: Unknown, Reason: "it was not tried"}
		if n := found[Namespaces]; n.Status != Yes {
			f.Reason = noNamespaces
		}
	}
	r := Result{Feature: name, Status: f.Status, Reason: f.Reason}
	d := name.find()
	if d == nil {
		return r
	}
	// Root needs no user namespace, and an ordinary user nothing else so much.
	r.Core = d.core || name == UserNamespaces && !m.privileged
	if f.Status == Yes {
		return r
	}
	r.Cost, r.Cure = d.cost, m.cure(d, f)
	if f.Status == No {
		r.Needs = d.needs
		if f.Right != "" {
			r.Needs = Needs{Right: f.Right}
		}
	}
	return r
}

// Privileged reports whether this process can make namespaces without a user namespace around them.
func Privileged() bool {
	return os.Geteuid() == 0 && hasCapability(unix.CAP_SYS_ADMIN) && hasCapability(unix.CAP_NET_ADMIN)
}
