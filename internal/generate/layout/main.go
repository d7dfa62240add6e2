// Command layout writes ring/layout.go from the BTF of recorder/bpf/layout.c:
// every enumerator as a constant, every struct as its size and its members'
// offsets, so that no number of the C side is ever copied by hand.
package main

import (
	"bytes"
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cilium/ebpf/btf"
)

// exported are the enums that other packages name; each becomes a Go type
// of its own, with this comment.
var exported = map[string]string{
	"type":   "Type is the kind of a record.",
	"layout": "Layout is how captured memory is laid out.",
	"when":   "When is the moment at which memory is captured.",
	"count":  "Count says where the number of bytes or elements of captured memory comes from.",
}

// public are the enums whose constants other packages use as plain numbers.
var public = map[string]bool{
	"argument_constant": true, "capture_constant": true, "chunk_constant": true, "descriptor_flag": true,
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: layout CLANG LAYOUT.C OUTPUT.GO")
		os.Exit(2)
	}
	if err := generate(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "layout:", err)
		os.Exit(1)
	}
}

func generate(clang, source, output string) error {
	directory, err := os.MkdirTemp("", "layout")
	if err != nil {
		return err
	}
	defer os.RemoveAll(directory)
	object := filepath.Join(directory, "layout.o")
	command := exec.Command(clang, "-target", "bpf", "-D__x86_64__", "-g", "-O2", "-I/usr/include/x86_64-linux-gnu", "-c", source, "-o", object)
	command.Stderr = os.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("compiling %s with %s: %w", source, clang, err)
	}
	spec, err := btf.LoadSpec(object)
	if err != nil {
		return fmt.Errorf("reading the BTF of %s: %w", source, err)
	}

	var text bytes.Buffer
	fmt.Fprintf(&text, "// Code generated from recorder/bpf/layout.h; DO NOT EDIT.\n\npackage ring\n")
	for t, err := range spec.All() {
		if err != nil {
			return fmt.Errorf("walking the BTF of %s: %w", source, err)
		}
		switch t := t.(type) {
		case *btf.Enum:
			writeEnum(&text, t)
		case *btf.Struct:
			writeStruct(&text, t)
		}
	}
	formatted, err := format.Source(text.Bytes())
	if err != nil {
		return fmt.Errorf("formatting %s: %w", output, err)
	}
	return os.WriteFile(output, formatted, 0o644)
}

func writeEnum(text *bytes.Buffer, enum *btf.Enum) {
	comment, isType := exported[enum.Name]
	if isType {
		fmt.Fprintf(text, "\n// %s\ntype %s uint8\n", comment, camel(enum.Name))
	}
	fmt.Fprintf(text, "\n// enum %s\nconst (\n", enum.Name)
	for _, value := range enum.Values {
		name := camel(value.Name)
		if isType {
			name += " " + camel(enum.Name)
		} else if !public[enum.Name] {
			name = lower(name)
		}
		fmt.Fprintf(text, "%s = %d\n", name, value.Value)
	}
	fmt.Fprintf(text, ")\n")
}

func writeStruct(text *bytes.Buffer, structure *btf.Struct) {
	name := camel(structure.Name)
	fmt.Fprintf(text, "\n// struct %s\nconst (\nsizeof%s = %d\n", structure.Name, name, structure.Size)
	members := slices.DeleteFunc(slices.Clone(structure.Members), func(member btf.Member) bool {
		return member.Name == "reserved" || member.Name == "record"
	})
	for _, member := range members {
		fmt.Fprintf(text, "offset%s%s = %d\n", name, camel(member.Name), member.Offset.Bytes())
	}
	fmt.Fprintf(text, ")\n")
}

// camel turns SNAKE_CASE or snake_case into CamelCase.
func camel(name string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(strings.ToLower(name), "_") {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

func lower(name string) string { return strings.ToLower(name[:1]) + name[1:] }
