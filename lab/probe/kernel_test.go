package probe

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// With the race detector every process waits a second at its end, in case other threads have something to report.
func TestMain(m *testing.M) {
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE")); err != nil {
		panic(err)
	}
	if os.Getenv(reportVar) != "" {
		if err := json.NewEncoder(os.Stdout).Encode(NewReport(context.Background(), Options{Features: []Feature{Veth}})); err != nil {
			panic(err)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// reportVar in the environment makes this program print a report.
const reportVar = "HOOKWALK_TEST_REPORT"

// oracles say how somebody without hookwalk would find out: a script that ends with 0 if the feature is there, run in
// new namespaces. The features that no usual program can show have tests of their own, or none.
var oracles = map[Feature]string{
	Namespaces:      "true",
	Veth:            "ip link add dev0 type veth",
	Bridge:          "ip link add new type bridge",
	BridgeVLAN:      "ip link add new type bridge vlan_filtering 1 && ip -d link show new | grep -q 'vlan_filtering 1'",
	VLAN:            "ip link add dev0 type veth && ip link add link dev0 name new type vlan id 10",
	VXLAN:           "ip link add new type vxlan id 42 dstport 4789",
	Dummy:           "ip link add new type dummy",
	VRF:             "ip link add new type vrf table 10",
	Bond:            "ip link add new type bond",
	Macvlan:         "ip link add dev0 type veth && ip link add link dev0 name new type macvlan",
	IPvlan:          "ip link add dev0 type veth && ip link add link dev0 name new type ipvlan",
	GRE:             "ip link add new type gre local 192.0.2.1 remote 192.0.2.2",
	IPIP:            "ip link add new type ipip local 192.0.2.1 remote 192.0.2.2",
	SIT:             "ip link add new type sit local 192.0.2.1 remote 192.0.2.2",
	WireGuard:       "ip link add new type wireguard",
	IFB:             "ip link add new type ifb",
	Tun:             "ip tuntap add new mode tap",
	Netem:           "ip link add dev0 type veth && tc qdisc add dev dev0 root netem delay 1ms",
	TBF:             "ip link add dev0 type veth && tc qdisc add dev dev0 root tbf rate 1mbit burst 1600 limit 10000",
	Flower:          "ip link add dev0 type veth && tc qdisc add dev dev0 clsact && tc filter add dev dev0 ingress flower",
	NftIP:           "nft 'table ip t { chain c { type filter hook input priority 0; }; }'",
	NftIP6:          "nft 'table ip6 t { chain c { type filter hook input priority 0; }; }'",
	NftInet:         "nft 'table inet t { chain c { type filter hook input priority 0; }; }'",
	NftARP:          "nft 'table arp t { chain c { type filter hook input priority 0; }; }'",
	NftBridge:       "nft 'table bridge t { chain c { type filter hook prerouting priority 0; }; }'",
	NftOwner:        "nft 'table ip t { flags owner; }'",
	NftPayloadSet:   "nft 'table ip t { chain c { type filter hook input priority 0; ip ttl set 1; }; }'",
	Conntrack:       "nft 'table inet t { chain c { type filter hook input priority 0; ct state new; }; }'",
	NAT:             "nft 'table ip t { chain c { type nat hook postrouting priority 100; masquerade; }; }'",
	NftQueue:        "nft 'table ip t { chain c { type filter hook input priority 0; queue num 0; }; }'",
	TProxy:          "nft 'table ip t { chain c { type filter hook prerouting priority -150; meta l4proto tcp tproxy to :8080; }; }'",
	SynProxy:        "nft 'table ip t { chain c { type filter hook input priority 0; tcp dport 80 synproxy mss 1460 wscale 7; }; }'",
	BridgeConntrack: "nft 'table bridge t { chain c { type filter hook prerouting priority 0; ct state new; }; }'",
	NftNetdevIngress: "ip link add dev0 type veth &&" +
		"nft 'table netdev t { chain c { type filter hook ingress device dev0 priority 0; }; }'",
	NftNetdevEgress: "ip link add dev0 type veth &&" +
		"nft 'table netdev t { chain c { type filter hook egress device dev0 priority 0; }; }'",
	NftInetIngress: "ip link add dev0 type veth &&" +
		"nft 'table inet t { chain c { type filter hook ingress device dev0 priority 0; }; }'",
	Flowtable: "ip link add dev0 type veth &&" +
		"nft 'table inet t { flowtable f { hook ingress priority 0; devices = { dev0 }; }; chain c { type filter hook forward priority 0; flow add @f; }; }'",
	BridgeNetfilter: "test -e /proc/sys/net/bridge/bridge-nf-call-iptables",
	NetfilterHooks:  "nft 'table ip t { chain c { type filter hook input priority 0; }; }' && nft list hooks ip | grep -q 'hook input'",
	BTF:             "head -c 1 /sys/kernel/btf/vmlinux >/dev/null",
	ESP: "ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x1000 mode tunnel" +
		" aead 'rfc4106(gcm(aes))' 0x0000000000000000000000000000000000000000 128",
}

// TestReality holds every result against what the usual programs can do in the same place.
func TestReality(t *testing.T) {
	results := Run(t.Context(), Options{})
	if len(results) != len(features) {
		t.Fatalf("%d results for %d features", len(results), len(features))
	}
	for _, r := range results {
		t.Run(string(r.Feature), func(t *testing.T) {
			t.Logf("%s %s %s", r.Status, r.Needs, r.Reason)
			if r.Status == Unknown {
				// On purpose: its module would make a device on the host, and so would the oracle.
				if d := r.Feature.find(); d.host == "" || !strings.Contains(r.Reason, d.host) {
					t.Errorf("could not tell: %s", r.Reason)
				}
				return
			}
			script, ok := oracles[r.Feature]
			if !ok {
				return
			}
			out, err := inNamespaces(t, script)
			if (err == nil) != (r.Status == Yes) {
				t.Errorf("the probe says %s (%s), but %s: %v\n%s", r.Status, r.Reason, script, err, out)
			}
		})
	}
}

// inNamespaces runs a script in new namespaces. A program that it needs and that is missing skips the test.
func inNamespaces(t *testing.T, script string) (string, error) {
	t.Helper()
	for _, p := range []string{"unshare", "ip", "tc", "nft"} {
		if _, err := exec.LookPath(p); err != nil && (p == "unshare" || strings.Contains(script, p+" ")) {
			t.Skipf("%s is not installed: nothing to hold the probe against", p)
		}
	}
	args := []string{"-n", "-m", "-p", "-f", "sh", "-c", script}
	if os.Geteuid() != 0 {
		args = append([]string{"-U", "-r"}, args...)
	}
	out, err := exec.CommandContext(t.Context(), "unshare", args...).CombinedOutput()
	return string(out), err
}

// TestReleases: what came with one release of Linux is not found in an older one. Nobody has taken these back there.
func TestReleases(t *testing.T) {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		t.Fatal(err)
	}
	release := unix.ByteSliceToString(u.Release[:])
	for _, r := range Run(t.Context(), Options{Features: []Feature{NftTraceConntrack, BPFNetfilter}}) {
		since := r.Feature.find().needs.Since
		if older(release, since) && r.Status != No {
			t.Errorf("%s: %s on Linux %s, but it came with %s", r.Feature, r.Status, release, since)
		}
		if !older(release, since) && r.Feature == NftTraceConntrack && r.Status != Yes {
			t.Errorf("%s: %s (%s) on Linux %s, but it came with %s", r.Feature, r.Status, r.Reason, release, since)
		}
	}
}

// older reports whether a release comes before a version, both "major.minor...".
func older(release, version string) bool {
	number := func(s string) (n [2]int) {
		for i, part := range strings.SplitN(s, ".", 3) {
			if i < 2 {
				for _, c := range part {
					if c < '0' || c > '9' {
						break
					}
					n[i] = 10*n[i] + int(c-'0')
				}
			}
		}
		return n
	}
	r, v := number(release), number(version)
	return r[0] < v[0] || r[0] == v[0] && r[1] < v[1]
}

// TestNothingStays: trying everything changes nothing on the host, and leaves no process and no open file.
func TestNothingStays(t *testing.T) {
	look := func() map[string]string {
		seen := map[string]string{}
		for _, file := range []string{"/proc/self/mountinfo", "/proc/net/route", "/proc/net/if_inet6", "/proc/net/netfilter/nf_log"} {
			b, err := os.ReadFile(file)
			if err != nil {
				b = []byte(err.Error())
			}
			seen[file] = string(b)
		}
		for name, dir := range map[string]string{"devices": "/sys/class/net", "settings": "/proc/sys/net/ipv4/conf"} {
			entries, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				seen[name] += e.Name() + "\n"
			}
		}
		fds, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		for _, fd := range fds {
			link, err := os.Readlink(filepath.Join("/proc/self/fd", fd.Name()))
			if err == nil {
				seen["files"] += link + "\n"
			}
		}
		if os.Geteuid() == 0 {
			if out, err := exec.CommandContext(t.Context(), "nft", "list", "ruleset").Output(); err == nil {
				seen["ruleset"] = string(out)
			}
		}
		return seen
	}
	Run(t.Context(), Options{Features: []Feature{Veth}}) // the runtime's own files are open from here on
	before := look()
	Run(t.Context(), Options{})
	if diff := cmp.Diff(before, look()); diff != "" {
		t.Errorf("trying changed the host (-before +after):\n%s", diff)
	}
	var st syscall.WaitStatus
	if pid, err := syscall.Wait4(-1, &st, syscall.WNOHANG, nil); !errors.Is(err, syscall.ECHILD) {
		t.Errorf("a child process is left: pid %d, %v", pid, err)
	}
}

// TestCancelled: the end of the context ends the probes, and every feature still has a result.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, r := range Run(ctx, Options{}) {
		if r.Status != Unknown || r.Reason == "" {
			t.Errorf("%s: %s %q, want could not tell, and why", r.Feature, r.Status, r.Reason)
		}
	}
}

func TestRequire(t *testing.T) {
	if err := Require(t.Context(), Namespaces, Veth, NftTrace); err != nil {
		t.Skip(err)
	}
	_ = Require(t.Context(), Features()...) // all at once is faster; each is asked for again
	for _, r := range Run(t.Context(), Options{}) {
		err := Require(t.Context(), Veth, r.Feature)
		var unsupported *UnsupportedError
		switch {
		case r.Status == Yes && err != nil:
			t.Errorf("%s is there, and Require says %v", r.Feature, err)
		case r.Status != Yes && (!errors.As(err, &unsupported) || unsupported.Feature != r.Feature || !errors.Is(err, ErrNotSupported)):
			t.Errorf("%s is not there, and Require says %v", r.Feature, err)
		}
	}
	if err := Require(t.Context(), "perpetual-motion"); err == nil {
		t.Error("there is a feature perpetual-motion")
	}
}

// TestForbidden: where a setting forbids namespaces, the report says which, and how to allow them. The settings belong to
// a user namespace, so one of our own has others; in it, a root without CAP_SYS_ADMIN is like an ordinary user.
func TestForbidden(t *testing.T) {
	for _, p := range []string{"unshare", "setpriv"} {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("%s is not installed", p)
		}
	}
	Need(t, UserNamespaces)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, setting := range []string{"max_user_namespaces", "max_net_namespaces", "max_mnt_namespaces"} {
		cmd := exec.CommandContext(t.Context(), "unshare", "-U", "-r", "sh", "-c",
			"echo 0 >/proc/sys/user/"+setting+" && exec setpriv --bounding-set=-sys_admin --inh-caps=-all "+program)
		cmd.Env = append(os.Environ(), reportVar+"=1")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v", setting, err)
		}
		var r Report
		if err := json.Unmarshal(out, &r); err != nil {
			t.Fatalf("%s: %v\n%s", setting, err, out)
		}
		if r.Labs {
			t.Errorf("%s=0, and labs work", setting)
		}
		found := map[Feature]Result{}
		for _, f := range r.Features {
			found[f.Feature] = f
		}
		want := "sudo sysctl user." + setting + "=15000"
		for _, f := range []Feature{UserNamespaces, Namespaces} {
			if found[f].Status != No || !strings.Contains(found[f].Cure, want) {
				t.Errorf("%s=0: %s is %q, cure %q, want no and %q", setting, f, found[f].Status, found[f].Cure, want)
			}
		}
		if found[Veth].Status != Unknown || found[Veth].Reason != noNamespaces {
			t.Errorf("%s=0: veth is %q: %s", setting, found[Veth].Status, found[Veth].Reason)
		}
	}
}

const uid = 65534

// TestAsOrdinaryUser runs the other tests again as an ordinary user.
func TestAsOrdinaryUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("this is an ordinary user already")
	}
	dir, err := os.MkdirTemp("/tmp", "hookwalk")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "probe.test")
	if err := os.WriteFile(program, b, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "-test.v", "-test.run=Reality|Releases|Require|Nothing|Cancelled|Forbidden")
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	out, err := cmd.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("--- PASS: TestReality")) {
		t.Errorf("as uid %d: %v\n%s", uid, err, out)
	}
}
