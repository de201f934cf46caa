package probe

// Lacks says what a kernel needs that has shown not to have a feature, with the cure on a line of its own.
func Lacks(f Feature) string {
	d := f.find()
	if d == nil {
		return ""
	}
	text := string(f) + " is not supported here"
	if needs := d.needs.String(); needs != "" {
		text += ": needs " + needs
	}
	if cure := lookAround().cure(d, finding{Feature: f, Status: No}); cure != "" {
		text += "\n" + cure
	}
	return text
}
