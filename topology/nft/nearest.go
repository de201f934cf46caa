package nft

import "strings"

// nearest is the word of known that is closest to word, "" if none is close: at most a third of the letters differ.
func nearest(word string, known []string) string {
	best, dist := "", 1<<30
	if word == "" {
		return ""
	}
	low := strings.ToLower(word)
	for _, k := range known {
		d := editDistance(low, strings.ToLower(k))
		if d < dist {
			best, dist = k, d
		}
	}
	if dist > max(1, len(word)/3) {
		return ""
	}
	return best
}

// didYouMean is a hint that names the nearest word, or, if there are few, all of them.
func didYouMean(word string, known []string) string {
	if n := nearest(word, known); n != "" {
		return "did you mean `" + n + "`?"
	}
	if len(known) > 0 && len(known) <= 12 {
		return "one of: " + strings.Join(known, ", ")
	}
	return ""
}

// editDistance counts insertions, deletions, replacements and swaps of neighbours that turn a into b.
func editDistance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 1 << 20
	}
	var rows [3][66]int
	for j := 0; j <= len(b); j++ {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur, prev, prev2 := &rows[i%3], &rows[(i+2)%3], &rows[(i+1)%3]
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
	}
	return rows[len(a)%3][len(b)]
}
