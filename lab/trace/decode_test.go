package trace

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookwalk/hookwalk/lab/path"
)

// attr is one netlink attribute with its padding.
func attr(typ uint16, value ...byte) []byte {
	n := nlaHeaderLen + len(value)
	b := make([]byte, (n+3)&^3)
	binary.NativeEndian.PutUint16(b, uint16(n))
	binary.NativeEndian.PutUint16(b[2:], typ)
	copy(b[nlaHeaderLen:], value)
	return b
}

func u32(v uint32) []byte { return binary.BigEndian.AppendUint32(nil, v) }

func cat(parts ...[]byte) []byte {
	var out []byte
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

func header(family byte) []byte { return []byte{family, 0, 0, 0} }

// jump is the message of a rule that jumped, the first of its base chain, as kernel 6.18 sends it.
var jump = cat(header(2),
	attr(traceTable, []byte("filter\x00")...), attr(traceChain, []byte("forward\x00")...),
	attr(traceRuleHandle, 0, 0, 0, 0, 0, 0, 0, 9), attr(traceType, u32(3)...),
	attr(traceVerdict|0x8000, cat(attr(verdictCode, u32(0xfffffffd)...), attr(verdictChain, []byte("web\x00")...))...),
	attr(traceID, u32(0x9c07fc2b)...), attr(traceIif, u32(2)...), attr(traceOif, u32(3)...), attr(traceMark, u32(7)...),
	attr(traceNetHeader, 0x45, 0, 0, 60), attr(traceTransHeader, 0x9c, 0xba),
	attr(traceCTID, u32(0x4711)...), attr(traceCTDirection, 0), attr(traceCTStatus, u32(0x100)...), attr(traceCTState, u32(8)...))

func names(i uint32) string { return map[uint32]string{2: "wan", 3: "dmz"}[i] }

func TestDecode(t *testing.T) {
	got, err := decode(jump, names)
	want := path.Event{ID: 0x9c07fc2b, Family: "ip", Table: "filter", Chain: "forward", Type: path.EventRule, Handle: 9,
		Verdict: "jump", Jump: "web", Mark: 7, Iif: "wan", Oif: "dmz", NH: []byte{0x45, 0, 0, 60}, TH: []byte{0x9c, 0xba},
		CT: &path.EventCT{ID: 0x4711, Status: 0x100, State: 8}}
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	policy := cat(header(1), attr(traceType, u32(1)...), attr(tracePolicy, u32(0)...))
	got, err = decode(policy, names)
	if err != nil || got.Type != path.EventPolicy || got.Policy != "drop" || got.Family != "inet" || got.CT != nil {
		t.Errorf("a policy: %+v, %v", got, err)
	}
}

// A message cut anywhere is an error or a smaller event, never a panic, and never silently the whole one.
func TestDecodeCut(t *testing.T) {
	whole, err := decode(jump, names)
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(jump) - 4 {
		e, err := decode(jump[:n], names)
		if err == nil && cmp.Equal(e, whole) {
			t.Errorf("the first %d of %d bytes gave the whole event", n, len(jump))
		}
	}
}

func TestVerdictNames(t *testing.T) {
	for code, want := range map[int32]string{0: "drop", 1: "accept", 2: "stolen", 3: "queue", 4: "repeat", -1: "continue",
		-2: "break", -3: "jump", -4: "goto", -5: "return", 7<<16 | 3: "queue", 0xff: "verdict 255"} {
		if got := verdictName(code); got != want {
			t.Errorf("verdict %d is %s, want %s", code, got, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(jump)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := decode(b, names)
		if err == nil {
			_ = path.Decode(e.LL, e.NH, e.TH)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	for b.Loop() {
		if _, err := decode(jump, names); err != nil {
			b.Fatal(err)
		}
	}
}

func ExampleView_Table() {
	v := View{Proto: "udp", Tag: Tag{1, 2, 3, 4, 5, 6, 7, 8}, Devices: []string{"eth0"}}
	for i, line := range strings.Split(v.Table(), "\n") {
		if i < 5 {
			fmt.Println(line)
		}
	}
	// Output:
	// table inet hookwalk-trace-0102030405060708 {
	// 	flags owner
	// 	chain prerouting-first {
	// 		type filter hook prerouting priority -2000000000; policy accept;
	// 		meta l4proto udp @th,64,64 0x102030405060708 meta nftrace set 1 accept
}
