package ruleset

import (
	"encoding/binary"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology"
	"github.com/hookwalk/hookwalk/topology/nft"
)

// Found is a chain or a table whose rules in the kernel are not those that were loaded.
type Found struct {
	In       string  // "inet filter forward", or a table alone
	Pos      nft.Pos // of the chain or the table in the ruleset
	Gone     bool    // the table is not there
	New      bool    // the table is not of the ruleset
	Want, Is int     // how many rules
	Other    int     // how many of them are others
}

// Compare finds what of the rules in the network namespace of the calling thread are not those that were loaded with
// the given handles. A rule that somebody replaced has another handle. Tables that a process owns do not count, nor what
// only the nft program could load. r may be nil.
func Compare(r *topology.Ruleset, handles []Handle) ([]Found, error) {
	rs := &nft.Ruleset{}
	if r != nil {
		var errs nft.Errors
		if rs, errs = r.Check(); len(errs) > 0 {
			return nil, nil
		}
	}
	s, err := openSocket()
	if err != nil {
		return nil, err
	}
	defer s.close()
	tables, err := s.tables()
	if err != nil {
		return nil, err
	}
	known := byPlace(handles)
	var out []Found
	planned := map[string]bool{}
	for _, t := range rs.Tables {
		planned[tableName(t)] = true
		if !slices.Contains(tables, tableName(t)) {
			out = append(out, Found{In: tableName(t), Pos: t.Pos, Gone: true})
			continue
		}
		inKernel, err := s.rulesOf(t)
		if err != nil {
			return nil, err
		}
		for _, c := range t.Chains {
			if c.Anonymous {
				continue // nobody can change it
			}
			list := inKernel[c.Name]
			var want []uint64
			for _, r := range c.Rules {
				want = append(want, known[placeOf(r)])
			}
			if slices.Equal(want, list) {
				continue
			}
			f := Found{In: tableName(t) + " " + c.Name, Pos: c.Pos, Want: len(want), Is: len(list)}
			for _, h := range list {
				if !slices.Contains(want, h) {
					f.Other++
				}
			}
			out = append(out, f)
		}
	}
	for _, name := range tables {
		if !planned[name] {
			out = append(out, Found{In: name, New: true})
		}
	}
	return out, nil
}

// tables are the names of all tables, but those that a process owns.
func (s *socket) tables() ([]string, error) {
	var list []string
	err := s.dump(unix.NFT_MSG_GETTABLE, nft.FamilyUnspec, nil, func(r reply) {
		name, owned := "", false
		eachAttr(r.attrs, func(typ uint16, v []byte) {
			switch {
			case typ == unix.NFTA_TABLE_NAME:
				name = cString(v)
			case typ == unix.NFTA_TABLE_FLAGS && len(v) == 4:
				owned = nft.TableFlags(binary.BigEndian.Uint32(v))&nft.TableOwner != 0
			}
		})
		if !owned {
			list = append(list, nft.Family(r.family).String()+" "+name)
		}
	})
	return list, err
}
