package ruleset

import (
	"errors"
	"slices"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology"
	"github.com/hookwalk/hookwalk/topology/nft"
)

// writes counts the messages that this process has sent to change rules.
var writes atomic.Uint64

// Writes is how many messages this process has sent to change rules, of any namespace. What only asks does not count.
func Writes() uint64 { return writes.Load() }

// Change makes the rules old, which have the given handles, into new, in the network namespace of the calling thread, in
// one transaction: an error leaves all as it was. What is equal in both stays with its state: the counters of rules, the
// elements that packets put into sets. A table in which only more can be changed at once is replaced, and so is one that
// refers to a device for which anew is true, because it was made again since. If the kernel finds something else than
// old, as somebody has changed it by hand, the tables that differ are replaced. Either may be nil: no rules.
func Change(old, new *topology.Ruleset, handles []Handle, anew func(dev string) bool) (*Loaded, error) {
	if old == nil {
		return Load(new, false)
	}
	was, errs := old.Check()
	if len(errs) > 0 && new == nil {
		return &Loaded{}, flushAll()
	}
	is := &nft.Ruleset{}
	if new != nil {
		var newErrs nft.Errors
		if is, newErrs = new.Check(); len(errs)+len(newErrs) > 0 {
			return Load(new, true) // with the nft program, or to be told what is wrong
		}
	}
	diffs := withDevices(was, is, nft.Diff(was, is), anew)
	if len(diffs) == 0 {
		return &Loaded{Handles: keep(is, nil, handles)}, nil
	}
	s, err := openSocket()
	if err != nil {
		return nil, err
	}
	defer s.close()
	list, err := s.change(is, diffs, handles)
	var refused *Error
	if errors.As(err, &refused) && slices.ContainsFunc(diffs, edited) {
		for i := range diffs {
			if edited(diffs[i]) {
				diffs[i].Whole = "the kernel has something else"
			}
		}
		list, err = s.change(is, diffs, handles)
	}
	if err != nil {
		return nil, err
	}
	return &Loaded{Handles: list}, nil
}

// edited reports whether a table stays and only parts of it change.
func edited(d nft.TableDiff) bool { return d.Old != nil && d.New != nil && d.Whole == "" }

// flushAll removes all rules.
func flushAll() error {
	s, err := openSocket()
	if err != nil {
		return err
	}
	defer s.close()
	b, err := compile(&nft.Ruleset{}, true, false, &names{})
	if err == nil {
		_, _, err = s.transact(b)
	}
	return err
}

// withDevices adds tables with chains or flowtables on devices that were made again: with the old ones they went out of
// the kernel, in some versions the whole chain.
func withDevices(old, new *nft.Ruleset, diffs []nft.TableDiff, anew func(string) bool) []nft.TableDiff {
	if anew == nil {
		return diffs
	}
	for _, t := range new.Tables {
		if !slices.ContainsFunc(devicesOf(t), anew) {
			continue
		}
		const why = "a device of it was made again"
		at := slices.IndexFunc(diffs, func(d nft.TableDiff) bool { return d.New == t })
		if at >= 0 {
			diffs[at].Whole = why
			continue
		}
		for _, o := range old.Tables {
			if o.Family == t.Family && o.Name == t.Name {
				diffs = append(diffs, nft.TableDiff{Old: o, New: t, Whole: why})
			}
		}
	}
	return diffs
}

// devicesOf are the devices that chains and flowtables of a table are on.
func devicesOf(t *nft.Table) []string {
	var list []string
	for _, c := range t.Chains {
		if c.Base != nil {
			list = append(list, c.Base.Devices...)
		}
	}
	for _, f := range t.Flowtables {
		list = append(list, f.Devices...)
	}
	return list
}

// change sends the differences and gives the handles of all rules of the new ruleset.
func (s *socket) change(is *nft.Ruleset, diffs []nft.TableDiff, handles []Handle) ([]Handle, error) {
	e := &edit{compiler: newCompiler(&names{}), handles: byPlace(handles)}
	for i := range diffs {
		if edited(diffs[i]) && !e.knows(&diffs[i]) {
			diffs[i].Whole = "its handles are not known"
		}
	}
	e.remove(diffs)
	e.make(diffs)
	e.finish()
	if e.err != nil {
		return nil, e.err
	}
	s.room(len(e.b)+unix.NLMSG_HDRLEN, receiveBuffer)
	fresh, all, err := s.transact(e.batch)
	if err != nil {
		return nil, err
	}
	if all {
		return append(keep(is, diffs, handles), fresh...), nil
	}
	// There was no room for the answers: the tables that changed are asked for.
	changed := &nft.Ruleset{}
	for _, d := range diffs {
		if d.New != nil {
			changed.Tables = append(changed.Tables, d.New)
		}
	}
	asked, err := s.askHandles(changed)
	if err != nil {
		return nil, err
	}
	for i := range diffs {
		diffs[i].Whole = "asked for"
	}
	return append(keep(is, diffs, handles), asked...), nil
}

// keep are the handles of rules that stay, with their new places.
func keep(is *nft.Ruleset, diffs []nft.TableDiff, handles []Handle) []Handle {
	known := byPlace(handles)
	var out []Handle
	add := func(from, to *nft.Rule) {
		if h, ok := known[placeOf(from)]; ok {
			out = append(out, handleOf(to, h, to.Chain.Name))
		}
	}
	for _, t := range is.Tables {
		at := slices.IndexFunc(diffs, func(d nft.TableDiff) bool { return d.New == t })
		if at >= 0 && !edited(diffs[at]) {
			continue
		}
		if at < 0 {
			for _, h := range handles { // of chains in braces too
				if h.Family == t.Family.String() && h.Table == t.Name {
					out = append(out, h)
				}
			}
			continue
		}
		for _, c := range t.Chains {
			i := slices.IndexFunc(diffs[at].Chains, func(d nft.ChainDiff) bool { return d.New == c })
			if i < 0 {
				for _, r := range c.Rules {
					add(r, r)
				}
				continue
			}
			for _, p := range diffs[at].Chains[i].Rules {
				if p.Old != nil && p.New != nil {
					add(p.Old, p.New)
				}
			}
		}
	}
	return out
}

// ruleAt is the place of a rule.
type ruleAt struct {
	family, table, chain string
	index                int
}

func placeOf(r *nft.Rule) ruleAt {
	t := r.Chain.Table
	return ruleAt{t.Family.String(), t.Name, r.Chain.Name, r.Index}
}

// byPlace are handles by the places of their rules.
func byPlace(handles []Handle) map[ruleAt]uint64 {
	out := make(map[ruleAt]uint64, len(handles))
	for _, h := range handles {
		out[ruleAt{h.Family, h.Table, h.Chain, h.Index}] = h.Handle
	}
	return out
}
