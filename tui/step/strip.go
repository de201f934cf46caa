package step

import (
	"fmt"
	"time"

	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/tui/canvas"
	"github.com/hookwalk/hookwalk/tui/record"
	"github.com/hookwalk/hookwalk/tui/theme"
)

// strip is the pane of all steps: a part for each node with a glyph for each step.
type strip struct {
	*Model
	long  bool  // with the station's name behind each glyph
	gap   int   // between long steps
	x     []int // of each visit
	steps []int // x of each step
	ends  []int // x behind each visit
	width int   // of everything
	c     *canvas.Canvas
}

// drawSteps draws the steps over the nodes, a time line below them, and times if there is a third row.
func (m *Model) drawSteps(c *canvas.Canvas, r canvas.Rect) {
	if m.current() == nil || r.Empty() {
		return
	}
	s := &strip{Model: m}
	for _, try := range []strip{{long: true, gap: 1}, {long: true}, {}} {
		s.long, s.gap = try.long, try.gap
		if s.layout(); s.width <= r.W {
			break
		}
	}
	s.c = canvas.New(max(s.width, r.W), r.H)
	s.draw(r.H)
	off := 0
	if s.width > r.W {
		off = max(min(s.steps[m.step]-r.W/2, s.width-r.W), 0)
	}
	c.Blit(r.X, r.Y, s.c, canvas.Rect{X: off, W: r.W, H: r.H})
	if off > 0 {
		c.Set(r.X, r.Y, m.glyphs.Left, theme.Key)
	}
	if off+r.W < s.width {
		c.Set(r.X+r.W-1, r.Y, m.glyphs.Right, theme.Key)
	}
	if r.H == 2 { // no row for times: the current one stands behind the nodes
		text := s.time(m.current().At) + " ms"
		if s.width+canvas.Width(text)+2 < r.W {
			c.TextRight(r.X, r.Y, r.W-1, text, theme.Dim)
		}
	}
}

func (s *strip) time(d time.Duration) string {
	return fmt.Sprintf("%.3f", float64(d.Microseconds())/1000)
}

// layout gives every step its x.
func (s *strip) layout() {
	s.x, s.ends = nil, nil
	s.steps = make([]int, len(s.packet.Path.Steps))
	x := 1
	for i := range s.packet.Visits {
		v := &s.packet.Visits[i]
		if i > 0 {
			x += 2 // the bar
		}
		s.x = append(s.x, x)
		x += canvas.Width(v.Node) + 1
		for j := v.First; j <= v.Last; j++ {
			s.steps[j] = x
			x++
			if s.long {
				x += len(record.Short(&s.packet.Path.Steps[j])) + s.gap
			}
		}
		x += 1 - s.gap
		s.ends = append(s.ends, x)
	}
	if s.packet.Absent != "" {
		x += 2 + canvas.Width(s.packet.Absent) + 3
		if s.long {
			x += len("never arrived")
		}
	}
	s.width = x
}

func (s *strip) draw(rows int) {
	g := s.glyphs
	for i := range s.packet.Visits {
		v := &s.packet.Visits[i]
		if i > 0 {
			s.c.Set(s.x[i]-2, 0, g.Bar, theme.Border)
		}
		s.c.Text(s.x[i], 0, canvas.Width(v.Node), v.Node, theme.Title)
		for j := v.First; j <= v.Last; j++ {
			glyph, role := record.Look(&s.packet.Path.Steps[j], g)
			text := theme.Plain
			if j == s.step {
				role, text = theme.Here, theme.Here
			}
			s.c.Set(s.steps[j], 0, glyph, role)
			w := 1
			if s.long {
				label := record.Short(&s.packet.Path.Steps[j])
				s.c.Text(s.steps[j]+1, 0, len(label), label, text)
				w += len(label)
			}
			s.c.Zone(canvas.Rect{X: s.steps[j], Y: 0, W: w, H: 1}, stepZone(j))
		}
	}
	end := s.ends[len(s.ends)-1]
	if s.packet.Absent != "" {
		text := s.packet.Absent + " " + string(g.Unseen)
		if s.long {
			text += " never arrived"
		}
		s.c.Set(end, 0, g.Bar, theme.Border)
		s.c.Text(end+2, 0, canvas.Width(text), text, theme.Dim)
	}
	if rows > 1 {
		s.timeline(end)
	}
	if rows > 2 {
		s.times(end)
	}
}

// timeline is a line under the steps, with a mark where one node ends and the next begins.
func (s *strip) timeline(end int) {
	g := s.glyphs
	s.c.Line(1, 1, end-2, g.Horizontal, theme.Border)
	s.c.Set(1, 1, g.TeeLeft, theme.Border)
	for _, x := range s.x[1:] {
		s.c.Set(x-2, 1, g.TeeUp, theme.Border)
	}
	s.c.Set(end-1, 1, g.TeeRight, theme.Border)
	s.c.Set(s.steps[s.step], 1, g.Here, theme.Key)
}

// times writes when each node saw the packet first, and when the current step and the last were.
func (s *strip) times(end int) {
	y, free := 2, 0
	put := func(x int, text string, role theme.Role) {
		if x >= free && x+canvas.Width(text) <= s.c.W {
			free = s.c.Text(x, y, s.c.W-x, text, role) + 1
		}
	}
	steps := s.packet.Path.Steps
	last := len(steps) - 1
	verdict := s.time(steps[last].At)
	if record.Ended(s.packet.Path) {
		verdict += " " + string(s.packet.Path.Verdict)
	} else {
		verdict += " " + string(path.Delivered)
	}
	lastX := max(min(s.steps[last], s.c.W-canvas.Width(verdict)), 0)
	for i := range s.packet.Visits {
		v := &s.packet.Visits[i]
		text := s.time(steps[v.First].At)
		if i == 0 {
			text += " ms"
		}
		here := s.steps[s.step]
		if s.step >= v.First && s.step <= v.Last && s.step != last {
			if here >= s.x[i]+len(text)+1 && s.step != v.First {
				put(s.x[i], text, theme.Dim)
			}
			if now := s.time(steps[s.step].At); here+len(now)+1 <= lastX {
				put(here, now, theme.Key)
			}
			continue
		}
		if s.x[i]+len(text)+1 <= lastX {
			put(s.x[i], text, theme.Dim)
		}
	}
	_, role := record.Look(&steps[last], s.glyphs)
	put(max(lastX, free), verdict, role)
	_ = end
}
