package main

import (
	"context"
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed programs/*.c
var sources embed.FS

// builder compiles the programs that workloads need, each once.
type builder struct {
	directory string // of the compiled programs
	built     map[string]bool
}

func newBuilder() (*builder, error) {
	directory, err := os.MkdirTemp("", "fidelity-bin-")
	if err != nil {
		return nil, fmt.Errorf("making a directory for programs: %w", err)
	}
	// Others than root run them, too.
	if err := os.Chmod(directory, 0o755); err != nil {
		return nil, err
	}
	entries, err := sources.ReadDir("programs")
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		source, err := sources.ReadFile("programs/" + entry.Name())
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(directory, entry.Name()), source, 0o644); err != nil {
			return nil, err
		}
	}
	return &builder{directory, make(map[string]bool)}, nil
}

func (b *builder) remove() error { return os.RemoveAll(b.directory) }

func (b *builder) path(program string) string { return filepath.Join(b.directory, program) }

// build compiles a program. A warning is no error: the headers of a newer
// libc may deprecate what a program calls on purpose.
func (b *builder) build(ctx context.Context, program string) error {
	if b.built[program] {
		return nil
	}
	source := program
	arguments := []string{"-O1", "-w", "-pthread", "-o", b.path(program)}
	if is32 := strings.HasSuffix(program, "32"); is32 {
		source = strings.TrimSuffix(program, "32")
		arguments = append(arguments, "-m32")
	}
	output, err := exec.CommandContext(ctx, "gcc", append(arguments, b.path(source+".c"))...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("compiling %s: %w: %s", program, err, output)
	}
	b.built[program] = true
	return nil
}
