package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"traceloop/recording"
)

const (
	// secret fits into a task's name, with something beside it.
	secret = "s3cretw0rd"
	stars  = "**********"
	// tellVariable makes the test's own program tell the secret.
	tellVariable = "TRACELOOP_TEST_TELL"
)

// The program that is recorded is this one, started once more.
func init() {
	if directory := os.Getenv(tellVariable); directory != "" {
		fmt.Fprintln(os.Stderr, tell(directory))
		os.Exit(1)
	}
}

// tell lets the secret pass through system calls of every kind. It returns
// only if something fails.
func tell(directory string) error {
	if err := os.Unsetenv(tellVariable); err != nil {
		return err
	}
	closed := filepath.Join(directory, secret+"-directory")
	if err := errors.Join(os.Mkdir(closed, 0o700), os.Chdir(closed)); err != nil {
		return err
	}
	file, err := unix.Open(filepath.Join(closed, "plain"), unix.O_RDWR|unix.O_CREAT, 0o600)
	if err != nil {
		return err
	}
	for _, data := range []string{"written " + secret + " beside", "again"} {
		if _, err := unix.Pwrite(file, []byte(data), 0); err != nil {
			return err
		}
		if _, err := unix.Pread(file, make([]byte, 200), 0); err != nil {
			return err
		}
	}
	// Over two buffers, each of which is harmless.
	if _, err := unix.Writev(file, [][]byte{[]byte("key=" + secret[:4]), []byte(secret[4:] + "!"), []byte("third")}); err != nil {
		return err
	}
	for _, name := range []string{filepath.Join(directory, secret+".socket"), "@" + secret + fmt.Sprint(os.Getpid())} {
		socket, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		if err != nil {
			return err
		}
		client, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		if err != nil {
			return err
		}
		address := &unix.SockaddrUnix{Name: name}
		if err := errors.Join(unix.Bind(socket, address), unix.Listen(socket, 1), unix.Connect(client, address)); err != nil {
			return err
		}
		if err := unix.Send(client, []byte("sent "+secret), 0); err != nil {
			return err
		}
	}
	memory, err := unix.MemfdCreate("memory-"+secret, 0)
	if err != nil {
		return err
	}
	if _, err := unix.Write(memory, []byte("x")); err != nil {
		return err
	}
	if err := unix.Fsetxattr(file, "user."+secret, []byte("value "+secret), 0); err != nil && !errors.Is(err, unix.ENOTSUP) {
		return err
	}
	name, err := unix.BytePtrFromString("n-" + secret)
	if err != nil {
		return err
	}
	if err := unix.Prctl(unix.PR_SET_NAME, uintptr(unsafe.Pointer(name)), 0, 0, 0); err != nil {
		return err
	}
	environment := append(os.Environ(), "TOKEN="+secret)
	if err := syscall.Exec("/nonexistent/"+secret, []string{"failing", "--password", secret}, environment); !errors.Is(err, syscall.ENOENT) {
		return err
	}
	return syscall.Exec("/bin/sh", []string{"sh", "-c", ": quiet", "--password", secret, "beside"}, environment)
}

// recordTelling records the program that tells the secret.
func recordTelling(t *testing.T, flags ...string) {
	t.Helper()
	needRoot(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := traceloop(t, append(append([]string{"run", "--ring-size", "8MiB"}, flags...), "--", self, secret)...)
	command.Env = append(command.Env, tellVariable+"="+t.TempDir())
	r := finish(t, command)
	wantStatus(t, r, 0)
	if strings.Contains(r.stderr, secret) {
		t.Errorf("said %s", r.stderr)
	}
}

// everything is all that a recording file holds, decompressed.
func everything(t *testing.T, file string) []byte {
	t.Helper()
	kept, err := recording.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	all, err := json.Marshal(kept) // but for what it has of bytes
	if err != nil {
		t.Fatal(err)
	}
	return append(append(all, bytes.Join(kept.Snapshot.Chunks, nil)...), kept.Snapshot.InFlight...)
}

// hidden masks in text what the flag masks in a recording.
func hidden(text string) string {
	return strings.NewReplacer(secret, stars, secret[:4], stars[:4], secret[4:], stars[4:]).Replace(text)
}

// What is masked is nowhere; what is beside it stands.
func TestRedact(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	open, masked := filepath.Join(directory, "open"), filepath.Join(directory, "masked")
	recordTelling(t, "--save", open)
	wantStatus(t, run(t, "save", open, "-o", masked, "--redact", secret), 0)

	all := everything(t, open)
	if count := bytes.Count(all, []byte(secret)); count < 25 {
		t.Fatalf("the secret is only %d times in the recording", count)
	}
	if all := everything(t, masked); bytes.Contains(all, []byte(secret)) || bytes.Contains(all, []byte(secret[4:])) {
		t.Error("the secret is in the file")
	}
	for _, format := range []string{"columns", "strace", "json"} {
		for _, flags := range [][]string{{}, {"-yy", "-v", "-s", "500"}} {
			flags = append(flags, "-o", format)
			plain := run(t, append([]string{"show", open}, flags...)...)
			want := hidden(plain.stdout)
			for name, r := range map[string]result{
				"saved masked":   run(t, append([]string{"show", masked}, flags...)...),
				"masked at show": run(t, append([]string{"show", open, "--redact", "nothing of it", "--redact", secret}, flags...)...),
			} {
				wantStatus(t, r, 0)
				if r.stdout != want || r.stderr != plain.stderr {
					t.Errorf("%s %q: %s%s", name, flags, firstDifference(r.stdout, want), r.stderr)
				}
			}
		}
	}
	shown := run(t, "show", masked, "-o", "strace", "-yy").stdout
	wantIn(t, shown,
		`"written `+stars+` beside"`, `"again"`, `{iov_base="key=****", iov_len=8}, {iov_base="******!", iov_len=7}, {iov_base="third", iov_len=5}`,
		stars+`-directory/plain>`, `sun_path="`, stars+`.socket"`, `sun_path=@"`+stars, `"sent `+stars+`"`,
		`memfd_create("memory-`+stars+`"`, `["failing", "--password", "`+stars+`"]`, `"/nonexistent/`+stars+`"`,
		`["sh", "-c", ": quiet", "--password", "`+stars+`", "beside"]`, `prctl(PR_SET_NAME, "n-`+stars+`"`)
	// Hexadecimal hides nothing either.
	if hexadecimal := run(t, "show", masked, "-xx").stdout; strings.Contains(hexadecimal, hexadecimalOf(secret)) || !strings.Contains(hexadecimal, hexadecimalOf("beside")) {
		t.Error("the secret is shown in hexadecimal")
	}
}

// Of a pattern with groups only these are masked; run masks what it saves and what it prints.
func TestRedactRun(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	file, printed := filepath.Join(directory, "recording"), filepath.Join(directory, "printed")
	recordTelling(t, "--save", file, "--output-file", printed, "-o", "json", "--redact", `s3cret(w0rd)`, "--redact", `--password[ =](\S+)`)
	text, err := os.ReadFile(printed)
	if err != nil {
		t.Fatal(err)
	}
	for where, all := range map[string][]byte{"file": everything(t, file), "output": text} {
		if bytes.Contains(all, []byte("w0rd")) || !bytes.Contains(all, []byte("written s3cret**** beside")) {
			t.Errorf("%s: not masked as it should be", where)
		}
		if !bytes.Contains(all, []byte("--password")) || !regexp.MustCompile(`--password[^a-z]+\*{10}`).Match(all) {
			t.Errorf("%s: the argument behind --password is not masked", where)
		}
	}
}

func TestRedactWrongPatterns(t *testing.T) {
	t.Parallel()
	for _, command := range [][]string{{"run", "--", "true"}, {"show", "file"}, {"save", "file", "-o", "other"}} {
		for pattern, said := range map[string]string{"": "an empty one masks nothing", "a[": "missing closing ]", "(?<=a)b": "invalid"} {
			r := run(t, append([]string{command[0], "--redact", pattern}, command[1:]...)...)
			wantStatus(t, r, 2)
			wantIn(t, r.stderr, "--redact", "want a regular expression", said)
		}
	}
}

func firstDifference(got, want string) string {
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(gotLines), len(wantLines)) {
		if gotLines[i] != wantLines[i] {
			return fmt.Sprintf("line %d:\n%s\nwant\n%s", i+1, gotLines[i], wantLines[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(gotLines), len(wantLines))
}

func hexadecimalOf(text string) string {
	var all strings.Builder
	for _, c := range []byte(text) {
		fmt.Fprintf(&all, `\x%02x`, c)
	}
	return all.String()
}
