package traffic

import (
	"strings"
	"testing"
)

func TestParseTarget(t *testing.T) {
	for in, want := range map[string]Target{
		"web":                     {"web", 0, "icmp"},
		"web/icmp":                {"web", 0, "icmp"},
		"web/icmpv6":              {"web", 0, "icmp"},
		"web:80":                  {"web", 80, "tcp"},
		"web:53/udp":              {"web", 53, "udp"},
		"203.0.113.1:8080/tcp":    {"203.0.113.1", 8080, "tcp"},
		"2001:db8::1":             {"2001:db8::1", 0, "icmp"},
		"[2001:db8::1]":           {"2001:db8::1", 0, "icmp"},
		"[2001:db8::1]:65535/udp": {"2001:db8::1", 65535, "udp"},
	} {
		got, err := ParseTarget(in)
		if err != nil || got != want {
			t.Errorf("ParseTarget(%q) = %+v, %v; want %+v", in, got, err, want)
		}
	}
}

func TestParseTargetErrors(t *testing.T) {
	for in, want := range map[string]string{
		"":                 "names no node",
		":80":              "names no node",
		"web:0":            `port "0"`,
		"web:65536":        `port "65536"`,
		"web:http":         `port "http"`,
		"web:80/sctp":      `protocol "sctp"`,
		"web/tcp":          "which port?",
		"web:80/icmp":      "icmp has no ports",
		"[2001:db8::1":     "no ]",
		"[2001:db8::1]x80": "want :PORT",
	} {
		_, err := ParseTarget(in)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseTarget(%q): %v; want an error with %q", in, err, want)
		}
	}
}

func FuzzParseTarget(f *testing.F) {
	f.Add("web:80/tcp")
	f.Add("[2001:db8::1]:80/udp")
	f.Fuzz(func(t *testing.T, s string) {
		target, err := ParseTarget(s)
		if err != nil {
			return
		}
		again, err := ParseTarget(target.String())
		if err != nil || again != target {
			t.Errorf("%q is %+v, its String %q is %+v, %v", s, target, target.String(), again, err)
		}
	})
}
