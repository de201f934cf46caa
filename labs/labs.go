// Package labs is the set of labs that come with the program, embedded in the binary.
package labs

import "embed"

// FS has one folder for each lab, with its lab.yaml and rules.
//
//go:embed */*.yaml */*.nft
var FS embed.FS
