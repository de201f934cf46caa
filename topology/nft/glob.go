package nft

import (
	"io/fs"
	"path"
	"slices"
	"strings"
)

// isPattern reports whether the path of an include is a pattern.
func isPattern(name string) bool { return strings.ContainsAny(name, "*?[") }

// Glob finds the files that the pattern of an include stands for, sorted as nft includes them: by their bytes. Folders are
// none of them, nor are files whose names begin with a dot if the pattern does not say it. list gives what is in a
// folder, as [os.ReadDir] does; a folder that cannot be listed has nothing in it.
func Glob(pattern string, list func(folder string) ([]fs.DirEntry, error)) []string {
	start, rest := "", pattern
	if strings.HasPrefix(pattern, "/") {
		start, rest = "/", strings.TrimLeft(pattern, "/")
	}
	found := []string{start}
	segments := strings.Split(rest, "/")
	for i, seg := range segments {
		last := i == len(segments)-1
		var next []string
		for _, dir := range found {
			if !last && !isPattern(seg) {
				next = append(next, path.Join(dir, seg))
				continue
			}
			folder := dir
			if folder == "" {
				folder = "."
			}
			entries, err := list(folder)
			if err != nil {
				continue
			}
			for _, e := range entries {
				if (!last || !e.IsDir()) && matchSegment(seg, e.Name()) {
					next = append(next, path.Join(dir, e.Name()))
				}
			}
		}
		found = next
	}
	slices.Sort(found)
	return found
}

// MatchGlob reports whether a pattern of an include stands for a file, if there is one of this name.
func MatchGlob(pattern, name string) bool {
	p, n := strings.Split(pattern, "/"), strings.Split(name, "/")
	return len(p) == len(n) && !slices.ContainsFunc(p, func(seg string) bool {
		ok := matchSegment(seg, n[0])
		n = n[1:]
		return !ok
	})
}

// matchSegment matches a name between slashes as glob(3) does with GLOB_NOESCAPE, so as nft does.
func matchSegment(pattern, name string) bool {
	if strings.HasPrefix(name, ".") && !strings.HasPrefix(pattern, ".") {
		return false
	}
	p := strings.NewReplacer(`\`, `\\`, "[!", "[^").Replace(pattern)
	ok, err := path.Match(p, name)
	return ok || err != nil && pattern == name
}
