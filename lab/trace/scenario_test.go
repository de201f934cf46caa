package trace_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/hookwalk/hookwalk/lab"
	"github.com/hookwalk/hookwalk/lab/path"
)

// TestScenarios asks real kernels. Each archive in testdata is a lab with questions: a section "why FROM TO" has the
// answer that must come as text, "json FROM TO" as JSON without steps and hooks, with the ports that the kernel chose
// written as PORT, and handles as HANDLE. HOOKWALK_UPDATE=1 writes the answers.
func TestScenarios(t *testing.T) {
	needNamespaces(t)
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, file := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(archive.Comment, []byte("needs ip")) {
				needProgram(t, "ip")
			}
			if bytes.Contains(archive.Comment, []byte("needs nft")) {
				needProgram(t, "nft")
			}
			files := map[string]string{}
			for _, f := range archive.Files {
				if !strings.Contains(f.Name, " ") {
					files[f.Name] = string(f.Data)
				}
			}
			l := up(t, plan(t, files))
			for i := range archive.Files {
				if form, question, ok := strings.Cut(archive.Files[i].Name, " "); ok {
					t.Run(form+" "+question, func(t *testing.T) { ask(t, l, question, form == "json", &archive.Files[i]) })
				}
			}
			if os.Getenv("HOOKWALK_UPDATE") != "" {
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// chosenPort is a port out of net.ipv4.ip_local_port_range.
var chosenPort = regexp.MustCompile(`:(3[2-9]|[45][0-9]|6[0-5])[0-9]{3}\b`)

// chosenHandle is the handle of a rule; a policy has 0.
var chosenHandle = regexp.MustCompile(`"handle": [1-9][0-9]*`)

func ask(t *testing.T, l *lab.Lab, question string, asJSON bool, want *txtar.File) {
	from, to, _ := strings.Cut(question, " ")
	p, err := l.Why(t.Context(), from, to, 0)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if asJSON {
		writeJSON(t, &text, p)
	} else {
		path.WriteWhy(&text, p)
	}
	got := chosenPort.ReplaceAllString(text.String(), ":PORT")
	got = chosenHandle.ReplaceAllString(got, `"handle": HANDLE`)
	if os.Getenv("HOOKWALK_UPDATE") != "" {
		want.Data = []byte(got)
	} else if d := cmp.Diff(string(want.Data), got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	check(t, p)
	if t.Failed() {
		var steps bytes.Buffer
		path.WriteTrace(&steps, p, true)
		t.Logf("\n%s", &steps)
	}
}

// writeJSON writes what people read first in the JSON of a path.
func writeJSON(t *testing.T, w *bytes.Buffer, p *path.Path) {
	t.Helper()
	q := *p
	q.Lab, q.Probe, q.Steps, q.Views, q.Reply = "", path.Probe{}, nil, nil, nil
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(&q); err != nil {
		t.Fatal(err)
	}
}

// check holds what is true of every path.
func check(t *testing.T, p *path.Path) {
	t.Helper()
	for q := p; q != nil; q = q.Reply {
		for i, s := range q.Steps {
			if s.N != i+1 || s.Node == "" || s.Event == "" || s.Proof == "" || s.By == "" {
				t.Errorf("step %d is incomplete: %+v", i+1, s)
			}
			if i > 0 && s.At < q.Steps[i-1].At {
				t.Errorf("step %d is earlier than the one before", i+1)
			}
			for _, e := range s.Rules {
				if e.Note != "" && e.Note != path.NotLooked {
					t.Errorf("step %d, %s: %s", i+1, fmt.Sprint(e.Rule), e.Note)
				}
			}
		}
		if q.Lost > 0 {
			t.Errorf("%d events were lost", q.Lost)
		}
	}
}
