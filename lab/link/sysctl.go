package link

import (
	"fmt"
	"os"
	"strings"
)

// sysctlFile is the file of a kernel parameter: in net.ipv4.conf.eth0/5.rp_filter dots separate, and a slash stands
// for a dot in the name of a device, as in sysctl(8).
func sysctlFile(key string) (string, error) {
	if !strings.HasPrefix(key, "net.") {
		return "", fmt.Errorf("%s belongs to the whole machine: a node has net.* of its own, nothing else", key)
	}
	return "/proc/sys/" + strings.Map(func(r rune) rune {
		switch r {
		case '.':
			return '/'
		case '/':
			return '.'
		}
		return r
	}, key), nil
}

// SetSysctl writes a parameter of the network namespace of the calling thread. errors.Is(err, fs.ErrNotExist) tells
// that this kernel, or the namespace as it is now, has no such parameter.
func SetSysctl(key, value string) error {
	file, err := sysctlFile(key)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		return unpath(err)
	}
	_, err = f.WriteString(value + "\n")
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return unpath(err)
}

// GetSysctl reads a parameter of the network namespace of the calling thread, without the newline. Fields of a value
// are separated by one blank.
func GetSysctl(key string) (string, error) {
	file, err := sysctlFile(key)
	if err != nil {
		return "", err
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return "", unpath(err)
	}
	return strings.Join(strings.Fields(string(b)), " "), nil
}

// unpath drops the path from an error: whoever asked names the key.
func unpath(err error) error {
	if p, ok := err.(*os.PathError); ok {
		return p.Err
	}
	return err
}

// sysctlName writes the name of a device as a part of a key.
func sysctlName(dev string) string { return strings.ReplaceAll(dev, ".", "/") }
