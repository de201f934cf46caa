// Package topology is the file: YAML to Spec to Plan, with every error at file:line:col.
//
// It is pure: no socket, no root, no clock; it builds on any OS.
package topology
