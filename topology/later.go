package topology

// Keys and words that belong to the format but do nothing yet. They get a message of their own, because "unknown"
// would send people looking for a typo.
var (
	laterFile    = []string{"tests", "defaults", "groups"}
	laterNode    = []string{"vrfs", "files", "daemons", "nic"}
	laterLink    = []string{"nic"}
	laterKind    = []string{"external"}
	laterService = []string{"dns", "dhcp", "iperf"}
	laterRoute   = []string{"proto", "scope", "realm", "encap", "nhid", "advmss", "congctl"}
)

// elsewhere says of keys that people write in the wrong place where they belong.
var elsewhere = map[string]string{
	"node.vrfs":      "a vrf is one of interfaces: {blue: {kind: vrf, members: [eth0]}}",
	"node.mtu":       "the MTU belongs to a link: {ends: [...], mtu: 1400}",
	"node.address":   "addresses stand on the link's end: [pc1:eth0 10.0.1.11/24, ...]",
	"node.ip":        "addresses stand on the link's end: [pc1:eth0 10.0.1.11/24, ...]",
	"node.ipv4":      "addresses stand on the link's end: [pc1:eth0 10.0.1.11/24, ...]",
	"node.ipv6":      "addresses stand on the link's end: [pc1:eth0 2001:db8::11/64, ...]",
	"node.type":      `the key is "kind"`,
	"node.commands":  `the key is "exec"`,
	"node.links":     "links are a list of their own beside nodes:",
	"link.endpoints": `the key is "ends"`,
	"link.latency":   `the key is "delay"`,
	"link.bandwidth": `the key is "rate"`,
	"link.addresses": "addresses stand on the ends: [a:eth0 10.0.0.1/24, b:eth0 10.0.0.2/24]",
	"end.iface":      `the key is "interface"`,
	"end.address":    `the key is "addresses"`,
	"route.dst":      `the key is "to"`,
	"route.gateway":  `the key is "via"`,
	"service.addr":   `the key is "address"`,
	"file.topology":  "nodes: and links: stand at the top of the file",
	"file.node":      `the key is "nodes"`,
	"file.link":      `the key is "links"`,
}
