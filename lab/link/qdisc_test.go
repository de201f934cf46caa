package link

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookwalk/hookwalk/lab/netns"
	"github.com/hookwalk/hookwalk/lab/probe"
	"github.com/hookwalk/hookwalk/topology"
)

// TestDistribution: the tables are those that tc reads.
func TestDistribution(t *testing.T) {
	seen := 0
	for _, name := range distributions[1:] {
		got, err := Distribution(name)
		if err != nil {
			t.Fatal(err)
		}
		files, _ := filepath.Glob("/usr/lib/*/tc/" + name + ".dist")
		for _, file := range append(files, "/usr/lib/tc/"+name+".dist", "/usr/share/tc/"+name+".dist") {
			text, err := os.ReadFile(file)
			if err != nil {
				continue
			}
			seen++
			var want []int16
			for line := range strings.Lines(string(text)) {
				if strings.HasPrefix(line, "#") {
					continue
				}
				for _, w := range strings.Fields(line) {
					n, err := strconv.Atoi(w)
					if err != nil {
						t.Fatal(err)
					}
					want = append(want, int16(n))
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-tc +ours):\n%s", name, diff)
			}
			break
		}
	}
	if _, err := Distribution("gauss"); err == nil {
		t.Error("there is a distribution called gauss")
	}
	if seen == 0 {
		t.Skip("tc is not installed, whose tables these should be")
	}
}

// qdiscCases are impairments, and what tc(8) is told to do the same.
var qdiscCases = []struct{ words, tc string }{
	{"rate 1mbit", "tbf rate 1mbit burst 3036 limit 1518000"},
	{"rate 100mbit limit 100", "tbf rate 100mbit burst 50000 limit 151800"},
	{"rate 500gbit", "tbf rate 500gbit burst 250000000 limit 1518000"},
	{"delay 20ms", "netem delay 20ms"},
	{"delay 1.5ms 500us 25%", "netem delay 1500us 500us 25%"},
	{"delay 270s 10s", "netem delay 270s 10s"},
	{"delay 20ms 5ms distribution normal", "netem delay 20ms 5ms distribution normal"},
	{"delay 20ms 5ms 10% distribution pareto", "netem delay 20ms 5ms 10% distribution pareto"},
	{"delay 20ms 5ms distribution paretonormal", "netem delay 20ms 5ms distribution paretonormal"},
	{"loss 5%", "netem loss 5%"},
	{"loss 0.1% 25%", "netem loss 0.1% 25%"},
	{"loss 100%", "netem loss 100%"},
	{"loss gemodel 1% 10% 90% 0.5%", "netem loss gemodel 1% 10% 90% 0.5%"},
	{"loss gemodel 2%", "netem loss gemodel 2%"},
	{"duplicate 1%", "netem duplicate 1%"},
	{"loss 1% 10% duplicate 1% 25%", "netem loss 1% 10% duplicate 1% 25%"}, // without loss tc forgets the correlation
	{"corrupt 0.1%", "netem corrupt 0.1%"},
	{"delay 10ms reorder 25% 50%", "netem delay 10ms reorder 25% 50%"},
	{"delay 10ms rate 10mbit limit 50", "netem delay 10ms rate 10mbit limit 50"},
	{"loss 1% rate 500gbit", "netem loss 1% rate 500gbit"},
	{"delay 20ms 5ms 25% distribution normal loss 1% duplicate 1% corrupt 1% reorder 1% rate 1gbit limit 5000",
		"netem delay 20ms 5ms 25% distribution normal loss 1% duplicate 1% corrupt 1% reorder 1% rate 1gbit limit 5000"},
}

func TestTokenBucket(t *testing.T) { t.Parallel(); testQdiscs(t, "tbf", probe.TBF) }

func TestNetem(t *testing.T) { t.Parallel(); testQdiscs(t, "netem", probe.Netem) }

// testQdiscs sets each discipline of a kind twice, with tc and without, and compares what tc says of it. What was set
// before must not shine through.
func testQdiscs(t *testing.T, kind string, need probe.Feature) {
	probe.Need(t, need)
	if _, err := exec.LookPath("tc"); err != nil {
		t.Skip("tc is not installed, with which this compares")
	}
	if !inside(t) {
		return
	}
	a, _, err := pair(0)
	if err != nil {
		t.Fatal(err)
	}
	err = in(a, func(c *Conn) error {
		was := ""
		for _, tt := range qdiscCases {
			m, err := topology.Impairment{}.Apply(strings.Fields(tt.words))
			if err != nil {
				return err
			}
			if !strings.HasPrefix(tt.tc, kind) {
				continue
			}
			if err := c.Impair(10, 1500, m); err != nil {
				return fmt.Errorf("%s: %w", tt.words, err)
			}
			got := qdiscs(t)
			if out, err := exec.Command("sh", "-c", "tc qdisc del dev eth0 root && tc qdisc add dev eth0 root "+tt.tc).CombinedOutput(); err != nil {
				return fmt.Errorf("%s: %w: %s", tt.tc, err, out)
			}
			want := qdiscs(t)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%q after %q (-tc +ours):\n%s", tt.words, was, diff)
			}
			was = tt.words
			if err := c.Impair(10, 1500, topology.Impairment{}); err != nil { // tc's own has another handle
				return err
			}
			if err := c.Impair(10, 1500, m); err != nil {
				return err
			}
		}
		for range 2 { // the second finds nothing to remove
			if err := c.Impair(10, 1500, topology.Impairment{}); err != nil {
				return err
			}
		}
		if got := qdiscs(t); len(got) != 0 { // a device that is down has no other
			t.Errorf("left is %v", got)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// qdiscs are those of eth0 as tc shows them, without their handles.
func qdiscs(t *testing.T) []map[string]any {
	t.Helper()
	out, err := exec.Command("tc", "-j", "qdisc", "show", "dev", "eth0").Output()
	if err != nil {
		t.Fatalf("tc: %v", err)
	}
	var list []map[string]any
	if err := json.Unmarshal(out, &list); err != nil {
		t.Fatalf("tc: %v\n%s", err, out)
	}
	for _, q := range list {
		delete(q, "handle")
	}
	return list
}

// TestQdiscMissing: a kernel without netem says so, and with it nothing is said.
func TestQdiscMissing(t *testing.T) {
	t.Parallel()
	has := probe.Require(t.Context(), probe.Netem) == nil
	if !inside(t) {
		return
	}
	a, _, err := pair(0)
	if err != nil {
		t.Fatal(err)
	}
	err = netns.Do(a, func() error {
		c, err := Open()
		if err != nil {
			return err
		}
		defer c.Close()
		m := topology.Impairment{Loss: topology.Chance{Percent: 1}}
		err = c.Impair(10, 1500, m)
		if has && err != nil || !has && !IsQdiscMissing(err) {
			t.Errorf("netem is there: %v; loss: %v", has, err)
		}
		if text := QdiscMissing(m); !strings.Contains(text, "sch_netem") || !strings.Contains(text, "CONFIG_NET_SCH_NETEM") {
			t.Errorf("the cure is %q", text)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
