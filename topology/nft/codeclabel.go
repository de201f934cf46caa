package nft

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// label is how connection labels are spelled: by the number of their bit, from 0 to 127, or by a name that the machine
// has in connlabel.conf.
var label = codec{parseLabel, printLabel}

// labelTypeID is the number of [TypeCTLabel].
const labelTypeID = 30

// maxLabel is XT_CONNLABEL_MAXBIT of include/uapi/linux/netfilter/xt_connlabel.h.
const maxLabel = 127

func parseLabel(d *Datatype, w *WordNode, _ int) ([]byte, string, error) {
	switch w.Kind {
	case WordNumber:
		v, err := parseUint(w.Text)
		if err != nil || v > maxLabel {
			return nil, "", fmt.Errorf("%s is out of range: a label has a number from 0 to %d", w.Text, maxLabel)
		}
		return new(big.Int).Lsh(big.NewInt(1), uint(v)).FillBytes(make([]byte, d.Bytes())), "", nil
	case WordName, WordQuoted:
		if w.Text == "" {
			return nil, "", errors.New("the name is empty")
		}
		return nil, w.Text, nil
	}
	return nil, "", &unknownSymbol{word: w.Text, typ: d}
}

func printLabel(_ *Datatype, data []byte) string { return joinLabels(data, ",") }

// joinLabels spells the labels that are set, lowest first.
func joinLabels(data []byte, sep string) string {
	v := new(big.Int).SetBytes(data)
	var s []string
	for i := range v.BitLen() {
		if v.Bit(i) == 1 {
			s = append(s, strconv.Itoa(i))
		}
	}
	if len(s) == 0 {
		return "0x0"
	}
	return strings.Join(s, sep)
}
