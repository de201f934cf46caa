package topology

import (
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// TestDiff compares pairs of files, as text and as JSON.
func TestDiff(t *testing.T) {
	fsys := os.DirFS("testdata/diff")
	for _, name := range yamlFiles(t, "testdata/diff") {
		name, ok := strings.CutSuffix(name, ".old.yaml")
		if !ok {
			continue
		}
		t.Run(name, func(t *testing.T) {
			load := func(file string) *Plan {
				plan, problems := LoadFS(fsys, file)
				if problems.HasErrors() {
					t.Fatal(problems)
				}
				return plan
			}
			old, new := load(name+".old.yaml"), load(name+".new.yaml")
			c := Diff(old, new)
			var b strings.Builder
			b.WriteString(c.Summary() + "\n")
			if err := c.WriteText(&b, nil); err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join("testdata/diff", name+".txt"), b.String())
			text, err := json.MarshalIndent(c.List, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join("testdata/diff", name+".json"), string(text)+"\n")
			if c.Empty() != (name == "same") {
				t.Errorf("empty is %v", c.Empty())
			}
			for _, same := range []*Plan{old, new} {
				back := new
				if same == old {
					back = load(name + ".old.yaml")
				}
				if c := Diff(same, back); !c.Empty() {
					t.Errorf("a plan differs from itself: %+v", c.List)
				}
			}
			for _, x := range c.List {
				if x.Text() == "" || strings.Contains(x.Text(), "%!") || x.Op == Added && x.New == nil || x.Op == Removed && x.Old == nil {
					t.Errorf("%+v", x)
				}
			}
		})
	}
}

// notDifferent are the fields of a plan that are no difference, and why.
var notDifferent = map[string]string{
	"V":                       "the form of a plan, not what is in it",
	"Name":                    "the same, or it is another lab",
	"File":                    "where it was read from",
	"Nodes.Sysctls.Implied":   "where the value comes from",
	"Nodes.Ruleset.FirstLine": "a place",
	"Nodes.Ruleset.FirstCol":  "a place",
}

// TestDiffSeesEveryField changes one field of a plan after the other, also those that are added after this was written.
func TestDiffSeesEveryField(t *testing.T) {
	seen := map[string]bool{}
	for i := 0; ; i++ {
		old, new := full(), full()
		path := ""
		n := 0
		leaves(reflect.ValueOf(new), "", func(at string, v reflect.Value) {
			if n == i {
				path = at
				fill(v, 1)
			}
			n++
		})
		if path == "" {
			break
		}
		seen[path] = true
		if reflect.DeepEqual(old, new) {
			t.Fatalf("%s was not changed", path)
		}
		if got, want := !Diff(old, new).Empty(), notDifferent[path] == ""; got != want {
			t.Errorf("%s: difference seen is %v, want %v", path, got, want)
		}
	}
	for path := range notDifferent {
		if !seen[path] {
			t.Errorf("there is no field %s", path)
		}
	}
	if len(seen) < 35 {
		t.Errorf("only %d fields were tried", len(seen))
	}
}

// full is a plan with something in every field.
func full() *Plan {
	p := new(Plan)
	fill(reflect.ValueOf(p).Elem(), 0)
	return p
}

// fill sets a value and all that is in it; which one says n.
func fill(v reflect.Value, n int) {
	switch x := v.Addr().Interface().(type) {
	case *netip.Addr:
		*x = netip.MustParseAddr("192.0.2." + strconv.Itoa(n+1))
		return
	case *netip.AddrPort:
		*x = netip.MustParseAddrPort("192.0.2." + strconv.Itoa(n+1) + ":7")
		return
	case *netip.Prefix:
		*x = netip.MustParsePrefix("192.0.2." + strconv.Itoa(n+1) + "/24")
		return
	case *Pos:
		*x = Pos{File: "f", Line: n + 1, Col: 1}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), n)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("v0"), reflect.ValueOf("table ip t"+strconv.Itoa(n)+" { }")) // the files of a Ruleset
	case reflect.String:
		v.SetString("v" + strconv.Itoa(n))
	case reflect.Bool:
		v.SetBool(n == 0)
	case reflect.Float64, reflect.Float32:
		v.SetFloat(float64(n + 1))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(n + 1))
	default:
		v.SetUint(uint64(n + 1))
	}
}

// leaves visits every field that is one value, but places.
func leaves(v reflect.Value, path string, visit func(string, reflect.Value)) {
	switch v.Interface().(type) {
	case netip.Addr, netip.Prefix, netip.AddrPort:
		visit(path, v)
		return
	case Pos:
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		leaves(v.Elem(), path, visit)
	case reflect.Slice:
		leaves(v.Index(0), path, visit)
	case reflect.Struct:
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if path != "" {
				name = path + "." + name
			}
			leaves(v.Field(i), name, visit)
		}
	default:
		visit(path, v)
	}
}
