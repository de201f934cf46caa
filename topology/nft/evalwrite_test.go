package nft

import "testing"

// TestGuardedWrites: in which fields of a network header a write is sure, and in which newer kernels may leave the rule.
func TestGuardedWrites(t *testing.T) {
	const open, guarded = true, false
	v4 := newPacket(t, "udp 192.0.2.1:40000 198.51.100.2:53 options=8")
	v6 := newPacket(t, "udp [2001:db8::1]:40000 [2001:db8::2]:53")
	arp := &Packet{Family: FamilyARP, NH: []byte{0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 192, 0, 2, 2}}
	const (
		none    = "" // no base chain
		pre     = "type filter hook prerouting priority 0; policy accept;"
		arpIn   = "type filter hook input priority 0; policy accept;"
		ingress = `type filter hook ingress device "wan" priority 0; policy accept;`
		egress  = `type filter hook egress device "wan" priority 0; policy accept;`
	)
	for _, tt := range []struct {
		family, base string
		packet       *Packet
		rule         string
		open         bool
	}{
		{"ip", pre, v4, "ip version set 4", guarded},
		{"ip", pre, v4, "ip hdrlength set 5", guarded},
		{"ip", pre, v4, "ip dscp set cs3", open},
		{"ip", pre, v4, "ip ecn set ect1", open},
		{"ip", pre, v4, "@nh,8,8 set 5", open},
		{"ip", pre, v4, "ip length set 40", guarded},
		{"ip", pre, v4, "ip id set 5", open},
		{"ip", pre, v4, "ip frag-off set 0", guarded},
		{"ip", pre, v4, "ip ttl set 5", open},
		{"ip", pre, v4, "ip protocol set 17", guarded},
		{"ip", pre, v4, "@nh,64,16 set 5", guarded}, // ttl and protocol
		{"ip", pre, v4, "ip checksum set 5", open},
		{"ip", pre, v4, "ip saddr set 192.0.2.9", open},
		{"ip", pre, v4, "ip daddr set 192.0.2.9", open},
		{"ip", pre, v4, "@nh,96,64 set 5", open},     // both
		{"ip", pre, v4, "@nh,144,32 set 5", guarded}, // half of the destination, and an option
		{"ip", pre, v4, "@nh,160,32 set 5", guarded},
		{"inet", pre, v4, "ip protocol set 17", guarded},
		{"inet", none, v4, "ip protocol set 17", guarded},
		{"ip6", pre, v6, "ip6 version set 6", guarded},
		{"ip6", pre, v6, "ip6 dscp set cs3", open},
		{"ip6", pre, v6, "ip6 flowlabel set 5", guarded},
		{"ip6", pre, v6, "ip6 length set 40", guarded},
		{"ip6", pre, v6, "ip6 nexthdr set 17", guarded},
		{"ip6", pre, v6, "ip6 hoplimit set 5", open},
		{"ip6", pre, v6, "ip6 saddr set 2001:db8::9", open},
		{"ip6", pre, v6, "ip6 daddr set 2001:db8::9", open},
		{"inet", pre, v6, "ip6 nexthdr set 17", guarded},
		{"arp", arpIn, arp, "arp htype set 1", guarded},
		{"arp", arpIn, arp, "arp ptype set ip", guarded},
		{"arp", arpIn, arp, "arp hlen set 6", guarded},
		{"arp", arpIn, arp, "arp plen set 4", guarded},
		{"arp", arpIn, arp, "arp operation set reply", open},
		{"arp", arpIn, arp, "arp saddr ether set 02:00:00:00:00:09", open},
		{"arp", arpIn, arp, "arp daddr ip set 192.0.2.9", open},
		{"netdev", ingress, v4, "@nh,72,8 set 17", open},
		{"netdev", ingress, v6, "@nh,48,8 set 17", open},
		{"netdev", ingress, arp, "@nh,0,16 set 1", open},
		{"netdev", egress, v4, "@nh,72,8 set 17", guarded},
		{"netdev", egress, v6, "@nh,48,8 set 17", guarded},
		{"netdev", egress, arp, "@nh,0,16 set 1", guarded},
		{"netdev", none, v4, "@nh,72,8 set 17", guarded}, // what comes there is not known
		{"inet", ingress, v4, "@nh,72,8 set 17", guarded},
		{"ip", pre, v4, "udp sport set 5", open},
	} {
		t.Run(tt.family+" "+tt.base+" "+tt.rule, func(t *testing.T) {
			rs := newRuleset(t, "table "+tt.family+" t {\n\tchain c {\n"+tt.base+"\n"+tt.rule+"\n\t}\n}\n")
			r := rs.Tables[0].Chain("c").Rules[0].Eval(tt.packet.clone())
			if len(r.Writes) != 1 {
				t.Fatalf("%d writes: %s", len(r.Writes), render(r))
			}
			why := ""
			for _, x := range r.Exprs {
				if x.Match == Unknown {
					why += x.Why
				}
			}
			if tt.open && r.Match != Yes || !tt.open && (r.Match != Unknown || why != guardedWrite) {
				t.Errorf("open %v: %s", tt.open, render(r))
			}
		})
	}
}
