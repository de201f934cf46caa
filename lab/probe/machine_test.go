package probe

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		err    error
		status Status
		right  string
		reason string
	}{
		{nil, Yes, "", ""},
		{unix.EIO, Unknown, "", "input/output error"},
		{absentIf(unix.EIO, unix.ENOENT), Unknown, "", "input/output error"},
		{absentIf(fmt.Errorf("load x: %w", unix.ENOENT), unix.EIO, unix.ENOENT), No, "", "load x: no such file or directory"},
		{deniedIf(unix.EPERM, "CAP_BPF", unix.EPERM), No, "CAP_BPF", "operation not permitted"},
		{fmt.Errorf("try: %w", refused(unix.EPERM)), No, rightBPF, "try: operation not permitted"},
		{refused(unix.EINVAL), No, "", "invalid argument"},
		// What is missing for the attempt says nothing about the feature.
		{first(absence{unix.EOPNOTSUPP}), Unknown, "", "could not be tried: operation not supported"},
		{first(denial{unix.EPERM, "x"}), Unknown, "", "could not be tried: operation not permitted"},
		{first(nil), Yes, "", ""},
		{absentIf(fmt.Errorf("make x: %w", &netlink.OpError{Op: "receive", Err: unix.EOPNOTSUPP, Message: "Unknown device type."}), unix.EOPNOTSUPP),
			No, "", "make x: operation not supported (Unknown device type)"},
	} {
		want := finding{Feature: Veth, Status: c.status, Right: c.right, Reason: c.reason}
		if diff := cmp.Diff(want, judge(Veth, c.err)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", c.err, diff)
		}
	}
}

// TestHold: a module that makes a device on the host is never loaded, unless that is asked for.
func TestHold(t *testing.T) {
	there := map[string]bool{"dummy": true, "ipip": true}
	loaded := map[string]bool{"dummy": true, "ipip": true}
	for _, c := range []struct {
		name    string
		feature Feature
		m       machine
		allowed bool
		held    bool
	}{
		{"not loaded", Dummy, machine{loads: true, there: there}, false, true},
		{"a tunnel", IPIP, machine{loads: true, there: there}, false, true},
		{"asked for", Dummy, machine{loads: true, there: there}, true, false},
		{"loaded", Dummy, machine{loads: true, there: there, loaded: loaded}, false, false},
		{"built in", Dummy, machine{loads: true, builtin: loaded}, false, false},
		{"no modules at all", Dummy, machine{}, false, false},
		{"no such module", Dummy, machine{loads: true, there: map[string]bool{}}, false, false},
		{"no list of modules", Dummy, machine{loads: true}, false, true},
		{"tunnels make no devices", IPIP, machine{loads: true, there: there, noFallback: true}, false, false},
		{"that is of tunnels only", Dummy, machine{loads: true, there: there, noFallback: true}, false, true},
		{"makes no device", VXLAN, machine{loads: true, there: there}, false, false},
	} {
		f, held := c.m.hold(c.feature.find(), c.allowed)
		if held != c.held {
			t.Errorf("%s: held back: %v, want %v", c.name, held, c.held)
		}
		if held && (f.Status != Unknown || f.Reason == "" || f.Cure == "") {
			t.Errorf("%s: %+v", c.name, f)
		}
	}
}

func TestCure(t *testing.T) {
	missing := absence{unix.ENOENT}
	for _, c := range []struct {
		name    string
		m       machine
		feature Feature
		err     error
		want    string
	}{
		{"module", machine{loads: true, there: map[string]bool{"sch_netem": true}}, Netem, missing, "sudo modprobe sch_netem"},
		{"no list of modules", machine{loads: true}, Netem, missing,
			"sudo modprobe sch_netem; if there is no such module, a kernel with CONFIG_NET_SCH_NETEM"},
		{"no module", machine{loads: true, there: map[string]bool{}}, Netem, missing,
			"a kernel with CONFIG_NET_SCH_NETEM (this one has no module sch_netem; Ubuntu: apt install linux-modules-extra-$(uname -r))"},
		{"no modules", machine{}, WireGuard, missing,
			"a kernel with CONFIG_WIREGUARD, Linux 5.6 or later (this one loads no modules)"},
		{"not a module", machine{loads: true}, NftOwner, missing, "a kernel with CONFIG_NF_TABLES, Linux 5.12 or later"},
		{"right", machine{}, BPFNetfilter, denial{unix.EPERM, rightBPF}, "run hookwalk as root"},
		{"right of root", machine{privileged: true}, BPFNetfilter, denial{unix.EPERM, rightBPF},
			"this is root, but without all rights: in a user namespace or a container, or the kernel is locked down"},
		{"device file", machine{}, Tun, denial{unix.EACCES, "the right to open /dev/net/tun"},
			"sudo chmod 0666 /dev/net/tun, or run hookwalk as root"},
		{"could not tell", machine{}, Tun, errors.New("?"), ""},
		{"setting", machine{settings: set(map[string]string{"user.max_user_namespaces": "0"})}, UserNamespaces,
			denial{unix.ENOSPC, namespaceRight(true)}, "sudo sysctl user.max_user_namespaces=15000, or run hookwalk as root"},
		{"no user namespaces", machine{}, UserNamespaces, absence{unix.EINVAL}, "a kernel with CONFIG_USER_NS, or run hookwalk as root"},
		{"container, root", machine{privileged: true}, Namespaces, denial{unix.EPERM, namespaceRight(false)},
			"inside a chroot or a container: leave it, or start it with --security-opt seccomp=unconfined, or --privileged"},
	} {
		if got := c.m.cure(c.feature.find(), judge(c.feature, c.err)); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestModuleNames(t *testing.T) {
	file := filepath.Join(t.TempDir(), "modules.dep")
	text := "kernel/net/sched/sch_netem.ko.xz: kernel/a.ko\nkernel/drivers/net/dummy.ko:\nkernel/crypto/xor-neon.ko.zst:\n\nnonsense\n"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{"sch_netem": true, "dummy": true, "xor_neon": true}
	if diff := cmp.Diff(want, moduleNames(file)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := moduleNames(file + ".none"); got != nil {
		t.Errorf("no file: %v, want nil", got)
	}
}

func TestOlder(t *testing.T) {
	for _, c := range []struct {
		release, version string
		want             bool
	}{
		{"6.1.0-40-amd64", "6.4", true}, {"6.12.57+deb12-amd64", "6.4", false}, {"6.16.0", "6.16", false},
		{"6.15.9", "6.16", true}, {"5.19.0", "6.1", true}, {"7.2.13+deb14-amd64", "6.16", false}, {"6.4-rc1", "6.4", false},
	} {
		if got := older(c.release, c.version); got != c.want {
			t.Errorf("%s is older than %s: %v", c.release, c.version, got)
		}
	}
}
