package recording

import (
	"math"
	"testing"
	"time"
)

func TestClock(t *testing.T) {
	t.Parallel()
	const second = int64(time.Second)
	// The wall clock is put back an hour at 100 s, and forward at 200 s.
	set := Clock{
		{Boot: 10e9, Wall: 10_000 * second},
		{Boot: 100e9, Wall: 6_490 * second},
		{Boot: 200e9, Wall: 20_000*second + 5},
	}
	for name, test := range map[string]struct {
		clock Clock
		boot  uint64
		want  time.Time
	}{
		"no pairs":            {nil, 5, time.Time{}},
		"at the first":        {set, 10e9, time.Unix(10_000, 0)},
		"before the first":    {set, 4e9, time.Unix(9_994, 0)},
		"just before the set": {set, 100e9 - 1, time.Unix(10_089, 999_999_999)},
		"at the set":          {set, 100e9, time.Unix(6_490, 0)},
		"between":             {set, 150e9 + 7, time.Unix(6_540, 7)},
		"after the last":      {set, 201e9, time.Unix(20_001, 5)},
		"two of a moment":     {Clock{{1, 1}, {1, 2}}, 1, time.Unix(0, 2)},
		"wall before 1970":    {Clock{{Boot: 0, Wall: -1}}, 2, time.Unix(0, 1)},
		"far ahead":           {Clock{{Boot: 0, Wall: math.MaxInt64}}, math.MaxUint64, time.Unix(math.MaxInt64/second+math.MaxUint64/1_000_000_000, math.MaxInt64%second+math.MaxUint64%1_000_000_000)},
		"far back":            {Clock{{Boot: math.MaxUint64, Wall: math.MinInt64}}, 0, time.Unix(math.MinInt64/second-math.MaxUint64/1_000_000_000, math.MinInt64%second-math.MaxUint64%1_000_000_000)},
	} {
		got := test.clock.Wall(test.boot)
		if !got.Equal(test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
		if got.Location() != time.UTC {
			t.Errorf("%s: in %v", name, got.Location())
		}
	}
}

// TestUnsortedClock has a file whose pairs are in the wrong order.
func TestUnsortedClock(t *testing.T) {
	t.Parallel()
	r := small()
	r.Clock = Clock{{Boot: 20, Wall: 2_000}, {Boot: 10, Wall: 1_000}}
	got, err := read(write(t, r))
	if err != nil {
		t.Fatal(err)
	}
	if wall := got.Clock.Wall(15); wall.UnixNano() != 1_005 {
		t.Errorf("%v", wall)
	}
}
