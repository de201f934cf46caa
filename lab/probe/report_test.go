package probe

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// golden compares got with testdata/name; HOOKWALK_UPDATE=1 writes it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if os.Getenv("HOOKWALK_UPDATE") != "" {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (HOOKWALK_UPDATE=1 go test makes it)", err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// fakeReport is the report of a machine where found was found; what is not in it is there.
func fakeReport(m *machine, uid int, found ...finding) Report {
	all := map[Feature]finding{}
	for _, f := range Features() {
		all[f] = finding{Feature: f, Status: Yes}
	}
	for _, f := range found {
		all[f.Feature] = f
	}
	r := Report{V: 1, Kernel: "6.12.9-test", Machine: "x86_64", UID: uid, Labs: true, Settings: m.settings}
	for _, f := range Features() {
		res := m.result(f, all)
		r.Labs = r.Labs && (res.Status == Yes || !res.Core)
		r.Features = append(r.Features, res)
	}
	for i, x := range rights {
		r.Rights = append(r.Rights, Right{x.name, uid == 0 && i != 5, x.purpose})
	}
	r.Programs = []Program{{Name: "nft", Path: "/usr/sbin/nft", For: programs[0].For}, {Name: "ip", For: programs[1].For}}
	return r
}

func set(values map[string]string) []Setting {
	return ReadSettings(func(name string) string { return values[name] })
}

func TestReport(t *testing.T) {
	debian := &machine{loads: true, loaded: map[string]bool{}, builtin: map[string]bool{}, there: map[string]bool{"br_netfilter": true, "bonding": true},
		settings: set(map[string]string{"user.max_user_namespaces": "15000", "kernel.unprivileged_userns_clone": "1"})}
	held, ok := debian.hold(Bond.find(), false)
	if !ok {
		t.Fatal("a module that makes a device on the host would be loaded")
	}
	ubuntu := &machine{loads: true, settings: set(map[string]string{"kernel.apparmor_restrict_unprivileged_userns": "1"})}
	none := map[Feature]finding{
		UserNamespaces: judge(UserNamespaces, denial{unix.EPERM, namespaceRight(true)}),
		Namespaces:     judge(Namespaces, denial{unix.EPERM, namespaceRight(true)}),
	}
	forbidden := Report{V: 1, Kernel: "6.8.0-test", Machine: "x86_64", UID: 1000, Settings: ubuntu.settings}
	for _, f := range Features() {
		forbidden.Features = append(forbidden.Features, ubuntu.result(f, none))
	}
	reports := map[string]Report{
		// A good machine, an ordinary user.
		"user": fakeReport(debian, 1000, held,
			judge(BPFNetfilter, refused(unix.EPERM)),
			judge(Tun, denial{unix.EACCES, "the right to open /dev/net/tun"}),
			judge(BridgeNetfilter, absence{unix.ENOENT}),
			judge(ESP, absence{unix.EPROTONOSUPPORT}),
			judge(AFXDP, unix.EIO)),
		// Root on a kernel too old for the tracer: labs do not work.
		"old": fakeReport(&machine{privileged: true}, 0, judge(NftOwner, absence{unix.EOPNOTSUPP})),
		// Ubuntu's restriction: nothing can be tried.
		"forbidden": forbidden,
	}
	for name, r := range reports {
		var text bytes.Buffer
		if err := r.Text(&text); err != nil {
			t.Fatal(err)
		}
		golden(t, name+".txt", text.Bytes())
	}
	b, err := json.MarshalIndent(reports["user"], "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "user.json", append(b, '\n'))
	for name, want := range map[string]bool{"user": true, "old": false, "forbidden": false} {
		if got := reports[name].Labs; got != want {
			t.Errorf("%s: labs work: %v, want %v", name, got, want)
		}
	}
}

// TestFeatures: the table has no holes.
func TestFeatures(t *testing.T) {
	seen := map[Feature]bool{}
	for _, f := range features {
		if seen[f.name] {
			t.Errorf("%s is there twice", f.name)
		}
		seen[f.name] = true
		if f.cost == "" || f.group == "" {
			t.Errorf("%s: no cost or no group", f.name)
		}
		if f.host != "" && f.needs.Module == "" {
			t.Errorf("%s makes a device on the host, but by which module?", f.name)
		}
		if f.try == nil && f.name != Namespaces && f.name != UserNamespaces {
			t.Errorf("%s cannot be tried", f.name)
		}
	}
}
