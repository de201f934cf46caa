package netmap

// weight is how a line is drawn.
type weight uint8

const (
	none   weight = iota
	light         // a cable, the border of a box
	heavy         // the way of the selected packet
	double        // the border of the selected node, a bar that stands for a full mesh
)

// The directions in which a line leaves a cell, as indexes into arms.
const (
	north = iota
	east
	south
	west
)

// arms are the lines of a cell, one for each direction.
type arms [4]weight

// joints are the box drawing characters (Unicode block 2500-257F) by their arms in the order north, east, south,
// west: ' ' nothing, '-' light, '=' heavy, '#' double.
var joints = joinTable(map[rune]string{
	'─': " - -", '│': "- - ", '━': " = =", '┃': "= = ",
	'┌': " -- ", '┍': " =- ", '┎': " -= ", '┏': " == ",
	'┐': "  --", '┑': "  -=", '┒': "  =-", '┓': "  ==",
	'└': "--  ", '┕': "-=  ", '┖': "=-  ", '┗': "==  ",
	'┘': "-  -", '┙': "-  =", '┚': "=  -", '┛': "=  =",
	'├': "--- ", '┝': "-=- ", '┞': "=-- ", '┟': "--= ", '┠': "=-= ", '┡': "==- ", '┢': "-== ", '┣': "=== ",
	'┤': "- --", '┥': "- -=", '┦': "= --", '┧': "- =-", '┨': "= =-", '┩': "= -=", '┪': "- ==", '┫': "= ==",
	'┬': " ---", '┭': " --=", '┮': " =--", '┯': " =-=", '┰': " -=-", '┱': " -==", '┲': " ==-", '┳': " ===",
	'┴': "-- -", '┵': "-- =", '┶': "-= -", '┷': "-= =", '┸': "=- -", '┹': "=- =", '┺': "== -", '┻': "== =",
	'┼': "----", '┽': "---=", '┾': "-=--", '┿': "-=-=", '╀': "=---", '╁': "--=-", '╂': "=-=-", '╃': "=--=",
	'╄': "==--", '╅': "--==", '╆': "-==-", '╇': "==-=", '╈': "-===", '╉': "=-==", '╊': "===-", '╋': "====",
	'═': " # #", '║': "# # ", '╒': " #- ", '╓': " -# ", '╔': " ## ", '╕': "  -#", '╖': "  #-", '╗': "  ##",
	'╘': "-#  ", '╙': "#-  ", '╚': "##  ", '╛': "-  #", '╜': "#  -", '╝': "#  #",
	'╞': "-#- ", '╟': "#-# ", '╠': "### ", '╡': "- -#", '╢': "# #-", '╣': "# ##",
	'╤': " #-#", '╥': " -#-", '╦': " ###", '╧': "-# #", '╨': "#- -", '╩': "## #", '╪': "-#-#", '╫': "#-#-", '╬': "####",
	'╴': "   -", '╵': "-   ", '╶': " -  ", '╷': "  - ", '╸': "   =", '╹': "=   ", '╺': " =  ", '╻': "  = ",
	'╼': " = -", '╽': "- = ", '╾': " - =", '╿': "= - ",
})

func joinTable(chars map[rune]string) map[arms]rune {
	t := make(map[arms]rune, len(chars))
	for r, s := range chars {
		var a arms
		for i := range a {
			switch s[i] {
			case '-':
				a[i] = light
			case '=':
				a[i] = heavy
			case '#':
				a[i] = double
			}
		}
		t[a] = r
	}
	return t
}

// joint is the character with these arms. Unicode has no character for some mixtures; the nearest that joins in the
// same directions is taken.
func (a arms) joint(ascii bool) rune {
	if ascii {
		return a.ascii()
	}
	if r, ok := joints[a]; ok {
		return r
	}
	// A double line that a cable or the packet's way meets keeps its double arms if they are opposite, else all are
	// drawn as the heaviest that exists.
	if b := a.without(heavy, light); joints[b] != 0 {
		return joints[b]
	}
	if b := a.without(double, heavy); joints[b] != 0 {
		return joints[b]
	}
	return joints[a.without(double, light).without(heavy, light)]
}

func (a arms) without(w, instead weight) arms {
	for i := range a {
		if a[i] == w {
			a[i] = instead
		}
	}
	return a
}

func (a arms) ascii() rune {
	vertical, horizontal := max(a[north], a[south]), max(a[east], a[west])
	strongest := max(vertical, horizontal)
	straight := vertical == none || horizontal == none
	switch {
	case strongest == double && (straight || a.corner(double)):
		return '#'
	case !straight:
		return '+'
	case vertical == heavy:
		return '"'
	case vertical == light:
		return '|'
	case horizontal == heavy:
		return '='
	default:
		return '-'
	}
}

// corner reports whether all arms that there are have one weight.
func (a arms) corner(w weight) bool {
	for _, x := range a {
		if x != none && x != w {
			return false
		}
	}
	return true
}
