package cli

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"traceloop/internal/stream"
)

const streamOfTests = "trace_shop_show"

func receive(socket string, arguments ...string) []string {
	return append([]string{"-call", "receive-stream", "-tracerid", streamOfTests, "-socketfile", socket}, arguments...)
}

// TestGadgetStream checks that a stream's lines come when they are published, and
// that reading ends with the stream.
func TestGadgetStream(t *testing.T) {
	hub, d := stream.NewHub(), &daemonOfTests{}
	serveHandler(t, d, hub.Handler())
	publish := func(line string) {
		if err := hub.Publish(streamOfTests, []byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	publish("[1]")
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- readGadgetStream(receive(d.socket), writer)
		writer.Close()
	}()
	lines := bufio.NewReader(reader)
	for i := 1; i <= 2; i++ {
		if line, err := lines.ReadString('\n'); err != nil || line != fmt.Sprintf("[%d]\n", i) {
			t.Fatalf("line %d is %q, %v", i, line, err)
		}
		publish(fmt.Sprintf("[%d]", i+1))
	}
	hub.Close(streamOfTests)
	if rest, err := io.ReadAll(lines); err != nil || string(rest) != "[3]\n" {
		t.Errorf("the rest is %q, %v", rest, err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestGadgetStreamFails(t *testing.T) {
	hub, d := stream.NewHub(), &daemonOfTests{}
	serveHandler(t, d, hub.Handler())
	tests := []struct {
		name      string
		arguments []string
		want      string
		status    int
	}{
		{"an unknown stream", receive(d.socket), `has no such stream: no stream "trace_shop_show": want trace_NAMESPACE_NAME`, statusFailed},
		{"no daemon", receive(d.socket + ".none"), "the daemon is not running", statusFailed},
		{"another call", []string{"-call", "add-tracer"}, `unknown call "add-tracer": want -call receive-stream`, statusUsage},
		{"no call", nil, `unknown call "": want -call receive-stream`, statusUsage},
		{"no stream", []string{"-call", "receive-stream"}, "no stream is given: want -tracerid trace_NAMESPACE_NAME", statusUsage},
		{"an unknown flag", []string{"-labels", "x"}, "flag provided but not defined: -labels", statusUsage},
		{"an argument", receive(d.socket, "more"), `unexpected argument "more"`, statusUsage},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var text bytes.Buffer
			err := readGadgetStream(test.arguments, &text)
			if err == nil || !strings.Contains(err.Error(), test.want) || text.Len() != 0 {
				t.Errorf("%q, %v; want an error with %q", &text, err, test.want)
			}
			if status := runGadgetTracerManager(append([]string{gadgetTracerManager}, test.arguments...)); status != test.status {
				t.Errorf("status %d, want %d", status, test.status)
			}
		})
	}
}

// TestGadgetStreamEndsTooEarly checks what is said of a stream whose lines were
// dropped while they were read, and of a daemon that goes away.
func TestGadgetStreamEndsTooEarly(t *testing.T) {
	tests := []struct {
		name string
		end  func(w http.ResponseWriter)
		want string
	}{
		{"dropped", func(w http.ResponseWriter) { w.Header().Set(stream.ErrorTrailer, "1 lines were dropped") }, "1 lines were dropped"},
		{"broken off", func(w http.ResponseWriter) {
			connection, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			connection.Close()
		}, "unexpected EOF"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := &daemonOfTests{}
			serveHandler(t, d, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Trailer", stream.ErrorTrailer)
				if _, err := io.WriteString(w, "[1]\n"); err != nil {
					t.Error(err)
				}
				if err := http.NewResponseController(w).Flush(); err != nil {
					t.Error(err)
				}
				test.end(w)
			}))
			var text bytes.Buffer
			err := readGadgetStream(receive(d.socket), &text)
			if err == nil || !strings.HasSuffix(err.Error(), test.want) || text.String() != "[1]\n" {
				t.Errorf("%q, %v; want an error with %q", &text, err, test.want)
			}
		})
	}
}

func TestGadgetTracerManagerHelp(t *testing.T) {
	var text bytes.Buffer
	if err := readGadgetStream([]string{"-help"}, &text); !errors.Is(err, flag.ErrHelp) || !strings.Contains(text.String(), "-tracerid") {
		t.Errorf("%q, %v", &text, err)
	}
}
