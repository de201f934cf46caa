package tui

import (
	"charm.land/bubbles/v2/key"
)

// keys are the keys that work on every screen.
type keys struct {
	Lab, Step              key.Binding
	Help, Filter           key.Binding
	Back, Quit             key.Binding
	Open                   key.Binding
	Drop, Why              key.Binding
	PrevPacket, NextPacket key.Binding
	Inject, Resend, Shell  key.Binding
	Copy                   key.Binding
	Zoom, Freeze, Mouse    key.Binding
	Interrupt, Suspend     key.Binding
}

func binding(help, what string, keys ...string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(help, what))
}

// newKeys are the keys as they come. What the lab cannot do here is switched off, and so is not in the help.
func newKeys(a Actions) keys {
	k := keys{
		Lab:        binding("1", "the Lab screen", "1"),
		Step:       binding("2", "the Step screen", "2"),
		Help:       binding("?", "this help", "?"),
		Filter:     binding("/", "filter the events; on the map find a node", "/"),
		Back:       binding("esc", "back: close, unzoom, drop the filter, to the Lab screen", "esc"),
		Quit:       binding("q", "close what is open, or quit", "q"),
		Open:       binding("enter", "step this packet", "enter"),
		Drop:       binding("d", "next packet that did not arrive", "d"),
		Why:        binding("D", "why: the card of this packet", "D"),
		PrevPacket: binding("[", "packet before", "["),
		NextPacket: binding("]", "next packet", "]"),
		Inject:     binding("i", "inject: send a packet", "i"),
		Resend:     binding("R", "send this packet again", "R"),
		Shell:      binding("!", "a shell in this node", "!"),
		Copy:       binding("y", "copy: text, JSON or command", "y"),
		Zoom:       binding("z", "this pane alone", "z"),
		Freeze:     binding("space", "freeze: new events do not move the screen", "space"),
		Mouse:      binding("%", "mouse on or off (off: the terminal selects text)", "%"),
		Interrupt:  binding("ctrl+c", "quit", "ctrl+c"),
		Suspend:    binding("ctrl+z", "suspend", "ctrl+z"),
	}
	if a.Send == nil {
		k.Inject.SetEnabled(false)
		k.Resend.SetEnabled(false)
	}
	if a.Shell == nil {
		k.Shell.SetEnabled(false)
	}
	return k
}

// all lists the keys for the help.
func (k *keys) all() []key.Binding {
	return []key.Binding{k.Lab, k.Step, k.Open, k.Drop, k.Why, k.PrevPacket, k.NextPacket, k.Inject, k.Resend, k.Shell,
		k.Copy, k.Filter, k.Freeze, k.Zoom, k.Mouse, k.Help, k.Back, k.Quit, k.Suspend, k.Interrupt}
}
