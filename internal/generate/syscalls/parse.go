package main

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// abi is a way of calling the kernel.
type abi struct {
	name     string // in the text files
	constant string // in package syscalls
	source   string // what x/sys/unix calls the architecture; empty: it has none
	pointer  int    // bytes of a pointer
	wide     bool   // a 64-bit value fits a register
	aligned  bool   // a pair of registers begins with an even one
}

var abis = []abi{
	{name: "amd64", constant: "AMD64", source: "amd64", pointer: 8, wide: true},
	{name: "i386", constant: "I386", source: "386", pointer: 4},
	{name: "x32", constant: "X32", pointer: 4, wide: true},
	{name: "arm64", constant: "ARM64", source: "arm64", pointer: 8, wide: true},
	{name: "arm", constant: "ARM", source: "arm", pointer: 4, aligned: true},
}

// maxSize is what a size, an offset or a count of package syscalls holds.
const maxSize = 1<<16 - 1

// kind is a line of kinds.txt, with the lines of its parts.
type kind struct {
	name        string
	layout      string // a key of layouts, or empty
	sizes       sizes  // nil: the layout's
	descriptors int    // bytes from one file descriptor to the next; 0: it has none
	in          bool
	comment     string
	parts       []part
}

// part is memory that a kind's struct points to.
type part struct {
	name    string
	layout  string // a key of layouts
	sizes   sizes  // nil: the layout's
	pointer sizes  // where the pointer stands
	// width is of the number that counts: a key of widths; empty: count is
	// that number itself.
	width string
	count sizes  // where the number stands; nil: one
	limit sizes  // where another number stands, of 32 bits, that says how much of it the call filled; nil: all
	only  string // a composite literal's fields, or empty
	// control says that it is control messages, which may have descriptors.
	control bool
}

// sizes are sizes or offsets by ABI.
type sizes map[string]int

// row is a line of calls.txt.
type row struct {
	name      string
	abis      []string // empty: all
	by        string   // of a variant: the argument that it goes by
	values    []uint32 // of a variant: that argument's values
	is        string   // of a variant: the other call that it is; empty: none
	arguments []argument
	returns   string // empty: a variant's is its call's, a call's is an int
	sets      []string
	at        string
	used      bool
}

// isVariant reports whether the row is for certain values of an argument only.
func (r *row) isVariant() bool { return r.by != "" }

// isOf reports whether the row is one of an ABI.
func (r *row) isOf(abi abi) bool { return len(r.abis) == 0 || slices.Contains(r.abis, abi.name) }

// argument is a row's argument as it is written.
type argument struct {
	name  string
	kind  string
	width string // "", "64" or "pair"
	when  string // a key of moments, or empty
	count string
	extra string // bytes that the count does not count, as sizes are written, or empty
	limit string // an argument's name, or empty
	only  string // a condition as it is written, or empty
}

// number is a line of numbers.txt.
type number struct {
	abi   string
	name  string
	value int // -1: the ABI does not have the call
}

// layouts are the words for ring's layouts, and whether one has a size.
var layouts = map[string]struct {
	constant string
	size     int // 0: of the kind
}{
	"string":  {"LayoutString", 1},
	"path":    {"LayoutPath", 1},
	"bytes":   {"LayoutBytes", 1},
	"struct":  {"LayoutStruct", 0},
	"array":   {"LayoutArray", 0},
	"strings": {"LayoutStrings", 1},
	"buffers": {"LayoutBuffers", 1},
	"count":   {"LayoutCount", 1},
	"entries": {"LayoutEntries", 0},

	"pointers": {"LayoutPointers", 0},
}

// partLayouts are the layouts that a part may have, and whether it is counted.
// What is not ends by itself or has one size.
var partLayouts = map[string]bool{
	"string":  false,
	"path":    false,
	"strings": false,
	"struct":  false,
	"bytes":   true,
	"array":   true,
	"buffers": true,
}

// maxParts is how many parts a capture's header can tell apart.
const maxParts = 7

// widths are the words for the numbers that count parts, in bytes. A long is
// as wide as the ABI's pointers: all ABIs are little-endian, so of x32's longs
// that are wider these are the bytes that count.
var widths = map[string]int{"u16": 2, "u32": 4, "u64": 8, "long": 0}

// descriptorKinds are the kinds of file descriptors.
var descriptorKinds = map[string]bool{"fd": true, "dirfd": true, "pidfd": true}

// moments are the words for ring's moments.
var moments = map[string]string{
	"in":    "WhenIn",
	"early": "WhenEarly",
	"out":   "WhenOut",
	"inout": "WhenInOut",

	"around": "WhenAround",
}

// sets are the words for strace's sets.
var sets = map[string]string{
	"%file":    "SetFile",
	"%network": "SetNetwork",
	"%process": "SetProcess",
	"%desc":    "SetDescriptor",
	"%memory":  "SetMemory",
	"%signal":  "SetSignal",
	"%ipc":     "SetIPC",
	"%stat":    "SetStat",
	"%lstat":   "SetLstat",
	"%fstat":   "SetFstat",
	"%%stat":   "SetAnyStat",
	"%statfs":  "SetStatfs",
	"%fstatfs": "SetFstatfs",
	"%%statfs": "SetAnyStatfs",
	"%creds":   "SetCredentials",
	"%clock":   "SetClock",
	"%pure":    "SetPure",
}

// line is a line of a text file that says something.
type line struct {
	at      string // the file's path and the line's number
	content string
	comment string
}

// readLines reads text files as if they were one.
func readLines(paths ...string) ([]line, error) {
	var lines []line
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		lines = append(lines, splitLines(path, string(text))...)
	}
	return lines, nil
}

func splitLines(path, text string) []line {
	var lines []line
	number := 0
	for content := range strings.Lines(text) {
		number++
		content, comment, _ := strings.Cut(content, "#")
		if content = strings.TrimSpace(content); content != "" {
			lines = append(lines, line{fmt.Sprintf("%s:%d", path, number), content, strings.TrimSpace(comment)})
		}
	}
	return lines
}

func parseKinds(lines []line) ([]*kind, error) {
	var kinds []*kind
	seen := map[string]bool{}
	for _, l := range lines {
		if strings.HasPrefix(l.content, ".") {
			if len(kinds) == 0 {
				return nil, fmt.Errorf("%s: a part before any kind: %s", l.at, l.content)
			}
			if err := kinds[len(kinds)-1].addPart(l.content); err != nil {
				return nil, fmt.Errorf("%s: %w", l.at, err)
			}
			continue
		}
		k, err := parseKind(l.content, l.comment)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", l.at, err)
		}
		if seen[k.name] {
			return nil, fmt.Errorf("%s: kind %q a second time", l.at, k.name)
		}
		seen[k.name] = true
		kinds = append(kinds, k)
	}
	return kinds, nil
}

func parseKind(content, comment string) (*kind, error) {
	words := strings.Fields(content)
	k := &kind{name: words[0], comment: comment}
	if comment == "" {
		return nil, fmt.Errorf("kind %q without a comment", k.name)
	}
	words = words[1:]
	if len(words) > 0 && words[len(words)-1] == "in" {
		k.in = true
		words = words[:len(words)-1]
	}
	if len(words) > 0 {
		var err error
		k.layout = words[0]
		if k.sizes, words, err = parseLayout(words, false); err != nil {
			return nil, err
		}
	}
	if len(words) > 1 && words[0] == "fds" {
		distance, err := strconv.ParseUint(words[1], 10, 8)
		if err != nil || distance < 4 {
			return nil, fmt.Errorf("fds %s: want how many bytes there are from one descriptor to the next, 4 to 255", words[1])
		}
		if k.layout != "struct" && k.layout != "array" {
			return nil, fmt.Errorf("a %s with descriptors: want a struct or an array", k.layout)
		}
		k.descriptors = int(distance)
		words = words[2:]
	}
	if len(words) > 0 {
		if k.layout != "" && k.sizes == nil {
			return nil, fmt.Errorf("unexpected %q after %s, which has no sizes: want NAME [LAYOUT [SIZES] [fds N]] [in]", words[0], k.layout)
		}
		return nil, fmt.Errorf("unexpected %q: want NAME [LAYOUT [SIZES] [fds N]] [in]", words[0])
	}
	return k, nil
}

// parseLayout parses LAYOUT [SIZES], of which the sizes are there if the layout
// has none of its own, and returns the words that follow.
func parseLayout(words []string, narrowX32 bool) (sizes, []string, error) {
	layout, known := layouts[words[0]]
	if !known {
		return nil, nil, fmt.Errorf("unknown layout %q: want one of %s", words[0], choices(layouts))
	}
	if layout.size != 0 {
		return nil, words[1:], nil
	}
	if len(words) == 1 {
		return nil, nil, fmt.Errorf("a %s needs a size", words[0])
	}
	parsed, err := parseSizes(words[1], narrowX32)
	return parsed, words[2:], err
}

// choices returns what may be chosen from, for an error.
func choices[T any](words map[string]T) string {
	return strings.Join(slices.Sorted(maps.Keys(words)), ", ")
}

// parseSizes parses SIZE[/SIZE32][,ABI=SIZE...]. X32's is the first unless
// narrowX32 says that it is as the 32-bit ABIs are.
func parseSizes(text string, narrowX32 bool) (sizes, error) {
	items := strings.Split(text, ",")
	wideText, narrowText, differ := strings.Cut(items[0], "/")
	if !differ {
		narrowText = wideText
	}
	wide, err := parseSize(wideText)
	if err != nil {
		return nil, err
	}
	narrow, err := parseSize(narrowText)
	if err != nil {
		return nil, err
	}
	parsed := sizes{"amd64": wide, "x32": wide, "arm64": wide, "i386": narrow, "arm": narrow}
	if narrowX32 {
		parsed["x32"] = narrow
	}
	for _, item := range items[1:] {
		name, value, _ := strings.Cut(item, "=")
		if _, known := parsed[name]; !known {
			return nil, fmt.Errorf("unknown ABI %q: want one of %s", name, choices(parsed))
		}
		if parsed[name], err = parseSize(value); err != nil {
			return nil, err
		}
	}
	return parsed, nil
}

func parseSize(text string) (int, error) {
	size, err := strconv.Atoi(text)
	if err != nil || size < 0 || size > maxSize {
		return 0, fmt.Errorf("%q is no number of bytes: want one of 0 to %d", text, maxSize)
	}
	return size, nil
}

var partPattern = regexp.MustCompile(`^\.(\w+) +([^@]*?) *@(\S+)(?: +=(?:([a-z]\w*)@)?(\S+))?(?: +<u32@(\S+))?(?: +\?u16@(\d+)=(\d+))?( +control)?$`)

// addPart adds the part that a line below the kind's own says.
func (k *kind) addPart(content string) error {
	match := partPattern.FindStringSubmatch(content)
	if match == nil {
		return fmt.Errorf("not a part: %q: want .NAME LAYOUT [SIZES] @OFFSET [=WIDTH@OFFSET or =N] [<u32@OFFSET] [?u16@OFFSET=VALUE] [control]", content)
	}
	p := part{name: match[1], width: match[4]}
	switch {
	case k.layout != "struct" && k.layout != "array" && k.layout != "pointers":
		return fmt.Errorf("kind %q has a part and no struct: want the layout struct, array or pointers", k.name)
	case len(k.parts) == maxParts:
		return fmt.Errorf("kind %q has more than %d parts", k.name, maxParts)
	case slices.ContainsFunc(k.parts, func(other part) bool { return other.name == p.name }):
		return fmt.Errorf("part %q a second time", p.name)
	}

	// What is said of x32 for the struct is said for its members too.
	narrowX32 := k.sizes["x32"] == k.sizes["i386"] && k.sizes["x32"] != k.sizes["amd64"]
	words := strings.Fields(match[2])
	if len(words) == 0 {
		return fmt.Errorf("part %q without a layout: want one of %s", p.name, choices(partLayouts))
	}
	p.layout = words[0]
	counted, known := partLayouts[p.layout]
	if !known {
		return fmt.Errorf("unknown layout %q of a part: want one of %s", p.layout, choices(partLayouts))
	}
	var err error
	if p.sizes, words, err = parseLayout(words, narrowX32); err != nil {
		return err
	}
	if len(words) > 0 {
		return fmt.Errorf("unexpected %q after the part's layout", words[0])
	}
	if p.pointer, err = parseSizes(match[3], narrowX32); err != nil {
		return err
	}
	if _, known := widths[p.width]; p.width != "" && !known {
		return fmt.Errorf("unknown width %q of a count: want one of %s", p.width, choices(widths))
	}
	if match[5] != "" {
		if p.count, err = parseSizes(match[5], narrowX32); err != nil {
			return err
		}
	}
	if match[6] != "" {
		if p.limit, err = parseSizes(match[6], narrowX32); err != nil {
			return err
		}
	}
	p.control = match[9] != ""
	if match[7] != "" {
		offset, err := strconv.ParseUint(match[7], 10, 8)
		if err != nil {
			return fmt.Errorf("part %q: %q is no offset: %w", p.name, match[7], err)
		}
		value, err := strconv.ParseUint(match[8], 10, 6)
		if err != nil {
			return fmt.Errorf("part %q: %q is no number below 64: %w", p.name, match[8], err)
		}
		p.only = fmt.Sprintf("Argument: %d, Mask: 0xffff, Values: %#x", offset, uint64(1)<<value)
	}
	switch {
	case p.limit != nil && p.layout != "buffers":
		return fmt.Errorf("part %q is limited: only buffers are filled in part", p.name)
	case counted && p.count == nil:
		return fmt.Errorf("part %q is not counted: %s needs =WIDTH@OFFSET or =N", p.name, p.layout)
	case !counted && p.count != nil && p.layout != "struct":
		return fmt.Errorf("part %q is counted: a %s is one; want bytes, a struct or an array", p.name, p.layout)
	}
	for _, abi := range abis {
		size := k.sizes[abi.name]
		if end := p.pointer[abi.name] + abi.pointer; end > size {
			return fmt.Errorf("part %q: its pointer ends at byte %d of %s's struct, which has %d", p.name, end, abi.name, size)
		}
		if p.width == "" {
			continue
		}
		if end := p.count[abi.name] + p.widthOn(abi); end > size {
			return fmt.Errorf("part %q: its count ends at byte %d of %s's struct, which has %d", p.name, end, abi.name, size)
		}
	}
	k.parts = append(k.parts, p)
	return nil
}

// widthOn returns how many bytes the number has that counts the part; 0 if it
// is a constant.
func (p part) widthOn(abi abi) int {
	if p.width == "long" {
		return abi.pointer
	}
	return widths[p.width]
}

var (
	rowPattern      = regexp.MustCompile(`^(\w+)(@[\w,]+)?(?:\[(\w+)=([^\]]*)\])?\((.*)\)((?: +[%\w]+)*)$`)
	otherPattern    = regexp.MustCompile(`^(\w+)(@[\w,]+)?\[(\w+)=([^\]]*)\] is (\w+)()$`)
	argumentPattern = regexp.MustCompile(`^(\w+) (\w+)(?:/(64|pair))?(?::(\w+))?(?:=(return|\*?\w+|bits\(\w+\)|below\(\w+\)|self@\d+)(?:\+(\d+(?:/\d+)?))?)?(?:<(\w+))?(?:\?(\w+(?:&\w+)?=[\w|-]+))?$`)
)

func parseRows(lines []line) ([]*row, error) {
	var rows []*row
	for _, l := range lines {
		r, err := parseRow(l.content)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", l.at, err)
		}
		r.at = l.at
		rows = append(rows, r)
	}
	return rows, nil
}

func parseRow(content string) (*row, error) {
	match := rowPattern.FindStringSubmatch(content)
	is := ""
	if match == nil {
		if match = otherPattern.FindStringSubmatch(content); match == nil {
			return nil, fmt.Errorf("not a row: %s", content)
		}
		is, match[5] = match[5], ""
	}
	r := &row{name: match[1], by: match[3], is: is}
	if match[2] != "" {
		r.abis = strings.Split(match[2][1:], ",")
		for _, name := range r.abis {
			if !slices.ContainsFunc(abis, func(abi abi) bool { return abi.name == name }) {
				return nil, fmt.Errorf("unknown ABI %q", name)
			}
		}
	}
	if r.isVariant() {
		var err error
		if r.values, err = parseValues(match[4]); err != nil {
			return nil, err
		}
	}
	if match[5] != "" {
		for text := range strings.SplitSeq(match[5], ", ") {
			match := argumentPattern.FindStringSubmatch(text)
			if match == nil {
				return nil, fmt.Errorf("not an argument: %q", text)
			}
			r.arguments = append(r.arguments, argument{match[1], match[2], match[3], match[4], match[5], match[6], match[7], match[8]})
		}
	}
	words := strings.Fields(match[6])
	if len(words) > 0 && words[0][0] != '%' {
		r.returns = words[0]
		words = words[1:]
	}
	if r.isVariant() && len(words) > 0 {
		return nil, fmt.Errorf("a variant with %s: its sets are those of %s's own row", words[0], r.name)
	}
	for _, word := range words {
		set, known := sets[word]
		if !known {
			return nil, fmt.Errorf("unknown set %q", word)
		}
		r.sets = append(r.sets, set)
	}
	return r, nil
}

// maxValues is how many values a variant may have: a range of more is a typing
// error, and each value has an entry of its own in the kernel's table.
const maxValues = 256

var valuePattern = regexp.MustCompile(`^(0|[1-9][0-9]*|0x[0-9a-fA-F]+)$`)

// parseValues parses VALUE|FIRST-LAST|..., and returns all values in order.
func parseValues(text string) ([]uint32, error) {
	var values []uint32
	for item := range strings.SplitSeq(text, "|") {
		firstText, lastText, isRange := strings.Cut(item, "-")
		if !isRange {
			lastText = firstText
		}
		first, err := parseValue(firstText)
		if err != nil {
			return nil, err
		}
		last, err := parseValue(lastText)
		if err != nil {
			return nil, err
		}
		if last < first {
			return nil, fmt.Errorf("the range %s ends before it begins", item)
		}
		if uint64(len(values))+last-first >= maxValues {
			return nil, fmt.Errorf("more than %d values: %s", maxValues, text)
		}
		for value := first; value <= last; value++ {
			values = append(values, uint32(value))
		}
	}
	slices.Sort(values)
	for i := 1; i < len(values); i++ {
		if values[i] == values[i-1] {
			return nil, fmt.Errorf("value %#x a second time", values[i])
		}
	}
	return values, nil
}

func parseValue(text string) (uint64, error) {
	value, err := strconv.ParseUint(text, 0, 32)
	if err != nil || !valuePattern.MatchString(text) {
		return 0, fmt.Errorf("%q is no value: want a decimal or hexadecimal number below 2^32", text)
	}
	return value, nil
}

func parseNumbers(lines []line) ([]number, error) {
	var numbers []number
	for _, l := range lines {
		words := strings.Fields(l.content)
		if len(words) != 3 {
			return nil, fmt.Errorf("%s: not ABI, number and name: %s", l.at, l.content)
		}
		n := number{abi: words[0], name: words[2], value: -1}
		if words[1] != "-" {
			value, err := strconv.ParseInt(words[1], 0, 32)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", l.at, err)
			}
			n.value = int(value)
		}
		numbers = append(numbers, n)
	}
	return numbers, nil
}
