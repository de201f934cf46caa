package main

import (
	"cmp"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"text/tabwriter"
)

// rule allows a skip. Each field but the reason is a pattern as of path.Match.
type rule struct {
	kernel, who, pkg, test string
	reason                 string
	line                   int
}

// parseAllowed reads "kernel who package test reason..." in each line; # begins a comment.
func parseAllowed(text string) ([]rule, error) {
	var rules []rule
	for i, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		f := strings.Fields(line)
		if len(f) < 5 {
			return nil, fmt.Errorf("allowed.txt:%d: want kernel, who, package, test and the reason", i+1)
		}
		r := rule{f[0], f[1], f[2], f[3], strings.Join(f[4:], " "), i + 1}
		for _, pattern := range f[:4] {
			if _, err := path.Match(pattern, ""); err != nil {
				return nil, fmt.Errorf("allowed.txt:%d: %s: %w", i+1, pattern, err)
			}
		}
		rules = append(rules, r)
	}
	return rules, nil
}

func (r rule) covers(kernel string, t result) bool {
	for _, p := range [][2]string{{r.kernel, kernel}, {r.who, t.who}, {r.pkg, strings.ReplaceAll(t.pkg, "/", ".")}, {r.test, strings.ReplaceAll(t.test, "/", ".")}} {
		if ok, _ := path.Match(strings.ReplaceAll(p[0], "/", "."), p[1]); !ok { // patterns were checked
			return false
		}
	}
	return true
}

// judge prints what is to be said about a lane, and reports whether it is good. some: not all tests were asked for.
func judge(w io.Writer, l lane, rules []rule, some bool) bool {
	good := true
	for _, who := range users {
		count := map[string]int{}
		for _, r := range l.results {
			if r.who == who && !strings.Contains(r.test, "/") {
				count[r.outcome]++
			}
		}
		ran := count[pass] + count[fail] + count[ended] + count[flaky]
		fmt.Fprintf(w, "Linux %s as %s: %d tests ran, %d failed, %d skipped\n", l.kernel, who, ran, count[fail]+count[ended], count[skip])
		if ran == 0 {
			fmt.Fprintf(w, "  FAIL: no test ran\n")
			good = false
		}
	}
	used := map[int]bool{}
	for _, r := range l.results {
		switch r.outcome {
		case fail, ended:
			fmt.Fprintf(w, "  %s: %s %s as %s\n", r.outcome, r.pkg, r.test, r.who)
			good = false
		case flaky:
			fmt.Fprintf(w, "  flaky: %s %s as %s failed, and passed when it ran once more\n", r.pkg, r.test, r.who)
		case skip:
			i := slices.IndexFunc(rules, func(a rule) bool { return a.covers(l.kernel, r) })
			if i < 0 {
				fmt.Fprintf(w, "  FAIL: %s %s as %s was skipped, and no line of tests/vm/report/allowed.txt expects it: %s\n", r.pkg, r.test, r.who, r.reason)
				good = false
				continue
			}
			used[i] = true
		}
	}
	for i, a := range rules {
		if match, _ := path.Match(a.kernel, l.kernel); match && !used[i] && !some {
			fmt.Fprintf(w, "  FAIL: allowed.txt:%d expects a skip that did not happen: remove it (%s %s)\n", a.line, a.pkg, a.test)
			good = false
		}
	}
	return good
}

// writeTable says for each test on which kernels it ran.
func writeTable(w io.Writer, lanes []lane) {
	type column struct{ kernel, who string }
	var columns []column
	outcome := map[[2]string]map[column]string{}
	var tests [][2]string
	for _, l := range lanes {
		for _, who := range users {
			columns = append(columns, column{l.kernel, who})
		}
		for _, r := range l.tops() {
			key := [2]string{r.pkg, r.test}
			if outcome[key] == nil {
				outcome[key] = map[column]string{}
				tests = append(tests, key)
			}
			outcome[key][column{l.kernel, r.who}] = r.outcome
		}
	}
	slices.SortStableFunc(tests, func(a, b [2]string) int { return cmp.Compare(a[0], b[0]) })
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprint(t, "PACKAGE\tTEST")
	for _, c := range columns {
		fmt.Fprintf(t, "\t%s %s", c.kernel, c.who)
	}
	fmt.Fprintln(t)
	for _, key := range tests {
		fmt.Fprintf(t, "%s\t%s", key[0], key[1])
		for _, c := range columns {
			fmt.Fprintf(t, "\t%s", cmp.Or(outcome[key][c], "-"))
		}
		fmt.Fprintln(t)
	}
	_ = t.Flush() // the file's Close says what went wrong
}
