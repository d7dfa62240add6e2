package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// notCalls are names among x/sys/unix's numbers that are no call's.
var notCalls = map[string]bool{
	"arch_specific_syscall": true, // where an architecture's own calls begin
	"syscall_mask":          true, // arm: a mask of numbers
}

var numberPattern = regexp.MustCompile(`(?m)^\s*SYS_(\w+)\s*=\s*(\d+)$`)

// readNumbers returns each ABI's numbers by the calls' names: those in the
// directory of package unix, changed by extra.
func readNumbers(directory string, extra []number) (map[string]map[string]int, error) {
	numbers := map[string]map[string]int{}
	for _, abi := range abis {
		if abi.source == "" {
			continue
		}
		path := filepath.Join(directory, "zsysnum_linux_"+abi.source+".go")
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		numbers[abi.name] = map[string]int{}
		for _, match := range numberPattern.FindAllStringSubmatch(string(text), -1) {
			name := strings.ToLower(match[1])
			value, err := strconv.Atoi(match[2])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			if !notCalls[name] {
				numbers[abi.name][name] = value
			}
		}
		if len(numbers[abi.name]) == 0 {
			return nil, fmt.Errorf("%s: no numbers found", path)
		}
	}

	numbers["x32"] = maps.Clone(numbers["amd64"])
	for _, n := range extra {
		if numbers[n.abi] == nil {
			return nil, fmt.Errorf("numbers.txt: unknown ABI %q", n.abi)
		}
		if n.value < 0 {
			delete(numbers[n.abi], n.name)
		} else {
			numbers[n.abi][n.name] = n.value
		}
	}
	return numbers, nil
}
