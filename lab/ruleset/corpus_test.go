package ruleset

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// section is a ruleset of the corpus, or several that differ in one rule: see topology/nft/testdata/corpus/README.md.
type section struct {
	name, needs string
	frame       string
	rules       []string
}

func corpus(t testing.TB) (out []section) {
	t.Helper()
	files, err := filepath.Glob("../../topology/nft/testdata/corpus/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	for _, file := range files {
		for _, text := range strings.Split("\n"+readFile(t, file), "\n=== ")[1:] {
			head, body, _ := strings.Cut(text, "\n")
			name, needs, _ := strings.Cut(strings.TrimSuffix(head, ")"), " (nft ")
			s := section{name: strings.TrimSuffix(filepath.Base(file), ".txt") + ": " + name, needs: needs, frame: body + "\n"}
			if frame, rules, ok := strings.Cut(body, "\n---\n"); ok {
				s.frame, s.rules = frame+"\n", strings.Split(strings.TrimSpace(rules), "\n")
			}
			out = append(out, s)
		}
	}
	return out
}

var ruleChains = regexp.MustCompile(`(?m)^\t@@ (.*)$`)

// with is the ruleset with some rules.
func (s *section) with(rules ...string) string {
	var b strings.Builder
	for i, r := range rules {
		fmt.Fprintf(&b, "\tchain rule%d {\n\t\t%s\n\t\t%s\n\t}\n", i, ruleChains.FindStringSubmatch(s.frame)[1], r)
	}
	return ruleChains.ReplaceAllLiteralString(s.frame, b.String())
}

// oracle is an nft program.
type oracle struct{ path, version string }

// oracles are the nft of this machine, and that which HOOKWALK_NFT names: another version.
func oracles(t *testing.T) (out []oracle) {
	t.Helper()
	needNFT(t)
	for _, path := range []string{"nft", os.Getenv("HOOKWALK_NFT")} {
		if path == "" {
			continue
		}
		text, err := run("", path, "--version")
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, oracle{path, strings.TrimPrefix(strings.Fields(text)[1], "v")})
	}
	return out
}

// knows reports whether this nft is of a version or newer.
func (o oracle) knows(version string) bool {
	have, need := strings.Split(o.version, "."), strings.Split(version, ".")
	for i := range need {
		a, _ := strconv.Atoi(have[i])
		b, _ := strconv.Atoi(need[i])
		if a != b {
			return a > b
		}
	}
	return true
}

// canDo reports whether this nft is what a section needs: a version or newer, or `before` a version.
func (o oracle) canDo(needs string) bool {
	older, before := strings.CutPrefix(needs, "before ")
	if needs == "" {
		return true
	}
	return o.knows(older) != before
}

// after is what nft lists when something was loaded.
type after struct{ text, json string }

var expires = regexp.MustCompile(` expires [0-9dhms]+`)

// in loads something into a namespace of its own and lists it.
func (o oracle) in(t *testing.T, load func() error) (a after, err error) {
	t.Helper()
	fresh(t, func() {
		for _, d := range []string{"eth0", "eth1"} {
			addDevice(t, d)
		}
		if err = load(); err != nil {
			return
		}
		if a.text, err = run("", o.path, "list", "ruleset"); err != nil {
			return
		}
		a.text = sortBraces(expires.ReplaceAllString(a.text, ""))
		if a.json, err = run("", o.path, "-j", "list", "ruleset"); err == nil {
			a.json, err = sortJSON(a.json)
		}
	})
	return a, err
}

func (o oracle) load(text string) func() error {
	return func() error {
		_, err := run(text, o.path, "-f", "-")
		return err
	}
}

func ours(text string) func() error {
	return func() error {
		_, err := Load(source(text), false)
		return err
	}
}

// compare holds a ruleset against nft in both directions. It returns why that cannot be done, and what is different.
func (o oracle) compare(t *testing.T, text string) (cannot, wrong string) {
	t.Helper()
	want, err := o.in(t, o.load(text))
	if err != nil {
		return "nft does not load it: " + err.Error(), ""
	}
	got, err := o.in(t, ours(text))
	if err != nil {
		return "", "we do not load it: " + err.Error()
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(after{})); d != "" {
		return "", "listed (-nft +ours):\n" + d
	}
	if testing.Short() {
		return "", o.reverse(t, got.text, nil)
	}
	want, err = o.in(t, o.load(got.text))
	if err != nil {
		return "nft does not read what it lists: " + err.Error(), o.reverse(t, got.text, nil)
	}
	return "", o.reverse(t, got.text, &want)
}

// reverse reads what nft has listed and prints it; nft must read that as it reads its own listing.
func (o oracle) reverse(t *testing.T, listing string, want *after) string {
	t.Helper()
	file, errs := nft.Parse("listing", []byte(listing), nft.Options{})
	if _, all := nft.Check(file); len(errs) > 0 || len(all) > 0 {
		return "what nft lists is not read:\n" + all.Render()
	}
	if want == nil {
		return ""
	}
	got, err := o.in(t, o.load(nft.Print(file)))
	if err != nil {
		return "nft does not read what we printed of its listing: " + err.Error()
	}
	if d := cmp.Diff(*want, got, cmp.AllowUnexported(after{})); d != "" {
		return "its listing, and what we printed of that, loaded by nft (-listing +printed):\n" + d
	}
	return ""
}

// TestCorpus: every ruleset of the corpus, loaded by us and by nft, is listed the same, as text and as JSON. What is
// listed is read, printed, and loaded by nft, which lists the same again.
func TestCorpus(t *testing.T) {
	sections, least := corpus(t), 1500
	groups := rowGroups
	if testing.Short() {
		groups, least = nil, 50
		sections = slices.DeleteFunc(sections, func(s section) bool { return !rareInKernels.MatchString(s.name) })
	}
	for _, g := range groups {
		decls := strings.ReplaceAll(g.decls, "{ 1-5, 63 }", "{ 1-5, 62 }") // nft lists what it does not read: 0x3f-0xff
		frame := fmt.Sprintf("table %s t {%s\n\t@@ %s\n}\n", g.family, decls, g.base)
		sections = append(sections, section{name: "rows: " + g.name, frame: frame, rules: g.rules})
	}
	for _, o := range oracles(t) {
		j := judge{oracle: o}
		for _, s := range sections {
			t.Run(o.version+" "+s.name, func(t *testing.T) { j.section(t, &s) })
		}
		t.Logf("nft %s: %d rulesets and rules are the same in both directions, %d cannot be compared", o.version, j.same, j.skipped)
		if j.same < least && !t.Failed() {
			t.Errorf("nft %s: only %d were compared", o.version, j.same)
		}
	}
}

// rareInKernels are the sections that a kernel may lack: under -short the others are left to the machine of the developer.
var rareInKernels = regexp.MustCompile(`^rare:|bridge|queue|tproxy|synproxy`)

type judge struct {
	oracle
	same, skipped int
}

func (j *judge) section(t *testing.T, s *section) {
	t.Helper()
	switch {
	case !j.canDo(s.needs):
		j.skipped += max(1, len(s.rules))
		t.Logf("nft %s is another version than %s", j.version, s.needs)
	case s.rules == nil:
		cannot, wrong := j.compare(t, s.frame)
		j.report(t, s.name, cannot, wrong)
	default:
		j.rules(t, s, s.rules)
	}
}

// rules compares rules of a section together; those that fail in halves.
func (j *judge) rules(t *testing.T, s *section, rules []string) {
	t.Helper()
	cannot, wrong := j.compare(t, s.with(rules...))
	switch n := len(rules); {
	case cannot == "" && wrong == "":
		j.same += n
	case n == 1:
		j.report(t, rules[0], cannot, wrong)
	default:
		j.rules(t, s, rules[:n/2])
		j.rules(t, s, rules[n/2:])
	}
}

// report says what is wrong. What nft or the kernel cannot do must be known.
func (j *judge) report(t *testing.T, what, cannot, wrong string) {
	t.Helper()
	why := nftErrs[what]
	for text, reason := range kernelLacks {
		if strings.Contains(cannot, "Could not process rule: "+text) {
			why = reason
		}
	}
	switch {
	case cannot == "" && wrong == "":
		j.same++
	case why != "":
		j.skipped++
		t.Logf("nft %s: %s: %s", j.version, what, why)
	default:
		t.Errorf("nft %s: %s: %s%s", j.version, what, cannot, wrong)
	}
}

// kernelLacks are answers of a kernel that was built without something, or does not let this user do it.
var kernelLacks = map[string]string{
	"No such file":            "the kernel lacks it",
	"Operation not supported": "the kernel lacks it",
	"Operation not permitted": "the kernel does not allow it inside a user namespace",
}

// nftErrs are rules that a version of nft loads, lists or reads wrongly, so that there is nothing to compare with.
var nftErrs = map[string]string{
	"ct original saddr 172.20.7.7 accept":               oldKeys,
	"ct original daddr 172.20.7.7 counter":              oldKeys,
	"ct reply saddr != 172.20.7.7 counter":              oldKeys,
	"ct reply daddr 172.20.0.0/16 counter":              oldKeys,
	"icmpv6 param-problem 40 counter":                   "nft lists it as parameter-problem, which it does not read",
	"ip protocol set 17":                                "nft lists the protocol as the name udp, behind which it expects a field of udp",
	"ip protocol set 6":                                 "nft lists the protocol as the name tcp, behind which it expects a field of tcp",
	"ip6 nexthdr set 6":                                 "nft lists the protocol as the name tcp, behind which it expects a field of tcp",
	"ip option rr type 7 counter":                       ipOptionType,
	`meta hour "22:00"-"02:00"`:                         overMidnight,
	`meta hour != "22:00"-"02:00"`:                      overMidnight,
	`socket cgroupv2 level 1 "/"`:                       "nft lists the root of all groups by its number, which it does not read",
	"ip6 dscp { 1-5, 7 }":                               "nft 1.1 says in JSON once the number and once the name, after which of both its own set or ours is",
	"ip option lsrr type 131 counter":                   ipOptionType,
	"ip option ssrr type 137 counter":                   ipOptionType,
	"ip option ra type 148 counter":                     ipOptionType,
	"ip option ra type 148":                             ipOptionType,
	"ip option ra type { 1, 2 }":                        ipOptionType,
	"meta mark set ip dscp map @classmark":              "nft 1.0.6 lists the bits, and then finds no dscp for the map",
	"meta mark set ip dscp map { cs1 : 0x1, ef : 0x2 }": "nft 1.0.6 lists the bits, and then finds no dscp for the map",
	"frag frag-off . frag id { 1 . 2 }":                 "nft 1.0.6 lists an unknown field",
}

const (
	oldKeys      = "nft loads the keys of old kernels, with the prefix turned round; we load those with a family, which read the same"
	overMidnight = "nft 1.1 takes hours over midnight for an empty range; 1.0.6 reads them"
	ipOptionType = "nft 1.1 lists the type of an option as whether it exists"
)
