package topology

import (
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestDocs: the reference of the file names every key, and every rule that lint knows; and every rule that it names
// is one that a golden file provokes, with the severity that it says.
func TestDocs(t *testing.T) {
	b, err := os.ReadFile("../docs/file.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for _, keys := range [][]string{
		fieldsOf(reflect.TypeFor[Spec]()).keys, fieldsOf(reflect.TypeFor[NodeSpec]()).keys,
		fieldsOf(reflect.TypeFor[LinkSpec]()).keys, fieldsOf(reflect.TypeFor[EndSpec]()).keys,
		fieldsOf(reflect.TypeFor[GEModelSpec]()).keys, fieldsOf(reflect.TypeFor[InterfaceSpec]()).keys,
		fieldsOf(reflect.TypeFor[VLANSpec]()).keys, fieldsOf(reflect.TypeFor[RouteSpec]()).keys, fieldsOf(reflect.TypeFor[HopSpec]()).keys, fieldsOf(reflect.TypeFor[PeerSpec]()).keys, fieldsOf(reflect.TypeFor[XFRMSpec]()).keys, ciphers,
		fieldsOf(reflect.TypeFor[RuleSpec]()).keys, fieldsOf(reflect.TypeFor[NeighbourSpec]()).keys, routeTypes, deviceKinds(), kinds, serviceNames, laterFile, laterNode, laterLink, laterKind, laterService,
	} {
		for _, k := range keys {
			if !strings.Contains(text, "`"+k+"`") {
				t.Errorf("docs/file.md does not name %s", k)
			}
		}
	}
	for _, list := range [][]Sysctl{implied, impliedBridge[:1], forwarding(Host)} {
		for _, s := range list {
			name := strings.Replace(s.Key, "net.ipv4.conf.default.", "...default.", 1)
			if !strings.Contains(text, "`"+name+"`") {
				t.Errorf("docs/file.md does not name %s", s.Key)
			}
		}
	}

	documented := map[string]Severity{}
	_, table, _ := strings.Cut(text, "## What lint finds")
	for _, line := range strings.Split(table, "\n") {
		cells := strings.Split(line, "|")
		if len(cells) < 3 {
			continue
		}
		sev := SeverityError
		if strings.Contains(cells[1], "*") {
			sev = SeverityWarning
		}
		for _, m := range regexp.MustCompile("`([a-z-]+)`").FindAllStringSubmatch(cells[1], -1) {
			documented[m[1]] = sev
		}
	}
	provoked := map[string]Severity{"file": SeverityError} // TestLoad
	fsys := os.DirFS("testdata/errors")
	for _, name := range yamlFiles(t, "testdata/errors") {
		_, problems := LoadFS(fsys, name)
		for _, p := range problems {
			provoked[p.Rule] = p.Severity
		}
	}
	for _, r := range slices.Sorted(maps.Keys(provoked)) {
		if documented[r] != provoked[r] {
			t.Errorf("rule %s is a %q, docs/file.md says %q", r, provoked[r], documented[r])
		}
	}
	for _, r := range slices.Sorted(maps.Keys(documented)) {
		if _, ok := provoked[r]; !ok {
			t.Errorf("no golden file provokes the rule %s", r)
		}
	}
}
