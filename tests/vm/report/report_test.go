package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// golden compares got with testdata/name; HOOKWALK_UPDATE=1 writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if os.Getenv("HOOKWALK_UPDATE") != "" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (HOOKWALK_UPDATE=1 go test makes it)", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

const (
	goodOutput = `=== RUN   TestA
    a_test.go:1: a remark
--- PASS: TestA (0.01s)
=== RUN   TestB
=== RUN   TestB/one
=== RUN   TestB/two
    b_test.go:12: flowtable is not supported here: needs module nft_flow_offload
        sudo modprobe nft_flow_offload
--- PASS: TestB (0.00s)
    --- PASS: TestB/one (0.00s)
    --- SKIP: TestB/two (0.00s)
PASS
`
	skipOutput = `=== RUN   TestC
=== PAUSE TestC
=== RUN   TestD
=== PAUSE TestD
=== CONT  TestC
=== CONT  TestD
=== NAME  TestC
    c_test.go:3: root only
--- SKIP: TestC (0.00s)
--- PASS: TestD (0.00s)
PASS
`
	deadOutput = `=== RUN   TestA
--- FAIL: TestA (0.01s)
=== RUN   TestE
panic: runtime error
`
)

func lanes() []lane {
	good := lane{kernel: "6.12"}
	good.add("root", "lab/x", strings.ReplaceAll(goodOutput, "SKIP: TestB", "PASS: TestB"))
	good.add("root", "lab/y", strings.ReplaceAll(skipOutput, "SKIP: TestC", "PASS: TestC"))
	good.add("user", "lab/x", strings.ReplaceAll(goodOutput, "SKIP: TestB", "PASS: TestB"))
	good.add("user", "lab/y", skipOutput)
	bad := lane{kernel: "6.1"}
	bad.add("root", "lab/x", goodOutput)
	bad.add("root", "lab/z", deadOutput)
	return []lane{bad, good}
}

func TestTable(t *testing.T) {
	var b strings.Builder
	writeTable(&b, lanes())
	golden(t, "table.txt", b.String())
}

func TestJudgement(t *testing.T) {
	rootOnly := "# comment\n\n* user lab/y TestC root only\n"
	var all strings.Builder
	for _, c := range []struct {
		name, allowed string
		lane          int
		some, good    bool
	}{
		{"what is allowed is good", rootOnly, 1, false, true},
		{"nothing is allowed", "", 1, false, false},
		{"allowed for somebody else", "* root lab/y TestC root only\n", 1, false, false},
		{"allowed on another kernel", "6.1 user lab/y TestC root only\n", 1, false, false},
		{"allowed in vain", rootOnly + "6.12 root lab/x TestZ gone long ago\n", 1, false, false},
		{"in vain, but not all ran", rootOnly + "6.12 root lab/x TestZ gone long ago\n", 1, true, true},
		{"failed, died, skipped, and no user", "", 0, false, false},
	} {
		rules, err := parseAllowed(c.allowed)
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString("# " + c.name + "\n")
		if good := judge(&all, lanes()[c.lane], rules, c.some); good != c.good {
			t.Errorf("%s: good is %v, want %v", c.name, good, c.good)
		}
	}
	golden(t, "judgement.txt", all.String())
}

func TestAllowed(t *testing.T) {
	if _, err := parseAllowed(allowedText); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"6.1 user lab/y TestC\n", "[ user lab/y TestC why\n"} {
		if _, err := parseAllowed(bad); err == nil {
			t.Errorf("%q is good", bad)
		}
	}
}

// TestReport reads a folder of logs: only lanes of the same tree are put side by side.
func TestReport(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"6.1/build": "old\n", "6.1/root/lab_x": goodOutput,
		"6.12/build": "new\n", "6.12/root/lab_x": deadOutput, "6.12/user/lab_x": skipOutput,
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	good, err := report(dir, "6.12", false)
	if err != nil || good {
		t.Errorf("good %v, error %v; a test failed there", good, err)
	}
	table, err := os.ReadFile(filepath.Join(dir, "report.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if s := string(table); strings.Contains(s, "6.1 root") || !strings.Contains(s, "6.12 root") {
		t.Errorf("the table has another tree, or not ours:\n%s", s)
	}
	if _, err := report(dir, "7.2", false); err == nil {
		t.Error("a kernel that did not run has a report")
	}
}

// TestFlaky: a test that passes the second time is named, and does not turn the lane red; one that fails twice does.
func TestFlaky(t *testing.T) {
	again := "=== RUN   TestA\n--- FAIL: TestA (0.01s)\nFAIL\n=== RUN   TestA\n--- PASS: TestA (0.01s)\nPASS\n"
	for _, tt := range []struct {
		output, want string
		good         bool
	}{
		{again, "  flaky: lab/x TestA as root failed, and passed when it ran once more\n", true},
		{strings.ReplaceAll(again, "PASS", "FAIL"), "  FAIL: lab/x TestA as root\n", false},
	} {
		l := lane{kernel: "6.12"}
		l.add("root", "lab/x", tt.output)
		l.add("user", "lab/x", goodOutput)
		var b strings.Builder
		good := judge(&b, l, []rule{{"*", "*", "*", "TestB/two", "so", 1}}, false)
		if good != tt.good || !strings.Contains(b.String(), tt.want) || len(l.results) != 5 {
			t.Errorf("good %v, want %v, and %q in:\n%s", good, tt.good, tt.want, b.String())
		}
	}
}
