package tui

import (
	"context"
	"errors"
	"fmt"
	"image/color"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/tui/lab"
)

// Every key that the help names does something on its screen: the picture changes, or a command goes out.
func TestHelpTellsTheTruth(t *testing.T) {
	places := map[Screen][]string{ // where somebody may be: each key must do something in one of them
		Lab:  {"<home>/fw<enter><esc>d<up><up>", "g<tab>", "<tab><tab>", "d[", "/fw<enter>", "<tab>/isp<enter>", "-", "---+", "<tab><tab>jj"},
		Step: {"gnnnnnn", "<tab>G", "GS", "<tab><tab><tab>gnnnnnnn", "z"},
	}
	for _, s := range []Screen{Lab, Step} {
		c := testConfig(t, "drop", "delivered", "no-route")
		c.Screen = s
		for _, b := range start(t, c, 120, 36).bindings() {
			for _, k := range b.Keys() {
				if !works(t, c, places[s], pressed(t, k)) {
					t.Errorf("%s screen: %q (%s) does nothing", s, k, b.Help().Desc)
				}
			}
		}
	}
}

// pressed is the key of a name as key.Binding has it.
func pressed(t *testing.T, name string) tea.KeyPressMsg {
	t.Helper()
	if letter, ok := strings.CutPrefix(name, "ctrl+"); ok {
		return tea.KeyPressMsg{Code: rune(letter[0]), Mod: tea.ModCtrl}
	}
	if name == "shift+tab" {
		name = "S-tab"
	}
	k, ok := keyNames[name]
	if !ok {
		k = tea.KeyPressMsg{Code: []rune(name)[0], Text: name}
	}
	if k.String() != name && name != "S-tab" {
		t.Fatalf("the key of %q is called %q", name, k)
	}
	return k
}

func works(t *testing.T, c Config, places []string, k tea.KeyPressMsg) bool {
	for _, place := range places {
		c.Keys = place
		m := start(t, c, 120, 36)
		before := screen(t, m)
		mouse := m.mouse
		_, cmd := m.Update(k)
		if strings.Contains(m.note, "does nothing") {
			return false
		}
		if cmd != nil || screen(t, m) != before || m.mouse != mouse {
			return true
		}
	}
	return false
}

// What a key leads to, in the words of the screen.
func TestKeys(t *testing.T) {
	for _, c := range []struct {
		name  string
		paths string
		from  Screen
		keys  string
		want  []string // all on the screen
		not   string
	}{
		{"next", "drop", Step, "gn", []string{"◀ 2/15 ▶", "OUT dev eth0"}, ""},
		{"back", "drop", Step, "N", []string{"◀ 14/15 ▶", "FORWARD dev dmz"}, ""},
		{"not beyond the ends", "drop", Step, "nnGgN", []string{"◀ 1/15 ▶"}, ""},
		{"node", "drop", Step, "go", []string{"◀ 6/15 ▶", "isp · netfilter path"}, ""},
		{"node back", "drop", Step, "O", []string{"◀ 6/15 ▶"}, ""},
		{"node behind the last", "drop", Step, "goooo", []string{"◀ 15/15 ▶"}, ""},
		{"rule back", "drop", Step, "S", []string{"> 19  iifname"}, "> 16"},
		{"rules back into the station before", "drop", Step, "SSSS", []string{"◀ 14/15 ▶"}, ""},
		{"rule on into the next station", "drop", Step, "NNs", []string{"◀ 14/15 ▶"}, ""},
		{"reply", "delivered", Step, "]", []string{"P1 reply", "back at the sender"}, ""},
		{"packet before", "drop delivered", Step, "[", []string{"P1", "policy drop"}, ""},
		{"no packet before", "drop", Step, "[", []string{"this is the first packet"}, ""},
		{"next drop", "drop delivered no-route", Step, "[[[d", []string{"no route to 10.0.1.11"}, ""},
		{"next drop from the last goes round", "drop delivered no-route", Step, "d", []string{"P1 tcp SYN", "policy drop"}, ""},
		{"no drop", "delivered", Step, "d", []string{"every packet so far arrived"}, ""},
		{"resend", "drop", Step, "R", []string{"P2: DELIVERED  web  http:80", "◀ 22/22 ▶"}, ""},
		{"inject", "drop", Lab, "i<C-u>client web:80/tcp<enter>", []string{"P2: DELIVERED"}, ""},
		{"inject completes names", "", Lab, "i<C-u>cl<tab>we<tab><enter>", []string{"P1: DELIVERED"}, ""},
		{"inject one word", "", Lab, "i<C-u>client<enter>", []string{"two words are needed"}, ""},
		{"inject writes over what is proposed", "drop", Lab, "iclient web:80/tcp<enter>", []string{"P2: DELIVERED"}, "words are needed"},
		{"inject writes over the node", "", Lab, "iclient web:80/tcp<enter>", []string{"P1: DELIVERED"}, "words are needed"},
		{"inject changes what is proposed", "drop", Lab, "i<left><right>x", []string{"FROM TO: client 203.0.113.1:8080/tcpx"}, ""},
		{"inject shows the line beside the mistake", "drop", Lab, "iclinet web<enter>", []string{`FROM TO: clinet web   no node "clinet"; did you mean "client"?`}, ""},
		{"inject fails", "", Lab, "i<C-u>client nowhere<enter>", []string{`client to nowhere: no node or address "nowhere"`}, ""},
		{"card", "drop", Lab, "D", []string{"Why was packet P1 dropped?", "NEAREST"}, ""},
		{"card closes", "drop", Lab, "D<esc>", []string{"Events"}, "NEAREST"},
		{"card closes with q", "drop", Lab, "Dq", []string{"Events"}, "NEAREST"},
		{"card copies", "drop", Lab, "Dy", []string{"copied the text of P1"}, "NEAREST"},
		{"copy text", "drop", Step, "yt", []string{"copied the text of P1"}, ""},
		{"copy again", "drop", Step, "yy", []string{"copied the text of P1"}, ""},
		{"copy JSON", "drop", Step, "yj", []string{"copied the JSON of P1"}, ""},
		{"copy nothing", "drop", Step, "yx", []string{"nothing copied"}, ""},
		{"open the event", "drop delivered", Lab, "g<enter>", []string{"Step ▸ P1", "◀ 1/15 ▶"}, ""},
		{"open a node of the map", "drop", Lab, "<tab>/isp<enter><enter>", []string{"Step ▸ P1", "◀ 11/15 ▶", "isp ·"}, ""},
		{"open a node that saw nothing", "drop", Lab, "<tab>/pc1<enter><enter>", []string{"pc1 never saw packet P1"}, ""},
		{"find no node", "drop", Lab, "<tab>/zz", []string{`no node has "zz" in its name`}, ""},
		{"filter", "drop delivered", Lab, "/dnat", []string{"/ dnat: "}, "postrouting"},
		{"filter dropped", "drop", Lab, "/dnat<enter><esc>", []string{"(follow)"}, "/ dnat"},
		{"find a step", "drop", Step, "g/dnat<enter>", []string{"◀ 13/15 ▶"}, ""},
		{"find no step", "drop", Step, "/zz", []string{`no step has "zz" in it`}, ""},
		{"step and back keeps the place", "drop delivered", Lab, "g2nnn1", []string{">   4"}, ""},
		{"freeze", "drop", Lab, "<space>R", []string{"frozen, 45 new", ">  15"}, ""},
		{"thaw", "drop", Lab, "<space>R<space>", []string{"(follow)", ">  60"}, ""},
		{"zoom", "drop", Lab, "z", []string{"Events"}, "Map"},
		{"unzoom", "drop", Lab, "z<esc>", []string{"Events", "Map"}, ""},
		{"esc from Step", "drop", Step, "<esc>", []string{"▸ Lab"}, ""},
		{"unknown key", "drop", Step, "x", []string{"x does nothing here; ? shows the keys"}, ""},
		{"nothing to step", "", Lab, "2", []string{"No packet was sent yet"}, ""},
		{"help and back", "drop", Lab, "?<esc>", nil, "Keys of"},
		{"help closes with q", "drop", Lab, "?q", []string{"Events"}, "Keys of"},
		{"help searches", "drop", Lab, "?shell", []string{"a shell in this node"}, "next pane"},
		{"help finds nothing", "drop", Lab, "?zzz", []string{"no key does that here"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := testConfig(t, strings.Fields(c.paths)...)
			config.Screen, config.Keys = c.from, c.keys
			text := screen(t, start(t, config, 80, 24))
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("no %q on the screen:\n%s", want, text)
				}
			}
			if c.not != "" && strings.Contains(text, c.not) {
				t.Errorf("%q is on the screen:\n%s", c.not, text)
			}
		})
	}
}

// On a screen that is too small for panes the arrow keys move in the list.
func TestKeysOfLists(t *testing.T) {
	for _, s := range []struct {
		screen Screen
		keys   string
		want   string
	}{{Lab, "<tab>kk", ">  13"}, {Step, "kk", ">● fw prerouting/dstnat"}, {Step, "kkj", ">◆ fw route"}, {Step, "N", ">◆ fw route"}} {
		c := testConfig(t, "drop")
		c.Screen = s.screen
		m := start(t, c, 40, 12)
		screen(t, m)
		press(t, m, s.keys)
		if text := screen(t, m); !strings.Contains(text, s.want) {
			t.Errorf("%s: no %q:\n%s", s.keys, s.want, text)
		}
	}
}

// q and ctrl+c end the program; q first closes what is open.
func TestQuit(t *testing.T) {
	for _, c := range []struct {
		keys string
		last tea.KeyPressMsg
		quit bool
	}{
		{"", keyOf('q'), true},
		{"?", keyOf('q'), false},
		{"D", keyOf('q'), false},
		{"/", keyOf('q'), false},
		{"?", tea.KeyPressMsg{Code: 'c', Mod: tea.ModCtrl}, true},
		{"i", tea.KeyPressMsg{Code: 'c', Mod: tea.ModCtrl}, true},
	} {
		config := testConfig(t, "drop")
		config.Keys = c.keys
		m := start(t, config, 80, 24)
		_, cmd := m.Update(c.last)
		quit := false
		if cmd != nil {
			_, quit = cmd().(tea.QuitMsg)
		}
		if quit != c.quit {
			t.Errorf("after %q, %s: quit is %v, want %v", c.keys, c.last, quit, c.quit)
		}
	}
}

func keyOf(r rune) tea.KeyPressMsg { return tea.KeyPressMsg{Code: r, Text: string(r)} }

// What cannot be done says so, and is neither in the help nor among the keys below.
func TestWithoutActions(t *testing.T) {
	for _, k := range []string{"i", "R", "!"} {
		c := testConfig(t, "drop")
		c.Actions, c.Screen, c.Keys = Actions{}, Step, k
		m := start(t, c, 80, 24)
		text := screen(t, m)
		if !strings.Contains(text, "not possible here") {
			t.Errorf("%s says nothing:\n%s", k, text)
		}
		if strings.Contains(text, "resend") || strings.Contains(text, "sends it again") {
			t.Errorf("the screen offers to send:\n%s", text)
		}
		for _, b := range m.bindings() {
			if b.Help().Key == k {
				t.Errorf("%s is in the help", k)
			}
		}
	}
}

// A shell is in the node that is selected, or that the packet is on; it waits for a packet that is under way.
func TestShell(t *testing.T) {
	for _, c := range []struct {
		screen Screen
		keys   string
		want   string
	}{{Lab, "!", "fw"}, {Lab, "<tab>/pc<enter>!", "pc1"}, {Step, "!", "fw"}, {Step, "g!", "client"}} {
		config := testConfig(t, "drop")
		config.Screen, config.Keys = c.screen, c.keys
		m := start(t, config, 80, 24)
		if m.shellIn != c.want {
			t.Errorf("%s: a shell in %q, want %q", c.keys, m.shellIn, c.want)
		}
		m.backFrom(c.want, nil)
		tell(t, m, tea.WindowSizeMsg{Width: 80, Height: 24})
		if text := screen(t, m); m.shellIn != "" || !strings.Contains(text, "back from "+c.want) {
			t.Errorf("after the shell:\n%s", text)
		}
	}
	m := start(t, testConfig(t, "drop"), 80, 24)
	m.Update(keyOf('R'))
	if _, cmd := m.Update(keyOf('!')); cmd != nil || m.shellIn != "" {
		t.Error("a shell opens while a packet is under way")
	}
	m.backFrom("fw", errors.New("the lab is gone"))
	tell(t, m, tea.WindowSizeMsg{Width: 80, Height: 24})
	if text := screen(t, m); !strings.Contains(text, "shell in fw: the lab is gone") {
		t.Errorf("no error:\n%s", text)
	}
}

// A second packet is not sent while one is under way.
func TestOneAtATime(t *testing.T) {
	m := start(t, testConfig(t, "drop"), 80, 24)
	_, first := m.Update(keyOf('R'))
	if first == nil || !strings.Contains(screen(t, m), "sending client to 203.0.113.1:8080/tcp…") {
		t.Fatalf("nothing is sent:\n%s", screen(t, m))
	}
	_, second := m.Update(keyOf('R'))
	if second != nil {
		t.Error("a second packet is sent")
	}
	if !strings.Contains(screen(t, m), "still under way") {
		t.Errorf("no message:\n%s", screen(t, m))
	}
	tell(t, m, first())
	if m.busy != "" || len(m.log.Packets) != 3 {
		t.Errorf("busy %q, %d packets", m.busy, len(m.log.Packets))
	}
}

// A click on what is drawn is the same as the keys that lead there.
func TestMouse(t *testing.T) {
	c := testConfig(t, "drop")
	c.Screen = Step
	m := start(t, c, 80, 24)
	click := func(what string) {
		t.Helper()
		for y, line := range strings.Split(screen(t, m), "\n") {
			if i := strings.Index(line, what); i >= 0 {
				tell(t, m, tea.MouseClickMsg{X: len([]rune(line[:i])), Y: y, Button: tea.MouseLeft})
				return
			}
		}
		t.Fatalf("no %q on the screen:\n%s", what, screen(t, m))
	}
	expect := func(want string) {
		t.Helper()
		if text := screen(t, m); !strings.Contains(text, want) {
			t.Errorf("no %q on the screen:\n%s", want, text)
		}
	}
	click("dstnat")
	expect("◀ 13/15 ▶")
	click("✗ │ web") // in the strip
	expect("◀ 15/15 ▶")
	click("iifname \"lan\"")
	expect("> 18")
	click("n/N hook")
	click("D why")
	tell(t, m, tea.MouseClickMsg{X: 1, Y: 1, Button: tea.MouseLeft})
	tell(t, m, tea.MouseWheelMsg{X: 5, Y: 5, Button: tea.MouseWheelUp})
	expect("◀ 14/15 ▶")
	press(t, m, "1")
	click("isp    tx")
	expect(">  11")
	if m.lab.Pane() != lab.PaneEvents {
		t.Error("a click on an event gives the keys to another pane")
	}
	click("isp    tx") // again: open it
	expect("◀ 11/15 ▶")
	press(t, m, "1")
	click("fw     dstnat")
	click("↵ step  i inject")
	expect("◀ 13/15 ▶")
}

// Colours suit the background that the terminal reports; without colours it is not asked.
func TestBackground(t *testing.T) {
	c := testConfig(t, "drop")
	c.NoColor = false
	m := start(t, c, 80, 24)
	dark := m.View().Content
	tell(t, m, tea.BackgroundColorMsg{Color: color.White})
	if light := m.View().Content; light == dark || ansi.Strip(light) != ansi.Strip(dark) {
		t.Error("a light background changes nothing, or more than colours")
	}
	c.NoColor = true
	m = start(t, c, 80, 24)
	none := m.View().Content
	tell(t, m, tea.BackgroundColorMsg{Color: color.White})
	if m.View().Content != none {
		t.Error("there are colours although there should be none")
	}
}

// The clock goes on each second, but not while frozen or while nobody looks.
func TestClock(t *testing.T) {
	c := testConfig(t, "drop")
	now := noon
	c.Now = func() time.Time { return now }
	m := start(t, c, 80, 24)
	m.ticking = false
	ticks := func(msg tea.Msg) bool {
		_, cmd := m.Update(msg)
		return cmd != nil
	}
	expect := func(up string) {
		t.Helper()
		if text := screen(t, m); !strings.Contains(text, up) {
			t.Errorf("no %q:\n%s", up, text)
		}
	}
	expect("up 2m14s")
	now = now.Add(time.Second)
	if !ticks(tickMsg(now)) {
		t.Error("the clock stops after a second")
	}
	expect("up 2m15s")
	if ticks(tea.FocusMsg{}) {
		t.Error("a second clock starts")
	}
	m.Update(keyNames["space"])
	now = now.Add(time.Second)
	if ticks(tickMsg(now)) {
		t.Error("the clock goes on while frozen")
	}
	now = now.Add(time.Second)
	if !ticks(keyNames["space"]) {
		t.Error("the clock does not go on after freezing")
	}
	expect("up 2m17s")
	m.Update(tea.BlurMsg{})
	if ticks(tickMsg(now)) {
		t.Error("the clock goes on while nobody looks")
	}
	now = now.Add(time.Minute)
	if !ticks(tea.FocusMsg{}) {
		t.Error("the clock does not go on when somebody looks again")
	}
	expect("up 3m17s")
}

// The terminal's cursor is where the next letter goes, and hidden while nothing is written.
func TestCursor(t *testing.T) {
	m := start(t, testConfig(t, "drop"), 80, 24)
	at := func() string {
		if c := m.View().Cursor; c != nil {
			return fmt.Sprintf("%d,%d", c.X, c.Y)
		}
		return "hidden"
	}
	for _, c := range []struct{ keys, want string }{
		{"", "hidden"}, {"/", "9,22"}, {"fw", "11,22"}, {"<left>", "10,22"}, {"<enter>", "hidden"}, {"?", "12,2"}, {"x", "13,2"}, {"<esc>", "hidden"},
	} {
		if press(t, m, c.keys); at() != c.want {
			t.Errorf("after %q the cursor is at %s, want %s", c.keys, at(), c.want)
		}
	}
}

// The map counts a drop also when the same packet takes the same way again.
func TestMapCountsDrops(t *testing.T) {
	c := testConfig(t, "drop")
	c.Actions.Send = func(context.Context, string, string) (*path.Path, error) { return recorded(t, "drop")[0], nil }
	m := start(t, c, 80, 24)
	for _, want := range []string{"fw ▲1", "fw ▲2"} {
		if text := screen(t, m); !strings.Contains(text, want) {
			t.Errorf("no %q:\n%s", want, text)
		}
		press(t, m, "R")
	}
}

// Losses are told where they matter: an answer that was dropped, events that nobody read.
func TestLosses(t *testing.T) {
	c := testConfig(t)
	c.Actions.Send = func(context.Context, string, string) (*path.Path, error) {
		p := recorded(t, "delivered")[0]
		p.Reply.Verdict, p.Reply.At = path.Drop, &path.Place{Node: "fw", Hook: "forward", Reason: "policy drop"}
		p.Lost = 3
		for i := range p.Views {
			if p.Views[i].Node == "fw" {
				p.Views[i].Lost = 3
			}
		}
		return p, nil
	}
	c.Keys = "i<C-u>client web:80/tcp<enter>"
	m := start(t, c, 120, 36)
	expect := func(want string) {
		t.Helper()
		if text := screen(t, m); !strings.Contains(text, want) {
			t.Errorf("no %q:\n%s", want, text)
		}
	}
	expect("P1: DELIVERED  web  http:80 ")
	expect("   its answer: DROP  fw forward  policy drop")
	expect("lost 3")
	press(t, m, "2g/dnat<enter>")
	expect("3 trace events lost here: there may be gaps")
	press(t, m, "D")
	expect("3 trace events were lost")
}

func TestParseKeys(t *testing.T) {
	got := fmt.Sprint(parseKeys("nD <esc><tab><S-tab>é<what><C-u><"))
	want := "[n D space esc tab shift+tab é < w h a t > ctrl+u <]"
	if got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestPrompt(t *testing.T) {
	for _, c := range []struct{ keys, want string }{
		{"abc", "abc|"},
		{"abc<left><left>x", "ax|bc"},
		{"abc<home>x<end>y", "xabcy|"},
		{"héé<backspace>", "hé|"},
		{"one two<C-w>x", "one x|"},
		{"one two <C-w>", "one |"},
		{"one two<C-u>x", "x|"},
		{"one<left><left><C-k>", "o|"},
		{"one<C-a><C-d><right><C-b>", "|ne"},
		{"<backspace><left>", "|"},
	} {
		var p prompt
		for _, k := range parseKeys(c.keys) {
			p.key(k)
		}
		if got := p.text[:p.cursor] + "|" + p.text[p.cursor:]; got != c.want {
			t.Errorf("%s gives %s, want %s", c.keys, got, c.want)
		}
	}
	p := prompt{}
	p.insert("a\nb\tc\x1b[2J")
	if p.text != "a b c[2J" {
		t.Errorf("pasted %q", p.text)
	}
}

// ctrl+z stops the program only if somebody can continue it.
func TestSuspend(t *testing.T) {
	for _, can := range []bool{true, false} {
		c := testConfig(t, "drop")
		c.CanSuspend = func() bool { return can }
		m := start(t, c, 80, 24)
		_, cmd := m.Update(parseKeys("<C-z>")[0])
		suspends := false
		for _, msg := range run(cmd) {
			_, ok := msg.(tea.SuspendMsg)
			suspends = suspends || ok
		}
		if suspends != can {
			t.Errorf("can suspend: %v, does: %v", can, suspends)
		}
		if says := strings.Contains(screen(t, m), "nothing to suspend to"); says == can {
			t.Errorf("can suspend: %v, says that it cannot: %v", can, says)
		}
	}
}
