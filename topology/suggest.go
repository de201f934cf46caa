package topology

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// nearest is the candidate that is most like word: the fewest letters added, left out, changed or swapped with
// their neighbour, upper and lower case being alike. It is "" where nothing is near enough to be meant. Of equals the
// one wins that begins most like word, then the first.
func nearest(word string, candidates []string) string {
	w := strings.ToLower(word)
	limit := max(1, utf8.RuneCountInString(w)/3)
	best, bestDist, bestPrefix := "", limit, 0
	for _, c := range candidates {
		if c == word {
			continue
		}
		l := strings.ToLower(c)
		if diff := len(l) - len(w); diff > bestDist*utf8.UTFMax || -diff > bestDist*utf8.UTFMax {
			continue
		}
		d := distance(w, l, bestDist+1)
		same := commonPrefix(w, l)
		// Words of one letter are all one change apart.
		if d > bestDist || d == bestDist && best != "" && same <= bestPrefix || d >= max(utf8.RuneCountInString(w), utf8.RuneCountInString(l)) {
			continue
		}
		best, bestDist, bestPrefix = c, d, same
	}
	return best
}

func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// distance is the optimal string alignment distance of a and b; anything not below limit may come back as limit.
func distance(a, b string, limit int) int {
	s, t := []rune(a), []rune(b)
	if len(s)-len(t) >= limit || len(t)-len(s) >= limit {
		return limit
	}
	two, one, cur := make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range one {
		one[j] = j
	}
	for i := 1; i <= len(s); i++ {
		cur[0] = i
		low := i
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			cur[j] = min(one[j]+1, cur[j-1]+1, one[j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				cur[j] = min(cur[j], two[j-2]+1)
			}
			low = min(low, cur[j])
		}
		if low >= limit {
			return limit
		}
		two, one, cur = one, cur, two
	}
	return min(one[len(t)], limit)
}

// didYouMean is the hint for a word that is none of candidates, or the list of them if they are few.
func didYouMean(word string, candidates []string) string {
	if s := nearest(word, candidates); s != "" {
		return "did you mean " + strconv.Quote(s) + "?"
	}
	if len(candidates) > 0 && len(candidates) <= 12 {
		return "one of: " + strings.Join(candidates, ", ")
	}
	return ""
}
