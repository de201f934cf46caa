package netmap

import (
	"runtime"
	"sync"
	"weak"

	"github.com/hookwalk/hookwalk/topology"
)

// counted has the number of rules of every ruleset that was drawn, as long as it is in use: maps are drawn often, a
// ruleset is parsed once. -1: the ruleset is not understood.
var counted sync.Map // weak.Pointer[topology.Ruleset] -> int

// countRules is the number of rules in a ruleset; false if only the nft binary understands it.
func countRules(r *topology.Ruleset) (int, bool) {
	key := weak.Make(r)
	if n, ok := counted.Load(key); ok {
		return max(n.(int), 0), n.(int) >= 0
	}
	n := -1
	if set, errs := r.Check(); len(errs) == 0 && set != nil {
		n = 0
		for _, t := range set.Tables {
			for _, c := range t.Chains {
				n += len(c.Rules)
			}
		}
	}
	if _, loaded := counted.LoadOrStore(key, n); !loaded {
		runtime.AddCleanup(r, func(k weak.Pointer[topology.Ruleset]) { counted.Delete(k) }, key)
	}
	return max(n, 0), n >= 0
}
