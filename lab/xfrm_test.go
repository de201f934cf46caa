package lab

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookwalk/hookwalk/lab/probe"
)

// Two sites joined by IPsec: packets between them are inside others, those of anybody else are not.
func TestDevicesXFRM(t *testing.T) {
	needNamespaces(t)
	needPrograms(t, "ip", "ping")
	probe.Need(t, probe.ESP)
	t.Parallel()
	for _, c := range []struct{ cipher, state string }{
		{"aes-gcm", "aead rfc4106(gcm(aes)) KEY 128"},
		{"aes-cbc", "auth-trunc hmac(sha256) KEY 128"},
		{"none", "auth-trunc hmac(sha256) KEY 128"},
	} {
		t.Run(c.cipher, func(t *testing.T) {
			l := up(t, yamlPlan(t, strings.ReplaceAll(`
nodes:
  a:
    kind: router
    gateway: 192.0.2.2
    xfrm:
      - {remote: 192.0.2.2, from: 10.1.0.0/24, to: 10.2.0.0/24, cipher: CIPHER}
      - {remote: "2001:db8::2", mode: transport, cipher: CIPHER, spi: 0x1001}
  b:
    kind: router
    gateway: 192.0.2.1
    xfrm:
      - {remote: 192.0.2.1, from: 10.2.0.0/24, to: 10.1.0.0/24, cipher: CIPHER}
      - {remote: "2001:db8::1", mode: transport, cipher: CIPHER, spi: 0x1001}
  pc1: {gateway: 10.1.0.1}
  pc2: {gateway: 10.2.0.1}
links:
  - ["a:eth0 192.0.2.1/24 2001:db8::1/64", "b:eth0 192.0.2.2/24 2001:db8::2/64"]
  - [a:eth1 10.1.0.1/24, pc1:eth0 10.1.0.11/24]
  - [b:eth1 10.2.0.1/24, pc2:eth0 10.2.0.12/24]
`, "CIPHER", c.cipher)))
			state := run(t, l, "a", "ip xfrm state")
			want := "src 192.0.2.1 dst 192.0.2.2\n\tproto esp spi 0x00001000 reqid 4096 mode tunnel\n"
			if !strings.Contains(state, want) || !strings.Contains(regexp.MustCompile("0x[0-9a-f]{32,}").ReplaceAllString(state, "KEY"), c.state) {
				t.Errorf("states: %s", state)
			}
			// Both ends have the same keys.
			keys := regexp.MustCompile(`(?m)^\s*(auth-trunc|enc|aead) .*$`)
			mine, theirs := keys.FindAllString(run(t, l, "a", "ip xfrm state"), -1), keys.FindAllString(run(t, l, "b", "ip xfrm state"), -1)
			byText := cmp.Transformer("set", func(list []string) map[string]int {
				m := map[string]int{}
				for _, s := range list {
					m[s]++
				}
				return m
			})
			if diff := cmp.Diff(mine, theirs, byText); diff != "" || len(mine) == 0 {
				t.Errorf("keys of a and b (-a +b):\n%s", diff)
			}
			policy := lines(t, l, "a", "ip xfrm policy")
			for _, p := range []string{"src 10.1.0.0/24 dst 10.2.0.0/24", "dir out priority 0", "dir fwd priority 0", "dir in priority 0", "tmpl src 192.0.2.1 dst 192.0.2.2"} {
				if !strings.Contains(strings.Join(policy, "\n"), p) {
					t.Errorf("no policy %q in %q", p, policy)
				}
			}
			ping(t, l, "pc1", "10.2.0.12")
			ping(t, l, "a", "2001:db8::2")
			// They were inside: the states have counted them.
			if out := run(t, l, "b", "ip -s xfrm state get src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x1000"); !regexp.MustCompile(`[1-9]\d*\(packets\)`).MatchString(out) {
				t.Errorf("nothing came through the tunnel: %s", out)
			}
		})
	}
}
