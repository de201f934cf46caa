package step

import "charm.land/bubbles/v2/key"

// Keys are the keys of the Step screen.
type Keys struct {
	Next, Back         key.Binding
	NextRule, BackRule key.Binding
	NextNode, BackNode key.Binding
	First, Last        key.Binding
	Left, Right        key.Binding
	Up, Down           key.Binding
	Pane, PaneBack     key.Binding
}

func binding(help, what string, keys ...string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(help, what))
}

// NewKeys are the keys as they come.
func NewKeys() Keys {
	return Keys{
		Next:     binding("n", "next station: hook, device or routing decision", "n"),
		Back:     binding("N", "one station back", "N"),
		NextRule: binding("s", "next rule", "s"),
		BackRule: binding("S", "one rule back", "S"),
		NextNode: binding("o", "out: on to the next node", "o"),
		BackNode: binding("O", "back to the node before", "O"),
		First:    binding("g", "first station", "g", "home"),
		Last:     binding("G", "last station: where the packet ended", "G", "end"),
		Left:     binding("h", "one station back", "h", "left"),
		Right:    binding("l", "next station", "l", "right"),
		Up:       binding("k", "rule above; in the steps pane the node before", "k", "up"),
		Down:     binding("j", "rule below; in the steps pane the next node", "j", "down"),
		Pane:     binding("tab", "next pane", "tab"),
		PaneBack: binding("S-tab", "pane before", "shift+tab"),
	}
}

// All lists the keys for the help.
func (k *Keys) All() []key.Binding {
	return []key.Binding{k.Next, k.Back, k.NextRule, k.BackRule, k.NextNode, k.BackNode, k.First, k.Last,
		k.Left, k.Right, k.Up, k.Down, k.Pane, k.PaneBack}
}
