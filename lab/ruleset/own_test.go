package ruleset

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

const ownerVar = "HOOKWALK_RULESET_OWNER"

// ownedText has the shape of the tracer's tables.
const ownedText = `table inet watch {
	flags owner
	chain prerouting-first {
		type filter hook prerouting priority -2000000000; policy accept;
		meta l4proto tcp @th,32,32 0x11223344 meta nftrace set 1
		meta l4proto icmp @th,320,32 0x11223344 meta nftrace set 1
		meta l4proto udp @th,64,64 0x1122334455667788 meta nftrace set 1
	}
	chain prerouting-last {
		type filter hook prerouting priority 2000000000; policy accept;
	}
}
table bridge watch {
	flags owner
	chain forward-first {
		type filter hook forward priority -2000000000; policy accept;
		meta l4proto tcp @th,32,32 0x11223344 meta nftrace set 1
	}
}
table netdev watch {
	flags owner
	chain rx {
		type filter hook ingress devices = { "lo", "eth0" } priority -2000000000; policy accept;
		meta l4proto tcp @th,32,32 0x11223344 meta nftrace set 1
	}
	chain tx {
		type filter hook egress devices = { "lo", "eth0" } priority 2000000000; policy accept;
	}
}
`

func TestOwn(t *testing.T) {
	fresh(t, func() {
		addDevice(t, "eth0")
		before, err := dumpAll()
		if err != nil {
			t.Error(err)
			return
		}
		o, err := Own(ownedText)
		if err != nil {
			t.Error(err)
			return
		}
		during, err := dumpAll()
		if err != nil {
			t.Error(err)
		}
		if n := strings.Count(during, "table "); n != 3 {
			t.Errorf("%d tables, want 3:\n%s", n, during)
		}
		for range 2 {
			if err := o.Close(); err != nil {
				t.Error(err)
			}
		}
		after, err := dumpAll()
		if err != nil || after != before {
			t.Errorf("left behind: %s, %v", after, err)
		}
	})
}

// ownUntilKilled is a process with owned tables. It says when they are there, and waits.
func ownUntilKilled() {
	if _, err := Own(ownedText[:strings.Index(ownedText, "table netdev")]); err != nil {
		os.Stdout.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
	os.Stdout.WriteString("ready\n")
	time.Sleep(time.Hour) // it is killed before
}

// TestOwnKilled: a process that is killed leaves no table, in a namespace that outlives it.
func TestOwnKilled(t *testing.T) {
	fresh(t, func() {
		cmd := exec.Command("/proc/self/exe")
		cmd.Env = append(os.Environ(), ownerVar+"=1")
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Error(err)
			return
		}
		if err := cmd.Start(); err != nil {
			t.Error(err)
			return
		}
		line, err := bufio.NewReader(out).ReadString('\n')
		if err != nil || line != "ready\n" {
			t.Errorf("%q, %v", line, err)
		}
		if s, err := dumpAll(); err != nil || strings.Count(s, "table ") != 2 {
			t.Errorf("while it lives: %s, %v", s, err)
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Error(err)
		}
		_ = cmd.Wait() // it was killed
		if s, err := dumpAll(); err != nil || s != "" {
			t.Errorf("left behind: %s, %v", s, err)
		}
	})
}
