package topology

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

func loadSchema(t *testing.T) map[string]any {
	t.Helper()
	b, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	var s map[string]any
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSchema: the schema is what editors were given before.
func TestSchema(t *testing.T) {
	b, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/schema.json", string(b)+"\n")
}

// TestSchemaKeys: each key that Parse takes is in the schema with a description, and no other.
func TestSchemaKeys(t *testing.T) {
	s := loadSchema(t)
	defs := s["$defs"].(map[string]any)
	for _, tt := range []struct {
		schema any
		of     reflect.Type
	}{
		{s, reflect.TypeFor[Spec]()},
		{defs["node"], reflect.TypeFor[NodeSpec]()},
		{defs["link"], reflect.TypeFor[LinkSpec]()},
		{defs["end"], reflect.TypeFor[EndSpec]()},
		{defs["route"], reflect.TypeFor[RouteSpec]()},
		{defs["service"], reflect.TypeFor[ServiceSpec]()},
		{defs["gemodel"], reflect.TypeFor[GEModelSpec]()},
		{defs["interface"], reflect.TypeFor[InterfaceSpec]()},
		{defs["hop"], reflect.TypeFor[HopSpec]()},
		{defs["xfrm"], reflect.TypeFor[XFRMSpec]()},
		{defs["peer"], reflect.TypeFor[PeerSpec]()},
		{defs["rule"], reflect.TypeFor[RuleSpec]()},
		{defs["neighbour"], reflect.TypeFor[NeighbourSpec]()},
		{defs["vlans"], reflect.TypeFor[VLANSpec]()},
		{defs["fdb"], reflect.TypeFor[FDBSpec]()},
	} {
		props := tt.schema.(map[string]any)["properties"].(map[string]any)
		keys := fieldsOf(tt.of).keys
		if len(props) != len(keys) {
			t.Errorf("%v: %d keys in the schema, Parse knows %v", tt.of, len(props), keys)
		}
		for _, k := range keys {
			p, ok := props[k].(map[string]any)
			if !ok || p["description"] == nil {
				t.Errorf("%v: the schema has no key %q, or no description of it", tt.of, k)
			}
		}
		if tt.schema.(map[string]any)["additionalProperties"] != false {
			t.Errorf("%v: the schema allows unknown keys", tt.of)
		}
	}
	// Both are written down twice.
	if got := defs["node"].(map[string]any)["properties"].(map[string]any)["kind"].(map[string]any)["enum"]; fmt.Sprint(got) != fmt.Sprint(kinds) {
		t.Errorf("kinds %v, the schema has %v", kinds, got)
	}
	if got := defs["interface"].(map[string]any)["properties"].(map[string]any)["kind"].(map[string]any)["enum"]; fmt.Sprint(got) != fmt.Sprint(deviceKinds()) {
		t.Errorf("devices %v, the schema has %v", deviceKinds(), got)
	}
	if got := defs["service"].(map[string]any)["properties"].(map[string]any)["name"].(map[string]any)["enum"]; fmt.Sprint(got) != fmt.Sprint(serviceNames) || len(services) != len(serviceNames) {
		t.Errorf("services %v, the schema has %v", serviceNames, got)
	}
}

// TestSchemaFiles: good files are valid, and files with mistakes of form are not.
func TestSchemaFiles(t *testing.T) {
	s := loadSchema(t)
	check := func(file string) error {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := yaml.Unmarshal(text, &v); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		return validate(s, s, v, "")
	}
	for _, name := range yamlFiles(t, "testdata/plan") {
		if err := check(filepath.Join("testdata/plan", name)); err != nil {
			t.Errorf("%s is good, the schema says %v", name, err)
		}
	}
	for _, name := range []string{"keys", "kinds", "ends", "services", "mtu", "nodes-list", "scalar", "list"} {
		if err := check(filepath.Join("testdata/errors", name+".yaml")); err == nil {
			t.Errorf("%s has mistakes, the schema finds none", name)
		}
	}
}

// validate checks v against as much of JSON Schema as the schema uses; what it does not know is an error.
func validate(root, s map[string]any, v any, at string) error {
	for k, want := range s {
		var err error
		switch k {
		case "$schema", "$id", "$defs", "title", "description", "examples":
		case "$ref":
			def := root["$defs"].(map[string]any)[strings.TrimPrefix(want.(string), "#/$defs/")]
			err = validate(root, def.(map[string]any), v, at)
		case "type":
			if got := typeOf(v); got != want && !(want == "number" && got == "integer") {
				err = fmt.Errorf("%s is of type %s, not %s", at, got, want)
			}
		case "enum":
			if !slices.Contains(want.([]any), v) {
				err = fmt.Errorf("%s is none of %v", at, want)
			}
		case "pattern":
			if str, ok := v.(string); ok && !regexp.MustCompile(want.(string)).MatchString(str) {
				err = fmt.Errorf("%s %q does not match %s", at, str, want)
			}
		case "minimum", "maximum":
			if n, ok := v.(int); ok && (k == "minimum" && float64(n) < want.(float64) || k == "maximum" && float64(n) > want.(float64)) {
				err = fmt.Errorf("%s: %s %v", at, k, want)
			}
		case "minItems", "maxItems":
			if l, ok := v.([]any); ok && (k == "minItems" && float64(len(l)) < want.(float64) || k == "maxItems" && float64(len(l)) > want.(float64)) {
				err = fmt.Errorf("%s: %s %v", at, k, want)
			}
		case "items":
			l, _ := v.([]any)
			for i, e := range l {
				if err = validate(root, want.(map[string]any), e, fmt.Sprintf("%s[%d]", at, i)); err != nil {
					break
				}
			}
		case "oneOf":
			var fits int
			var errs []string
			for _, o := range want.([]any) {
				if e := validate(root, o.(map[string]any), v, at); e == nil {
					fits++
				} else {
					errs = append(errs, e.Error())
				}
			}
			if fits != 1 {
				err = fmt.Errorf("%s fits %d of the forms: %s", at, fits, strings.Join(errs, "; "))
			}
		case "required":
			m, _ := v.(map[string]any)
			for _, r := range want.([]any) {
				if _, ok := m[r.(string)]; m != nil && !ok {
					err = fmt.Errorf("%s has no %s", at, r)
				}
			}
		case "properties", "additionalProperties", "propertyNames":
			err = validateKeys(root, s, k, v, at)
		default:
			err = fmt.Errorf("the test does not know %q", k)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func validateKeys(root, s map[string]any, keyword string, v any, at string) error {
	m, _ := v.(map[string]any)
	props, _ := s["properties"].(map[string]any)
	for key, val := range m {
		prop, known := props[key].(map[string]any)
		var err error
		switch more := s["additionalProperties"]; {
		case keyword == "propertyNames":
			err = validate(root, s[keyword].(map[string]any), key, at+"."+key)
		case keyword == "properties" && known:
			err = validate(root, prop, val, at+"."+key)
		case keyword == "additionalProperties" && !known && more == false:
			err = fmt.Errorf("%s has the key %s", at, key)
		case keyword == "additionalProperties" && !known:
			err = validate(root, more.(map[string]any), val, at+"."+key)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func typeOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return "string"
	case bool:
		return "boolean"
	case int, int64, uint64:
		return "integer"
	case float64:
		return "number"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	default:
		return fmt.Sprintf("%T", v)
	}
}
