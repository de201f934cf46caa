//go:build broken

// Package broken has what must turn the lane red: ../self.sh runs it. It is compiled with -tags=broken only.
package broken

import (
	"os"
	"testing"
)

func TestFails(t *testing.T) { t.Error("on purpose") }

func TestSkips(t *testing.T) { t.Skip("for a reason that nobody expects") }

// TestPanics ends the guest in the middle of a test. The next one never runs.
func TestPanics(t *testing.T) {
	if os.Getenv("HOOKWALK_FULL_KERNEL") == "" || os.Geteuid() != 0 {
		t.Skip("this panics the kernel; it is for the guest of the lane, and its root")
	}
	if err := os.WriteFile("/proc/sysrq-trigger", []byte("c"), 0); err != nil {
		t.Fatal(err)
	}
	select {}
}
