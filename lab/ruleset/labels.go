package ruleset

import (
	"bufio"
	"fmt"
	"math/big"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// labelsFiles may have the names of connection labels on this machine; nft was built with one or the other. A variable
// for tests.
var labelsFiles = []string{"/etc/xtables/connlabel.conf", "/etc/connlabel.conf"}

// label is the value of a connection label that is written by its name.
func label(name string) (value []byte, hint string, err error) {
	const write = "write its number, from 0 to 127"
	var f *os.File
	for _, path := range labelsFiles {
		if f, err = os.Open(path); err == nil {
			break
		}
	}
	if err != nil {
		return nil, write, fmt.Errorf("the label `%s` has no number on this machine: %w", name, err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		text, _, _ := strings.Cut(lines.Text(), "#")
		words := strings.Fields(text)
		if len(words) != 2 || words[1] != name {
			continue
		}
		if n, err := strconv.ParseUint(words[0], 0, 32); err == nil && n < uint64(nft.TypeCTLabel.Bits) {
			value = new(big.Int).Lsh(big.NewInt(1), uint(n)).FillBytes(make([]byte, nft.TypeCTLabel.Bytes()))
			if swaps(nft.TypeCTLabel) {
				slices.Reverse(value)
			}
			return value, "", nil
		}
	}
	return nil, write + ", or give it one in " + f.Name(), fmt.Errorf("no label is called `%s` on this machine", name)
}
