package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"
)

// report is what was measured, in the order in which it is printed.
type report struct {
	machine []string // what is measured on
	goals   []goal
	tables  []table
}

// goal is a figure that must be reached.
type goal struct {
	figure, want, measured string
	met                    bool
}

// table is the figures of one section. Columns after the first that hold
// numbers are aligned to the right.
type table struct {
	title   string
	columns []string
	// texts is how many columns, from the first, are words and not numbers.
	texts int
	rows  [][]string
	notes []string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) notef(format string, arguments ...any) {
	t.notes = append(t.notes, fmt.Sprintf(format, arguments...))
}

// atMost notes a goal that is an upper bound.
func (r *report) atMost(figure, want string, bound, value float64, measured string) {
	r.goals = append(r.goals, goal{figure, "≤ " + want, measured, value <= bound})
}

// atLeast notes a goal that is a lower bound.
func (r *report) atLeast(figure, want string, bound, value float64, measured string) {
	r.goals = append(r.goals, goal{figure, "≥ " + want, measured, value >= bound})
}

func (r *report) missed() []string {
	var missed []string
	for _, goal := range r.goals {
		if !goal.met {
			missed = append(missed, fmt.Sprintf("%s is %s, not %s", goal.figure, goal.measured, goal.want))
		}
	}
	return missed
}

// all returns the tables, the goals' first.
func (r *report) all() []table {
	if len(r.goals) == 0 {
		return r.tables
	}
	goals := table{title: "Goals", columns: []string{"figure", "goal", "measured", "met"}, texts: 1}
	for _, goal := range r.goals {
		met := "yes"
		if !goal.met {
			met = "NO"
		}
		goals.add(goal.figure, goal.want, goal.measured, met)
	}
	return append([]table{goals}, r.tables...)
}

func (r *report) markdown() string {
	var text strings.Builder
	for _, line := range r.machine {
		fmt.Fprintf(&text, "- %s\n", line)
	}
	for _, t := range r.all() {
		fmt.Fprintf(&text, "\n### %s\n\n", t.title)
		if len(t.rows) > 0 {
			t.writeMarkdown(&text)
		}
		for i, note := range t.notes {
			if i > 0 || len(t.rows) > 0 {
				text.WriteString("\n")
			}
			fmt.Fprintf(&text, "%s\n", note)
		}
	}
	return text.String()
}

func (r *report) text() string {
	var text strings.Builder
	for _, line := range r.machine {
		fmt.Fprintln(&text, line)
	}
	for _, t := range r.all() {
		fmt.Fprintf(&text, "\n%s:\n", t.title)
		if len(t.rows) > 0 {
			t.writeText(&text)
		}
		for _, note := range t.notes {
			fmt.Fprintln(&text, note)
		}
	}
	return strings.ReplaceAll(text.String(), "`", "")
}

func (t *table) writeMarkdown(to *strings.Builder) {
	fmt.Fprintf(to, "| %s |\n|", strings.Join(t.columns, " | "))
	for column := range t.columns {
		if column < t.texts {
			to.WriteString(" --- |")
		} else {
			to.WriteString(" ---: |")
		}
	}
	to.WriteString("\n")
	for _, row := range t.rows {
		fmt.Fprintf(to, "| %s |\n", strings.Join(row, " | "))
	}
}

func (t *table) writeText(to *strings.Builder) {
	widths := make([]int, len(t.columns))
	rows := append([][]string{t.columns}, t.rows...)
	for _, row := range rows {
		for column, cell := range row {
			widths[column] = max(widths[column], width(cell))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for column, cell := range row {
			space := strings.Repeat(" ", widths[column]-width(cell))
			if column < t.texts {
				line.WriteString(cell + space + "  ")
			} else {
				line.WriteString(space + cell + "  ")
			}
		}
		fmt.Fprintln(to, strings.TrimRight(line.String(), " "))
	}
}

// width is how many columns of plain text a cell takes.
func width(cell string) int {
	return utf8.RuneCountInString(cell) - strings.Count(cell, "`")
}

// markers are what a document has around a suite's tables.
func markers(name string) (begin, end string) {
	return "<!-- " + name + ":begin -->", "<!-- " + name + ":end -->"
}

func checkDocument(path, marker string) error {
	_, _, err := splitDocument(path, marker)
	return err
}

// splitDocument returns what precedes and what follows the tables, with the markers.
func splitDocument(path, marker string) (before, after string, err error) {
	beginMarker, endMarker := markers(marker)
	document, err := os.ReadFile(path)
	if err != nil {
		return "", "", fmt.Errorf("reading the document to update: %w", err)
	}
	before, rest, found := strings.Cut(string(document), beginMarker)
	_, after, ended := strings.Cut(rest, endMarker)
	if !found || !ended {
		return "", "", fmt.Errorf("document %s has no lines %s and %s", path, beginMarker, endMarker)
	}
	return before + beginMarker, endMarker + after, nil
}

func updateDocument(path, marker, tables string) error {
	before, after, err := splitDocument(path, marker)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, []byte(before+"\n"+tables+after), 0o644); err != nil {
		return fmt.Errorf("updating the document: %w", err)
	}
	return nil
}

// count writes a number with a comma between thousands.
func count(value float64) string {
	digits := strconv.FormatFloat(value, 'f', 0, 64)
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return sign + digits
}

// ratio writes a factor with as many digits as mean something.
func ratio(value float64) string {
	if value >= 20 || value <= -20 {
		return count(value) + "×"
	}
	return strconv.FormatFloat(value, 'f', 2, 64) + "×"
}

func seconds(value float64) string { return strconv.FormatFloat(value, 'f', 3, 64) }
