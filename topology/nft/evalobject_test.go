package nft

import "testing"

// evalObjects are objects, flowtables and maps for rules of the test below.
const evalObjects = `
	flowtable fast { hook ingress priority 0; devices = { wan, lan }; }
	counter hits { }
	quota cap { over 10 mbytes; }
	limit slow { rate 10/second; }
	synproxy proxy { mss 1460; wscale 7; }
	secmark web { "system_u:object_r:http_server_packet_t:s0"; }
	ct helper ftp { type "ftp" protocol tcp; }
	ct helper tftp { type "tftp" protocol udp; }
	ct timeout short { protocol tcp; policy = { established : 120 }; }
	ct expectation back { protocol tcp; dport 9876; timeout 2m; size 12; l3proto ip; }
	map counters { type inet_service : counter; elements = { 80 : "hits", 21 : "hits" }; }
	map quotas { type inet_service : quota; elements = { 80 : "cap" }; }
	map helpers { typeof tcp dport : ct helper; flags interval; elements = { 20-30 : "ftp" }; }
	map moving { type ipv4_addr : counter; flags timeout; elements = { 192.0.2.1 timeout 1h : "hits" }; }
`

// TestEvalObjects: what rules with objects and flowtables answer, and why it cannot be known.
func TestEvalObjects(t *testing.T) {
	const (
		syn  = "tcp 192.0.2.1:40000 198.51.100.2:21 flags=syn iif=wan oif=lan ct=new"
		ack  = "tcp 192.0.2.1:40000 198.51.100.2:21 flags=ack iif=wan oif=lan ct=established"
		fin  = "tcp 192.0.2.1:40000 198.51.100.2:21 flags=fin,ack iif=wan oif=lan ct=established"
		bare = "tcp 192.0.2.1:40000 198.51.100.2:21 flags=syn iif=wan oif=lan ct=untracked"
		udp  = "udp 192.0.2.1:40000 198.51.100.2:69 iif=wan oif=lan ct=new"
		ping = "icmp 192.0.2.1 198.51.100.2 type=8 iif=wan oif=lan ct=established"
	)
	for _, tt := range []struct{ packet, rule, want string }{
		{syn, `counter name "hits" accept`, "=> yes accept"},
		{syn, "counter name tcp dport map @counters accept", "+tcp dport=21 => yes accept"},
		{udp, "counter name udp dport map @counters accept", "-udp dport=69 want @counters => no accept"},
		{udp, "counter name tcp dport map @counters accept", "-!meta l4proto=udp want tcp => no accept"},
		{syn, `counter name tcp dport map { 22 : "hits" } accept`, `-tcp dport=21 want { 22 : "hits" } => no accept`},
		{syn, "counter name ip saddr map @moving accept", "?ip saddr=192.0.2.1 (the element may have timed out) => unknown accept"},
		{syn, `quota name "cap" drop`, "?quota (the quota depends on the packets before this one) => unknown drop"},
		{syn, "quota name tcp dport map @quotas drop", "-tcp dport=21 want @quotas => no drop"},
		{syn, `limit name "slow" accept`, "?limit (the limit depends on the packets before this one) => unknown accept"},
		{syn, `ct helper set "ftp" ct helper "ftp" accept`, "-ct helper want \"ftp\" (no other connection with a helper has led to this one) => no accept [ct helper:=\"ftp\"]"},
		{syn, `ct helper set tcp dport map @helpers ct helper "ftp"`, "+tcp dport=21 -ct helper want \"ftp\" (no other connection with a helper has led to this one) => no [ct helper:=\"ftp\"]"},
		{udp, `ct helper set "ftp" accept`, "=> yes accept"},
		{udp, `ct helper set "tftp" accept`, "=> yes accept [ct helper:=\"tftp\"]"},
		{ack, `ct helper set "ftp" accept`, "=> yes accept"},
		{bare, `ct helper set "ftp" accept`, "=> yes accept"},
		{syn, `ct timeout set "short" accept`, "=> yes accept"},
		{syn, `ct expectation set "back" accept`, "?ct expectation (whether there is room for another expectation depends on the packets before this one) => unknown accept"},
		{ack, `ct expectation set "back" accept`, "-ct expectation (only the first packet of a connection adds an expectation) => no accept"},
		{bare, `ct expectation set "back" accept`, "-ct expectation (the packet has no conntrack entry) => no accept"},
		{syn, `meta secmark set "web" accept`, "=> yes accept [meta secmark:=?system_u:object_r:http_server_packet_t:s0]"},
		{syn, "ct secmark set meta secmark accept", "=> yes accept [ct secmark:=?]"},
		{syn, "ct label 5 accept", "?ct label (`ct label` is not known) => unknown accept"},
		{syn, "ct label set 5 accept", "=> yes accept [ct label:=5]"},
		{bare, "ct label 5 accept", "-ct label want 5 (the packet has no conntrack entry) => no accept"},
		{syn, "flow add @fast accept", "-flow add (the TCP connection is not established yet) => no accept"},
		{ack, "flow add @fast accept", "?flow add (a connection is added once, when the kernel has seen both directions: that depends on the packets before this one) => unknown accept"},
		{fin, "flow add @fast accept", "-flow add (a packet with FIN or RST adds no connection) => no accept"},
		{bare, "flow add @fast accept", "-flow add (the packet has no conntrack entry) => no accept"},
		{udp, "flow add @fast accept", "?flow add (a connection is added once, when the kernel has seen both directions: that depends on the packets before this one) => unknown accept"},
		{ping, "flow add @fast accept", "-flow add (flowtables take connections of TCP, UDP and GRE only) => no accept"},
		{ack, "ip protocol udp flow add @fast", "-ip protocol=tcp want udp ?flow add (a connection is added once, when the kernel has seen both directions: that depends on the packets before this one) => no"},
		{syn, `synproxy name "proxy"`, "?synproxy (what synproxy does depends on the connection) => unknown"},
		{udp, `synproxy name "proxy"`, "-synproxy (the packet is not TCP) => no"},
	} {
		t.Run(tt.packet+" "+tt.rule, func(t *testing.T) {
			rs := newRuleset(t, "table inet t {"+evalObjects+"\tchain c {\n"+tt.rule+"\n\t}\n}\n")
			if got := render(rs.Tables[0].Chain("c").Rules[0].Eval(newPacket(t, tt.packet))); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
