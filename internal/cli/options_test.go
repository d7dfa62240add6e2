package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// straced is what strace writes of a command with these flags.
func straced(t *testing.T, flags []string, command ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "strace")
	arguments := append(append([]string{"-f", "-s", "64", "-o", file}, flags...), command...)
	trace := exec.CommandContext(t.Context(), "strace", arguments...)
	trace.Env = append(os.Environ(), "LC_ALL=C")
	// The command's failure is not strace's, but then there is a file.
	_ = trace.Run()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("strace %q: %v", arguments, err)
	}
	return string(text)
}

var (
	pidPattern     = regexp.MustCompile(`(?m)^[0-9]+ +`)
	addressPattern = regexp.MustCompile(`0x[0-9a-f]{9,}`)
)

// comparable leaves out what differs from one run to the next.
func comparable(text string) string {
	return addressPattern.ReplaceAllString(pidPattern.ReplaceAllString(text, ""), "ADDRESS")
}

// With each flag the recording reads as what strace writes with it.
func TestShowLikeStrace(t *testing.T) {
	t.Parallel()
	file := saved(t)
	for _, flags := range [][]string{
		{}, {"-x"}, {"-xx"}, {"-X", "abbrev"}, {"-X", "raw"}, {"-X", "verbose"}, {"-z"}, {"-Z"}, {"-e", "status=!failed"}, {"-e", "status=unfinished"},
		{"-e", "t=openat", "-e", "status=failed"}, {"-P", "/nonexistent"}, {"-e", "signal=none"},
	} {
		t.Run(strings.Join(flags, " "), func(t *testing.T) {
			// The same few calls of every run.
			if !slices.ContainsFunc(flags, func(flag string) bool { return strings.HasPrefix(flag, "t=") }) {
				flags = append(flags, "-e", "trace=openat,access,mprotect,read,exit_group,write")
			}
			r := run(t, append([]string{"show", "-o", "strace", file}, flags...)...)
			wantStatus(t, r, 0)
			want := comparable(straced(t, flags, "cat", "/nonexistent"))
			if got := comparable(r.stdout); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestShowTimesLikeStrace(t *testing.T) {
	t.Parallel()
	file := saved(t)
	digits := regexp.MustCompile(`[0-9]`)
	for _, flags := range [][]string{{"-r"}, {"-t", "-r"}, {"-ttt", "-r", "-T"}, {"-tt"}} {
		flags = append(flags, "-e", "trace=write")
		r := run(t, append([]string{"show", "-o", "strace", file}, flags...)...)
		got, want := digits.ReplaceAllString(pidPattern.ReplaceAllString(r.stdout, "PID "), "0"),
			digits.ReplaceAllString(pidPattern.ReplaceAllString(straced(t, flags, "cat", "/nonexistent"), "PID "), "0")
		if got != want {
			t.Errorf("%q: got\n%s\nwant\n%s", flags, got, want)
		}
	}
}

// The table has strace's calls, errors and layout; times are our own.
func TestSummaryLikeStrace(t *testing.T) {
	t.Parallel()
	file := saved(t)
	times := regexp.MustCompile(`(?m)^ *[0-9]+\.[0-9]{2} +[0-9]+\.[0-9]{6} +[0-9]+`)
	flags := []string{"-w", "-S", "name", "-e", "trace=openat,mmap,write,close"}
	want := times.ReplaceAllString(straced(t, append([]string{"-c"}, flags...), "cat", "/nonexistent"), "TIMES")
	r := run(t, append([]string{"show", "-c", file}, flags...)...)
	wantStatus(t, r, 0)
	if got := times.ReplaceAllString(r.stdout, "TIMES"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	both := run(t, append([]string{"show", "-C", file}, flags...)...)
	wantMatch(t, both.stdout, `write\(2, "cat: "`, `^\d+ +\+\+\+ exited with 1 \+\+\+\n% time `)

	// It goes where the print goes.
	recorded, r := record(t, "-c", "--", "cat", "/nonexistent")
	wantStatus(t, r, 1)
	wantMatch(t, recorded, `\A% time +seconds +usecs/call +calls +errors syscall\n`, ` total\n\z`)
	if strings.Contains(r.stdout, "% time") {
		t.Errorf("also on standard output:\n%s", r.stdout)
	}
}

// The lines of real programs follow the schema.
func TestJSONFollowsSchema(t *testing.T) {
	t.Parallel()
	schema, err := jsonschema.NewCompiler().Compile("../../docs/event.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	recorded, _ := record(t, "-o", "json", "--ring-size", "8MiB", "--", "sh", "-c", `ls -l / | sort; sh -c 'kill -SEGV $$'; sleep 0.1 & wait; cat /nonexistent`)
	kinds := map[string]bool{}
	for line := range strings.Lines(recorded) {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
		if err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s%v", line, err)
		}
		kinds[value.(map[string]any)["type"].(string)] = true
	}
	for _, kind := range []string{"syscall", "signal", "exec", "fork", "exit"} {
		if !kinds[kind] {
			t.Errorf("no event of type %s", kind)
		}
	}
}

func TestWrongOptions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		flags   string
		message string
	}{
		{"-xxx", "-x or -xx"},
		{"-yyy", "-y or -yy"},
		{"-tttt", "-t, -tt or -ttt"},
		{"-X both", "abbrev, raw, verbose"},
		{"-c -C", "exclude each other"},
		{"-c -o json", "-o strace or -o columns"},
		{"-C -o json", "-o strace or -o columns"},
		{"-w", "-c or -C"},
		{"-S name", "-c or -C"},
		{"-c -S size", "avg-time"},
		{"-e inject=open", `unknown qualifier "inject"`},
		{"-e status=x", "successful"},
		{"-e signal=x", "SIGINT"},
		{"--failed=x", "true or false"},
		{"-P", "needs an argument"},
	} {
		for _, command := range []string{"show", "run"} {
			r := run(t, append([]string{command}, strings.Fields(test.flags)...)...)
			if test.flags != "-P" {
				r = run(t, append(append([]string{command}, strings.Fields(test.flags)...), "/nonexistent")...)
			}
			wantStatus(t, r, 2)
			wantIn(t, r.stderr, "traceloop: ", test.message, "--help")
			if r.stdout != "" {
				t.Errorf("%s %s printed %s", command, test.flags, r.stdout)
			}
		}
	}
}

func TestOptionCompletion(t *testing.T) {
	t.Parallel()
	for flag, want := range map[string]string{
		"-X": "abbrev\nraw\nverbose\n", "-S": "time\nmin-time\nmax-time\navg-time\ncalls\nerrors\nname\nnothing\n",
		"--status": "successful\nfailed\nunfinished\nunavailable\ndetached\n", "--signal": "HUP\nINT\nQUIT\n",
	} {
		for _, command := range []string{"show", "run"} {
			wantIn(t, run(t, "__complete", command, flag, "").stdout, want)
		}
	}
	wantIn(t, run(t, "__complete", "run", "--capture", "").stdout, "paths\nstrings\nall\n")
}
