package main

import "slices"

// pair is a line of strace's log and the same one of ours; nil where a log has none.
type pair struct{ theirs, ours *line }

func (p pair) identical() bool {
	return p.theirs != nil && p.ours != nil && p.theirs.text == p.ours.text
}

// name is the call that the pair is about.
func (p pair) name() string {
	if p.theirs != nil {
		return p.theirs.name
	}
	return p.ours.name
}

// slack is how many lines one log may have at a place, beyond the difference
// of the logs' lengths, without what follows being misaligned.
const slack = 100

// maximumTable is how many bytes the table may take. Logs for which that is
// too little have hardly anything in common.
const maximumTable = 1 << 30

// The ways by which align comes to a cell of its table.
const (
	both byte = iota
	onlyTheirs
	onlyOurs
)

// align pairs the lines of two logs of one thread, in order, so that the cost
// is least: a line that is in one log only costs as much as one that differs,
// and only lines of one call are paired. A missing line so differs alone, and
// not everything behind it.
func align(theirs, ours []line) []pair {
	var pairs []pair
	first := 0
	for first < min(len(theirs), len(ours)) && theirs[first].text == ours[first].text {
		pairs = append(pairs, pair{&theirs[first], &ours[first]})
		first++
	}
	return append(pairs, alignBand(theirs[first:], ours[first:])...)
}

// alignBand fills the table of edit distances along its diagonal.
func alignBand(theirs, ours []line) []pair {
	rows, columns := len(theirs), len(ours)
	difference := columns - rows
	below := slack - min(difference, 0) // how far left of the diagonal it reaches
	width := below + slack + max(difference, 0) + 1
	const infinite = int32(1) << 30

	if rows*width > maximumTable {
		return apart(theirs, ours)
	}
	steps := make([]byte, (rows+1)*width)
	above, costs := make([]int32, width), make([]int32, width)
	for row := 0; row <= rows; row++ {
		above, costs = costs, above
		for k := range width {
			column := row - below + k
			costs[k] = infinite
			if column < 0 || column > columns {
				continue
			}
			if row == 0 && column == 0 {
				costs[k] = 0
				continue
			}
			step := both
			if row > 0 && column > 0 {
				cost := infinite
				switch t, o := &theirs[row-1], &ours[column-1]; {
				case t.text == o.text:
					cost = 0
				case t.name == o.name:
					cost = 1
				}
				costs[k] = min(above[k]+cost, infinite)
			}
			if row > 0 && k+1 < width && above[k+1]+1 < costs[k] {
				costs[k], step = above[k+1]+1, onlyTheirs
			}
			if column > 0 && k > 0 && costs[k-1]+1 < costs[k] {
				costs[k], step = costs[k-1]+1, onlyOurs
			}
			steps[row*width+k] = step
		}
	}

	pairs := make([]pair, 0, max(rows, columns))
	for row, column := rows, columns; row > 0 || column > 0; {
		switch steps[row*width+column-row+below] {
		case both:
			row, column = row-1, column-1
			pairs = append(pairs, pair{&theirs[row], &ours[column]})
		case onlyTheirs:
			row--
			pairs = append(pairs, pair{&theirs[row], nil})
		case onlyOurs:
			column--
			pairs = append(pairs, pair{nil, &ours[column]})
		}
	}
	slices.Reverse(pairs)
	return pairs
}

// apart is the alignment of logs that have nothing in common.
func apart(theirs, ours []line) []pair {
	var pairs []pair
	for at := range theirs {
		pairs = append(pairs, pair{&theirs[at], nil})
	}
	for at := range ours {
		pairs = append(pairs, pair{nil, &ours[at]})
	}
	return pairs
}
