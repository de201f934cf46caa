package lab

import "time"

// Progress is one finished phase of Up.
type Progress struct {
	Phase string        `json:"phase"` // nodes, links, addrs, nft, ready
	Text  string        `json:"text"`  // what was done, with counts
	Took  time.Duration `json:"tookNs"`
}
