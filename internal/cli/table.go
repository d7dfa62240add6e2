package cli

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// table is lines of cells below a header.
type table struct {
	header []string
	rows   [][]string
	// limit is how many characters of a cell are written; 0: all. The first
	// cell, by which a line is referred to, is always whole.
	limit int
}

// tableSpace separates columns, as kubectl's.
const tableSpace = 3

// write writes the table, in which nothing reaches a terminal raw.
func (t *table) write(to io.Writer) error {
	widths := make([]int, len(t.header))
	lines := make([][]string, 0, len(t.rows)+1)
	for _, row := range append([][]string{t.header}, t.rows...) {
		line := make([]string, len(row))
		for i, text := range row {
			line[i] = cell(text)
			if i > 0 {
				line[i] = shorten(line[i], t.limit)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(line[i]))
		}
		lines = append(lines, line)
	}
	var text strings.Builder
	for _, line := range lines {
		for i, one := range line {
			text.WriteString(one)
			if i < len(line)-1 {
				text.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(one)+tableSpace))
			}
		}
		text.WriteByte('\n')
	}
	if _, err := io.WriteString(to, text.String()); err != nil {
		return fmt.Errorf("printing the table: %w", err)
	}
	return nil
}

// cell is hostile text that is to stay in its line. As with kubectl, what is
// empty is still a word to who cuts lines at spaces.
func cell(text string) string {
	if text == "" {
		return "<none>"
	}
	return strings.ReplaceAll(printable(text), "\n", `\n`)
}

func shorten(text string, limit int) string {
	const mark = "..."
	if limit <= len(mark) || utf8.RuneCountInString(text) <= limit {
		return text
	}
	return string([]rune(text)[:limit-len(mark)]) + mark
}

// formatAge writes a duration as kubectl does an age: with as much detail as
// matters to a person.
func formatAge(age time.Duration) string {
	const day = 24 * time.Hour
	age = max(age, 0)
	seconds, minutes, hours, days := int(age/time.Second), int(age/time.Minute), int(age/time.Hour), int(age/day)
	switch {
	case age < 2*time.Minute:
		return fmt.Sprintf("%ds", seconds)
	case age < 10*time.Minute:
		return fmt.Sprintf("%dm%ds", minutes, seconds%60)
	case age < 3*time.Hour:
		return fmt.Sprintf("%dm", minutes)
	case age < 8*time.Hour:
		return fmt.Sprintf("%dh%dm", hours, minutes%60)
	case age < 2*day:
		return fmt.Sprintf("%dh", hours)
	case age < 8*day:
		return fmt.Sprintf("%dd%dh", days, hours%24)
	}
	return fmt.Sprintf("%dd", days)
}

// formatBytes writes a number of bytes with one digit behind the point, as one word.
func formatBytes(bytes uint64) string {
	const units = "KMGTPE"
	if bytes < 1024 {
		return fmt.Sprintf("%dB", bytes)
	}
	value, unit := float64(bytes)/1024, 0
	// What would be rounded up to 1024.0 is 1.0 of the next.
	for value >= 1023.95 && unit < len(units)-1 {
		value /= 1024
		unit++
	}
	return fmt.Sprintf("%.1f%ciB", value, units[unit])
}
