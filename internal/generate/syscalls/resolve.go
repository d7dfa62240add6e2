package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
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
	by        int // index of the argument that the variants go by
	variants  []variant
	indirect  bool // the variants are other calls, whose arguments are in memory
}

// variant is the row of one value of the argument that a call's variants go by.
type variant struct {
	value uint32
	row   int // index into a table's calls
}

// resolved is an argument as it is in a register.
type resolved struct {
	name  string
	kind  string
	wide  bool // the next register has the upper half
	size  int  // with layout
	count string
	extra int // bytes besides those that the count counts
	self  int // where the memory has its own count
	limit string
	only  string // a composite literal's fields, or empty
	when  string // a constant of ring, or empty
	// layout is a constant of ring. An early descriptor has none.
	layout      string
	descriptors int
	parts       []resolvedPart
}

// resolvedPart is a part as it is in an ABI's struct.
type resolvedPart struct {
	name    string
	layout  string // a constant of ring
	size    int
	pointer int
	width   int    // of the number that counts; 0: count is that number
	count   int    // where the number stands, or the number
	limit   int    // where the number stands that says how much was filled; 0: nowhere
	only    string // a composite literal's fields, or empty
	control bool
}

// table is everything that the Go source says.
type table struct {
	calls   []string                  // the distinct calls' source
	indexes map[string]int            // into calls, by the source
	numbers map[string]map[string]int // by ABI and name
	rows    map[string]map[string]int // index into calls by ABI and name
}

// add returns the index of a call's source, of which those that come out the
// same are there once.
func (t *table) add(c *call) int {
	source := callSource(c)
	index, known := t.indexes[source]
	if !known {
		index = len(t.calls)
		t.indexes[source] = index
		t.calls = append(t.calls, source)
	}
	return index
}

// resolve joins kinds, rows and numbers.
func resolve(kinds []*kind, rows []*row, numbers map[string]map[string]int) (*table, error) {
	kindsByName := map[string]*kind{}
	for _, k := range kinds {
		kindsByName[k.name] = k
	}
	rowsByName := map[string][]*row{}
	variantsByName := map[string][]*row{}
	for _, r := range rows {
		if r.isVariant() {
			variantsByName[r.name] = append(variantsByName[r.name], r)
		} else {
			rowsByName[r.name] = append(rowsByName[r.name], r)
		}
	}

	var problems []error
	t := &table{indexes: map[string]int{}, numbers: numbers, rows: map[string]map[string]int{}}
	for _, abi := range abis {
		t.rows[abi.name] = map[string]int{}
		for _, name := range sortedNames(numbers[abi.name]) {
			r := findRow(rowsByName[name], abi)
			if r == nil {
				problems = append(problems, fmt.Errorf("calls.txt: no row for %s of %s", name, abi.name))
				continue
			}
			r.used = true
			c, err := resolveRow(r, abi, kindsByName, "int")
			if err != nil {
				problems = append(problems, fmt.Errorf("%s: %s of %s: %w", r.at, name, abi.name, err))
				continue
			}
			if err := t.addVariants(c, variantsByName[name], rowsByName, abi, kindsByName); err != nil {
				problems = append(problems, err)
				continue
			}
			t.rows[abi.name][name] = t.add(c)
		}
	}
	for _, r := range rows {
		switch {
		case r.used:
		case r.isVariant() && len(rowsByName[r.name]) == 0:
			problems = append(problems, fmt.Errorf("%s: a variant of %s, which has no row of its own: want %[2]s(...) for all other values", r.at, r.name))
		case r.isVariant() && len(problems) > 0: // It may be for the problems that it was not used.
		case r.isVariant():
			problems = append(problems, fmt.Errorf("%s: no ABI has the call %s, or all values are those of ABIs' own variants", r.at, r.name))
		case len(rowsByName[r.name]) > 1:
			problems = append(problems, fmt.Errorf("%s: another row of %s: want one for an ABI, and one for all others", r.at, r.name))
		default:
			problems = append(problems, fmt.Errorf("%s: no ABI has the call %s", r.at, r.name))
		}
	}
	return t, errors.Join(problems...)
}

// addVariants adds an ABI's variants of a call to the table and to the call.
func (t *table) addVariants(c *call, rows []*row, calls map[string][]*row, abi abi, kinds map[string]*kind) error {
	chosen := map[uint32]*row{}
	var first *row
	for _, r := range rows {
		if !r.isOf(abi) {
			continue
		}
		if first == nil {
			first = r
		}
		if (r.is == "") != (first.is == "") {
			return fmt.Errorf("%s: a variant of %s with arguments of its own beside one that is another call: want all of one sort, as at %s", r.at, r.name, first.at)
		}
		if r.by != first.by {
			return fmt.Errorf("%s: a variant of %s by %s: those of %s go by %s", r.at, r.name, r.by, first.at, first.by)
		}
		for _, value := range r.values {
			other := chosen[value]
			switch {
			case other == nil || len(other.abis) == 0 && len(r.abis) > 0:
				chosen[value] = r
			case len(other.abis) > 0 && len(r.abis) == 0: // The ABI's own goes before it.
			default:
				return fmt.Errorf("%s: %s of %s: the value %#x of %s is one of %s already", r.at, r.name, abi.name, value, r.by, other.at)
			}
		}
	}
	if first == nil {
		return nil
	}

	c.by = c.argument(first.by)
	c.indirect = first.is != ""
	if c.by < 0 {
		return fmt.Errorf("%s: %s of %s: its row has no argument %s", first.at, first.name, abi.name, first.by)
	}
	indexes := map[*row]int{}
	for _, value := range slices.Sorted(maps.Keys(chosen)) {
		r := chosen[value]
		if _, known := indexes[r]; !known {
			one, err := c.variant(r, calls, abi, kinds)
			if err != nil {
				return fmt.Errorf("%s: %s of %s: %w", r.at, r.name, abi.name, err)
			}
			r.used = true
			indexes[r] = t.add(one)
		}
		c.variants = append(c.variants, variant{value, indexes[r]})
	}
	return nil
}

// argument returns the index of an argument, -1 if there is none of that name.
func (c *call) argument(name string) int {
	return slices.IndexFunc(c.arguments, func(a resolved) bool { return a.name == name })
}

// variant resolves the row of a variant of the call.
func (c *call) variant(r *row, calls map[string][]*row, abi abi, kinds map[string]*kind) (*call, error) {
	if r.is != "" {
		other := findRow(calls[r.is], abi)
		if other == nil {
			return nil, fmt.Errorf("no row for %s", r.is)
		}
		other.used = true
		return resolveRow(other, abi, kinds, "int")
	}
	one, err := resolveRow(r, abi, kinds, c.returns)
	if err != nil {
		return nil, err
	}
	if one.argument(r.by) != c.by {
		return nil, fmt.Errorf("%s must be argument %d, as it is in the call's own row", r.by, c.by)
	}
	one.sets = c.sets
	return one, nil
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

// findRow returns an ABI's row among those of a call: the ABI's own before
// that of all.
func findRow(rows []*row, abi abi) *row {
	var found *row
	for _, r := range rows {
		if r.isOf(abi) && (found == nil || len(found.abis) == 0) {
			found = r
		}
	}
	return found
}

// resolveRow returns a row as it is for an ABI. It returns a value of the kind
// returns unless the row says what.
func resolveRow(r *row, abi abi, kinds map[string]*kind, returns string) (*call, error) {
	c := &call{name: r.name, returns: cmp.Or(r.returns, returns), sets: r.sets}
	if _, known := kinds[c.returns]; !known {
		return nil, fmt.Errorf("unknown kind %q", c.returns)
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
		if err := one.capture(a.when, k, abi); err != nil {
			return nil, fmt.Errorf("%s: %w", a.name, err)
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
		if count != "" && c.arguments[i].layout == "" {
			return nil, fmt.Errorf("%s: a count of nothing", a.name)
		}
		c.arguments[i].count = count
		if offset, found := strings.CutPrefix(a.count, "self@"); found {
			if c.arguments[i].self, err = parseSize(offset); err != nil {
				return nil, fmt.Errorf("%s: %w", a.name, err)
			}
		}
		if a.extra != "" {
			extra, err := parseSizes(a.extra, false)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", a.name, err)
			}
			c.arguments[i].extra = extra[abi.name]
		}
		if c.arguments[i].limit, err = resolveCount(a.limit, register); err != nil {
			return nil, fmt.Errorf("%s: %w", a.name, err)
		}
		if c.arguments[i].only, err = resolveCondition(a.only, register); err != nil {
			return nil, fmt.Errorf("%s: %w", a.name, err)
		}
	}
	return c, nil
}

// capture says when the argument's memory is captured, and how it is laid out.
func (a *resolved) capture(when string, k *kind, abi abi) error {
	if when == "" && k.in {
		when = "in"
	}
	switch {
	case when == "":
		return nil
	case moments[when] == "":
		return fmt.Errorf("unknown moment %q: want one of %s", when, choices(moments))
	case k.layout == "" && descriptorKinds[k.name] && (when == "early" || when == "out"):
		a.when = moments[when]
		return nil
	case k.layout == "" && descriptorKinds[k.name]:
		return fmt.Errorf("a descriptor has no memory: %s; only early, that the call may close it, and out, that the call changes it", when)
	case k.layout == "":
		return fmt.Errorf("a kind without a layout: %s", k.name)
	}
	a.when = moments[when]
	a.layout, a.size = layouts[k.layout].constant, k.sizes.on(abi, k.layout)
	a.descriptors = k.descriptors
	for _, p := range k.parts {
		one := resolvedPart{name: p.name, layout: layouts[p.layout].constant, size: p.sizes.on(abi, p.layout), pointer: p.pointer[abi.name], width: p.widthOn(abi), count: 1}
		if p.count != nil {
			one.count = p.count[abi.name]
		}
		if p.limit != nil {
			one.limit = p.limit[abi.name]
		}
		one.only, one.control = p.only, p.control
		a.parts = append(a.parts, one)
	}
	return nil
}

// on returns the size on an ABI, the layout's own if there are none.
func (s sizes) on(abi abi, layout string) int {
	if s == nil {
		return layouts[layout].size
	}
	return s[abi.name]
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
	case strings.HasPrefix(count, "self@"):
		return "ring.CountSelf", nil
	case strings.HasPrefix(count, "below("):
		base, name = "ring.CountArgumentBelow", strings.TrimSuffix(count[len("below("):], ")")
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
