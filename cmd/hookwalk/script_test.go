package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/creack/pty"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hookwalk/hookwalk/lab"
)

func TestMain(m *testing.M) {
	lab.Main()
	// With the race detector every process waits a second at its end, in case other threads have something to report.
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE")); err != nil {
		panic(err)
	}
	testscript.Main(m, map[string]func(){
		"hookwalk":   func() { os.Exit(run(os.Args[1:])) },
		"onterminal": func() { os.Exit(onTerminal(os.Args[1], os.Args[2:])) },
	})
}

// TestScripts runs whole commands as a user types them. Each script has a lab of its own: the word LAB in its files
// is replaced by a name that no other test uses, and $HOOKWALK_LAB has it. Whatever a script leaves running is a
// failure. Scripts have these commands, besides those of testscript:
//
//	exits CODE PROGRAM ARG...           runs a program that must end with just this exit code
//	exec onterminal KEYS PROGRAM ARG... runs a program on a terminal, types the file KEYS, and prints the screen
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		WorkdirRoot:         t.TempDir(), // its own it leaves behind when -run chooses some
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("HOOKWALK_UPDATE") != "",
		Setup:               func(env *testscript.Env) error { return setupScript(t, env) },
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
		Condition: func(cond string) (bool, error) {
			if cond == "root" {
				return os.Getuid() == 0, nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
	})
}

// setupScript gives a script its lab's name, and looks at its end whether a lab of it is left.
func setupScript(t *testing.T, env *testscript.Env) error {
	name := fmt.Sprintf("t%d-%s", os.Getpid(), strings.TrimPrefix(filepath.Base(env.WorkDir), "script-"))
	name = strings.NewReplacer("_", "-", ".", "-").Replace(name)
	env.Setenv("HOOKWALK_LAB", name)
	env.Setenv("NO_COLOR", "1")
	env.Setenv("GORACE", os.Getenv("GORACE"))
	env.Defer(func() {
		labs, err := lab.List()
		if err != nil {
			t.Error(err)
		}
		for _, l := range labs {
			if strings.HasPrefix(l.Name(), name) {
				t.Errorf("lab %s is left", l.Name())
				if _, err := l.Down(context.Background()); err != nil {
					t.Error(err)
				}
			}
		}
	})
	return filepath.WalkDir(env.WorkDir, func(file string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		return os.WriteFile(file, []byte(strings.ReplaceAll(string(b), "name: LAB", "name: "+name)), 0o644)
	})
}

// exits runs a program and wants its exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARG...")
	}
	want, err := strconv.Atoi(args[0])
	if err != nil {
		ts.Fatalf("exits: %v", err)
	}
	err = ts.Exec(args[1], args[2:]...)
	code := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}

// onTerminal runs a program on a terminal of its own and gives its exit code.
func onTerminal(keys string, args []string) int {
	text, err := os.ReadFile(keys)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 125
	}
	cmd := exec.Command(args[0], args[1:]...)
	screen, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 80})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 125
	}
	go func() { _, _ = screen.Write(text) }()
	_, _ = io.Copy(os.Stdout, screen) // the end of a terminal is an error, EIO
	_ = cmd.Wait()                    // its exit code says all
	return cmd.ProcessState.ExitCode()
}
