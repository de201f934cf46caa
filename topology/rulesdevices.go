package topology

import "fmt"

// ruleDevices warns of devices that rules want to exist when they are loaded and that the node does not have. It is no
// error: modules of the kernel may make devices that are in no file.
func (c *compiler) ruleDevices(n *node, main string, l *loadedRules, inline bool) {
	if l.rules == nil || n.shaky || c.broken {
		return
	}
	names := []string{"lo"}
	for i := range n.ifaces {
		names = append(names, n.ifaces[i].name)
	}
	told := map[string]bool{"lo": true}
	for _, d := range l.rules.Devices {
		if _, ok := n.byName[d.Name]; ok || told[d.Name] {
			continue
		}
		told[d.Name] = true
		p := Problem{Pos: d.Pos, End: d.End, Severity: SeverityWarning, Rule: "nft-device",
			Msg:  fmt.Sprintf("node %s has no interface %s, and it must exist when the rules are loaded", n.spec.Name.Value, d.Name),
			Hint: didYouMean(d.Name, names)}
		c.locate(&p, main, l, inline)
		c.problems = append(c.problems, p)
	}
}
