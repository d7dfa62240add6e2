package cli

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"traceloop/internal/output"
	"traceloop/syscalls"
)

// The types of flags. Each says in its error what would be right.

// size is a number of bytes.
type size int

// units are what may follow a number of bytes. As with the ring itself, all of
// them are powers of 1024.
var units = []struct {
	suffix string
	bytes  uint64
}{
	{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30},
	{"kb", 1 << 10}, {"mb", 1 << 20}, {"gb", 1 << 30},
	{"k", 1 << 10}, {"m", 1 << 20}, {"g", 1 << 30},
	{"b", 1}, {"", 1},
}

var errSize = errors.New("want a number of bytes, such as 65536, 512KiB or 1MiB")

// parseSize parses a number of bytes with or without a unit.
func parseSize(text string) (int, error) {
	lower := strings.ToLower(strings.TrimSpace(text))
	for _, unit := range units {
		digits, found := strings.CutSuffix(lower, unit.suffix)
		if !found {
			continue
		}
		number, err := strconv.ParseUint(strings.TrimSpace(digits), 10, 64)
		if errors.Is(err, strconv.ErrRange) || err == nil && number > math.MaxInt/unit.bytes {
			return 0, errors.New("too large a number")
		}
		if err != nil {
			return 0, errSize
		}
		return int(number * unit.bytes), nil
	}
	return 0, errSize
}

// formatSize writes a number of bytes in its largest whole unit.
func formatSize(bytes int) string {
	for _, unit := range []struct {
		name  string
		bytes int
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if bytes >= unit.bytes && bytes%unit.bytes == 0 {
			return fmt.Sprintf("%d %s", bytes/unit.bytes, unit.name)
		}
	}
	return fmt.Sprintf("%d bytes", bytes)
}

func (s *size) Set(text string) error {
	bytes, err := parseSize(text)
	if err != nil {
		return err
	}
	*s = size(bytes)
	return nil
}

func (s *size) String() string { return strings.ReplaceAll(formatSize(int(*s)), " ", "") }
func (s *size) Type() string   { return "SIZE" }

// formatValue is a format of output; empty is the default.
type formatValue output.Format

func (f *formatValue) Set(text string) error {
	if !slices.Contains(output.Formats(), text) {
		return fmt.Errorf("want %s", strings.Join(output.Formats(), ", "))
	}
	*f = formatValue(text)
	return nil
}

func (f *formatValue) String() string { return string(*f) }
func (f *formatValue) Type() string   { return "FORMAT" }

// filterValue is a choice of system calls. As with strace, a later one
// replaces an earlier one.
type filterValue struct{ filter *syscalls.Filter }

func (f *filterValue) Set(text string) error {
	filter, err := syscalls.ParseFilter(text)
	if err != nil {
		return err
	}
	f.filter = filter
	return nil
}

func (f *filterValue) String() string {
	if f.filter == nil {
		return ""
	}
	return f.filter.String()
}

func (f *filterValue) Type() string { return "SET" }

// qualifierValue is strace's option -e: a choice of system calls or, with its
// name before it, of something else. Each kind has its own last word.
type qualifierValue struct{ view *view }

func (q *qualifierValue) Set(text string) error {
	qualifier, list, qualified := strings.Cut(strings.TrimSpace(text), "=")
	if !qualified || strings.ContainsAny(qualifier, "/,") {
		return q.view.filter.Set(text)
	}
	switch qualifier {
	case "trace", "t":
		return q.view.filter.Set(list)
	case "status":
		return (&setValue{&q.view.statuses, output.ParseStatuses}).Set(list)
	case "signal", "signals", "s":
		return (&setValue{&q.view.signals, output.ParseSignals}).Set(list)
	}
	return fmt.Errorf("unknown qualifier %q: want trace= (t=), status= or signal= (s=)", qualifier)
}

func (q *qualifierValue) String() string { return "" }
func (q *qualifierValue) Type() string   { return "SET" }

// setValue is a choice of statuses or of signals.
type setValue struct {
	set   *output.Set
	parse func(string) (output.Set, error)
}

func (s *setValue) Set(text string) error {
	set, err := s.parse(text)
	if err != nil {
		return err
	}
	*s.set = set
	return nil
}

func (s *setValue) String() string { return "" }
func (s *setValue) Type() string   { return "SET" }

// choiceValue is one of several words, or empty for the default.
type choiceValue struct {
	value   string
	choices []string
	kind    string
}

func (c *choiceValue) Set(text string) error {
	if !slices.Contains(c.choices, text) {
		return fmt.Errorf("want %s", strings.Join(c.choices, ", "))
	}
	c.value = text
	return nil
}

func (c *choiceValue) String() string { return c.value }
func (c *choiceValue) Type() string   { return c.kind }

// durationValue is a time span, not negative.
type durationValue time.Duration

func (d *durationValue) Set(text string) error {
	duration, err := time.ParseDuration(text)
	if err != nil || duration < 0 {
		return errors.New("want a time span, such as 500ms, 10s or 5m")
	}
	*d = durationValue(duration)
	return nil
}

func (d *durationValue) String() string {
	if *d == 0 {
		return ""
	}
	return time.Duration(*d).String()
}

func (d *durationValue) Type() string { return "TIME" }

// numberValue is an integer from least to most.
type numberValue struct{ value, least, most int }

func (n *numberValue) Set(text string) error {
	number, err := strconv.Atoi(text)
	if err != nil || number < n.least || number > n.most {
		if n.most == math.MaxInt {
			return fmt.Errorf("want a number from %d", n.least)
		}
		return fmt.Errorf("want a number from %d to %d", n.least, n.most)
	}
	n.value = number
	return nil
}

func (n *numberValue) String() string {
	if n.value == 0 {
		return ""
	}
	return strconv.Itoa(n.value)
}

func (n *numberValue) Type() string { return "N" }

// pidsValue is a list of process IDs.
type pidsValue []int

func (p *pidsValue) Set(text string) error {
	for item := range strings.SplitSeq(text, ",") {
		pid, err := strconv.ParseUint(strings.TrimSpace(item), 10, 32)
		if err != nil || pid == 0 {
			return errors.New("want process IDs with commas between them")
		}
		*p = append(*p, int(pid))
	}
	return nil
}

func (p *pidsValue) String() string {
	var items []string
	for _, pid := range *p {
		items = append(items, strconv.Itoa(pid))
	}
	return strings.Join(items, ",")
}

func (p *pidsValue) Type() string { return "PID" }
