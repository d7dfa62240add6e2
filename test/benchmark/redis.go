package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"traceloop/recorder"
)

// redisTests are the commands whose throughput is measured.
var redisTests = []string{"SET", "GET"}

// redisVariant is what of the server and its client is traced, and how.
type redisVariant struct {
	name   string
	server *tracing // of the rivals, or plain
	scopes func(server int) map[string]recorder.Scope
	// requests are how many the client makes a test, chosen in the first round
	// so that a test takes about redisTestTime.
	requests   int
	throughput map[string]samples
	// processor is what a request takes of the server's CPU time, in
	// microseconds, both tests taken together. It is not known of a rival's
	// server, which is a child of the rival.
	processor samples
}

// Tests are short and many: what else the machine does then slows some of
// them, but not all.
const (
	redisTestTime = 250 * time.Millisecond
	redisTurns    = 3 // of each variant in a round
	rivalRounds   = 3 // in which the rivals take part
)

// measureRedis measures a server's throughput. The server is traced and the
// client is not, as if it were in a container; the last variant traces both.
func measureRedis(b *benchmark) error {
	t := table{
		title:   "`redis-benchmark`",
		columns: []string{"traced", "runs"},
		texts:   1,
	}
	for _, test := range redisTests {
		t.columns = append(t.columns, test+"/s, most", test+"/s, median", "against plain")
	}
	t.columns = append(t.columns, "server's CPU, µs a request")
	if missing := missingRedis(); missing != "" {
		t.columns = nil
		t.notef("%s is not installed: not measured.", missing)
		b.report.tables = append(b.report.tables, t)
		return nil
	}

	server := func(pid int) map[string]recorder.Scope {
		return map[string]recorder.Scope{"server": recorder.ProcessTree(pid)}
	}
	both := func(pid int) map[string]recorder.Scope {
		return map[string]recorder.Scope{"server": recorder.ProcessTree(pid), "client": recorder.Children(os.Getpid())}
	}
	alone := &redisVariant{name: plain.name, server: plain}
	served := &redisVariant{name: "server recorded", server: plain, scopes: server}
	variants := []*redisVariant{alone, served, {name: "server and client recorded", server: plain, scopes: both}}
	for _, rival := range b.rivals {
		variants = append(variants, &redisVariant{name: "server under " + rival.name, server: rival})
	}
	for _, v := range variants {
		v.throughput = make(map[string]samples)
	}
	err := b.repeat(b.budget, rivalRounds, func(number int) error {
		r := &round{}
		defer r.unload()
		for _, v := range variants {
			turns := redisTurns
			if v.server.rival() {
				if number >= rivalRounds {
					continue
				}
				if err := r.unload(); err != nil {
					return err
				}
				turns = 1
			}
			for range turns {
				if err := b.measureServer(r, v); err != nil {
					return fmt.Errorf("%s: %w", v.name, err)
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}

	for _, v := range variants {
		row := []string{v.name, count(float64(len(v.throughput[redisTests[0]])))}
		for _, test := range redisTests {
			s := v.throughput[test]
			row = append(row, count(s.maximum()), count(s.median()), ratioBelowOne(s.maximum()/alone.throughput[test].maximum()))
		}
		processor := ""
		if len(v.processor) > 0 {
			processor = fmt.Sprintf("%.2f", v.processor.minimum())
		}
		t.add(append(row, processor)...)
	}
	t.notef("One server without persistence, 50 connections on the loopback interface, no pipelining (`-c 50 -P 1`).")
	b.report.tables = append(b.report.tables, t)
	for _, test := range redisTests {
		value := served.throughput[test].maximum() / alone.throughput[test].maximum()
		b.report.atLeast(fmt.Sprintf("`redis-benchmark` %s throughput recorded, against plain", test), "0.85", 0.85, value, ratioBelowOne(value))
	}
	return nil
}

func ratioBelowOne(value float64) string { return strconv.FormatFloat(value, 'f', 3, 64) }

func missingRedis() string {
	for _, name := range []string{"redis-server", "redis-benchmark"} {
		if _, err := exec.LookPath(name); err != nil {
			return name
		}
	}
	return ""
}

// measureServer runs the client once against a server of its own.
func (b *benchmark) measureServer(r *round, v *redisVariant) error {
	server, err := b.startRedis(v.server)
	if err != nil {
		return err
	}
	defer server.stop()
	if v.scopes != nil {
		loaded, err := r.recorder()
		if err != nil {
			return err
		}
		for name, scope := range v.scopes(server.cmd.Process.Pid) {
			if err := loaded.Attach(name, scope, defaults(recorder.DefaultRingSize)); err != nil {
				return err
			}
			defer loaded.Delete(name)
		}
	}
	if v.requests == 0 {
		const trial = 2000
		throughput, err := b.runRedisClient(server, trial)
		if err != nil {
			return err
		}
		v.requests = max(trial, int(throughput[redisTests[0]]*redisTestTime.Seconds()))
	}
	before, err := processorTime(server.cmd.Process.Pid)
	if err != nil {
		return err
	}
	throughput, err := b.runRedisClient(server, v.requests)
	if err != nil {
		return err
	}
	after, err := processorTime(server.cmd.Process.Pid)
	if err != nil {
		return err
	}
	if !v.server.rival() {
		requests := float64(v.requests * len(redisTests))
		v.processor = append(v.processor, (after-before).Seconds()*1e6/requests)
	}
	for _, test := range redisTests {
		v.throughput[test] = append(v.throughput[test], throughput[test])
	}
	return server.stop()
}

// processorTime returns the CPU time that a process has had.
func processorTime(pid int) (time.Duration, error) {
	// The first of its numbers is the time spent running, in nanoseconds: of
	// the main thread, which serves all requests.
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/schedstat", pid))
	if err != nil {
		return 0, fmt.Errorf("reading the server's CPU time: %w", err)
	}
	var running int64
	if _, err := fmt.Sscan(string(content), &running); err != nil {
		return 0, fmt.Errorf("reading the server's CPU time: %w", err)
	}
	return time.Duration(running), nil
}

// redisServer is a server that runs.
type redisServer struct {
	cmd       *exec.Cmd
	port      int
	directory string
	complaint *bytes.Buffer
	cancel    context.CancelFunc
	stopped   bool
}

// startRedis starts a server and waits until it answers.
func (b *benchmark) startRedis(t *tracing) (*redisServer, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	directory, err := os.MkdirTemp("", "traceloop-benchmark-")
	if err != nil {
		return nil, fmt.Errorf("making the server's directory: %w", err)
	}
	ctx, cancel := context.WithCancel(b.context)
	server := &redisServer{port: port, directory: directory, complaint: &bytes.Buffer{}, cancel: cancel}
	server.cmd = command(ctx, t, "redis-server", "--port", strconv.Itoa(port), "--bind", "127.0.0.1",
		"--dir", directory, "--save", "", "--appendonly", "no", "--daemonize", "no")
	server.cmd.Stderr = server.complaint
	if err := server.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the server: %w", err), os.Remove(directory))
	}
	if err := server.wait(); err != nil {
		return nil, errors.Join(err, server.stop())
	}
	return server, nil
}

// freePort returns a port of the loopback interface that nobody listens on.
func freePort() (int, error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("finding a free port: %w", err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

func (s *redisServer) address() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

// say sends the server a command and returns the first line of its answer.
func (s *redisServer) say(words string) (string, error) {
	connection, err := net.DialTimeout("tcp4", s.address(), time.Second)
	if err != nil {
		return "", err
	}
	defer connection.Close()
	connection.SetDeadline(time.Now().Add(time.Second))
	if _, err := fmt.Fprintf(connection, "%s\r\n", words); err != nil {
		return "", err
	}
	answer := make([]byte, 128)
	length, err := connection.Read(answer)
	line, _, _ := strings.Cut(string(answer[:length]), "\r\n")
	return line, err
}

// wait waits until the server answers.
func (s *redisServer) wait() error {
	var answer string
	var err error
	for begun := time.Now(); time.Since(begun) < 10*time.Second; time.Sleep(20 * time.Millisecond) {
		if answer, err = s.say("PING"); err == nil && answer == "+PONG" {
			return nil
		}
	}
	if err == nil {
		err = fmt.Errorf("it says %q", answer)
	}
	return fmt.Errorf("the server does not answer a PING as it should: %w%s", err, quoteEnd(s.complaint.String()))
}

// stop ends the server; it may be called again.
func (s *redisServer) stop() error {
	if s.stopped {
		return nil
	}
	s.stopped = true
	s.say("SHUTDOWN NOSAVE") // it closes the connection instead of an answer
	ended := time.AfterFunc(5*time.Second, s.cancel)
	err := s.cmd.Wait()
	ended.Stop()
	s.cancel()
	if err != nil {
		err = fmt.Errorf("ending the server: %w%s", err, quoteEnd(s.complaint.String()))
	}
	return errors.Join(err, os.RemoveAll(s.directory))
}

// runRedisClient makes so many requests of each test and returns how many of
// them a second saw.
func (b *benchmark) runRedisClient(s *redisServer, requests int) (map[string]float64, error) {
	output, _, err := runCommand(b.context, plain, "redis-benchmark", "-h", "127.0.0.1", "-p", strconv.Itoa(s.port),
		"-t", strings.ToLower(strings.Join(redisTests, ",")), "-c", "50", "-P", "1", "-n", strconv.Itoa(requests), "--csv")
	if err != nil {
		return nil, err
	}
	return readRedisClient(output)
}

// readRedisClient reads rows such as "SET","98039.22" and what else the
// client's version adds to them.
func readRedisClient(output string) (map[string]float64, error) {
	reader := csv.NewReader(strings.NewReader(output))
	reader.FieldsPerRecord = -1
	rows, err := reader.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("reading what redis-benchmark printed: %w", err)
	}
	throughput := make(map[string]float64)
	for _, row := range rows {
		if len(row) < 2 {
			continue
		}
		if value, err := strconv.ParseFloat(row[1], 64); err == nil { // the first row is a title
			throughput[row[0]] = value
		}
	}
	for _, test := range redisTests {
		if throughput[test] <= 0 {
			return nil, fmt.Errorf("redis-benchmark printed no result of %s: %q", test, output)
		}
	}
	return throughput, nil
}
