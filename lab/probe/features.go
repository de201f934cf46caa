package probe

import (
	"slices"

	"golang.org/x/sys/unix"
)

// Feature is the name of something that a kernel, or a user, may or may not be able to do.
type Feature string

// Groups of features, in the order in which they are shown.
const (
	groupLabs    = "labs"
	groupDevices = "devices"
	groupQdiscs  = "queueing"
	groupRules   = "rules"
	groupLooking = "looking"
	groupOther   = "other"
)

// What can be asked for.
const (
	UserNamespaces Feature = "user-namespaces"
	Namespaces     Feature = "namespaces"

	Veth       Feature = "veth"
	Bridge     Feature = "bridge"
	BridgeVLAN Feature = "bridge-vlan"
	VLAN       Feature = "vlan"
	VXLAN      Feature = "vxlan"
	Dummy      Feature = "dummy"
	VRF        Feature = "vrf"
	Bond       Feature = "bond"
	Macvlan    Feature = "macvlan"
	IPvlan     Feature = "ipvlan"
	GRE        Feature = "gre"
	IPIP       Feature = "ipip"
	SIT        Feature = "sit"
	WireGuard  Feature = "wireguard"
	IFB        Feature = "ifb"
	Tun        Feature = "tun"

	Netem  Feature = "netem"
	TBF    Feature = "tbf"
	Flower Feature = "flower"

	NftIP             Feature = "nft-ip"
	NftIP6            Feature = "nft-ip6"
	NftInet           Feature = "nft-inet"
	NftARP            Feature = "nft-arp"
	NftBridge         Feature = "nft-bridge"
	NftNetdevIngress  Feature = "nft-netdev-ingress"
	NftNetdevEgress   Feature = "nft-netdev-egress"
	NftInetIngress    Feature = "nft-inet-ingress"
	NftOwner          Feature = "nft-owner"
	NftPayloadSet     Feature = "nft-payload-set"
	Conntrack         Feature = "conntrack"
	NAT               Feature = "nat"
	NftQueue          Feature = "nft-queue"
	Flowtable         Feature = "flowtable"
	TProxy            Feature = "tproxy"
	SynProxy          Feature = "synproxy"
	BridgeConntrack   Feature = "bridge-conntrack"
	BridgeNetfilter   Feature = "br-netfilter"
	NftTrace          Feature = "nft-trace"
	NftTraceConntrack Feature = "nft-trace-ct"
	NetfilterHooks    Feature = "netfilter-hooks"

	PacketSockets  Feature = "packet-sockets"
	AFXDP          Feature = "af-xdp"
	BPFNetfilter   Feature = "bpf-netfilter"
	RawTracepoints Feature = "raw-tracepoints"
	BTF            Feature = "btf"
	RcvBufForce    Feature = "rcvbuf-force"
	ESP            Feature = "esp"
)

// feature is how a Feature is tried, and what it is good for.
type feature struct {
	name   Feature
	group  string
	core   bool
	needs  Needs // of the kernel
	cost   string
	host   string       // the device that its module makes in the host's network namespace when it is loaded
	fb     bool         // net.core.fb_tunnels_only_for_init_net=2 keeps it from doing so
	load   string       // how to load the module without that
	beware string       // what else loading the module does
	try    func() error // runs in a network namespace of its own, on a thread of its own
}

// features are all there are, in the order in which they are shown. UserNamespaces and Namespaces are tried by starting
// the child process; see spawn.go.
var features = []feature{
	{name: UserNamespaces, group: groupLabs, needs: Needs{Option: "CONFIG_USER_NS", Since: "3.8"},
		cost: "ordinary users cannot run labs, only root can"},
	{name: Namespaces, group: groupLabs, core: true, needs: Needs{Option: "CONFIG_NAMESPACES, CONFIG_NET_NS, CONFIG_PID_NS"},
		cost: "no lab can run"},
	{name: Veth, group: groupLabs, core: true, needs: Needs{Module: "veth", Option: "CONFIG_VETH"}, try: tryVeth,
		cost: "no link can be made"},
	{name: Bridge, group: groupLabs, core: true, needs: Needs{Module: "bridge", Option: "CONFIG_BRIDGE"}, try: kind("bridge"),
		cost: "nodes of kind bridge cannot be made"},
	{name: NftIP, group: groupLabs, core: true, needs: Needs{Module: "nf_tables", Option: "CONFIG_NF_TABLES_IPV4", Since: "3.13"},
		try: tryNft(nftIP), cost: "nft rules of family ip cannot be loaded, and packets not traced"},
	{name: NftIP6, group: groupLabs, core: true, needs: Needs{Module: "nf_tables", Option: "CONFIG_NF_TABLES_IPV6", Since: "3.13"},
		try: tryNft(nftIP6), cost: "nft rules of family ip6 cannot be loaded, and IPv6 packets not traced"},
	{name: NftInet, group: groupLabs, core: true, needs: Needs{Module: "nf_tables", Option: "CONFIG_NF_TABLES_INET", Since: "3.14"},
		try: tryNft(nftInet), cost: "nft rules of family inet cannot be loaded, and packets not traced"},
	{name: NftOwner, group: groupLabs, core: true, needs: Needs{Option: "CONFIG_NF_TABLES", Since: "5.12"}, try: tryOwner,
		cost: "packets cannot be traced: the tracer's tables must go with the tracer"},
	{name: NftTrace, group: groupLabs, core: true, needs: Needs{Option: "CONFIG_NF_TABLES", Since: "4.6"}, try: tryTrace,
		cost: "packets cannot be traced"},

	{name: BridgeVLAN, group: groupDevices, needs: Needs{Option: "CONFIG_BRIDGE_VLAN_FILTERING", Since: "3.9"},
		try: tryBridgeVLAN, cost: "no bridges that know VLANs"},
	{name: VLAN, group: groupDevices, needs: Needs{Module: "8021q", Option: "CONFIG_VLAN_8021Q"}, try: tryVLAN,
		cost: "no VLAN devices"},
	{name: VXLAN, group: groupDevices, needs: Needs{Module: "vxlan", Option: "CONFIG_VXLAN", Since: "3.7"},
		try: kind("vxlan", u32(unix.IFLA_VXLAN_ID, 42)), cost: "no VXLAN tunnels"},
	{name: Dummy, group: groupDevices, needs: Needs{Module: "dummy", Option: "CONFIG_DUMMY"}, try: kind("dummy"),
		host: "dummy0", load: "numdummies=0", cost: "no dummy devices (give lo the address instead)"},
	{name: VRF, group: groupDevices, needs: Needs{Module: "vrf", Option: "CONFIG_NET_VRF", Since: "4.3"},
		try: kind("vrf", u32(unix.IFLA_VRF_TABLE, 10)), cost: "no VRFs: a node has one routing domain"},
	{name: Bond, group: groupDevices, needs: Needs{Module: "bonding", Option: "CONFIG_BONDING"}, try: kind("bond"),
		host: "bond0", load: "max_bonds=0", cost: "no bonds"},
	{name: Macvlan, group: groupDevices, needs: Needs{Module: "macvlan", Option: "CONFIG_MACVLAN"}, try: onVeth("macvlan"),
		cost: "no macvlan devices"},
	{name: IPvlan, group: groupDevices, needs: Needs{Module: "ipvlan", Option: "CONFIG_IPVLAN", Since: "3.19"}, try: onVeth("ipvlan"),
		cost: "no ipvlan devices"},
	{name: GRE, group: groupDevices, needs: Needs{Module: "ip_gre", Option: "CONFIG_NET_IPGRE"}, try: tunnel("gre", iflaGRELocal),
		host: "gre0", fb: true, cost: "no GRE tunnels"},
	{name: IPIP, group: groupDevices, needs: Needs{Module: "ipip", Option: "CONFIG_NET_IPIP"}, try: tunnel("ipip", iflaIPTunLocal),
		host: "tunl0", fb: true, cost: "no IP-in-IP tunnels"},
	{name: SIT, group: groupDevices, needs: Needs{Module: "sit", Option: "CONFIG_IPV6_SIT"}, try: tunnel("sit", iflaIPTunLocal),
		host: "sit0", fb: true, cost: "no IPv6-in-IPv4 tunnels"},
	{name: WireGuard, group: groupDevices, needs: Needs{Module: "wireguard", Option: "CONFIG_WIREGUARD", Since: "5.6"}, try: kind("wireguard"),
		cost: "no WireGuard tunnels"},
	{name: IFB, group: groupDevices, needs: Needs{Module: "ifb", Option: "CONFIG_IFB"}, try: kind("ifb"),
		host: "ifb0", load: "numifbs=0", cost: "packets that come in cannot be shaped"},
	{name: Tun, group: groupDevices, needs: Needs{Module: "tun", Option: "CONFIG_TUN"}, try: tryTun,
		cost: "no TUN and TAP devices"},

	{name: Netem, group: groupQdiscs, needs: Needs{Module: "sch_netem", Option: "CONFIG_NET_SCH_NETEM"}, try: tryNetem,
		cost: "links cannot delay, lose or reorder, but for those of kind tap"},
	{name: TBF, group: groupQdiscs, needs: Needs{Module: "sch_tbf", Option: "CONFIG_NET_SCH_TBF"}, try: tryTBF,
		cost: "links cannot be made slow"},
	{name: Flower, group: groupQdiscs, needs: Needs{Module: "cls_flower", Option: "CONFIG_NET_CLS_FLOWER", Since: "4.2"}, try: tryFlower,
		cost: "no tc rules by header field, so none that a NIC could take over"},

	{name: NftARP, group: groupRules, needs: Needs{Module: "nf_tables", Option: "CONFIG_NF_TABLES_ARP", Since: "3.13"},
		try: tryNft(nftARP), cost: "nft rules of family arp cannot be loaded, and ARP not traced"},
	{name: NftBridge, group: groupRules, needs: Needs{Module: "nf_tables", Option: "CONFIG_NF_TABLES_BRIDGE", Since: "3.13"},
		try: tryNft(nftBridge), cost: "nft rules of family bridge cannot be loaded; packets are not seen inside bridges"},
	{name: NftNetdevIngress, group: groupRules, needs: Needs{Module: "nf_tables", Option: "CONFIG_NF_TABLES_NETDEV", Since: "4.2"},
		try: tryNft(nftNetdevIngress), cost: "no rules at ingress; packets are not seen coming in at a device"},
	{name: NftNetdevEgress, group: groupRules, needs: Needs{Option: "CONFIG_NETFILTER_EGRESS", Since: "5.16"},
		try: tryNft(nftNetdevEgress), cost: "no rules at egress; packets are not seen leaving a device"},
	{name: NftInetIngress, group: groupRules, needs: Needs{Option: "CONFIG_NETFILTER_INGRESS", Since: "5.10"},
		try: tryNft(nftInetIngress), cost: "no ingress chains in family inet (use family netdev)"},
	{name: NftPayloadSet, group: groupRules, needs: Needs{Option: "CONFIG_NF_TABLES", Since: "4.5"}, try: tryPayloadSet,
		cost: "rules cannot write header fields (ip ttl set ..., tcp dport set ...)"},
	{name: Conntrack, group: groupRules, needs: Needs{Module: "nf_conntrack", Option: "CONFIG_NF_CONNTRACK, CONFIG_NFT_CT"},
		try: tryConntrack, cost: "no rules that know connections (ct state ...), no NAT"},
	{name: NAT, group: groupRules, needs: Needs{Module: "nft_nat", Option: "CONFIG_NFT_NAT, CONFIG_NFT_MASQ"}, try: tryNAT,
		cost: "no snat, dnat, masquerade, redirect"},
	{name: NftQueue, group: groupRules, needs: Needs{Module: "nft_queue", Option: "CONFIG_NFT_QUEUE", Since: "3.14"}, try: tryQueue,
		cost: "packets cannot be held or given to a program (queue)"},
	{name: Flowtable, group: groupRules, needs: Needs{Module: "nft_flow_offload", Option: "CONFIG_NF_FLOW_TABLE, CONFIG_NFT_FLOW_OFFLOAD",
		Since: "4.16"}, try: tryFlowtable, cost: "no flowtables: connections have no fast path"},
	{name: TProxy, group: groupRules, needs: Needs{Module: "nft_tproxy", Option: "CONFIG_NFT_TPROXY", Since: "4.19"}, try: tryTProxy,
		cost: "no transparent proxies (tproxy)"},
	{name: SynProxy, group: groupRules, needs: Needs{Module: "nft_synproxy", Option: "CONFIG_NFT_SYNPROXY", Since: "5.3"}, try: trySynProxy,
		cost: "no synproxy"},
	{name: BridgeConntrack, group: groupRules, needs: Needs{Module: "nf_conntrack_bridge", Option: "CONFIG_NF_CONNTRACK_BRIDGE", Since: "5.3"},
		try: tryBridgeConntrack, cost: "bridges cannot follow connections"},
	{name: BridgeNetfilter, group: groupRules, needs: Needs{Module: "br_netfilter", Option: "CONFIG_BRIDGE_NETFILTER"},
		try: tryBridgeNetfilter, beware: "bridged packets of the host then pass its IP hooks", cost: "bridged packets cannot be sent through the IP hooks (bridge-nf-call-iptables)"},

	{name: NftTraceConntrack, group: groupLooking, needs: Needs{Option: "CONFIG_NF_CONNTRACK", Since: "6.16"}, try: tryTraceConntrack,
		cost: "a packet's connection is inferred, not observed"},
	{name: NetfilterHooks, group: groupLooking, needs: Needs{Module: "nfnetlink_hook", Option: "CONFIG_NETFILTER_NETLINK_HOOK", Since: "5.14"},
		try: tryHooks, cost: "the order of what hangs at a hook is known from a table, not from the kernel"},
	{name: PacketSockets, group: groupLooking, needs: Needs{Module: "af_packet", Option: "CONFIG_PACKET"}, try: tryPacket,
		cost: "links cannot be captured"},
	{name: AFXDP, group: groupLooking, needs: Needs{Option: "CONFIG_XDP_SOCKETS", Since: "4.18"}, try: tryXDP,
		cost: "no AF_XDP sockets"},
	{name: BPFNetfilter, group: groupLooking, needs: Needs{Option: "CONFIG_NETFILTER_BPF_LINK", Since: "6.4"}, try: tryBPFNetfilter,
		cost: "no exact order and time of packets between nodes; nft trace is used alone"},
	{name: RawTracepoints, group: groupLooking, needs: Needs{Option: "CONFIG_BPF_EVENTS", Since: "4.17"}, try: tryRawTracepoint,
		cost: "the kernel's own reason for a drop is not seen"},
	{name: BTF, group: groupLooking, needs: Needs{Option: "CONFIG_DEBUG_INFO_BTF", Since: "5.4"}, try: tryBTF,
		cost: "drop reasons have numbers, not names"},
	{name: RcvBufForce, group: groupLooking, needs: Needs{}, try: tryRcvBufForce,
		cost: "the tracer's buffer ends at net.core.rmem_max: bursts lose events (they are counted)"},

	{name: ESP, group: groupOther, needs: Needs{Module: "esp4", Option: "CONFIG_XFRM_USER, CONFIG_INET_ESP, CONFIG_CRYPTO_GCM"}, try: tryESP,
		cost: "no IPsec"},
}

// Features are the names of all features, in the order in which they are shown.
func Features() []Feature {
	names := make([]Feature, len(features))
	for i := range features {
		names[i] = features[i].name
	}
	return names
}

// Group is the heading under which a feature is shown; "" for a feature that there is not.
func (f Feature) Group() string {
	if d := f.find(); d != nil {
		return d.group
	}
	return ""
}

func (f Feature) find() *feature {
	i := slices.IndexFunc(features, func(d feature) bool { return d.name == f })
	if i < 0 {
		return nil
	}
	return &features[i]
}
