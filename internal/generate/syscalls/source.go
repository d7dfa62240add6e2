package main

import (
	"bytes"
	"fmt"
	"strings"
)

const header = "// Code generated from kinds*.txt, calls*.txt, numbers.txt and golang.org/x/sys/unix by internal/generate/syscalls; DO NOT EDIT.\n\npackage syscalls\n"

// initialisms are the words that Go writes in capitals.
var initialisms = map[string]string{
	"aio": "AIO", "bpf": "BPF", "cpu": "CPU", "fd": "FD", "gid": "GID", "gid16": "GID16", "id": "ID", "ids": "IDs",
	"io": "IO", "ipc": "IPC", "ldt": "LDT", "lsm": "LSM", "mq": "MQ", "pid": "PID", "uid": "UID", "uid16": "UID16",
}

// constant returns the Go name of a kind.
func constant(kind string) string {
	var b strings.Builder
	b.WriteString("Kind")
	for word := range strings.SplitSeq(kind, "_") {
		if capitals, known := initialisms[word]; known {
			b.WriteString(capitals)
		} else {
			b.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return b.String()
}

func kindsSource(kinds []*kind) *bytes.Buffer {
	var text bytes.Buffer
	text.WriteString(header)
	text.WriteString("\n// The kinds.\nconst (\n")
	for i, k := range kinds {
		fmt.Fprintf(&text, "\t// %s: %s.\n\t%s", constant(k.name), k.comment, constant(k.name))
		if i == 0 {
			text.WriteString(" Kind = iota")
		}
		text.WriteString("\n")
	}
	text.WriteString(")\n\nvar kindNames = [...]string{\n")
	for _, k := range kinds {
		fmt.Fprintf(&text, "\t%s: %q,\n", constant(k.name), k.name)
	}
	text.WriteString("}\n")
	return &text
}

func callSource(c *call) string {
	var b strings.Builder
	fmt.Fprintf(&b, "{Name: %q", c.name)
	if len(c.arguments) > 0 {
		b.WriteString(", Arguments: []Argument{\n")
		for _, a := range c.arguments {
			fmt.Fprintf(&b, "\t{Name: %q, Kind: %s", a.name, constant(a.kind))
			if a.wide {
				b.WriteString(", Wide: true")
			}
			if a.when != "" {
				fmt.Fprintf(&b, ", Memory: %s", memorySource(a))
			}
			b.WriteString("},\n")
		}
		b.WriteString("}")
	}
	fmt.Fprintf(&b, ", Returns: %s", constant(c.returns))
	if len(c.sets) > 0 {
		fmt.Fprintf(&b, ", Sets: %s", strings.Join(c.sets, " | "))
	}
	if len(c.variants) > 0 {
		fmt.Fprintf(&b, ", variantArgument: %d, variants: []variant{", c.by)
		for i, v := range c.variants {
			if i%8 == 0 {
				b.WriteString("\n\t")
			}
			fmt.Fprintf(&b, "{%#x, %d}, ", v.value, v.row)
		}
		b.WriteString("\n}")
	}
	if c.indirect {
		b.WriteString(", indirect: true")
	}
	b.WriteString("}")
	return b.String()
}

func memorySource(a resolved) string {
	if a.layout == "" {
		return fmt.Sprintf("Memory{When: ring.%s}", a.when)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Memory{Layout: ring.%s, When: ring.%s, Size: %d", a.layout, a.when, a.size)
	if a.count != "" {
		fmt.Fprintf(&b, ", Count: %s", a.count)
	}
	if a.self != 0 {
		fmt.Fprintf(&b, ", CountOffset: %d", a.self)
	}
	if a.extra != 0 {
		fmt.Fprintf(&b, ", Extra: %d", a.extra)
	}
	if a.limit != "" {
		fmt.Fprintf(&b, ", Limit: %s", a.limit)
	}
	if a.only != "" {
		fmt.Fprintf(&b, ", Only: Condition{%s}", a.only)
	}
	if a.descriptors != 0 {
		fmt.Fprintf(&b, ", Descriptors: %d", a.descriptors)
	}
	if len(a.parts) > 0 {
		b.WriteString(", Parts: []Part{\n")
		for _, p := range a.parts {
			count := fmt.Sprintf("Constant: %d", p.count)
			if p.width != 0 {
				count = fmt.Sprintf("Width: %d, Offset: %d", p.width, p.count)
			}
			fmt.Fprintf(&b, "\t{Name: %q, Layout: ring.%s, Size: %d, Pointer: %d, Count: PartCount{%s}", p.name, p.layout, p.size, p.pointer, count)
			if p.limit != 0 {
				fmt.Fprintf(&b, ", Limit: %d", p.limit)
			}
			if p.only != "" {
				fmt.Fprintf(&b, ", Only: Condition{%s}", p.only)
			}
			if p.control {
				b.WriteString(", Control: true")
			}
			b.WriteString("},\n")
		}
		b.WriteString("}")
	}
	b.WriteString("}")
	return b.String()
}

func callsSource(t *table) *bytes.Buffer {
	var text bytes.Buffer
	text.WriteString(header)
	text.WriteString("\nimport \"traceloop/ring\"\n\n// calls are the rows of all ABIs; those that several share are here once.\nvar calls = [...]Call{\n")
	for _, source := range t.calls {
		text.WriteString(source + ",\n")
	}
	text.WriteString("}\n")
	return &text
}

// privateBase is where arm's own numbers begin, far above the others: they get
// a table of their own, from there on.
const privateBase = 0xf0000

func tableSource(abi abi, t *table) *bytes.Buffer {
	var common, private strings.Builder
	for _, name := range sortedNames(t.numbers[abi.name]) {
		number, row := t.numbers[abi.name][name], t.rows[abi.name][name]+1
		if number < privateBase {
			fmt.Fprintf(&common, "\t%d: %d, // %s\n", number, row, name)
		} else {
			fmt.Fprintf(&private, "\t%d: %d, // %s\n", number-privateBase, row, name)
		}
	}

	var text bytes.Buffer
	text.WriteString(header)
	fmt.Fprintf(&text, "\nvar table%s = table{\n%s}\n", abi.constant, common.String())
	if private.Len() > 0 {
		fmt.Fprintf(&text, "\n// private%s begins at privateBase.\nvar private%[1]s = table{\n%s}\n", abi.constant, private.String())
	}
	return &text
}
