package syscalls

import (
	"errors"
	"regexp/syntax"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFilter(t *testing.T) {
	tests := []struct {
		expression string
		chosen     string // calls of amd64
		left       string
		unknown    bool // whether a call without a row is chosen
	}{
		{expression: "openat", chosen: "openat", left: "open openat2 read"},
		{expression: "trace=openat,read", chosen: "openat read", left: "open write"},
		{expression: "t=%file", chosen: "openat stat execve", left: "read"},
		{expression: " openat , read ", chosen: "openat read", left: "write"},
		{expression: "openat,,read,", chosen: "openat read", left: "write"},
		{expression: "!openat,%desc", chosen: "stat getpid", left: "openat read close", unknown: true},
		{expression: "%network", chosen: "socket connect sendfile", left: "openat"},
		{expression: "network", chosen: "socket", left: "openat"},
		{expression: "%net", chosen: "socket", left: "openat"},
		{expression: "%%stat", chosen: "stat lstat fstat newfstatat statx", left: "statfs"},
		{expression: "%stat", chosen: "stat", left: "lstat fstat"},
		{expression: "stat", chosen: "stat", left: "lstat fstat statx"},
		{expression: "signal", chosen: "kill rt_sigaction", left: "read"},
		{expression: "ipc", chosen: "shmget", left: "read"},
		{expression: "/^epoll_", chosen: "epoll_wait epoll_ctl", left: "poll ppoll"},
		{expression: "/poll", chosen: "epoll_wait poll ppoll", left: "read"},
		{expression: "!/poll", chosen: "read", left: "epoll_wait poll ppoll", unknown: true},
		{expression: "/[a-z]=|^read$", chosen: "read", left: "readv"},
		{expression: "all", chosen: "read openat", unknown: true},
		{expression: "!all", left: "read openat"},
		{expression: "none", left: "read openat"},
		{expression: "!none", chosen: "read openat", unknown: true},
		{expression: "read,all", chosen: "read openat", unknown: true},
		{expression: "?nosuchcall,read", chosen: "read", left: "openat"},
		{expression: "?nosuchcall", left: "read"},
		{expression: "?%nosuchset,?/^nosuchcall,read", chosen: "read", left: "openat"},
		{expression: "!?openat", chosen: "read", left: "openat", unknown: true},
		{expression: "mmap2", left: "mmap"}, // i386's
		{expression: "%creds", chosen: "setuid getuid capset", left: "read"},
		{expression: "%pure,%clock", chosen: "getpid clock_gettime", left: "read"},
	}
	for _, test := range tests {
		t.Run(test.expression, func(t *testing.T) {
			filter, err := ParseFilter(test.expression)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.expression, filter.String()); diff != "" {
				t.Errorf("String (-want +got):\n%s", diff)
			}
			bitmap := make([]uint64, 8)
			filter.Fill(AMD64, bitmap)
			check := func(names string, want bool) {
				for name := range strings.FieldsSeq(names) {
					number, known := Number(AMD64, name)
					if !known {
						t.Fatalf("no call %s", name)
					}
					if got := filter.Match(Lookup(AMD64, number)); got != want {
						t.Errorf("%s is chosen: %t, want %t", name, got, want)
					}
					if got := bitmap[number/64]>>(number%64)&1 != 0; got != want {
						t.Errorf("%s is in the bitmap: %t, want %t", name, got, want)
					}
				}
			}
			check(test.chosen, true)
			check(test.left, false)
			if got := filter.Match(nil); got != test.unknown {
				t.Errorf("an unknown call is chosen: %t, want %t", got, test.unknown)
			}
			const free = 400 // no call's
			if got := bitmap[free/64]>>(free%64)&1 != 0; got != test.unknown {
				t.Errorf("an unknown call is in the bitmap: %t, want %t", got, test.unknown)
			}
		})
	}
}

func TestFilterErrors(t *testing.T) {
	tests := []struct {
		expression string
		want       string
	}{
		{"", `no system call in "": want names, %sets, /regular expressions, all or none`},
		{"trace=", `no system call in "trace=": want names, %sets, /regular expressions, all or none`},
		{"!", `no system call in "!": want names, %sets, /regular expressions, all or none`},
		{"opnat", `unknown system call "opnat": did you mean openat?`},
		{"opne", `unknown system call "opne": did you mean open?`},
		{"read,wirte", `unknown system call "wirte": did you mean write?`},
		{"xxxxxxxxxxxx", `unknown system call "xxxxxxxxxxxx"`},
		{"read,?", "no system call after the question mark"},
		{"open\x1b[31m", `unknown system call "open\x1b[31m"`},
		{"%fil", `unknown set of system calls "%fil": want one of %file, %network, %process, %desc, %memory, %signal, %ipc, %stat, %lstat, %fstat, %%stat, %statfs, %fstatfs, %%statfs, %creds, %clock, %pure`},
		{"signal=SIGINT", `unknown qualifier "signal": only system calls can be chosen, by trace=`},
		{"/^nosuchcall", `no system call matches the regular expression "^nosuchcall"`},
		{"/(", "reading the regular expression \"(\": error parsing regexp: missing closing ): `(`"},
	}
	for _, test := range tests {
		t.Run(test.expression, func(t *testing.T) {
			filter, err := ParseFilter(test.expression)
			if err == nil {
				t.Fatalf("no error but %v", filter)
			}
			if diff := cmp.Diff(test.want, err.Error()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFilterErrorWrapsCause(t *testing.T) {
	for _, expression := range []string{"/[", "?/["} {
		_, err := ParseFilter(expression)
		var cause *syntax.Error
		if !errors.As(err, &cause) || cause.Code != syntax.ErrMissingBracket {
			t.Errorf("ParseFilter(%q): %v, want a syntax.Error about a missing ]", expression, err)
		}
	}
}

func TestNilFilter(t *testing.T) {
	var filter *Filter
	if !filter.Match(nil) || !filter.Match(Lookup(AMD64, 0)) {
		t.Error("a nil filter leaves a call out")
	}
	bitmap := make([]uint64, 2)
	filter.Fill(ARM64, bitmap)
	if diff := cmp.Diff([]uint64{^uint64(0), ^uint64(0)}, bitmap); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestFillShort checks that numbers beyond a bitmap are left alone.
func TestFillShort(t *testing.T) {
	filter, err := ParseFilter("!cacheflush,read")
	if err != nil {
		t.Fatal(err)
	}
	bitmap := []uint64{0}
	filter.Fill(ARM, bitmap)
	if diff := cmp.Diff([]uint64{^uint64(0) &^ (1 << 3)}, bitmap); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDistance(t *testing.T) {
	tests := []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"", "abc", 3},
		{"abc", "", 3},
		{"read", "read", 0},
		{"raed", "read", 1},
		{"red", "read", 1},
		{"readd", "read", 1},
		{"rexd", "read", 1},
		{"kitten", "sitting", 3},
	}
	for _, test := range tests {
		if got := distance(test.a, test.b); got != test.want {
			t.Errorf("distance(%q, %q) = %d, want %d", test.a, test.b, got, test.want)
		}
	}
}

func FuzzParseFilter(f *testing.F) {
	for _, seed := range []string{"openat", "!%file,?nosuch", "trace=/^e(poll|xec)", "all", "none", "%%stat,signal", "/[", "!!", "?!?", "a=b=c", ",,"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, expression string) {
		filter, err := ParseFilter(expression)
		if err != nil {
			if filter != nil {
				t.Error("both a filter and an error")
			}
			return
		}
		again, err := ParseFilter(filter.String())
		if err != nil {
			t.Fatalf("String gave what cannot be parsed: %v", err)
		}
		for _, abi := range ABIs() {
			bitmap := make([]uint64, 8)
			filter.Fill(abi, bitmap)
			for number, call := range Numbers(abi) {
				chosen := filter.Match(call)
				if again.Match(call) != chosen {
					t.Fatalf("%s: chosen is %t, but not after String", call.Name, chosen)
				}
				if word := int(number / 64); word < len(bitmap) && bitmap[word]>>(number%64)&1 != 0 != chosen {
					t.Fatalf("%s: chosen is %t, but not in the bitmap", call.Name, chosen)
				}
			}
		}
	})
}

func TestUnion(t *testing.T) {
	parse := func(expression string) *Filter {
		filter, err := ParseFilter(expression)
		if err != nil {
			t.Fatal(err)
		}
		return filter
	}
	call := func(name string) *Call { return &Call{Name: name} }
	union := Union(parse("openat"), parse("!read,write"))
	for name, want := range map[string]bool{"openat": true, "read": false, "write": false, "close": true} {
		if got := union.Match(call(name)); got != want {
			t.Errorf("the union chooses %s: %t, want %t", name, got, want)
		}
	}
	if got, want := union.String(), "openat or !read,write"; got != want {
		t.Errorf("the union is called %q, want %q", got, want)
	}
	if Union(parse("openat"), nil).Match(call("read")) != true {
		t.Error("a union with all calls leaves one out")
	}
	if Union().Match(call("read")) || Union().Match(nil) {
		t.Error("the union of nothing chooses a call")
	}
}
