package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// result is what came of a workload.
type result struct {
	workload   *workload
	comparison comparison
	err        error
}

var columns = []string{"workload", "lines", "identical", "differing", "only strace", "only traceloop", "of nature", "bare"}

func cells(name string, n counts) []string {
	differing := n.lines - n.identical - n.onlyTheirs - n.onlyOurs
	row := []string{name, strconv.Itoa(n.lines), percent(n.share())}
	for _, number := range []int{differing, n.onlyTheirs, n.onlyOurs, n.nature, n.bare} {
		row = append(row, strconv.Itoa(number))
	}
	return row
}

// rows are a table of results: a row for each, and one for all.
func rows(results []result) [][]string {
	var table [][]string
	var all counts
	for _, r := range results {
		if r.err != nil {
			table = append(table, []string{r.workload.name, "failed", "", "", "", "", "", ""})
			continue
		}
		n := r.comparison.count()
		all.add(n)
		table = append(table, cells(r.workload.name, n))
	}
	return append(table, cells("all", all))
}

// machine says what the shares depend on.
func machine() string {
	var name unix.Utsname
	_ = unix.Uname(&name) // an empty name is no reason to fail
	version, _ := exec.Command("strace", "-V").Output()
	first, _, _ := strings.Cut(string(version), "\n")
	return fmt.Sprintf("%s; Linux %s %s; %s", first, unix.ByteSliceToString(name.Release[:]), unix.ByteSliceToString(name.Machine[:]), runtime.Version())
}

// textReport is for a terminal.
func textReport(results []result) string {
	table := append([][]string{columns}, rows(results)...)
	widths := make([]int, len(columns))
	for _, row := range table {
		for column, cell := range row {
			widths[column] = max(widths[column], len(cell))
		}
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s\n\n", machine())
	for _, row := range table {
		fmt.Fprintf(&text, "%-*s", widths[0], row[0])
		for column := 1; column < len(row); column++ {
			fmt.Fprintf(&text, "  %*s", widths[column], row[column])
		}
		text.WriteString("\n")
	}
	text.WriteString("\n" + strings.Join(natureLines(results), "\n") + "\n")
	return text.String()
}

// natureLines say how often each known difference of nature was met.
func natureLines(results []result) []string {
	met := make(map[string]int)
	for _, r := range results {
		for _, d := range r.comparison.differences {
			met[d.nature]++
		}
	}
	var lines []string
	for _, n := range natures {
		lines = append(lines, fmt.Sprintf("%s (%d lines): %s", n.name, met[n.name], n.reason))
	}
	return lines
}

// markdown is the region of a document that is made of the results of a mode.
func markdown(m mode, results []result) string {
	var text strings.Builder
	with := "Without `-y`"
	if m != modePlain {
		with = fmt.Sprintf("With `%s`", m)
	}
	fmt.Fprintf(&text, "%s (%s):\n\n", with, machine())
	fmt.Fprintf(&text, "| %s |\n| ---%s |\n", strings.Join(columns, " | "), strings.Repeat(" | ---:", len(columns)-1))
	for _, row := range rows(results) {
		fmt.Fprintf(&text, "| %s |\n", strings.Join(row, " | "))
	}
	text.WriteString("\n")
	for _, line := range natureLines(results) {
		fmt.Fprintf(&text, "- %s\n", line)
	}
	return text.String()
}

// differencesText is every difference with both texts, those of the call that
// differs most often first.
func differencesText(differences []difference) string {
	var text strings.Builder
	names, of := byName(differences)
	for _, name := range names {
		fmt.Fprintf(&text, "=== %s: %d\n", name, len(of[name]))
		for _, d := range of[name] {
			writeDifference(&text, d)
		}
	}
	return text.String()
}

func writeDifference(text *strings.Builder, d difference) {
	switch {
	case d.nature != "":
		fmt.Fprintf(text, "of nature: %s\n", d.nature)
	case d.bare:
		text.WriteString("bare:\n")
	}
	for _, side := range []struct {
		name string
		line *line
	}{{"strace   ", d.theirs}, {"traceloop", d.ours}} {
		if side.line == nil {
			fmt.Fprintf(text, "  %s -\n", side.name)
			continue
		}
		fmt.Fprintf(text, "  %s %d %s\n", side.name, side.line.thread, side.line.text)
	}
}

// classesText is an example of each class of differences, the most frequent
// ones first: those of one class differ in nothing but numbers and strings.
func classesText(results []result) string {
	type class struct {
		example difference
		from    string
		count   int
	}
	classes := make(map[string]*class)
	var order []string
	for _, r := range results {
		for _, d := range r.comparison.differences {
			key := d.nature
			if key == "" {
				key = shape(d.theirs) + "\n" + shape(d.ours)
			}
			if classes[key] == nil {
				classes[key] = &class{example: d, from: r.workload.name}
				order = append(order, key)
			}
			classes[key].count++
		}
	}
	var text strings.Builder
	slices.SortStableFunc(order, func(a, b string) int { return classes[b].count - classes[a].count })
	for _, key := range order {
		c := classes[key]
		fmt.Fprintf(&text, "=== %d × %s, first in %s\n", c.count, c.example.name(), c.from)
		writeDifference(&text, c.example)
	}
	return text.String()
}

var (
	anyPath   = regexp.MustCompile(`<[^<>]*>`) // behind a descriptor
	anyString = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	anyNumber = regexp.MustCompile(`0x[0-9a-f]+|[0-9]+`)
)

func shape(l *line) string {
	if l == nil {
		return "-"
	}
	text := anyPath.ReplaceAllString(anyString.ReplaceAllString(l.text, `"`), "<")
	return anyNumber.ReplaceAllString(text, "0")
}

// What a document has around the region of a mode.
func markers(m mode) (begin, end string) {
	name := "fidelity"
	if m != modePlain {
		name += string(m)
	}
	return "<!-- " + name + ":begin -->", "<!-- " + name + ":end -->"
}

// splitDocument returns what precedes and what follows a mode's region, with the markers.
func splitDocument(path string, m mode) (before, after string, err error) {
	document, err := os.ReadFile(path)
	if err != nil {
		return "", "", fmt.Errorf("reading the document to update: %w", err)
	}
	begin, end := markers(m)
	before, rest, found := strings.Cut(string(document), begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		return "", "", fmt.Errorf("document %s has no lines %s and %s", path, begin, end)
	}
	return before + begin, end + after, nil
}

func updateDocument(path string, m mode, region string) error {
	before, after, err := splitDocument(path, m)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, []byte(before+"\n"+region+after), 0o644); err != nil {
		return fmt.Errorf("updating the document: %w", err)
	}
	return nil
}
