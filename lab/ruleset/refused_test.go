package ruleset

import "testing"

func TestX(t *testing.T) {
	for _, text := range []string{
		"table ip t {\n\tchain a {\n\t\tjump b\n\t}\n\tchain b {\n\t\tjump a\n\t}\n\tchain c { type filter hook input priority 0; jump a; }\n}\n",
		"table ip t {\n\tchain a { type nat hook prerouting priority -300; }\n}\n",
		"table ip t {\n\tchain a { type route hook input priority 0; }\n}\n",
		"table ip t {\n\tchain a { type filter hook input priority 0; queue num 1; }\n}\n",
		"table bridge t {\n\tchain a { type filter hook input priority 0;\n\t\tether type ip reject; }\n}\n",
		"table ip t {\n\tchain a { type filter hook input priority 0;\n\t\tiif nosuch accept; }\n}\n",
		"table netdev t {\n\tchain a { type filter hook ingress device nosuch priority 0; }\n}\n",
		"table netdev t {\n\tchain a { type filter hook ingress devices = { lo, nosuch } priority 0; }\n}\n",
		"table ip t {\n\tchain a { masquerade; }\n\tchain c { type filter hook input priority 0; jump a; }\n}\n",
		"table ip t {\n\tchain a { dnat to 10.0.0.1; }\n\tchain c { type nat hook postrouting priority 0; jump a; }\n}\n",
		"table ip t {\n\tchain c { type filter hook input priority 0; ip saddr 10.0.0.1 rt mtu 5; }\n}\n",
		"table inet t {\n\tchain c { type filter hook ingress priority 0; ip saddr 10.0.0.1; }\n}\n",
		"table ip t {\n\tset s { type ipv4_addr; size 2; elements = { 10.0.0.1, 10.0.0.2, 10.0.0.3 }; }\n}\n",
		"table ip t {\n\tset s { type ipv4_addr; flags constant; }\n chain c { add @s { ip saddr }; }\n}\n",
		"table ip t {\n\tchain c { type filter hook input priority 0;\n\t\tmeta nftrace 1 accept; }\n}\n",
		"table bridge t {\n\tchain c { type filter hook input priority 0;\n\t\tip saddr 10.0.0.1 meta ibrname \"br0\" accept; }\n}\n",
		"table ip t {\n\tchain c { type filter hook input priority 0;\n\t\tct event new accept; }\n}\n",
	} {
		fresh(t, func() {
			_, err := Load(source(text), false)
			t.Logf("%s\n=> %v", text, err)
		})
	}
}
