package lab

import "charm.land/bubbles/v2/key"

// Keys are the keys of the Lab screen.
type Keys struct {
	Up, Down, Left, Right key.Binding
	PageUp, PageDown      key.Binding
	First, Last           key.Binding
	Closer, Wider, Fit    key.Binding
	Pane, PaneBack        key.Binding
}

func binding(help, what string, keys ...string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(help, what))
}

// NewKeys are the keys as they come.
func NewKeys() Keys {
	return Keys{
		Up:       binding("k", "up: the node or the event above", "k", "up"),
		Down:     binding("j", "down: the node or the event below", "j", "down"),
		Left:     binding("h", "the node to the left", "h", "left"),
		Right:    binding("l", "the node to the right", "l", "right"),
		PageUp:   binding("pgup", "a page up", "pgup"),
		PageDown: binding("pgdn", "a page down", "pgdown"),
		First:    binding("g", "first event", "g", "home"),
		Last:     binding("G", "last event", "G", "end"),
		Closer:   binding("+", "zoom the map in", "+", "="),
		Wider:    binding("-", "zoom the map out", "-"),
		Fit:      binding("0", "the map as large as fits", "0"),
		Pane:     binding("tab", "next pane", "tab"),
		PaneBack: binding("S-tab", "pane before", "shift+tab"),
	}
}

// All lists the keys for the help.
func (k *Keys) All() []key.Binding {
	return []key.Binding{k.Up, k.Down, k.Left, k.Right, k.PageUp, k.PageDown, k.First, k.Last,
		k.Closer, k.Wider, k.Fit, k.Pane, k.PaneBack}
}
