package tui

import (
	"strings"
	"testing"
)

// A link that goes down is marked on the map that is on the screen, and no more when it is up again.
func TestLinks(t *testing.T) {
	m := start(t, testConfig(t), 120, 36)
	before := screen(t, m)
	tell(t, m, linksMsg{Down: map[string]bool{"isp:eth1": true, "fw:wan": true}, Impaired: map[string]bool{"client:eth0": true}})
	marked := screen(t, m)
	if n := strings.Count(marked, "✗") - strings.Count(before, "✗"); n != 2 {
		t.Errorf("%d ends are marked as down:\n%s", n, marked)
	}
	if n := strings.Count(marked, "~") - strings.Count(before, "~"); n != 1 {
		t.Errorf("%d ends are marked as impaired:\n%s", n, marked)
	}
	golden(t, "links-120x36.txt", marked)
	tell(t, m, linksMsg{})
	if after := screen(t, m); after != before {
		t.Errorf("afterwards the screen is\n%s", after)
	}
}
