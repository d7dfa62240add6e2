// Command syscalls writes package syscalls' tables from its text files:
// kinds.txt (kinds of arguments), calls.txt (a row per system call) and, for the
// numbers, golang.org/x/sys/unix at the version that go.mod names, with
// numbers.txt for what that lacks. Families of calls and kinds may be in files
// of their own, calls_FAMILY.txt and kinds_FAMILY.txt: they are read after the
// others, in the order of their names. Run it at the module's root:
//
//	go run ./internal/generate/syscalls
package main

import (
	"bytes"
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	if len(os.Args) != 1 {
		fmt.Fprintln(os.Stderr, "usage: syscalls")
		os.Exit(2)
	}
	if err := generate("syscalls"); err != nil {
		fmt.Fprintln(os.Stderr, "syscalls:", err)
		os.Exit(1)
	}
}

// generate writes the Go files of package syscalls into its directory, where
// the text files are too.
func generate(directory string) error {
	lines, err := readFamilies(directory, "kinds")
	if err != nil {
		return err
	}
	kinds, err := parseKinds(lines)
	if err != nil {
		return err
	}
	if lines, err = readFamilies(directory, "calls"); err != nil {
		return err
	}
	rows, err := parseRows(lines)
	if err != nil {
		return err
	}
	if lines, err = readLines(filepath.Join(directory, "numbers.txt")); err != nil {
		return err
	}
	extra, err := parseNumbers(lines)
	if err != nil {
		return err
	}
	headers, err := moduleDirectory("golang.org/x/sys")
	if err != nil {
		return err
	}
	numbers, err := readNumbers(filepath.Join(headers, "unix"), extra)
	if err != nil {
		return err
	}

	table, err := resolve(kinds, rows, numbers)
	if err != nil {
		return err
	}
	if err := write(filepath.Join(directory, "kinds.go"), kindsSource(kinds)); err != nil {
		return err
	}
	if err := write(filepath.Join(directory, "calls.go"), callsSource(table)); err != nil {
		return err
	}
	for _, abi := range abis {
		// Not table_arm.go: a file's name must not tie it to an architecture.
		if err := write(filepath.Join(directory, "table_"+abi.name+"_abi.go"), tableSource(abi, table)); err != nil {
			return err
		}
	}
	return nil
}

// readFamilies reads NAME.txt and all NAME_*.txt.
func readFamilies(directory, name string) ([]line, error) {
	families, err := filepath.Glob(filepath.Join(directory, name+"_*.txt"))
	if err != nil {
		return nil, err
	}
	return readLines(append([]string{filepath.Join(directory, name+".txt")}, families...)...)
}

// moduleDirectory returns where the source of a module that go.mod requires is.
func moduleDirectory(module string) (string, error) {
	command := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module)
	command.Stderr = os.Stderr
	output, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("finding the source of %s: %w", module, err)
	}
	directory := strings.TrimSpace(string(output))
	if directory == "" {
		return "", fmt.Errorf("finding the source of %s: not downloaded; run go mod download", module)
	}
	return directory, nil
}

func write(path string, source *bytes.Buffer) error {
	formatted, err := format.Source(source.Bytes())
	if err != nil {
		return fmt.Errorf("formatting %s: %w", path, err)
	}
	return os.WriteFile(path, formatted, 0o644)
}
