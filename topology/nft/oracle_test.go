package nft

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// These tests ask the real nft, in a namespace of its own: what this package accepts nft must accept, with the same
// meaning, and what it refuses nft must refuse.

// inFreshNet runs a shell command in new user and network namespaces.
func inFreshNet(t *testing.T, script string, args ...string) (string, error) {
	t.Helper()
	if _, err := exec.LookPath("nft"); err != nil {
		t.Skip("nft is not installed")
	}
	if out, err := exec.Command("unshare", "-rn", "true").CombinedOutput(); err != nil {
		t.Skipf("no user and network namespaces here: %v: %s", err, out)
	}
	cmd := exec.Command("unshare", append([]string{"-rn", "sh", "-c", script, "sh"}, args...)...)
	cmd.Dir = "testdata/good"
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// notHere are files that this nft or this kernel may refuse, and why.
var notHere = map[string]string{
	"chain-offload.nft": "the device has no hardware for it",
	"rare.nft":          "nft before 1.0.7 knows not `last`, and dies of others",
	"tunnels.nft":       "nft before 1.0.7 does not look into tunnels",
	"queue-old.nft":     "the kernel may lack CONFIG_NFT_QUEUE",
	"queue.nft":         "the kernel may lack CONFIG_NFT_QUEUE",
	"bridge-meta.nft":   "the kernel may lack CONFIG_NFT_BRIDGE_META",
	"flowtable.nft":     "the kernel may lack CONFIG_NF_FLOW_TABLE",
	"secmark.nft":       "the kernel may lack a security module",
	"objects-newer.nft": "nft before 1.1 does not know it",
	"newer.nft":         "nft before 1.0.7 knows neither srcnat at input nor dstnat at output, and dies of a variable with verdicts",
}

// TestNftAgrees: nft loads every good file, and lists the rules as this package spells them.
func TestNftAgrees(t *testing.T) {
	for _, name := range nftFiles(t, "testdata/good") {
		t.Run(strings.TrimSuffix(name, ".nft"), func(t *testing.T) {
			listing, err := inFreshNet(t, `nft -f "$1" && nft list ruleset`, name)
			if err != nil {
				if why := notHere[name]; why != "" {
					t.Skipf("%s:\n%s", why, listing)
				}
				t.Fatalf("nft refuses it: %v\n%s", err, listing)
			}
			rules := checkFile(t, filepath.Join("testdata/good", name))
			var want, got []string
			for _, tb := range rules.Tables {
				for _, ch := range tb.Chains {
					if ch.Anonymous {
						continue // it is in the text of the rule that has it
					}
					for _, r := range ch.Rules {
						got = append(got, tb.Family.String()+" "+tb.Name+" "+ch.Name+": "+plain(r.Text))
					}
				}
			}
			want = listed(listing)
			sort.SliceStable(want, byChain(want))
			sort.SliceStable(got, byChain(got))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the rules differ (-nft +ours):\n%s", diff)
			}
		})
	}
}

func byChain(list []string) func(i, j int) bool {
	chain := func(s string) string { c, _, _ := strings.Cut(s, ": "); return c }
	return func(i, j int) bool { return chain(list[i]) < chain(list[j]) }
}

// listed are the rules of `nft list ruleset`, each with its chain.
func listed(text string) []string {
	var out []string
	table, chain, rule := "", "", ""
	set := false
	for _, line := range strings.Split(text, "\n") {
		trimmed := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "table "):
			table = strings.TrimSuffix(strings.TrimPrefix(line, "table "), " {")
		case strings.HasPrefix(line, "\tchain "):
			chain, set = strings.TrimSuffix(strings.TrimPrefix(line, "\tchain "), " {"), false
		case strings.HasPrefix(line, "\t}"):
			chain = ""
		case chain == "" || set:
		case strings.HasPrefix(trimmed, "type ") || strings.HasPrefix(trimmed, "comment ") || trimmed == "":
		default:
			rule = strings.TrimSpace(rule + " " + trimmed)
			if strings.Count(rule, "{") == strings.Count(rule, "}") {
				out = append(out, table+" "+chain+": "+plain(rule))
				rule = ""
			}
		}
	}
	return out
}

var (
	commentRE = regexp.MustCompile(` comment "[^"]*"$`)
	setRE     = regexp.MustCompile(`\{ ([^{}]*) \}`)
)

// respelled are rules that this nft lists in another way, of the same meaning.
var respelled = map[string]string{
	"meta mark set meta mark & 0x000001ff | 0x00000100":                                    "meta mark set meta mark & 0x000000ff | 0x00000100",
	"tcp dport { 20-30 } accept":                                                           "tcp dport 20-30 accept",
	"ip saddr 192.0.0.0/16 accept":                                                         "ip saddr & 255.255.0.0 == 192.0.0.0 accept",
	"meta nfproto ipv4 igmp type membership-query igmp mrt 5 igmp group 3758096385 accept": "igmp type membership-query igmp mrt 5 igmp group 3758096385 accept",
	"sctp dport 80 accept":                                                                 "meta l4proto sctp th dport 80 accept",
	"meta mark set meta mark & 0xffff0007 | 0x00000007":                                    "meta mark set meta mark & 0xffff0000 | 0x00000007",
}

// plain is a rule without what is no difference: comments, the order in sets, counters that count nothing yet.
func plain(rule string) string {
	if r, ok := respelled[rule]; ok {
		rule = r
	}
	if w := strings.Fields(rule); slices.Contains(w, "tcp") { // nft leaves out what `tcp dport` implies
		if i := strings.Index(rule, "meta l4proto tcp "); i >= 0 && strings.Contains(rule[i+17:], "tcp ") {
			rule = rule[:i] + rule[i+17:]
		}
	}
	if strings.Contains(rule, "jump {") || strings.Contains(rule, "goto {") {
		rule = strings.ReplaceAll(rule, ";", "")
	}
	rule = commentRE.ReplaceAllString(rule, "")
	rule = strings.ReplaceAll(rule, "counter packets 0 bytes 0", "counter")
	return setRE.ReplaceAllStringFunc(rule, func(s string) string {
		elems := strings.Split(strings.Trim(s, "{ }"), ", ")
		for i := range elems {
			elems[i] = strings.TrimSpace(elems[i])
		}
		slices.Sort(elems)
		return "{ " + strings.Join(elems, ", ") + " }"
	})
}

func nftFiles(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.nft"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in %s: %v", dir, err)
	}
	for i := range files {
		files[i] = filepath.Base(files[i])
	}
	return files
}

// parseFile reads a file of testdata, with what it includes.
func parseFile(t *testing.T, path string) (*File, Errors) {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return Parse(filepath.Base(path), bytes.ReplaceAll(src, []byte("\r"), nil), filesOf(filepath.Dir(path)))
}

// filesOf are options to include the files of a folder.
func filesOf(dir string) Options {
	return Options{
		Include: func(name string) (string, []byte, error) {
			if st, err := os.Stat(filepath.Join(dir, name)); err == nil && st.IsDir() {
				return "", nil, nil
			}
			b, err := os.ReadFile(filepath.Join(dir, name))
			return name, b, err
		},
		Glob: func(pattern string) (out []Source, err error) {
			for _, name := range Glob(pattern, func(f string) ([]fs.DirEntry, error) { return os.ReadDir(filepath.Join(dir, f)) }) {
				b, err := os.ReadFile(filepath.Join(dir, name))
				if err != nil {
					return nil, err
				}
				out = append(out, Source{name, b})
			}
			return out, nil
		},
	}
}

func checkFile(t *testing.T, path string) *Ruleset {
	t.Helper()
	f, errs := parseFile(t, path)
	if len(errs) > 0 {
		t.Fatalf("parse:\n%s", errs.Render())
	}
	rules, errs := Check(f)
	if len(errs) > 0 {
		t.Fatalf("check:\n%s", errs.Render())
	}
	return rules
}

// TestNftKnows: what this package calls not supported yet, nft accepts.
func TestNftKnows(t *testing.T) {
	except := map[string]string{
		"dscp-self.nft": "nft before 1.1.0 computes with constants only",
	}
	for _, name := range nftFiles(t, "testdata/later") {
		t.Run(strings.TrimSuffix(name, ".nft"), func(t *testing.T) {
			out, err := inFreshNet(t, `cd ../later; nft -f "$1" 2>&1`, name)
			switch why := except[name]; {
			case err != nil && why != "":
				t.Skipf("%s:\n%s", why, out)
			case err != nil:
				t.Errorf("nft refuses it: %v\n%s", err, out)
			}
		})
	}
}

// stricter are mistakes to this package that nft accepts, and why they are mistakes.
var stricter = map[string]string{
	"list.nft":           "a file of rules asks for nothing",
	"delete-handle.nft":  "nft takes the number of a rule that it cannot know",
	"replace-handle.nft": "nft takes the number of a rule that it cannot know",
	"reset.nft":          "a file of rules asks for nothing",
}

// TestNftRefuses: what this package calls a mistake, nft refuses. It loads the file: with -c the kernel does not look
// whether a statement may be where it is.
func TestNftRefuses(t *testing.T) {
	for _, name := range nftFiles(t, "testdata/bad") {
		t.Run(strings.TrimSuffix(name, ".nft"), func(t *testing.T) {
			out, err := inFreshNet(t, `nft -f "$1" 2>&1`, "../bad/"+name)
			switch why := stricter[name]; {
			case err == nil && why == "":
				t.Errorf("nft accepts it:\n%s", out)
			case err != nil && why != "":
				t.Errorf("nft refuses it as well, though %s\n%s", why, out)
			}
		})
	}
}
