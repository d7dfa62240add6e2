package cli

import (
	"errors"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"traceloop/recorder"
)

// checked is a daemon's options after these flags, and what is wrong with them.
func checked(t *testing.T, arguments ...string) (*daemonOptions, *settings, error) {
	t.Helper()
	options := newDaemonOptions()
	s := &settings{flags: options.declare(), declare: func() *pflag.FlagSet { return newDaemonOptions().declare() }}
	if err := s.flags.Parse(arguments); err != nil {
		t.Fatal(err)
	}
	if err := s.load("/nonexistent/config.yaml", false); err != nil {
		t.Fatal(err)
	}
	return options, s, options.check(s)
}

func TestDaemonSettingsTogether(t *testing.T) {
	for _, test := range []struct {
		flags []string
		want  []string
	}{
		{[]string{"--ring-size=4096"}, []string{"ring-size", "4 KiB", "1 GiB"}},
		{[]string{"--ring-size=2GiB", "--memory=16GiB"}, []string{"ring-size", "2 GiB", "1 GiB"}},
		{[]string{"--memory=1MiB"}, []string{"memory", "1 MiB", "17 MiB at least"}},
		{[]string{"--memory=4MiB", "--ready-rings=4"}, []string{"memory", "4 MiB", "ready-rings of 4", "5 MiB at least"}},
		{[]string{"--socket=/" + strings.Repeat("a", 107)}, []string{"socket", "107 bytes, this one 108"}},
		{[]string{"--socket-group=nobody-has-this-name"}, []string{"socket-group", "nobody-has-this-name"}},
		{[]string{"--socket-group=4294967295"}, []string{"socket-group", "4294967295"}},
	} {
		_, _, err := checked(t, test.flags...)
		var wrong usageError
		if !errors.As(err, &wrong) {
			t.Errorf("%q: %v, want an error of usage", test.flags, err)
			continue
		}
		for _, want := range test.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v: want %q in it", test.flags, err, want)
			}
		}
	}
}

// Who says nothing of ready rings gets as many as the memory has room for.
func TestReadyRingsFitIntoMemory(t *testing.T) {
	for _, test := range []struct {
		flags []string
		want  int
	}{
		{nil, 16},
		{[]string{"--memory=17MiB"}, 16},
		{[]string{"--memory=10MiB"}, 9},
		{[]string{"--memory=2MiB"}, 1},
		{[]string{"--memory=2MiB", "--ready-rings=1"}, 1},
		{[]string{"--memory=3MiB", "--ring-size=1048577"}, 1}, // a ring's size is rounded up
	} {
		options, s, err := checked(t, test.flags...)
		if err != nil || options.ready.value != test.want {
			t.Errorf("%q: %d ready rings, %v, want %d", test.flags, options.ready.value, err, test.want)
		}
		if lowered := test.want < defaultReady && !s.flags.Changed("ready-rings"); strings.Contains(s.origins["ready-rings"], "fit") != lowered {
			t.Errorf("%q: they come from %q", test.flags, s.origins["ready-rings"])
		}
	}
}

func TestDaemonDefaultsAreRight(t *testing.T) {
	options, _, err := checked(t)
	if err != nil {
		t.Fatal(err)
	}
	if options.socket.path != "/run/traceloop/traceloop.sock" || options.socketMode != 0o660 || options.memory != 256<<20 ||
		options.ringSize != recorder.DefaultRingSize || options.metricsAddress != "" || options.stateDirectory.path != "" {
		t.Errorf("%+v", options)
	}
}
