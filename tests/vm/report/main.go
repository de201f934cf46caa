// Command report reads what the tests printed on other kernels. It says which test ran where, and fails if one was
// skipped that should not have been: what no lane runs is not tested.
//
//	report LOGS KERNEL [packages and test flags, where not all tests were asked for]
//
// LOGS has a folder for each kernel: build (which tree it was), root/PACKAGE and user/PACKAGE (the output of a test
// binary). The table of all kernels that ran the same tree goes to LOGS/report.txt.
package main

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

//go:embed allowed.txt
var allowedText string

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: report LOGS KERNEL [packages and test flags]")
		os.Exit(2)
	}
	good, err := report(os.Args[1], os.Args[2], len(os.Args) > 3)
	if err != nil {
		fmt.Fprintf(os.Stderr, "report: %v\n", err)
		os.Exit(1)
	}
	if !good {
		os.Exit(1)
	}
}

// report judges the lane of one kernel and writes the table of all. some: not all tests were asked for.
func report(logs, kernel string, some bool) (good bool, err error) {
	rules, err := parseAllowed(allowedText)
	if err != nil {
		return false, err
	}
	lanes, err := readLanes(logs, kernel)
	if err != nil {
		return false, err
	}
	table, err := os.Create(filepath.Join(logs, "report.txt"))
	if err != nil {
		return false, err
	}
	writeTable(table, lanes)
	if err := table.Close(); err != nil {
		return false, err
	}
	for _, l := range lanes {
		if l.kernel == kernel {
			fmt.Fprintf(os.Stdout, "which test ran on which kernel: %s\n", table.Name())
			return judge(os.Stdout, l, rules, some), nil
		}
	}
	return false, fmt.Errorf("no output of Linux %s in %s", kernel, logs)
}

// readLanes reads the lanes that ran the same tree as the one of kernel.
func readLanes(logs, kernel string) ([]lane, error) {
	want, err := os.ReadFile(filepath.Join(logs, kernel, "build"))
	if err != nil {
		return nil, err
	}
	builds, err := filepath.Glob(filepath.Join(logs, "*", "build"))
	if err != nil {
		return nil, err
	}
	var lanes []lane
	for _, file := range builds {
		build, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if string(build) != string(want) {
			continue
		}
		l := lane{kernel: filepath.Base(filepath.Dir(file))}
		for _, who := range users {
			outputs, err := filepath.Glob(filepath.Join(filepath.Dir(file), who, "*"))
			if err != nil {
				return nil, err
			}
			for _, output := range outputs {
				text, err := os.ReadFile(output)
				if err != nil {
					return nil, err
				}
				l.add(who, strings.ReplaceAll(filepath.Base(output), "_", "/"), string(text))
			}
		}
		lanes = append(lanes, l)
	}
	return lanes, nil
}
