package main

import (
	"bufio"
	"regexp"
	"slices"
	"strings"
)

// users are those who run every test.
var users = []string{"root", "user"}

// Outcomes of a test.
const (
	pass  = "pass"
	fail  = "FAIL"
	skip  = "skip"
	ended = "DIED"  // the program ended, or the guest, while it ran
	flaky = "flaky" // it failed, and passed when it ran once more
)

// result is one test, or subtest, as run by somebody.
type result struct {
	who, pkg, test string
	outcome        string
	reason         string // of a skip
}

// lane is what ran on one kernel.
type lane struct {
	kernel  string
	results []result
}

var (
	mark    = regexp.MustCompile(`^=== (RUN|CONT|NAME|PAUSE)\s+(\S+)`)
	verdict = regexp.MustCompile(`^\s*--- (PASS|FAIL|SKIP): (\S+) \(`)
	place   = regexp.MustCompile(`^\s+\S+\.go:\d+: `)
)

// add reads the output of a test binary with -test.v.
func (l *lane) add(who, pkg, text string) {
	said := map[string][]string{} // by test, since the last place in the source
	var order []string
	found := map[string]string{}
	failed := map[string]bool{}
	current := ""
	in := bufio.NewScanner(strings.NewReader(text))
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		line := in.Text()
		if m := mark.FindStringSubmatch(line); m != nil {
			if m[1] != "PAUSE" {
				current = m[2]
			}
			if m[1] == "RUN" {
				if _, again := found[m[2]]; !again {
					order = append(order, m[2])
				}
				found[m[2]] = ended
			}
			continue
		}
		if m := verdict.FindStringSubmatch(line); m != nil {
			found[m[2]] = map[string]string{"PASS": pass, "FAIL": fail, "SKIP": skip}[m[1]]
			if failed[m[2]] && m[1] == "PASS" {
				found[m[2]] = flaky
			}
			failed[m[2]] = failed[m[2]] || m[1] == "FAIL"
			continue
		}
		if at := place.FindString(line); at != "" {
			said[current], line = nil, line[len(at):]
		}
		if line == "PASS" || line == "FAIL" {
			continue // of the whole program
		}
		said[current] = append(said[current], strings.TrimSpace(line))
	}
	for _, test := range order {
		r := result{who: who, pkg: pkg, test: test, outcome: found[test]}
		if r.outcome == skip {
			r.reason = strings.Join(said[test], " ")
		}
		l.results = append(l.results, r)
	}
}

// tops are the tests without the subtests. A test some of whose subtests were skipped counts as skipped.
func (l *lane) tops() []result {
	var list []result
	for _, r := range l.results {
		name, _, sub := strings.Cut(r.test, "/")
		if !sub {
			list = append(list, r)
			continue
		}
		if r.outcome != skip {
			continue
		}
		i := slices.IndexFunc(list, func(t result) bool { return t.who == r.who && t.pkg == r.pkg && t.test == name })
		if i >= 0 && list[i].outcome == pass {
			list[i].outcome = skip
		}
	}
	return list
}
