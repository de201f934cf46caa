package topology

import (
	"fmt"
	"reflect"
	"strconv"
)

// ImpairSpec are the keys of a link, or of an end of one, that say what becomes of the frames sent.
type ImpairSpec struct {
	Delay        Words    `yaml:"delay" jsonschema_description:"How long each frame takes: 20ms. With a jitter and its correlation behind it: 20ms 5ms 25%."`
	Jitter       Words    `yaml:"jitter" jsonschema_description:"How far the delay of a frame may be from delay: 5ms."`
	Correlation  Words    `yaml:"correlation" jsonschema_description:"How much the jitter of a frame depends on that of the one before: 25%."`
	Distribution Text     `yaml:"distribution" jsonschema:"enum=uniform,enum=normal,enum=pareto,enum=paretonormal" jsonschema_description:"Of the jitter. Default: uniform."`
	Loss         LossSpec `yaml:"loss" jsonschema_description:"How many frames are lost: 1%, with a correlation behind it: 1% 25%, or in bursts: {p: 1%, r: 10%}."`
	Duplicate    Words    `yaml:"duplicate" jsonschema_description:"How many frames come twice: 1%. A correlation may stand behind it."`
	Corrupt      Words    `yaml:"corrupt" jsonschema_description:"How many frames get one wrong bit: 0.1%. A correlation may stand behind it."`
	Reorder      Words    `yaml:"reorder" jsonschema_description:"How many frames are not delayed, and so overtake others: 25%. A correlation may stand behind it."`
	Rate         Words    `yaml:"rate" jsonschema_description:"Bits per second: 10mbit. Alone it is a token bucket (tbf)."`
	Limit        Text     `yaml:"limit" jsonschema:"type=integer,minimum=1,maximum=1000000" jsonschema_description:"How many frames wait at most; more are lost. Default: 1000."`
}

// Words are a value of several words, "20ms 5ms".
type Words []Text

// LossSpec is a percentage with a correlation, or the Gilbert-Elliott model.
type LossSpec struct {
	Words Words
	Model *GEModelSpec
}

// GEModelSpec is the long form of loss.
type GEModelSpec struct {
	P    Text `yaml:"p" jsonschema:"required" jsonschema_description:"The chance to go from the good state to the bad one, at each frame: 1%."`
	R    Text `yaml:"r" jsonschema_description:"The chance to go back. Default: 100% less p."`
	Bad  Text `yaml:"1-h" jsonschema_description:"How many frames are lost in the bad state. Default: 100%."`
	Good Text `yaml:"1-k" jsonschema_description:"How many frames are lost in the good state. Default: 0%."`

	Span Span `yaml:"-"`
}

func (x *Words) decode(d *decoder, t *tree, p *place) {
	if t.kind == treeScalar {
		*x = t.words()
	}
	if len(*x) == 0 {
		d.wrongType(t, p, "a value like "+impairExamples[p.key])
	}
}

func (x *LossSpec) decode(d *decoder, t *tree, p *place) {
	if t.kind != treeMapping {
		x.Words.decode(d, t, p)
		return
	}
	m := &GEModelSpec{Span: t.span}
	before := len(d.problems)
	d.fields(t, p, reflect.ValueOf(m).Elem())
	switch {
	case len(d.problems) > before:
	case !m.P.present():
		d.fail(Text{Span: t.span}, p, "impairment", "this loss does not say how often the bad state begins", "p: 1%")
	default:
		x.Model = m
	}
}

// option is one option as it stands in the file: its words, and a Text to point at for all of it.
type option struct {
	words []Text
	at    *place
}

// options are those that are written.
func (s *ImpairSpec) options(at *place) map[string]option {
	out := map[string]option{}
	one := func(t Text) Words {
		if !t.present() {
			return nil
		}
		return Words{t}
	}
	for key, w := range map[string]Words{"delay": s.Delay, "jitter": s.Jitter, "correlation": s.Correlation, "loss": s.Loss.words(),
		"duplicate": s.Duplicate, "corrupt": s.Corrupt, "reorder": s.Reorder, "rate": s.Rate,
		"distribution": one(s.Distribution), "limit": one(s.Limit)} {
		if len(w) > 0 {
			out[key] = option{w, at.at(key)}
		}
	}
	return out
}

// words is the short form of a loss. What the long form leaves out gets its default at the place of p.
func (s *LossSpec) words() Words {
	m := s.Model
	if m == nil {
		return s.Words
	}
	back := "100%"
	if p, msg, _ := parsePercent(m.P.Value); msg == "" {
		back = percentText(100 - p)
	}
	w := Words{{Value: gemodel, Span: m.P.Span}, m.P, m.R, m.Bad, m.Good}
	for i, otherwise := range []string{2: back, 3: "100%", 4: "0%"} {
		if !w[i].present() {
			w[i] = Text{Value: otherwise, Span: m.P.Span}
		}
	}
	return w
}

// impair plans what the ends of a link do to what they send. What an end says of itself comes before what the link says.
func (c *compiler) impair(link int, s *LinkSpec, l *Link) {
	both := s.options(root.at("links").elem(link))
	m, bad := Impairment{}, map[string]bool{}
	c.setOptions(&m, both, bad)
	for i, e := range l.Ends()[:min(2, len(s.Ends))] {
		own := s.Ends[i].options(endPath(link, i))
		e.Impair = m
		badHere := map[string]bool{}
		c.setOptions(&e.Impair, own, badHere)
		if len(bad)+len(badHere) > 0 {
			e.Impair = Impairment{}
			continue
		}
		key, msg, hint := e.Impair.check()
		if msg == "" {
			continue
		}
		o, mine := own[key]
		if !mine {
			o = both[key]
		}
		if !mine && i == 1 && len(own) == 0 && len(s.Ends[0].options(nil)) == 0 {
			continue // said at the other end
		}
		c.fail(o.words[0], o.at, "impairment", msg, hint)
	}
}

// setOptions applies options in their order, and notes the keys of those that are wrong.
func (c *compiler) setOptions(m *Impairment, from map[string]option, bad map[string]bool) {
	for _, key := range impairKeys {
		o, ok := from[key]
		if !ok {
			continue
		}
		words := make([]string, len(o.words))
		for i, w := range o.words {
			words[i] = w.Value
		}
		if at, msg, hint := m.set(key, words); msg != "" {
			bad[key] = true
			c.fail(o.words[max(at, 0)], o.at, "impairment", msg, hint)
		}
	}
}

// maxMTUTap is what a TAP device takes: ETH_MAX_MTU without an Ethernet header (tun_net_init, drivers/net/tun.c).
const maxMTUTap = maxMTU - 14

// linkKind plans what the cable is made of.
func (c *compiler) linkKind(link int, s *LinkSpec, l *Link) {
	at := root.at("links").elem(link)
	switch k := s.Kind; {
	case !k.present(), k.Value == "veth":
	case k.Value == "tap":
		l.Kind = Tap
		if l.MTU > maxMTUTap {
			c.fail(s.MTU, at.at("mtu"), "mtu", fmt.Sprintf("the MTU of a TAP device is %d to %d bytes, not %d", minMTU, maxMTUTap, l.MTU), "")
		}
	default:
		c.fail(k, at.at("kind"), "link-kind", fmt.Sprintf("unknown kind of link %q", shorten(k.Value)), didYouMean(k.Value, []string{"veth", "tap"}))
	}
	if !s.Seed.present() {
		return
	}
	n, err := strconv.ParseUint(s.Seed.Value, 10, 64)
	switch {
	case err != nil || n == 0:
		c.fail(s.Seed, at.at("seed"), "impairment", fmt.Sprintf("the seed %q is not a number above 0", shorten(s.Seed.Value)), "like 42")
	case s.Kind.Value != "tap":
		c.fail(s.Seed, at.at("seed"), "impairment", "seed is for links of kind tap", "the chance of netem cannot be repeated: kind: tap")
	default:
		l.Seed = n
	}
}
