package main

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// A process can be suspended if somebody outside its process group, but in its session, can continue it.
func TestCanSuspend(t *testing.T) {
	if os.Getenv("HOOKWALK_CAN_SUSPEND") != "" {
		if canSuspend() {
			os.Exit(0)
		}
		os.Exit(1)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, script string
		attr         syscall.SysProcAttr
		want         bool
	}{
		{"a job of this session", `exec "$0" -test.run TestCanSuspend`, syscall.SysProcAttr{Setpgid: true}, true},
		{"behind the leader of a job", `"$0" -test.run TestCanSuspend; exit $?`, syscall.SysProcAttr{Setpgid: true}, true},
		{"the leader of a session", `exec "$0" -test.run TestCanSuspend`, syscall.SysProcAttr{Setsid: true}, false},
		{"behind a shell without jobs", `"$0" -test.run TestCanSuspend; exit $?`, syscall.SysProcAttr{Setsid: true}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := exec.Command("sh", "-c", c.script, exe)
			cmd.Env = append(os.Environ(), "HOOKWALK_CAN_SUSPEND=1")
			cmd.SysProcAttr = &c.attr
			out, err := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code > 1 || strings.Contains(string(out), "FAIL") {
				t.Fatalf("%v: %s", err, out)
			}
			if got := err == nil; got != c.want {
				t.Errorf("canSuspend is %v, want %v: %s", got, c.want, out)
			}
		})
	}
}
