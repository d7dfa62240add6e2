package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// call is a row as it is for one ABI or for several: what the Go source has.
type call struct {
	name      string
	arguments []resolved
	returns   string
	sets      []string
}

// resolved is an argument as it is in a register.
type resolved struct {
	name  string
	kind  string
	wide  bool // the next register has the upper half
	size  int  // with layout
	count string
	limit string
	only  string // a composite literal's fields, or empty
	when  string // a constant of ring, or empty
	// layout is a constant of ring.
	layout string
}

// table is everything that the Go source says.
type table struct {
	calls   []string                  // the distinct calls' source
	numbers map[string]map[string]int // by ABI and name
	rows    map[string]map[string]int // index into calls by ABI and name
}

// resolve joins kinds, rows and numbers.
func resolve(kinds []kind, rows []*row, numbers map[string]map[string]int) (*table, error) {
	byName := map[string]kind{}
	for _, k := range kinds {
		byName[k.name] = k
	}

	var problems []error
	seen := map[string]int{}
	t := &table{numbers: numbers, rows: map[string]map[string]int{}}
	for _, abi := range abis {
		t.rows[abi.name] = map[string]int{}
		for _, name := range sortedNames(numbers[abi.name]) {
			r := findRow(rows, name, abi)
			if r == nil {
				problems = append(problems, fmt.Errorf("calls.txt: no row for %s of %s", name, abi.name))
				continue
			}
			r.used = true
			c, err := resolveRow(r, abi, byName)
			if err != nil {
				problems = append(problems, fmt.Errorf("calls.txt:%d: %s of %s: %w", r.line, name, abi.name, err))
				continue
			}
			source := callSource(c)
			index, known := seen[source]
			if !known {
				index = len(t.calls)
				seen[source] = index
				t.calls = append(t.calls, source)
			}
			t.rows[abi.name][name] = index
		}
	}
	for _, r := range rows {
		if !r.used {
			problems = append(problems, fmt.Errorf("calls.txt:%d: no ABI has the call %s", r.line, r.name))
		}
	}
	return t, errors.Join(problems...)
}

// sortedNames returns the names in the order of their numbers.
func sortedNames(numbers map[string]int) []string {
	names := make([]string, 0, len(numbers))
	for name := range numbers {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return numbers[a] - numbers[b] })
	return names
}

// findRow returns the row of an ABI's call: the ABI's own before that of all.
func findRow(rows []*row, name string, abi abi) *row {
	var general *row
	for _, r := range rows {
		switch {
		case r.name != name:
		case slices.Contains(r.abis, abi.name):
			return r
		case len(r.abis) == 0:
			general = r
		}
	}
	return general
}

func resolveRow(r *row, abi abi, kinds map[string]kind) (*call, error) {
	c := &call{name: r.name, returns: r.returns, sets: r.sets}
	if _, known := kinds[r.returns]; !known {
		return nil, fmt.Errorf("unknown kind %q", r.returns)
	}

	// First the registers, then the counts, which name arguments that may
	// come later.
	register := map[string]int{}
	sources := []argument{}
	for i, a := range r.arguments {
		k, known := kinds[a.kind]
		if !known {
			return nil, fmt.Errorf("unknown kind %q", a.kind)
		}
		pair := a.width != "" && !abi.wide
		if pair && a.width == "64" && abi.aligned && len(c.arguments)%2 != 0 {
			c.arguments = append(c.arguments, resolved{name: "padding", kind: "padding"})
			sources = append(sources, argument{})
		}
		register[a.name] = len(c.arguments)
		one := resolved{name: a.name, kind: a.kind, wide: pair}
		when := a.when
		if when == "" && k.in {
			when = "in"
		}
		if when != "" {
			if k.layout == "" {
				return nil, fmt.Errorf("%s: a kind without a layout: %s", a.name, a.kind)
			}
			if moments[when] == "" {
				return nil, fmt.Errorf("%s: unknown moment %q", a.name, when)
			}
			one.when = moments[when]
			layout := layouts[k.layout]
			one.layout, one.size = layout.constant, layout.size
			if k.sizes != nil {
				one.size = k.sizes[abi.name]
			}
		}
		c.arguments = append(c.arguments, one)
		sources = append(sources, a)
		switch {
		case pair:
			c.arguments = append(c.arguments, resolved{name: a.name + "_high", kind: "upper_half"})
			sources = append(sources, argument{})
		case a.width == "pair" && abi.name != "x32" && i < len(r.arguments)-1:
			c.arguments = append(c.arguments, resolved{name: "padding", kind: "padding"})
			sources = append(sources, argument{})
		}
	}
	if len(c.arguments) > 6 {
		return nil, fmt.Errorf("%d arguments", len(c.arguments))
	}
	for i, a := range sources {
		count, err := resolveCount(a.count, register)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", a.name, err)
		}
		if count != "" && c.arguments[i].when == "" {
			return nil, fmt.Errorf("%s: a count of nothing", a.name)
		}
		c.arguments[i].count = count
		if c.arguments[i].limit, err = resolveCount(a.limit, register); err != nil {
			return nil, fmt.Errorf("%s: %w", a.name, err)
		}
		if c.arguments[i].only, err = resolveCondition(a.only, register); err != nil {
			return nil, fmt.Errorf("%s: %w", a.name, err)
		}
	}
	return c, nil
}

// resolveCondition turns a condition as calls.txt has it into the fields of a
// syscalls.Condition.
func resolveCondition(condition string, register map[string]int) (string, error) {
	if condition == "" {
		return "", nil
	}
	left, right, _ := strings.Cut(condition, "=")
	name, maskText, masked := strings.Cut(left, "&")
	index, known := register[name]
	if !known {
		return "", fmt.Errorf("it depends on %q, which is no argument", name)
	}
	mask := uint64(0xffffffff)
	if masked {
		var err error
		if mask, err = strconv.ParseUint(maskText, 0, 32); err != nil {
			return "", err
		}
	}
	var values uint64
	for item := range strings.SplitSeq(right, "|") {
		firstText, lastText, isRange := strings.Cut(item, "-")
		if !isRange {
			lastText = firstText
		}
		first, err := strconv.ParseUint(firstText, 0, 6)
		if err != nil {
			return "", fmt.Errorf("%q is no number below 64: %w", firstText, err)
		}
		last, err := strconv.ParseUint(lastText, 0, 6)
		if err != nil {
			return "", fmt.Errorf("%q is no number below 64: %w", lastText, err)
		}
		for value := first; value <= last; value++ {
			values |= 1 << value
		}
	}
	return fmt.Sprintf("Argument: %d, Mask: %#x, Values: %#x", index, mask, values), nil
}

// resolveCount turns a count as calls.txt has it into Go.
func resolveCount(count string, register map[string]int) (string, error) {
	base, name := "ring.CountArgument", count
	switch {
	case count == "":
		return "", nil
	case count == "return":
		return "ring.CountReturn", nil
	case strings.HasPrefix(count, "*"):
		base, name = "ring.CountPointed", count[1:]
	case strings.HasPrefix(count, "bits("):
		base, name = "ring.CountArgumentBits", strings.TrimSuffix(count[len("bits("):], ")")
	}
	index, known := register[name]
	if !known {
		return "", fmt.Errorf("it is counted by %q, which is no argument", name)
	}
	if index == 0 {
		return base, nil
	}
	return fmt.Sprintf("%s + %d", base, index), nil
}
