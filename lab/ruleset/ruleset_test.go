package ruleset

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// listedHandles are the handles of all rules as `nft -a list` has them.
func listedHandles() ([]Handle, error) {
	text, err := run("", "nft", "-j", "-a", "list", "ruleset")
	if err != nil {
		return nil, err
	}
	var list struct {
		Nftables []struct {
			Rule *struct {
				Family, Table, Chain string
				Handle               uint64
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, err
	}
	var out []Handle
	next := map[string]int{}
	for _, o := range list.Nftables {
		if r := o.Rule; r != nil {
			key := r.Family + " " + r.Table + " " + r.Chain
			out = append(out, Handle{r.Family, r.Table, r.Chain, next[key], r.Handle, ""})
			next[key]++
		}
	}
	return out, nil
}

// loadAndAsk loads a text, in a namespace of fresh, and returns the handles that the kernel told meanwhile and those that
// it tells when asked. What fails is reported.
func loadAndAsk(t *testing.T, text string, replace bool) (told, asked []Handle, ok bool) {
	t.Helper()
	loaded, err := Load(source(text), replace)
	if err != nil {
		t.Error(err)
		return nil, nil, false
	}
	s, err := openSocket()
	if err != nil {
		t.Error(err)
		return nil, nil, false
	}
	defer s.close()
	if asked, err = s.askHandles(parsed(t, text)); err != nil {
		t.Error(err)
		return nil, nil, false
	}
	return loaded.Handles, asked, true
}

// TestHandles: every rule has the handle that nft lists, from the kernel's echo and where it has to be asked for.
func TestHandles(t *testing.T) {
	needNFT(t)
	text := valid + strings.ReplaceAll(valid, "table ip t", "table inet u")
	for _, replace := range []bool{false, true} {
		fresh(t, func() {
			if _, err := run("table ip old { chain c { accept; drop; }; }", "nft", "-f", "-"); err != nil {
				t.Error(err)
			}
			if replace { // handles do not begin at the start
				if _, err := Load(source(text), false); err != nil {
					t.Error(err)
				}
			}
			told, asked, ok := loadAndAsk(t, text, replace)
			if !ok {
				return
			}
			want, err := listedHandles()
			if err != nil {
				t.Error(err)
			}
			if !replace {
				want = want[2:] // those of table old
			}
			if d := cmp.Diff(want, told); d != "" {
				t.Errorf("replace %v: (-nft +ours):\n%s", replace, d)
			}
			if d := cmp.Diff(want, asked); d != "" {
				t.Errorf("replace %v, asked for: (-nft +ours):\n%s", replace, d)
			}
		})
	}
}

// TestHandlesAppended: rules that are added to chains with rules are behind them.
func TestHandlesAppended(t *testing.T) {
	fresh(t, func() {
		for i := range 2 {
			told, asked, ok := loadAndAsk(t, "table ip t {\n\tchain c {\n\t\tcounter\n\t\taccept\n\t}\n}\n", false)
			if !ok {
				return
			}
			if d := cmp.Diff(told, asked); d != "" || len(asked) != 2 {
				t.Errorf("load %d: (-echo +asked):\n%s", i, d)
			}
		}
	})
}

// manyRules is a ruleset with n rules.
func manyRules(n int) string {
	var b strings.Builder
	b.WriteString("table inet t {\n\tchain c {\n\t\ttype filter hook forward priority filter; policy accept;\n")
	for i := range n {
		fmt.Fprintf(&b, "\t\tip saddr 10.%d.%d.0/24 tcp dport %d counter accept\n", i/256, i%256, i%60000+1)
	}
	b.WriteString("\t}\n}\n")
	return b.String()
}

// TestNoRoom: answers that do not fit into the socket cost no handles.
func TestNoRoom(t *testing.T) {
	fresh(t, func() {
		rs := parsed(t, manyRules(500))
		b, err := compile(rs, false, true, &names{})
		if err != nil {
			t.Error(err)
			return
		}
		s, err := openSocket()
		if err != nil {
			t.Error(err)
			return
		}
		defer s.close()
		s.room(len(b.b)+16, 4096)
		handles, all, err := s.transact(b)
		if err != nil || all {
			t.Errorf("%d handles, all %v, %v", len(handles), all, err)
			return
		}
		asked, err := s.askHandles(rs)
		if err != nil {
			t.Error(err)
			return
		}
		if len(asked) != 500 || len(handles) == 0 || len(handles) >= 500 {
			t.Errorf("%d handles were asked for, %d told", len(asked), len(handles))
		}
		if d := cmp.Diff(handles, asked[:len(handles)]); d != "" {
			t.Errorf("(-told +asked):\n%s", d)
		}
	})
}

// TestTooLarge: a batch that the socket cannot hold is refused with words.
func TestTooLarge(t *testing.T) {
	fresh(t, func() {
		b, err := compile(parsed(t, manyRules(500)), false, true, &names{})
		if err != nil {
			t.Error(err)
			return
		}
		s, err := openSocket()
		if err != nil {
			t.Error(err)
			return
		}
		defer s.close()
		s.room(4096, 0)
		if _, _, err := s.transact(b); err == nil || !strings.Contains(err.Error(), "net.core.wmem_max") {
			t.Errorf("got %v", err)
		}
	})
}

// TestReplace: everything goes but what a process owns.
func TestReplace(t *testing.T) {
	fresh(t, func() {
		addDevice(t, "eth0")
		if _, err := Load(source(valid), false); err != nil {
			t.Error(err)
		}
		o, err := Own(ownedText)
		if err != nil {
			t.Error(err)
			return
		}
		owned, err := dumpAll()
		if err != nil {
			t.Error(err)
		}
		if _, err := Load(source("table ip new { }\n"), true); err != nil {
			t.Error(err)
		}
		s, err := dumpAll()
		if err != nil || strings.Count(s, "table ") != 4 || strings.Count(s, "\nchain ") != strings.Count(owned, "\nchain ")-4 {
			t.Errorf("%s, %v", s, err)
		}
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestNotMerged: two comparisons with != are not one, though nft 1.0.6 makes them one, and none crosses a statement.
func TestNotMerged(t *testing.T) {
	needNFT(t)
	for rule, want := range map[string]string{
		"tcp sport != 1 tcp dport != 2":        "tcp sport != 1 tcp dport != 2",
		"tcp dport 1 counter tcp sport 2":      "tcp dport 1 counter packets 0 bytes 0 tcp sport 2",
		"tcp dport 1 ct state new tcp sport 2": "ct state new tcp sport 2 tcp dport 1",
	} {
		fresh(t, func() {
			if _, err := Load(source("table ip t {\n\tchain c {\n\t\t"+rule+"\n\t}\n}\n"), false); err != nil {
				t.Error(err)
				return
			}
			text, err := run("", "nft", "list", "ruleset")
			if err != nil || !strings.Contains(text, "\t\t"+want+"\n") {
				t.Errorf("%s: %v, %s", rule, err, text)
			}
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	const rules = 5000
	text := manyRules(rules)
	b.Run("ours", func(b *testing.B) {
		fresh(b, func() {
			for b.Loop() {
				if _, err := Load(source(text), true); err != nil {
					b.Error(err)
					return
				}
			}
		})
		b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/load")
	})
	b.Run("without parsing", func(b *testing.B) {
		rs := parsed(b, text)
		fresh(b, func() {
			for b.Loop() {
				if _, err := load(rs, true); err != nil {
					b.Error(err)
					return
				}
			}
		})
	})
	b.Run("nft", func(b *testing.B) {
		needNFT(b)
		fresh(b, func() {
			for b.Loop() {
				if _, err := run("flush ruleset\n"+text, "nft", "-f", "-"); err != nil {
					b.Error(err)
					return
				}
			}
		})
	})
}

func BenchmarkCompile(b *testing.B) {
	rs := parsed(b, manyRules(5000))
	for b.Loop() {
		if _, err := compile(rs, false, true, &names{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOwn(b *testing.B) {
	b.Run("parse", func(b *testing.B) {
		for b.Loop() {
			file, _ := nft.Parse("", []byte(ownedText), nft.Options{})
			nft.Check(file)
		}
	})
	fresh(b, func() {
		addDevice(b, "eth0")
		var closing time.Duration
		b.Run("own and close", func(b *testing.B) {
			for b.Loop() {
				o, err := Own(ownedText)
				if err != nil {
					b.Error(err)
					return
				}
				start := time.Now()
				if err := o.Close(); err != nil {
					b.Error(err)
				}
				closing += time.Since(start)
			}
			b.ReportMetric(float64(closing.Microseconds())/float64(b.N), "µs/close")
		})
	})
}
