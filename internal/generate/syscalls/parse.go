package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
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
	wide     bool   // a 64-bit value fits a register
	aligned  bool   // a pair of registers begins with an even one
}

var abis = []abi{
	{name: "amd64", constant: "AMD64", source: "amd64", wide: true},
	{name: "i386", constant: "I386", source: "386"},
	{name: "x32", constant: "X32", wide: true},
	{name: "arm64", constant: "ARM64", source: "arm64", wide: true},
	{name: "arm", constant: "ARM", source: "arm", aligned: true},
}

// kind is a line of kinds.txt.
type kind struct {
	name    string
	layout  string         // a key of layouts, or empty
	sizes   map[string]int // by ABI
	in      bool
	comment string
}

// row is a line of calls.txt.
type row struct {
	name      string
	abis      []string // empty: all
	arguments []argument
	returns   string
	sets      []string
	line      int
	used      bool
}

// argument is a row's argument as it is written.
type argument struct {
	name  string
	kind  string
	width string // "", "64" or "pair"
	when  string // a key of moments, or empty
	count string
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
}

// moments are the words for ring's moments.
var moments = map[string]string{
	"in":    "WhenIn",
	"early": "WhenEarly",
	"out":   "WhenOut",
	"inout": "WhenInOut",
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

// parseFile reads a text file with parse, and names the file in its error.
func parseFile[T any](path string, parse func(io.Reader) (T, error)) (T, error) {
	file, err := os.Open(path)
	if err != nil {
		var none T
		return none, err
	}
	defer file.Close()
	result, err := parse(file)
	if err != nil {
		return result, fmt.Errorf("%s:%w", path, err)
	}
	return result, nil
}

// eachLine calls do with what each line of text says and with its comment. An
// error of do's ends it and is returned with the line's number before it.
func eachLine(text io.Reader, do func(line int, content, comment string) error) error {
	scanner := bufio.NewScanner(text)
	for line := 1; scanner.Scan(); line++ {
		content, comment, _ := strings.Cut(scanner.Text(), "#")
		content = strings.TrimSpace(content)
		if content == "" {
			continue
		}
		if err := do(line, content, strings.TrimSpace(comment)); err != nil {
			return fmt.Errorf("%d: %w", line, err)
		}
	}
	return scanner.Err()
}

func parseKinds(text io.Reader) ([]kind, error) {
	var kinds []kind
	seen := map[string]bool{}
	err := eachLine(text, func(_ int, content, comment string) error {
		words := strings.Fields(content)
		k := kind{name: words[0], comment: comment}
		if seen[k.name] {
			return fmt.Errorf("kind %q a second time", k.name)
		}
		seen[k.name] = true
		if comment == "" {
			return fmt.Errorf("kind %q without a comment", k.name)
		}
		words = words[1:]
		if len(words) > 0 && words[len(words)-1] == "in" {
			k.in = true
			words = words[:len(words)-1]
		}
		if len(words) > 0 {
			k.layout = words[0]
			layout, known := layouts[k.layout]
			if !known {
				return fmt.Errorf("unknown layout %q", k.layout)
			}
			words = words[1:]
			if layout.size == 0 {
				if len(words) == 0 {
					return fmt.Errorf("a %s needs a size", k.layout)
				}
				sizes, err := parseSizes(words[0])
				if err != nil {
					return err
				}
				k.sizes = sizes
				words = words[1:]
			}
		}
		if len(words) > 0 {
			return fmt.Errorf("unexpected %q", words[0])
		}
		kinds = append(kinds, k)
		return nil
	})
	return kinds, err
}

// parseSizes parses SIZE[/SIZE32][,ABI=SIZE...].
func parseSizes(text string) (map[string]int, error) {
	parts := strings.Split(text, ",")
	wide, narrow, differ := strings.Cut(parts[0], "/")
	if !differ {
		narrow = wide
	}
	wideSize, err := strconv.Atoi(wide)
	if err != nil {
		return nil, err
	}
	narrowSize, err := strconv.Atoi(narrow)
	if err != nil {
		return nil, err
	}
	sizes := map[string]int{"amd64": wideSize, "x32": wideSize, "arm64": wideSize, "i386": narrowSize, "arm": narrowSize}
	for _, part := range parts[1:] {
		name, value, _ := strings.Cut(part, "=")
		if _, known := sizes[name]; !known {
			return nil, fmt.Errorf("unknown ABI %q", name)
		}
		if sizes[name], err = strconv.Atoi(value); err != nil {
			return nil, err
		}
	}
	return sizes, nil
}

var (
	rowPattern      = regexp.MustCompile(`^(\w+)(@[\w,]+)?\((.*)\)((?: +[%\w]+)*)$`)
	argumentPattern = regexp.MustCompile(`^(\w+) (\w+)(?:/(64|pair))?(?::(\w+))?(?:=(return|\*?\w+|bits\(\w+\)))?(?:<(\w+))?(?:\?(\w+(?:&\w+)?=[\w|-]+))?$`)
)

func parseRows(text io.Reader) ([]*row, error) {
	var rows []*row
	err := eachLine(text, func(line int, content, _ string) error {
		match := rowPattern.FindStringSubmatch(content)
		if match == nil {
			return fmt.Errorf("not a row: %s", content)
		}
		r := &row{name: match[1], returns: "int", line: line}
		if match[2] != "" {
			r.abis = strings.Split(match[2][1:], ",")
			for _, name := range r.abis {
				if !slices.ContainsFunc(abis, func(abi abi) bool { return abi.name == name }) {
					return fmt.Errorf("unknown ABI %q", name)
				}
			}
		}
		if match[3] != "" {
			for text := range strings.SplitSeq(match[3], ", ") {
				match := argumentPattern.FindStringSubmatch(text)
				if match == nil {
					return fmt.Errorf("not an argument: %q", text)
				}
				r.arguments = append(r.arguments, argument{match[1], match[2], match[3], match[4], match[5], match[6], match[7]})
			}
		}
		words := strings.Fields(match[4])
		if len(words) > 0 && words[0][0] != '%' {
			r.returns = words[0]
			words = words[1:]
		}
		for _, word := range words {
			set, known := sets[word]
			if !known {
				return fmt.Errorf("unknown set %q", word)
			}
			r.sets = append(r.sets, set)
		}
		rows = append(rows, r)
		return nil
	})
	return rows, err
}

func parseNumbers(text io.Reader) ([]number, error) {
	var numbers []number
	err := eachLine(text, func(_ int, content, _ string) error {
		words := strings.Fields(content)
		if len(words) != 3 {
			return errors.New("not ABI, number and name: " + content)
		}
		n := number{abi: words[0], name: words[2], value: -1}
		if words[1] != "-" {
			value, err := strconv.ParseInt(words[1], 0, 32)
			if err != nil {
				return err
			}
			n.value = int(value)
		}
		numbers = append(numbers, n)
		return nil
	})
	return numbers, err
}
