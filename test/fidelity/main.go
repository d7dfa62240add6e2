// Command fidelity records programs while strace traces the same processes,
// and compares the two logs line by line: which share of the lines is
// identical, and how the others differ.
//
// It needs what the recorder needs, strace, and the programs that its
// workloads run: scripts/install-packages fidelity installs them. A workload
// of which a program is missing fails.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
)

type options struct {
	only     *regexp.Regexp
	part     string
	mode     mode
	list     bool
	verbose  bool
	keep     string
	document string
}

func main() {
	options, err := parseOptions()
	if err != nil {
		fmt.Fprintln(os.Stderr, "fidelity:", err)
		os.Exit(2)
	}
	if err := measure(options, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "fidelity:", err)
		os.Exit(1)
	}
}

func parseOptions() (options, error) {
	var o options
	var paths, details bool
	only := flag.String("only", "", "run only the workloads whose names match the regular `expression`")
	flag.StringVar(&o.part, "part", "all", "run `all` workloads, or those of \"ci\": quick ones that need few packages")
	flag.BoolVar(&paths, "y", false, "show the paths behind descriptors")
	flag.BoolVar(&details, "yy", false, "show all about descriptors")
	flag.BoolVar(&o.list, "list", false, "list the workloads and run none")
	flag.BoolVar(&o.verbose, "v", false, "print every difference")
	flag.StringVar(&o.keep, "keep", "", "keep both logs of each workload, and how they differ, in a `directory`")
	flag.StringVar(&o.document, "report", "", "replace the table in a markdown `file`")
	flag.Parse()
	if flag.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flag.Arg(0))
	}
	var err error
	if o.only, err = regexp.Compile(*only); err != nil {
		return o, fmt.Errorf("option -only: %w", err)
	}
	switch {
	case details:
		o.mode = modeDetails
	case paths:
		o.mode = modePaths
	}
	switch {
	case o.part != "all" && o.part != "ci":
		return o, fmt.Errorf("option -part is %q: want all or ci", o.part)
	case o.document != "" && (*only != "" || o.part != "all"):
		return o, errors.New("option -report goes with all workloads: a part cannot replace the whole")
	case len(o.chosen()) == 0:
		return o, fmt.Errorf("option -only: %q matches none of the workloads, which -list lists", *only)
	}
	return o, nil
}

func (o options) chosen() []*workload {
	var chosen []*workload
	for _, w := range workloads {
		if o.only.MatchString(w.name) && (o.part == "all" || w.part) {
			chosen = append(chosen, w)
		}
	}
	return chosen
}

func measure(o options, to io.Writer) error {
	if o.list {
		for _, w := range o.chosen() {
			fmt.Fprintf(to, "%-12s %s\n", w.name, strings.Join(w.command, " "))
		}
		return nil
	}
	if o.document != "" {
		if _, _, err := splitDocument(o.document, o.mode); err != nil {
			return err
		}
	}
	if o.keep != "" {
		if err := os.MkdirAll(o.keep, 0o755); err != nil {
			return fmt.Errorf("making the directory to keep: %w", err)
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	results, err := runAll(ctx, o, os.Stderr)
	if err != nil {
		return err
	}
	for _, r := range results {
		if o.verbose && r.err == nil {
			fmt.Fprintf(to, "%s\n%s\n", r.workload.name, differencesText(r.comparison.differences))
		}
	}
	fmt.Fprint(to, textReport(results))
	if o.keep != "" {
		err = errors.Join(
			os.WriteFile(filepath.Join(o.keep, "report.txt"), []byte(textReport(results)), 0o644),
			os.WriteFile(filepath.Join(o.keep, "classes.txt"), []byte(classesText(results)), 0o644))
	}
	// A document keeps its old figures rather than get incomplete ones.
	if o.document != "" && !slices.ContainsFunc(results, func(r result) bool { return r.err != nil }) {
		err = errors.Join(err, updateDocument(o.document, o.mode, markdown(o.mode, results)))
	}
	if missed := goalsOf(o.mode).missed(results); len(missed) > 0 {
		err = errors.Join(err, fmt.Errorf("missed goals:\n%s", strings.Join(missed, "\n")))
	}
	return err
}

// runAll runs the chosen workloads. A workload that fails does so in its result.
func runAll(ctx context.Context, o options, progress io.Writer) (results []result, err error) {
	s, err := newSession()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	for _, w := range o.chosen() {
		fmt.Fprintf(progress, "running %s\n", w.name)
		r := result{workload: w}
		var written logs
		if written, r.err = s.run(ctx, w, o.mode); r.err == nil {
			r.comparison = compare(fromCommand(parseLog(written.theirs)), fromCommand(parseLog(written.ours)))
		}
		if ctx.Err() != nil {
			return nil, errors.New("interrupted")
		}
		results = append(results, r)
		if o.keep != "" && r.err == nil {
			if err := keep(o.keep, r, written); err != nil {
				return nil, err
			}
		}
	}
	return results, nil
}

// keep writes what is known of a workload into files.
func keep(directory string, r result, written logs) error {
	path := filepath.Join(directory, r.workload.name)
	err := errors.Join(
		os.WriteFile(path+".strace", []byte(written.theirs), 0o644),
		os.WriteFile(path+".traceloop", []byte(written.ours), 0o644),
		os.WriteFile(path+".diff", []byte(differencesText(r.comparison.differences)), 0o644))
	if err != nil {
		return fmt.Errorf("keeping the logs of %s: %w", r.workload.name, err)
	}
	return nil
}
