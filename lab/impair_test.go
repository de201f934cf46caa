package lab

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/lab/link"
	"github.com/hookwalk/hookwalk/lab/probe"
	"github.com/hookwalk/hookwalk/topology"
)

// impaired is a lab of a and b with one cable, whose ends do to frames what words say.
func impaired(t *testing.T, kind topology.LinkKind, a, b string) *topology.Plan {
	t.Helper()
	p := newPlan(newName())
	addNode(p, "a", topology.Host)
	addNode(p, "b", topology.Host)
	addLink(p, "a:eth0 192.0.2.1/24 2001:db8::1/64", "b:eth0 192.0.2.2/24 2001:db8::2/64")
	l := &p.Links[0]
	l.Kind = kind
	for end, words := range map[*topology.End]string{&l.A: a, &l.B: b} {
		m, err := topology.Impairment{}.Apply(strings.Fields(words))
		if err != nil {
			t.Fatal(err)
		}
		end.Impair = m
	}
	return p
}

// The file's impairments are those of the devices, each end's its own.
func TestImpairmentsOfFile(t *testing.T) {
	probe.Need(t, probe.TBF)
	needNamespaces(t)
	t.Parallel()
	l := up(t, impaired(t, topology.Veth, "rate 1mbit", "rate 2mbit limit 50"))
	for node, want := range map[string]string{"a": `tbf .* rate 1Mbit burst 3036b`, "b": `tbf .* rate 2Mbit burst 3036b`} {
		out, code := output(t, l, node, "tc qdisc show dev eth0")
		if code == 127 {
			t.Skip("tc is not installed, which this asks")
		}
		if !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("%s has %s, want %s", node, out, want)
		}
	}
}

// A kernel without netem refuses the lab with the cure, and nothing is left.
func TestNetemMissing(t *testing.T) {
	has := probe.Require(t.Context(), probe.Netem) == nil
	needNamespaces(t)
	t.Parallel()
	l, err := Up(t.Context(), impaired(t, topology.Veth, "delay 20ms", ""), Options{}, nil)
	if err == nil {
		down(t, l)
	}
	if has {
		if err != nil {
			t.Errorf("this kernel has netem: %v", err)
		}
		return
	}
	if err == nil || !regexp.MustCompile(`(?s)^testdata/lab.yaml:100:5: impair what is sent \(delay 20ms\) on a:eth0: .*modprobe sch_netem.*kind: tap`).MatchString(err.Error()) {
		t.Errorf("got %v", err)
	}
}

// Each way in which a TAP device cannot be had has a cure of its own.
func TestTapError(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string
	}{
		{&os.PathError{Op: "open", Path: link.TunFile, Err: unix.EACCES}, "sudo chmod 666 /dev/net/tun"},
		{&os.PathError{Op: "open", Path: link.TunFile, Err: unix.ENOENT}, "sudo modprobe tun"},
		{&os.PathError{Op: "open", Path: link.TunFile, Err: unix.ENODEV}, "CONFIG_TUN"},
		{&os.PathError{Op: "open", Path: link.TunFile, Err: unix.EMFILE}, "ulimit -Hn"},
		{fmt.Errorf("set the carrier of a TAP device: %w", unix.EINVAL), "Linux 5.0"},
	} {
		err := tapError("make a TAP device", &topology.End{Node: "a", Iface: "eth0", Pos: topology.Pos{File: "lab.yaml", Line: 3, Col: 5}}, tt.err)
		if text := err.Error(); !strings.Contains(text, tt.want) || !strings.HasPrefix(text, "lab.yaml:3:5: make a TAP device on a:eth0: ") {
			t.Errorf("%v: %s", tt.err, text)
		}
	}
}
