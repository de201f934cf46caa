package lab

import (
	"strings"
	"testing"
)

func TestUpExecDown(t *testing.T) {
	needNamespaces(t)
	t.Parallel()
	l := up(t, homePlan(newName()))
	got, code := output(t, l, "fw", "ip -br addr; hostname; cat /etc/hosts; ls /sys/class/net; exit 3")
	if code != 3 {
		t.Errorf("exit code %d", code)
	}
	for _, want := range []string{"203.0.113.1/30", "10.0.1.1/24", "\nfw\n", "10.0.2.10\tweb", "wan"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	s, err := l.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.NodesUp() != 7 || s.LinksUp() != 6 || s.State != Running || s.Holder.Pid == 0 {
		t.Errorf("status %+v", s)
	}
	down(t, l)
}
