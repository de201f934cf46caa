package ruleset

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology"
	"github.com/hookwalk/hookwalk/topology/nft"
)

const (
	innerVar     = "HOOKWALK_RULESET_INNER"
	userVar      = "HOOKWALK_RULESET_USER"
	ordinaryUser = 65534
)

// All tests run in a user namespace and a network namespace of their own, whoever runs them: so a test never sees, and
// never changes, the rules of the host.
func TestMain(m *testing.M) {
	if os.Getenv(innerVar) != "" {
		if os.Getenv(ownerVar) != "" {
			ownUntilKilled()
		}
		os.Exit(m.Run())
	}
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(os.Environ(), innerVar+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if os.Geteuid() != 0 {
		cmd.Env = append(cmd.Env, userVar+"=1") // inside it is root
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
			UidMappings: []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{HostID: os.Getegid(), Size: 1}},
		}
	} else {
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	}
	err := cmd.Run()
	var status *exec.ExitError
	switch {
	case errors.As(err, &status):
		os.Exit(max(status.ExitCode(), 1))
	case err != nil:
		fmt.Fprintln(os.Stderr, "no namespaces for the tests:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// TestAsOrdinaryUser runs the other tests again as an ordinary user, from a copy of this program that the user can read.
func TestAsOrdinaryUser(t *testing.T) {
	if os.Geteuid() != 0 || os.Getenv(userVar) != "" {
		t.Skip("this is an ordinary user already")
	}
	if testing.Short() {
		t.Skip("-short: runs everything again")
	}
	dir, err := os.MkdirTemp("/tmp", "hookwalk")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "ruleset.test")
	b, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, b, 0o755); err != nil {
		t.Fatal(err)
	}
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "-test.v")
	cmd.Dir = wd
	cmd.Env = []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH"), userVar + "=1", "GORACE=" + os.Getenv("GORACE")}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: ordinaryUser, Gid: ordinaryUser}}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// fresh runs f on a thread in a network namespace of its own. Programs that f starts are in it too.
func fresh(t testing.TB, f func()) {
	t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends here
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			done <- err
			return
		}
		defer close(done)
		f()
	}()
	if err := <-done; err != nil {
		t.Fatalf("make a network namespace: %v", err)
	}
}

// needNFT skips a test where its oracle is missing.
func needNFT(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath("nft"); err != nil {
		t.Skip("the oracle of this test is not installed: nft")
	}
}

// run runs a program in the namespace of the calling thread.
func run(stdin, name string, args ...string) (string, error) { return runIn("", stdin, name, args...) }

// runIn is run in a folder.
func runIn(dir, stdin, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Stdin = strings.NewReader(stdin)
	var problems strings.Builder
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, problems.String())
	}
	return string(out), nil
}

func source(text string) *topology.Ruleset {
	return &topology.Ruleset{Main: "test.nft", Files: map[string]string{"test.nft": text}}
}

// parsed is a checked ruleset.
func parsed(t testing.TB, text string) *nft.Ruleset {
	t.Helper()
	rs, errs := source(text).Check()
	if len(errs) > 0 {
		t.Fatalf("check:\n%s", errs.Render())
	}
	return rs
}

// state is what the kernel has, as three programs see it: `nft list ruleset`, `nft -j list ruleset`, and raw. Without
// what is different each time: handles, times that are left, the order in which the kernel's hash tables keep elements
// (nft sorts most of them).
type state struct{ text, json, raw string }

func listState() (s state, err error) {
	// nft 1.0.6 crashes on sets that it made itself, such as those of `typeof @nh,4,4`. Then it must crash on ours too.
	if s.text, err = run("", "nft", "list", "ruleset"); err != nil {
		s.text, _, _ = strings.Cut(err.Error(), "\n")
	}
	s.text = sortBraces(cutNumbers(s.text, "expires "))
	if s.json, err = run("", "nft", "-j", "list", "ruleset"); err != nil {
		s.json, _, _ = strings.Cut(err.Error(), "\n")
	} else if s.json, err = sortJSON(s.json); err != nil {
		return s, err
	}
	s.raw, err = dumpAll()
	return s, err
}

var braces = regexp.MustCompile(`\{ [^{}\n]* \}`)

func sortBraces(text string) string {
	return braces.ReplaceAllStringFunc(text, func(s string) string {
		list := strings.Split(s[2:len(s)-2], ", ")
		slices.Sort(list)
		return "{ " + strings.Join(list, ", ") + " }"
	})
}

// sortJSON makes what nft -j prints comparable.
func sortJSON(text string) (string, error) {
	var list struct{ Nftables []any }
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return "", fmt.Errorf("nft -j: %w", err)
	}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			delete(v, "handle")
			delete(v, "expires")
			for key, in := range v {
				walk(in)
				if set, ok := in.([]any); ok && (key == "set" || key == "elem") {
					slices.SortFunc(set, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
				}
			}
		case []any:
			for _, in := range v {
				walk(in)
			}
		}
	}
	walk(list.Nftables)
	b, err := json.MarshalIndent(list.Nftables, "", "\t")
	return string(b), err
}

// cutNumbers removes the numbers behind a word: handles, times that are left.
func cutNumbers(s, word string) string {
	parts := strings.Split(s, word)
	for i := 1; i < len(parts); i++ {
		parts[i] = strings.TrimLeft(parts[i], "0123456789dhms")
	}
	return strings.Join(parts, word)
}

// dumpAll is everything in nf_tables as the kernel's bytes, without what is different each time: handles, numbers of
// uses, times that are left.
func dumpAll() (string, error) {
	s, err := openSocket()
	if err != nil {
		return "", err
	}
	defer s.close()
	var b strings.Builder
	kinds := []struct {
		name string
		typ  uint16
		skip []uint16
	}{
		{"table", unix.NFT_MSG_GETTABLE, []uint16{unix.NFTA_TABLE_USE, 4, 7}},
		{"chain", unix.NFT_MSG_GETCHAIN, []uint16{unix.NFTA_CHAIN_HANDLE, unix.NFTA_CHAIN_USE}},
		{"object", unix.NFT_MSG_GETOBJ, []uint16{unix.NFTA_OBJ_USE, 6}},
		{"flowtable", unix.NFT_MSG_GETFLOWTABLE, []uint16{4, 5}},
		{"set", unix.NFT_MSG_GETSET, []uint16{16}},
		{"rule", unix.NFT_MSG_GETRULE, []uint16{unix.NFTA_RULE_HANDLE, unix.NFTA_RULE_POSITION}},
	}
	type setKey struct {
		family      uint8
		table, name string
	}
	var sets []setKey
	for _, k := range kinds {
		err := s.dump(k.typ, 0, nil, func(r reply) {
			var line []string
			key := setKey{family: r.family}
			eachAttr(r.attrs, func(typ uint16, v []byte) {
				if k.name == "set" && typ == unix.NFTA_SET_TABLE {
					key.table = cString(v)
				}
				if k.name == "set" && typ == unix.NFTA_SET_NAME {
					key.name = cString(v)
				}
				if k.name == "chain" && typ == unix.NFTA_CHAIN_HOOK {
					v = sortDevices(v, nftaHookDevs)
				}
				if k.name == "flowtable" && typ == nftaFlowtableHook {
					v = sortDevices(v, nftaFlowtableHookDevs)
				}
				if !slices.Contains(k.skip, typ) {
					line = append(line, fmt.Sprintf("%d=%s", typ, hex.EncodeToString(v)))
				}
			})
			if k.name == "set" {
				sets = append(sets, key)
			}
			fmt.Fprintf(&b, "%s %d %s\n", k.name, r.family, strings.Join(line, " "))
		})
		if err != nil {
			return "", fmt.Errorf("dump of %ss: %w", k.name, err)
		}
	}
	for _, k := range sets {
		var a attrs
		a.str(unix.NFTA_SET_ELEM_LIST_TABLE, k.table)
		a.str(unix.NFTA_SET_ELEM_LIST_SET, k.name)
		var list []string
		err := s.dump(unix.NFT_MSG_GETSETELEM, nft.Family(k.family), a.b, func(r reply) {
			eachAttr(r.attrs, func(typ uint16, v []byte) {
				if typ == unix.NFTA_SET_ELEM_LIST_ELEMENTS {
					eachAttr(v, func(_ uint16, v []byte) {
						var line []string
						eachAttr(v, func(typ uint16, v []byte) {
							if typ != unix.NFTA_SET_ELEM_EXPIRATION {
								line = append(line, fmt.Sprintf("%d=%s", typ, hex.EncodeToString(v)))
							}
						})
						list = append(list, strings.Join(line, " "))
					})
				}
			})
		})
		if err != nil {
			return "", fmt.Errorf("dump of the elements of %s: %w", k.name, err)
		}
		slices.Sort(list)
		for _, l := range list {
			fmt.Fprintf(&b, "element %s %s: %s\n", k.table, k.name, l)
		}
	}
	return b.String(), nil
}

// sortDevices brings the devices of a hook into one order: nft turns the list round.
func sortDevices(hook []byte, devices uint16) []byte {
	var out attrs
	eachAttr(hook, func(typ uint16, v []byte) {
		if typ == devices {
			var names []string
			eachAttr(v, func(_ uint16, v []byte) { names = append(names, cString(v)) })
			slices.Sort(names)
			v = []byte(strings.Join(names, " "))
		}
		out.put(typ, v)
	})
	return out.b
}

func readFile(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// addDevice makes a device in the calling thread's namespace: one end of a cable to nowhere.
func addDevice(t testing.TB, name string) {
	t.Helper()
	la := netlink.NewLinkAttrs()
	la.Name = name
	if err := netlink.LinkAdd(&netlink.Veth{LinkAttrs: la, PeerName: name + "-peer"}); err != nil {
		t.Errorf("add %s: %v", name, err)
	}
}
