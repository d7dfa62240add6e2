package cli

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"traceloop/recording"
)

// savedFile is what saved returns to all tests: to load the programs for each
// would take longer than all else that they do.
var savedFile struct {
	once sync.Once
	path string
}

// saved returns a recording file of cat /nonexistent, which no test changes.
func saved(t *testing.T) string {
	t.Helper()
	needRoot(t)
	savedFile.once.Do(func() {
		file := filepath.Join(filepath.Dir(programPath), "recording")
		r := run(t, "run", "--save", file, "--", "cat", "/nonexistent")
		wantStatus(t, r, 1)
		if r.stdout != "" {
			t.Fatalf("printed %s", r.stdout)
		}
		savedFile.path = file
	})
	if savedFile.path == "" {
		t.Fatal("there is no recording: see the test that was to make it")
	}
	return savedFile.path
}

func TestSaveAndShow(t *testing.T) {
	t.Parallel()
	needRoot(t)
	directory := t.TempDir()
	printed, file := filepath.Join(directory, "printed"), filepath.Join(directory, "recording")
	wantStatus(t, run(t, "run", "--output-file", printed, "--save", file, "--", "cat", "/nonexistent"), 1)
	want, err := os.ReadFile(printed)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(directory, "copy")
	wantStatus(t, run(t, "save", file, "-o", copied), 0)
	for _, path := range []string{file, copied} {
		r := run(t, "show", path)
		wantStatus(t, r, 0)
		if r.stdout != string(want) || r.stderr != "" {
			t.Errorf("show %s:\n%s%s\nwant\n%s", path, r.stdout, r.stderr, want)
		}
	}
	kept, err := recording.Open(copied)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Join(kept.Command, " ") != "cat /nonexistent" || len(kept.Clock) != 2 || kept.Host == "" || kept.Kernel == "" || kept.Started.IsZero() || kept.Taken.Before(kept.Started) {
		t.Errorf("%+v", kept)
	}
	entries, err := os.ReadDir(directory)
	if err != nil || len(entries) != 3 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestShowChooses(t *testing.T) {
	t.Parallel()
	file := saved(t)
	r := run(t, "show", "--failed", "-e", "openat", "--comm", "cat", "--tail", "2", "-o", "json", file)
	wantStatus(t, r, 0)
	lines := strings.Split(strings.TrimSuffix(r.stdout, "\n"), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines, want 2:\n%s", len(lines), r.stdout)
	}
	var call struct {
		Type, Time, Comm, Syscall, Errno string
		Ret                              int
		PID                              int `json:"pid"`
		Args                             []struct{ Name, Value string }
	}
	if err := json.Unmarshal([]byte(lines[0]), &call); err != nil {
		t.Fatal(err)
	}
	if call.Type != "syscall" || call.Syscall != "openat" || call.Errno != "ENOENT" || call.Ret != -1 || call.Comm != "cat" || call.PID == 0 ||
		len(call.Args) < 3 || call.Args[0].Value != "AT_FDCWD" {
		t.Errorf("%+v", call)
	}
	wantIn(t, lines[1], `"type":"exit"`, `"status":1`)

	wantMatch(t, run(t, "show", "-ttt", "-T", file).stdout, `^\d+ +\d{10}\.\d{6} execve\(.* = 0 <\d+\.\d{6}>$`)
	wantMatch(t, run(t, "show", "-o", "columns", file).stdout, `\ATIME +PID +COMM +DURATION +CALL\n`)
	wantMatch(t, run(t, "show", "-s", "1", "-e", "write", file).stdout, `write\(2, "c"\.\.\., 5\) += 5`)
	if r := run(t, "show", "--pid", "1", file); r.stdout != "" {
		t.Errorf("of process 1:\n%s", r.stdout)
	}
}

func TestShowSaysWhatWasLeftOut(t *testing.T) {
	t.Parallel()
	needRoot(t)
	file := filepath.Join(t.TempDir(), "recording")
	wantStatus(t, run(t, "run", "--save", file, "-e", "openat", "--", "cat", "/nonexistent"), 1)
	r := run(t, "show", file)
	wantStatus(t, r, 0)
	wantMatch(t, r.stderr, `^traceloop: \d+ of \d+ calls were left out`)
}

func TestShowBadFiles(t *testing.T) {
	t.Parallel()
	file := saved(t)
	intact, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, data []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	corrupt := bytes.Clone(intact)
	corrupt[len(corrupt)-20] ^= 0xff
	for _, test := range []struct {
		name, path, message string
		shows               bool
	}{
		{"missing", "/nonexistent/recording", "no such file", false},
		{"directory", t.TempDir(), "is a directory", false},
		{"empty", write("empty", nil), "not a traceloop recording", false},
		{"another", write("text", []byte("#!/bin/sh\necho this is a script\n")), "run --save", false},
		{"newer", newer(t, intact), "use a newer traceloop", false},
		{"cut", write("cut", intact[:len(intact)-200]), "damaged recording", true},
		{"corrupt", write("corrupt", corrupt), "damaged recording", true},
		{"cut early", write("early", intact[:30]), "header is lost", false},
		{"hostile name", "/nonexistent/\x1b[2J", `/nonexistent/\u001b[2J`, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := run(t, "show", test.path)
			wantStatus(t, r, 1)
			wantIn(t, r.stderr, "traceloop: ", test.message)
			if test.shows != strings.Contains(r.stdout, "/nonexistent") {
				t.Errorf("shows %t, want %t", !test.shows, test.shows)
			}
			// What can be shown can be saved, but not over what is damaged.
			copied := filepath.Join(t.TempDir(), "copy")
			wantStatus(t, run(t, "save", test.path, "-o", copied), 1)
			if _, err := os.Stat(copied); (err == nil) != test.shows {
				t.Errorf("saved: %v, want %t", err, test.shows)
			}
			if test.shows {
				before, _ := os.ReadFile(test.path)
				wantStatus(t, run(t, "save", test.path, "-o", test.path), 1)
				if after, err := os.ReadFile(test.path); err != nil || !bytes.Equal(before, after) {
					t.Errorf("the damaged file was changed: %v", err)
				}
			}
		})
	}
}

// newer makes a recording of a format that does not exist yet: the preamble,
// which keeps its shape in all formats, is in the comment of package recording.
func newer(t *testing.T, intact []byte) string {
	t.Helper()
	data := bytes.Clone(intact)
	binary.LittleEndian.PutUint16(data[8:], recording.Format+1)
	binary.LittleEndian.PutUint32(data[20:], crc32.Checksum(data[:20], crc32.MakeTable(crc32.Castagnoli)))
	path := filepath.Join(t.TempDir(), "newer")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestShowUnwritable(t *testing.T) {
	t.Parallel()
	r := run(t, "show", "--output-file", "/nonexistent/file", saved(t))
	wantStatus(t, r, 1)
	wantIn(t, r.stderr, "/nonexistent/file")
}

func TestShowIntoClosedPipe(t *testing.T) {
	t.Parallel()
	r := finish(t, exec.Command("sh", "-c", `"$0" show -o json "$1" | head -n 1`, programPath, saved(t)))
	if r.stderr != "" || strings.Count(r.stdout, "\n") != 1 {
		t.Errorf("%+v", r)
	}
}

func TestSaveOnPipe(t *testing.T) {
	t.Parallel()
	file, copied := saved(t), filepath.Join(t.TempDir(), "copy")
	command := exec.Command("sh", "-c", `"$0" save "$1" -o /dev/stdout | cat >"$2" && "$0" show "$2"`, programPath, file, copied)
	r := finish(t, command)
	wantStatus(t, r, 0)
	if want := run(t, "show", file); r.stdout != want.stdout {
		t.Errorf("got\n%s\nwant\n%s", r.stdout, want.stdout)
	}
}

func TestVersionAndCompletion(t *testing.T) {
	t.Parallel()
	wantMatch(t, run(t, "version").stdout, `\Atraceloop \S+ linux/\w+ go1\.\S+\n\z`)
	wantIn(t, run(t, "__complete", "run", "-o", "").stdout, "columns\nstrace\njson\n")
	wantIn(t, run(t, "completion", "bash").stdout, "traceloop")
	wantIn(t, run(t, "help", "run").stdout, "traceloop run [flags] -- CMD [ARG...]", "--ring-size")
}
