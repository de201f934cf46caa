package topology

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzCompile: whatever a file has in it, reading it ends, and ends in a plan or in problems with a place each.
func FuzzCompile(f *testing.F) {
	for _, dir := range []string{"testdata/errors", "testdata/plan"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	for _, s := range []string{
		"", "\xff", "\x00", "---\n---\n", "%YAML 9\n---\na", "&a [*a]", "&a {a: *a}", "*a", "? a\n: b", "- - - a", "\t- a",
		"nodes: {a: &x {routes: *x}}", "nodes: {<<: {a: }, b: }", "nodes: {<<: [*a]}", "!!binary aGk=", "nodes: !!set {a, b}",
		"nodes: {a: {nft: |\n table}}", "nodes:\n a:\n  nft: |2\n    x\n  exec: >-\n   a\n\n   b\n", "links: [[a:b 1/1, c:d ::/0]]",
		"nodes: {a: {services: [http:80 on 1.1.1.1], sysctls: {net.ipv4.x: 0x10}, gateway: 1e9}}", "nodes: {a: !x &y 'b''c'}",
		"nodes: {a: {nft: fw.nft}, b: {nft: bad.nft}, c: {nft: none.nft}}", "a: 'b\n  c'", "a: \"b\\\n  c\"", "{a: b}: c", "\ufeffnodes:", "a: |\r\n b\r\n",
	} {
		f.Add([]byte(s))
	}
	read := func(name string) ([]byte, error) {
		switch name {
		case "fw.nft":
			return []byte("table ip x {\n chain y { type filter hook input priority 0; tcp dport 22 accept; }\n}\n"), nil
		case "bad.nft":
			return []byte("table ip x {\n chain y { typo\n"), nil
		}
		return nil, fs.ErrNotExist
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		spec, problems := Parse("f.yaml", text)
		if spec == nil {
			if !problems.HasErrors() {
				t.Fatal("no spec and no error")
			}
			checkProblems(t, "f.yaml", text, problems)
			return
		}
		plan, more := Compile(spec, read)
		problems = append(problems, more...)
		problems.sort("f.yaml")
		checkProblems(t, "f.yaml", text, problems)
		var b strings.Builder
		if err := problems.Render(&b); err != nil {
			t.Fatal(err)
		}
		if (plan == nil) != problems.HasErrors() {
			t.Fatalf("plan %v, errors %v", plan != nil, problems.HasErrors())
		}
		if plan == nil {
			return
		}
		checkPlan(t, plan)
		again, _ := Compile(spec, read)
		if diff := cmp.Diff(plan, again, cmpNetip); diff != "" {
			t.Fatalf("compiled twice (-first +second):\n%s", diff)
		}
		j, err := json.Marshal(plan)
		if err != nil {
			t.Fatal(err)
		}
		var back Plan
		if err := json.Unmarshal(j, &back); err != nil {
			t.Fatal(err)
		}
	})
}

// checkPlan checks what the kernel insists on, and what others rely on.
func checkPlan(t *testing.T, p *Plan) {
	t.Helper()
	if msg, _ := checkName(p.Name); msg != "" {
		t.Error(msg)
	}
	ends := map[port]bool{}
	for _, l := range p.Links {
		for _, e := range []End{l.A, l.B} {
			if p.Node(e.Node) == nil {
				t.Errorf("link end on unknown node %q", e.Node)
			}
			if msg, _ := checkIface(e.Iface); msg != "" {
				t.Error(msg)
			}
			if len(e.Iface) > maxIface {
				t.Errorf("the name %s is too long for the kernel", e.Iface)
			}
			if k := (port{e.Node, e.Iface}); ends[k] {
				t.Errorf("two ends are %v", k)
			} else {
				ends[k] = true
			}
			if e.Master != "" && len(e.Addrs) > 0 && p.Node(e.Node) != nil && !isVRF(p.Node(e.Node), e.Master) {
				t.Errorf("addresses on the port %s:%s", e.Node, e.Iface)
			}
			if !e.Pos.IsValid() {
				t.Errorf("%s:%s is nowhere", e.Node, e.Iface)
			}
		}
	}
	for _, n := range p.Nodes {
		if msg, _ := checkName(n.Name); msg != "" {
			t.Error(msg)
		}
		for _, r := range n.Routes {
			if !r.Via.IsValid() && r.Dev == "" && len(r.Hops) == 0 && r.Type == "" || !r.Dst.IsValid() || r.Dst != r.Dst.Masked() {
				t.Errorf("%s: route %+v", n.Name, r)
			}
		}
		made := map[string]bool{}
		for _, d := range n.Devices {
			if msg, _ := checkIface(d.Name); msg != "" || made[d.Name] || len(d.Name) > maxIface {
				t.Errorf("%s: device %q %s", n.Name, d.Name, msg)
			}
			made[d.Name] = true
			if below := slices.IndexFunc(n.Devices, func(o Device) bool { return o.Name == d.Link }); below >= 0 && !made[d.Link] {
				t.Errorf("%s: %s is made before %s", n.Name, d.Name, d.Link)
			}
		}
		for _, s := range n.Sysctls {
			if !strings.HasPrefix(s.Key, "net.") || strings.Contains(s.Key, "..") || s.Value == "" {
				t.Errorf("%s: sysctl %+v", n.Name, s)
			}
		}
		for _, s := range n.Services {
			if s.Port == 0 || s.Proto != "tcp" && s.Proto != "udp" {
				t.Errorf("%s: service %+v", n.Name, s)
			}
		}
	}
}

func isVRF(n *Node, device string) bool {
	return slices.ContainsFunc(n.Devices, func(d Device) bool { return d.Name == device && d.Kind == VRF })
}
