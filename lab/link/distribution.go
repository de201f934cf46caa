package link

import (
	"fmt"
	"math"
	"slices"
	"sync"
)

// tableScale is one standard deviation in a table, NETEM_DIST_SCALE of include/uapi/linux/pkt_sched.h.
const tableScale = 8192

// tableSize is the number of entries in a table, as in those of iproute2.
const tableSize = 4096

var distributions = []string{"", "normal", "pareto", "paretonormal"}

func distributionNumber(name string) int { return max(slices.Index(distributions, name), 0) }

// Distribution is the table of a distribution of delays, by its name in tc-netem(8): entry i is how many standard
// deviations, times 8192, the i-th of 4096 equally likely delays is above the mean. It belongs to this package: do not
// change it. tc reads the same tables from files, which iproute2 makes when it is built (netem/normal.c and its
// neighbours).
func Distribution(name string) ([]int16, error) {
	switch name {
	case "normal":
		return normalTable(), nil
	case "pareto":
		return paretoTable(), nil
	case "paretonormal":
		return paretonormalTable(), nil
	}
	return nil, fmt.Errorf("there is no distribution %q", name)
}

// normalQuantiles is the inverse of the normal distribution function, made as normal.c makes it: of all x in steps of
// 0.00005 whose place in the table is the same, the last counts.
var normalQuantiles = sync.OnceValue(func() []float64 {
	const size = 4 * tableSize // of which every fourth is used
	table := make([]float64, size+1)
	for x := -10.0; x < 10.05; x += .00005 {
		i := int(math.RoundToEven(size * (.5 + .5*math.Erf(x/math.Sqrt2))))
		table[i] = x
	}
	out := make([]float64, tableSize)
	for i := range out {
		out[i] = table[4*i]
	}
	return out
})

var normalTable = sync.OnceValue(func() []int16 {
	table := make([]int16, tableSize)
	for i, x := range normalQuantiles() {
		table[i] = clamp(math.RoundToEven(x * tableScale))
	}
	return table
})

// paretoAt is entry i of a Pareto distribution with the shape 3, less its mean of 1.5, as pareto.c has it.
func paretoAt(i int) float64 {
	share := float64(65536-16*i) / 65536
	v := (math.Pow(share, -1.0/3) - 1.5) * (4.0 / 3) * tableScale
	return math.RoundToEven(min(v, math.MaxInt16))
}

var paretoTable = sync.OnceValue(func() []int16 {
	table := make([]int16, tableSize)
	for i := range table {
		table[i] = clamp(paretoAt(i))
	}
	return table
})

// paretonormalTable is a quarter normal and three quarters Pareto, as paretonormal.c has it.
var paretonormalTable = sync.OnceValue(func() []int16 {
	table := make([]int16, tableSize)
	for i, x := range normalQuantiles() {
		table[i] = clamp(math.Trunc((math.RoundToEven(x*tableScale) + 3*paretoAt(i)) / 4))
	}
	return table
})

func clamp(v float64) int16 { return int16(max(math.MinInt16, min(math.MaxInt16, v))) }
