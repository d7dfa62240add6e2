// Command benchmark measures what recording costs and what a recording holds,
// beside what the same costs without it, under the least that any tracer with
// BPF programs costs, and under strace and perf trace. What is compared runs
// in turns within one run, and what counts is the ratio: the times of one
// machine say little about another.
//
// It needs what the recorder needs. Without redis-server and redis-benchmark,
// strace or perf it measures the rest and says what is missing.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"syscall"
	"time"

	"traceloop/test/host"
)

// section is a part of the benchmark.
type section struct {
	name string
	// share is the part of the whole run's time that it may take, in percent.
	share   int
	measure func(*benchmark) error
}

// suite is what is measured in one run, and where its figures stand in a document.
type suite struct {
	sections []section
	marker   string
}

var suites = map[string]*suite{
	"recorder": {recorderSections, "bench"},
	"daemon":   {daemonSections, "bench-daemon"},
	"cluster":  {clusterSections, "bench-cluster"},
}

var recorderSections = []section{
	{"calls", 25, measureCalls},
	{"redis", 23, measureRedis},
	{"find", 25, measureFind},
	{"history", 5, measureHistory},
	{"reading", 11, measureReading},
	{"memory", 1, measureMemory},
	{"threads", 10, measureThreads},
}

// benchmark is what all sections share.
type benchmark struct {
	context context.Context
	budget  time.Duration // of the section that is being measured
	rivals  []*tracing    // those that are installed
	report  *report
	log     io.Writer // what it is busy with
}

func (b *benchmark) logf(format string, arguments ...any) {
	fmt.Fprintf(b.log, format+"\n", arguments...)
}

type options struct {
	suite  *suite
	only   *regexp.Regexp
	format string
	budget time.Duration
	update string
	strict bool
}

func main() {
	if len(os.Args) > 1 {
		if role, found := roles[os.Args[1]]; found {
			exit(role(os.Args[2:]))
		}
	}
	options, err := parseOptions()
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchmark:", err)
		os.Exit(2)
	}
	exit(run(options))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchmark:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func parseOptions() (options, error) {
	var o options
	name := flag.String("suite", "recorder", "what to measure: recorder; daemon, with real containers; or cluster, with pods of Kubernetes")
	only := flag.String("only", "", "measure only the parts whose names match the regular `expression`: "+sectionNames(recorderSections)+"; of the daemon "+sectionNames(daemonSections)+"; of the cluster "+sectionNames(clusterSections))
	flag.StringVar(&o.format, "format", "text", "how to print: text or markdown")
	flag.DurationVar(&o.budget, "time", 5*time.Minute, "how long to measure, about; the longer, the less chance counts")
	flag.StringVar(&o.update, "update", "", "replace the tables in a markdown `file` by what was measured")
	flag.BoolVar(&o.strict, "strict", false, "a missed goal is an error")
	flag.Parse()
	if flag.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flag.Arg(0))
	}
	if o.suite = suites[*name]; o.suite == nil {
		return o, fmt.Errorf("option -suite is %q: want recorder, daemon or cluster", *name)
	}
	var err error
	if o.only, err = regexp.Compile(*only); err != nil {
		return o, fmt.Errorf("option -only: %w", err)
	}
	switch {
	case o.format != "text" && o.format != "markdown":
		return o, fmt.Errorf("option -format is %q: want text or markdown", o.format)
	case o.budget <= 0:
		return o, fmt.Errorf("option -time is %v: want a positive duration", o.budget)
	case o.update != "" && *only != "":
		return o, errors.New("options -update and -only: a part cannot replace the whole")
	}
	for _, section := range o.suite.sections {
		if o.only.MatchString(section.name) {
			return o, nil
		}
	}
	return o, fmt.Errorf("option -only: %q matches none of %s", *only, sectionNames(o.suite.sections))
}

func sectionNames(sections []section) string {
	var names []string
	for _, section := range sections {
		names = append(names, section.name)
	}
	return strings.Join(names, ", ")
}

func run(o options) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if o.update != "" {
		if err := checkDocument(o.update, o.suite.marker); err != nil {
			return err
		}
	}
	b := &benchmark{context: ctx, report: &report{}, log: os.Stderr}
	b.report.machine = describeMachine()
	if o.suite == suites["recorder"] {
		b.findRivals()
	}
	defer host.RemoveProgram()
	defer removeBuilt()

	var failures []error
	for _, section := range o.suite.sections {
		if !o.only.MatchString(section.name) {
			continue
		}
		b.budget = o.budget * time.Duration(section.share) / 100
		b.logf("measuring %s", section.name)
		if err := section.measure(b); err != nil {
			failures = append(failures, fmt.Errorf("measuring %s: %w", section.name, err))
		}
		if ctx.Err() != nil {
			return errors.New("interrupted")
		}
	}

	if o.format == "markdown" {
		fmt.Print(b.report.markdown())
	} else {
		fmt.Print(b.report.text())
	}
	if missed := b.report.missed(); o.strict && len(missed) > 0 {
		failures = append(failures, fmt.Errorf("missed goals: %s", strings.Join(missed, "; ")))
	}
	// A document keeps its old figures rather than get incomplete ones.
	if len(failures) == 0 && o.update != "" {
		failures = append(failures, updateDocument(o.update, o.suite.marker, b.report.markdown()))
	}
	return errors.Join(failures...)
}
