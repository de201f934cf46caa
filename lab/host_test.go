package lab

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
)

// host is everything on the host that a lab could leave something in: mounts, devices with their addresses, routes,
// rules, kernel parameters, rulesets, and files where programs like this one put theirs.
func host(t *testing.T) map[string]string {
	t.Helper()
	state := map[string]string{}
	b, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	state["mounts"] = string(b)
	links, err := netlink.LinkList()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range links {
		a := l.Attrs()
		addrs, err := netlink.AddrList(l, netlink.FAMILY_ALL)
		if err != nil {
			t.Fatal(err)
		}
		state["device "+a.Name] = fmt.Sprint(a.Index, l.Type(), a.MTU, a.Flags, a.HardwareAddr, a.MasterIndex, addrs)
	}
	for _, family := range []int{netlink.FAMILY_V4, netlink.FAMILY_V6} {
		routes, err := netlink.RouteListFiltered(family, &netlink.Route{}, 0)
		if err != nil {
			t.Fatal(err)
		}
		for i := range routes {
			state[fmt.Sprintf("routes %d", family)] += fmt.Sprintln(routes[i], routes[i].Table)
		}
		rules, err := netlink.RuleList(family)
		if err != nil {
			t.Fatal(err)
		}
		state[fmt.Sprintf("rules %d", family)] = fmt.Sprint(rules)
	}
	state["sysctls"] = hostSysctls(t)
	if nft, err := exec.LookPath("nft"); err == nil && os.Geteuid() == 0 {
		out, err := exec.Command(nft, "-a", "list", "ruleset").CombinedOutput()
		if err != nil {
			t.Fatalf("nft: %v: %s", err, out)
		}
		state["nft"] = string(out)
	}
	for _, dir := range []string{"/run/netns", "/run/hookwalk", filepath.Join("/run/user", fmt.Sprint(os.Getuid()), "hookwalk")} {
		names, _ := filepath.Glob(dir + "/*")
		state["files in "+dir] = strings.Join(names, " ")
	}
	return state
}

// hostSysctls reads all of /proc/sys/net that is a setting, not a measurement.
func hostSysctls(t *testing.T) string {
	t.Helper()
	var text strings.Builder
	err := filepath.WalkDir("/proc/sys/net", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(name, "_count") || strings.HasSuffix(name, "_cookie") {
			return nil
		}
		info, err := d.Info()
		if err != nil || info.Mode()&0o200 == 0 {
			return nil
		}
		if b, err := os.ReadFile(name); err == nil { // some are for writing only
			fmt.Fprintf(&text, "%s %s", name, b)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// sameHost fails if anything differs from before.
func sameHost(t *testing.T, before map[string]string) {
	t.Helper()
	after := host(t)
	keys := slices.Sorted(maps.Keys(before))
	for k := range after {
		if _, ok := before[k]; !ok {
			keys = append(keys, k)
		}
	}
	for _, k := range keys {
		if before[k] != after[k] {
			t.Errorf("%s differ (-before +after):\n%s", k, cmp.Diff(before[k], after[k]))
		}
	}
}

// Nothing of a lab is anywhere on the host, while it is up and afterwards.
func TestHostUntouched(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	before := host(t)
	if len(before["sysctls"]) < 1000 || before["mounts"] == "" {
		t.Fatalf("the look at the host sees nothing: %d bytes of sysctls", len(before["sysctls"]))
	}
	l := up(t, homePlan(newName()))
	if got, code := output(t, l, "fw", "ls /sys/class/net /run/netns"); code != 0 {
		t.Error(got)
	}
	sameHost(t, before)
	down(t, l)
	sameHost(t, before)
}

func init() { roles["limited"] = limited }

// limited runs labs one after the other in a user namespace that may have only so many namespaces: one that is not
// freed would soon be one too many.
func limited() error {
	const labs, nodes = 12, 7
	if b, err := os.ReadFile("/proc/self/uid_map"); err != nil || strings.Contains(string(b), "4294967295") {
		return fmt.Errorf("these limits would be the host's: %v", err)
	}
	limits := map[string]int{"net": 3*nodes + 6, "mnt": 12, "pid": 8, "ipc": 8, "uts": 12}
	for kind, n := range limits {
		if err := os.WriteFile("/proc/sys/user/max_"+kind+"_namespaces", []byte(fmt.Sprint(n)), 0o644); err != nil {
			return err
		}
	}
	ctx := context.Background()
	for i := range labs {
		plan := homePlan(fmt.Sprintf("%s-%d", os.Getenv(labVar), i))
		l, err := Up(ctx, plan, Options{}, nil)
		if err != nil {
			return fmt.Errorf("lab %d: %w", i, err)
		}
		if code, err := l.Exec(ctx, Command{Node: "fw", Args: []string{"true"}}); err != nil || code != 0 {
			return fmt.Errorf("lab %d: exec: %d, %w", i, code, err)
		}
		if _, err := l.Down(ctx); err != nil {
			return err
		}
		if err := drainNamespaces(); err != nil {
			return err
		}
	}
	return nil
}

func TestNamespacesAreFreed(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	attr := isolation()
	attr.Cloneflags |= syscall.CLONE_NEWUSER
	attr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}}
	attr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getegid(), Size: 1}}
	inRoleAs(t, attr, "limited", labVar+"="+newName())
}
