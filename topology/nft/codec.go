package nft

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

// codec is how the values of a type are spelled. The bytes are in network order whatever the type's order is: inside
// this package all values are kept so, because then comparing bytes compares numbers. [Const.Data] has them in the
// order of the kernel.
type codec struct {
	// parse reads a word; size is the number of bits the value may have. A symbol is a name that only the machine
	// can resolve.
	parse func(d *Datatype, w *WordNode, size int) (data []byte, symbol string, err error)
	// print spells a value.
	print func(d *Datatype, data []byte) string
}

var (
	decimal     = codec{parseInteger, printDecimal}
	hexadecimal = codec{parseInteger, printHex}
	service     = codec{parseService, printDecimal}
	bitmask     = codec{parseInteger, printBitmask}
	quoted      = codec{parseInteger, printQuotedSymbol}
	text        = codec{parseText, printText}
	ipv4        = codec{parseIPv4, printIPv4}
	ipv6        = codec{parseIPv6, printIPv6}
	linkAddr    = codec{parseLinkAddr, printLinkAddr}
	duration    = codec{parseDuration, printDuration}
	ifindex     = codec{parseNamed, printDecimal}
	user        = codec{parseNamed, printDecimal}
	classID     = codec{parseClassID, printClassID}
)

// format spells a value of type d, given in network order.
func (d *Datatype) format(data []byte) string {
	if d.Base == BaseConcat {
		var s []string
		for _, p := range d.Parts {
			n := p.Bytes()
			if n > len(data) {
				break
			}
			s = append(s, p.format(data[:n]))
			data = data[n:]
		}
		return strings.Join(s, " . ")
	}
	if d.codec.print == nil {
		return fmt.Sprintf("0x%x", data)
	}
	return d.codec.print(d, data)
}

// parseUint reads a number as C does: 0x is hexadecimal, a leading 0 octal.
func parseUint(s string) (uint64, error) {
	switch {
	case len(s) > 2 && (s[:2] == "0x" || s[:2] == "0X"):
		return strconv.ParseUint(s[2:], 16, 64)
	case len(s) > 1 && s[0] == '0':
		return strconv.ParseUint(s[1:], 8, 64)
	}
	return strconv.ParseUint(s, 10, 64)
}

// putUint is v in n bytes, network order.
func putUint(v uint64, n int) []byte {
	out := make([]byte, n)
	for i := n - 1; i >= 0; i-- {
		out[i] = byte(v)
		v >>= 8
	}
	return out
}

// getUint is the number in data; only the last eight bytes count.
func getUint(data []byte) uint64 {
	var v uint64
	for _, b := range data {
		v = v<<8 | uint64(b)
	}
	return v
}

func parseInteger(d *Datatype, w *WordNode, size int) ([]byte, string, error) {
	if w.Kind != WordNumber {
		if v, ok := d.symbols.value(w.Text); ok {
			return putUint(v, d.Bytes()), "", nil
		}
		if w.Kind == WordAddr {
			return nil, "", fmt.Errorf("`%s` is an address, not a value of type %s", w.Text, d.Name)
		}
		return nil, "", &unknownSymbol{word: w.Text, typ: d}
	}
	v, err := parseUint(w.Text)
	switch {
	case errors.Is(err, strconv.ErrSyntax):
		return nil, "", fmt.Errorf("`%s` is not a number (a leading 0 means octal)", w.Text)
	case err != nil && d.Bytes() > 8 && strings.HasPrefix(w.Text, "0x"):
		return parseWideHex(w.Text[2:], d)
	case err != nil || bits.Len64(v) > size:
		limit := uint64(1)<<min(size, 63) - 1
		if size >= 64 {
			limit = 1<<64 - 1
		}
		what := ""
		if d.Name != "integer" {
			what = d.Name + " takes "
		}
		return nil, "", fmt.Errorf("%s is out of range: %s0 to %d", w.Text, what, limit)
	}
	return putUint(v, d.Bytes()), "", nil
}

// parseWideHex reads a number of more than 64 bits.
func parseWideHex(s string, d *Datatype) ([]byte, string, error) {
	n := d.Bytes()
	s = strings.TrimLeft(s, "0")
	if len(s) > 2*n {
		return nil, "", fmt.Errorf("0x%s has more than %d bits", s, d.Bits)
	}
	s = strings.Repeat("0", 2*n-len(s)) + s
	out := make([]byte, n)
	for i := range out {
		v, err := strconv.ParseUint(s[2*i:2*i+2], 16, 8)
		if err != nil {
			return nil, "", fmt.Errorf("0x%s is not a number", s)
		}
		out[i] = byte(v)
	}
	return out, "", nil
}

// unknownSymbol is a word that is no value of a type.
type unknownSymbol struct {
	word string
	typ  *Datatype
}

func (e *unknownSymbol) Error() string {
	return fmt.Sprintf("`%s` is not a value of type %s", e.word, e.typ.Name)
}

func parseService(d *Datatype, w *WordNode, size int) ([]byte, string, error) {
	data, _, err := parseInteger(d, w, size)
	var unknown *unknownSymbol
	switch {
	case err == nil:
		return data, "", nil
	case errors.As(err, &unknown):
		return nil, "", err
	case w.Kind == WordNumber:
		return nil, "", fmt.Errorf("port %s is out of range: 0 to 65535", w.Text)
	}
	return nil, "", err
}

// parseNamed reads a number, or a name that the machine resolves.
func parseNamed(d *Datatype, w *WordNode, size int) ([]byte, string, error) {
	if d.Name == "iface_index" && strings.HasSuffix(w.Text, "*") {
		return nil, "", fmt.Errorf("`%s`: iif and oif take one interface; iifname and oifname take patterns", w.Text)
	}
	switch w.Kind {
	case WordNumber:
		return parseInteger(d, w, size)
	case WordName, WordQuoted:
		if d.Name == "iface_index" && len(w.Text) > 15 {
			return nil, "", fmt.Errorf("interface name `%s` is longer than 15 bytes", w.Text)
		}
		if w.Text == "" {
			return nil, "", errors.New("the name is empty")
		}
		return nil, w.Text, nil
	}
	return nil, "", &unknownSymbol{word: w.Text, typ: d}
}

func printDecimal(d *Datatype, data []byte) string {
	if d.codecIsService() {
		return strconv.FormatUint(getUint(data), 10)
	}
	v := getUint(data)
	if n := d.symbols.name(v); n != "" && len(data) <= 8 {
		return n
	}
	if len(data) > 8 {
		return fmt.Sprintf("0x%x", data)
	}
	return strconv.FormatUint(v, 10)
}

// codecIsService: ports have names that are read but not printed.
func (d *Datatype) codecIsService() bool { return d.Name == "inet_service" }

func printHex(d *Datatype, data []byte) string {
	if n := d.symbols.name(getUint(data)); n != "" {
		return n
	}
	return fmt.Sprintf("0x%0*x", 2*len(data), data)
}

// printRaw spells a number in hexadecimal without zeros in front.
func printRaw(_ *Datatype, data []byte) string {
	s := strings.TrimLeft(fmt.Sprintf("%x", data), "0")
	if s == "" {
		s = "0"
	}
	return "0x" + s
}

func printQuotedSymbol(d *Datatype, data []byte) string {
	if n := d.symbols.name(getUint(data)); n != "" {
		return strconv.Quote(n)
	}
	return printDecimal(d, data)
}

// printBitmask spells the bits that are set, lowest first, with commas: "syn,ack".
func printBitmask(d *Datatype, data []byte) string { return joinBits(d, data, ",") }

func joinBits(d *Datatype, data []byte, sep string) string {
	if d.ID == labelTypeID {
		return joinLabels(data, sep)
	}
	v := getUint(data)
	if v == 0 {
		return "0x0"
	}
	var s []string
	for rest := v; rest != 0; {
		bit := rest & -rest
		rest &^= bit
		n := d.symbols.name(bit)
		if n == "" {
			n = fmt.Sprintf("0x%x", bit)
		}
		s = append(s, n)
	}
	return strings.Join(s, sep)
}

func parseText(d *Datatype, w *WordNode, _ int) ([]byte, string, error) {
	s := strings.TrimSuffix(w.Text, `\*`)
	if s != w.Text {
		s += "*"
	}
	if w.Kind == WordNumber {
		if v, err := parseUint(s); err == nil {
			s = strconv.FormatUint(v, 10)
		}
	}
	if w.Kind == WordAddr || s == "" {
		return nil, "", fmt.Errorf("`%s` is not a name", w.Text)
	}
	if len(s) > 15 {
		return nil, "", fmt.Errorf("`%s` is longer than 15 bytes", s)
	}
	out := make([]byte, 16)
	copy(out, s)
	return out, "", nil
}

func printText(_ *Datatype, data []byte) string {
	s := cString(data)
	if stem, ok := strings.CutSuffix(s, "*"); ok { // a star that is no wildcard
		s = stem + `\*`
	}
	return `"` + s + `"`
}

func cString(data []byte) string {
	for i, b := range data {
		if b == 0 {
			return string(data[:i])
		}
	}
	return string(data)
}

// parseClassID reads MAJOR:MINOR, both hexadecimal, as tc does.
func parseClassID(d *Datatype, w *WordNode, size int) ([]byte, string, error) {
	major, minor, ok := strings.Cut(w.Text, ":")
	if !ok {
		return parseInteger(d, w, size)
	}
	a, err1 := strconv.ParseUint(major, 16, 16)
	b, err2 := strconv.ParseUint(minor, 16, 16)
	if err1 != nil || err2 != nil {
		return nil, "", fmt.Errorf("`%s` is not a class such as 1:10 (hexadecimal)", w.Text)
	}
	return putUint(a<<16|b, 4), "", nil
}

func printClassID(d *Datatype, data []byte) string {
	v := getUint(data)
	if n := d.symbols.name(v); n != "" {
		return n
	}
	return fmt.Sprintf("%x:%x", v>>16, v&0xffff)
}

// nativeOrder turns a value between network order and the order of the kernel for this type; it is its own inverse.
func (d *Datatype) nativeOrder(data []byte) []byte {
	out := append([]byte(nil), data...)
	if d.Order == HostEndian && littleEndian {
		for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
			out[i], out[j] = out[j], out[i]
		}
	}
	return out
}

var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1
