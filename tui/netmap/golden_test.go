package netmap

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookwalk/hookwalk/topology"
)

// golden compares got with a file of testdata. HOOKWALK_UPDATE=1 writes the file instead.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if os.Getenv("HOOKWALK_UPDATE") != "" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (HOOKWALK_UPDATE=1 go test makes it)", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

type size struct{ w, h int }

// inputs are the maps of the golden files.
func inputs(t testing.TB) map[string]Input {
	return map[string]Input{
		"home-nat": {Plan: labFile(t, "home-nat.yaml"), Selected: "fw", Path: []string{"client", "isp", "fw"},
			Drops: map[string]int{"fw": 3}, Rules: map[string]int{"fw": 5}},
		"faults": {Plan: labFile(t, "faults.yaml"), Selected: "fw", Path: []string{"client", "isp", "fw"},
			Down: map[string]bool{"isp:eth1": true, "fw:wan": true, "lan:pc1": true, "pc1:eth0": true}},
		"two-sites": {Plan: labFile(t, "two-sites.yaml"), Selected: "b2",
			Path: []string{"a1", "lan1", "r1", "r2", "lan2", "b2"}},
		"redundant": {Plan: labFile(t, "redundant.yaml"), Selected: "fw1"},
		"chain-10":  {Plan: chain(t, 10), Selected: "r4", Path: []string{"r1", "r2", "r3", "r4", "r5", "r6", "r7"}},
		"star-20":   {Plan: star(t, 20), Selected: "h3", Drops: map[string]int{"h12": 1}},
		"clos-36":   {Plan: clos(t, 4, 8, 3), Selected: "lf6", Path: []string{"h1", "lf1", "sp2", "lf6", "h17"}},
		"one":       {Plan: plan(t, "nodes: {pc1: }")},
		"campus-500": {Plan: campus(t, 500), Selected: "b03-sw1", Drops: map[string]int{"b04-s1h1": 2},
			Path: []string{"b01-s1h1", "b01-sw1", "b01-dist", "core2", "b04-dist", "b04-sw1", "b04-s1h1"}},
		"chain-500":   {Plan: chain(t, 500), Selected: "r4"},
		"parallel":    {Plan: routers(t, "r1-r2 r1-r2 r1-r2 r2-r3 r2-r3")},
		"ring":        {Plan: routers(t, "r1-r2 r2-r3 r3-r4 r4-r5 r5-r6 r6-r1"), Selected: "r5"},
		"full-mesh":   {Plan: routers(t, "r1-r2 r1-r3 r1-r4 r1-r5 r2-r3 r2-r4 r2-r5 r3-r4 r3-r5 r4-r5")},
		"parts":       {Plan: routers(t, "a-b c-d d-e f x y z")},
		"fat-tree":    {Plan: fatTree(t), Path: []string{"e1", "a2", "core3", "a8", "e7"}},
		"without-any": {Plan: &topology.Plan{}},
	}
}

// TestMaps draws every lab in the sizes of the screens, and smaller.
func TestMaps(t *testing.T) {
	for name, in := range inputs(t) {
		for _, ascii := range []bool{false, true} {
			file := name + ".txt"
			if ascii {
				file = name + ".ascii.txt"
			}
			t.Run(file, func(t *testing.T) {
				var b strings.Builder
				for _, s := range []size{{78, 13}, {76, 12}, {74, 24}, {118, 30}, {78, 16}, {40, 10}, {24, 6}} {
					in.Width, in.Height, in.ASCII = s.w, s.h, ascii
					pic := Draw(in)
					check(t, in, pic)
					fmt.Fprintf(&b, "%dx%d %s, %d hidden\n", s.w, s.h, pic.Level, pic.Hidden)
					for _, l := range pic.Lines {
						fmt.Fprintf(&b, "|%s|\n", l)
					}
				}
				golden(t, file, b.String())
			})
		}
	}
}

// TestZoom forces every level.
func TestZoom(t *testing.T) {
	for name, in := range map[string]Input{
		"zoom-home-nat": {Plan: labFile(t, "home-nat.yaml"), Selected: "pc1"},
		"zoom-campus":   {Plan: campus(t, 500), Selected: "b03-sw1"},
	} {
		t.Run(name, func(t *testing.T) {
			in.Width, in.Height = 60, 10
			var b strings.Builder
			last := Level(-1)
			for zoom := 4; zoom >= -4; zoom-- {
				in.Zoom = zoom
				pic := Draw(in)
				if pic.Level == last {
					continue
				}
				last = pic.Level
				check(t, in, pic)
				fmt.Fprintf(&b, "zoom %+d: %s, %d hidden\n", zoom, pic.Level, pic.Hidden)
				for _, l := range pic.Lines {
					fmt.Fprintf(&b, "|%s|\n", l)
				}
			}
			golden(t, name+".txt", b.String())
		})
	}
}

func TestText(t *testing.T) {
	var b strings.Builder
	for _, w := range []int{100, 60, 30} {
		fmt.Fprintf(&b, "width %d\n%s", w, Text(labFile(t, "home-nat.yaml"), w))
	}
	golden(t, "text.txt", b.String())
	if got := Text(&topology.Plan{}, 80); got != "" {
		t.Errorf("no nodes: %q", got)
	}
}
