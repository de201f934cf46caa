package topology

import (
	"encoding/json"
	"reflect"

	"github.com/invopop/jsonschema"
)

// SchemaID is the identity of the JSON Schema. Its last part is the version of the format.
const SchemaID = "https://github.com/hookwalk/hookwalk/lab-v1.schema.json"

// Schema is the JSON Schema (draft 2020-12) of a topology file, for editors. It is made from the types of Spec, so it
// has the keys that Parse knows; that names exist and addresses fit only Compile can tell.
func Schema() ([]byte, error) {
	s := structSchema[Spec]()
	s.Version = jsonschema.Version
	s.ID = SchemaID
	s.Title = "hookwalk topology file"
	s.Definitions = jsonschema.Definitions{
		"node":      structSchema[NodeSpec](),
		"interface": structSchema[InterfaceSpec](),
		"vlans":     structSchema[VLANSpec](),
		"fdb":       structSchema[FDBSpec](),
		"link":      structSchema[LinkSpec](),
		"end":       structSchema[EndSpec](),
		"hop":       structSchema[HopSpec](),
		"xfrm":      structSchema[XFRMSpec](),
		"peer":      structSchema[PeerSpec](),
		"rule":      structSchema[RuleSpec](),
		"neighbour": structSchema[NeighbourSpec](),
		"route":     structSchema[RouteSpec](),
		"service":   structSchema[ServiceSpec](),
		"gemodel":   structSchema[GEModelSpec](),
	}
	return json.MarshalIndent(s, "", "  ")
}

// structSchema is the schema of a mapping: its keys are the yaml tags of T.
func structSchema[T any]() *jsonschema.Schema {
	r := &jsonschema.Reflector{
		FieldNameTag:               "yaml",
		RequiredFromJSONSchemaTags: true,
		Anonymous:                  true,
		ExpandedStruct:             true,
		DoNotReference:             true,
		Mapper: func(t reflect.Type) *jsonschema.Schema {
			if t == reflect.TypeFor[T]() {
				return nil
			}
			return schemaOf(t)
		},
	}
	s := r.Reflect(new(T))
	s.Version = ""
	return s
}

// schemaOf gives the types that have a form of their own; nil leaves a type to reflection.
func schemaOf(t reflect.Type) *jsonschema.Schema {
	switch t {
	case reflect.TypeFor[Text](), reflect.TypeFor[RulesSpec]():
		return &jsonschema.Schema{Type: "string"}
	case reflect.TypeFor[Words]():
		return &jsonschema.Schema{Type: "string"}
	case reflect.TypeFor[LossSpec]():
		return oneOf(&jsonschema.Schema{Type: "string"}, def("gemodel"))
	case reflect.TypeFor[TextList]():
		return oneOf(&jsonschema.Schema{Type: "string"}, list(&jsonschema.Schema{Type: "string"}))
	case reflect.TypeFor[NodeList]():
		return &jsonschema.Schema{
			Type:                 "object",
			PropertyNames:        &jsonschema.Schema{Pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"},
			AdditionalProperties: oneOf(def("node"), null()),
		}
	case reflect.TypeFor[LinkList]():
		return oneOf(list(oneOf(ends(), def("link"))), null())
	case reflect.TypeFor[InterfaceList]():
		return oneOf(&jsonschema.Schema{Type: "object", AdditionalProperties: def("interface")}, null())
	case reflect.TypeFor[XFRMList]():
		return several(def("xfrm"))
	case reflect.TypeFor[PeerList]():
		return several(def("peer"), &jsonschema.Schema{Type: "string"})
	case reflect.TypeFor[VLANSpec]():
		return oneOf(append(numberRange(), def("vlans"))...)
	case reflect.TypeFor[RangeList]():
		return several(numberRange()...)
	case reflect.TypeFor[FDBList]():
		return several(def("fdb"), short(`^\S+(\s+(dev|vlan|dst|vni)\s+\S+)*$`, "02:00:5e:00:53:01 dev p1", "00:00:00:00:00:00 dst 192.0.2.2"))
	case reflect.TypeFor[EndList]():
		return ends()
	case reflect.TypeFor[RouteList]():
		return several(def("route"),
			short(`^((blackhole|unreachable|prohibit|throw)\s+)?\S+(\s+onlink|\s+nexthop|\s+(via|dev|metric|table|src|mtu|weight)\s+\S+)*$`,
				"10.0.0.0/8 via 192.0.2.1", "default via 2001:db8::1", "2001:db8::/32 dev eth0", "blackhole 10.0.0.0/8"))
	case reflect.TypeFor[HopList]():
		return several(def("hop"), short(`^(via\s+)?\S+(\s+(dev|weight)\s+\S+)*$`, "192.0.2.1", "192.0.2.2 weight 2"))
	case reflect.TypeFor[RuleList]():
		return several(def("rule"), short(`^(not\s+)?\S+(\s+\S+)*$`, "from 10.0.0.0/8 table 100", "fwmark 1 table 100 priority 50"))
	case reflect.TypeFor[NeighbourList]():
		return several(def("neighbour"), short(`^(proxy\s+)?\S+(\s+(lladdr|dev)\s+\S+)*$`, "192.0.2.9 lladdr 02:00:5e:00:53:01", "proxy 192.0.2.5 dev eth0"))
	case reflect.TypeFor[ServiceList]():
		return several(def("service"),
			short(`^(http|echo|discard)(:[0-9]+)?(/(tcp|udp))?(\s+on\s+\S+)?$`, "http:80", "echo:7/udp", "discard on 192.0.2.1"))
	case reflect.TypeFor[SysctlList]():
		return oneOf(&jsonschema.Schema{
			Type:                 "object",
			PropertyNames:        &jsonschema.Schema{Pattern: "^(/proc/sys/)?net[./]"},
			AdditionalProperties: oneOf(&jsonschema.Schema{Type: "string"}, &jsonschema.Schema{Type: "number"}),
		}, null())
	}
	return nil
}

func ends() *jsonschema.Schema {
	two := uint64(2)
	s := list(oneOf(def("end"),
		short(`^[A-Za-z0-9][A-Za-z0-9._-]*(:\S+)?(\s+\S+/[0-9]+)*$`, "pc1:eth0 10.0.1.11/24 2001:db8::11/64", "lan")))
	s.MinItems, s.MaxItems = &two, &two
	return s
}

// several is a value of one of the forms, a list of them, or nothing.
func several(forms ...*jsonschema.Schema) *jsonschema.Schema {
	return oneOf(append([]*jsonschema.Schema{list(oneOf(forms...)), null()}, forms...)...)
}

func def(name string) *jsonschema.Schema { return &jsonschema.Schema{Ref: "#/$defs/" + name} }

// numberRange is a number, or a range like 20-29.
func numberRange() []*jsonschema.Schema {
	return []*jsonschema.Schema{{Type: "integer"}, short(`^[0-9]+(-[0-9]+)?$`, "20-29")}
}

func null() *jsonschema.Schema { return &jsonschema.Schema{Type: "null"} }

func short(pattern string, examples ...any) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Pattern: pattern, Examples: examples}
}

func list(items *jsonschema.Schema) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "array", Items: items}
}

func oneOf(of ...*jsonschema.Schema) *jsonschema.Schema { return &jsonschema.Schema{OneOf: of} }
