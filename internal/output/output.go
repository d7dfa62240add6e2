// Package output prints recordings: for people in columns, for scripts as
// strace would have written them, for programs as JSON.
//
// Whatever comes from a traced process, such as a file's name or a task's, is
// hostile text. In all three formats it is quoted: what is printed is
// printable ASCII and newlines, one line an event.
package output

import (
	"fmt"
	"io"
	"time"

	"traceloop/event"
	"traceloop/recording"
	"traceloop/ring"
	"traceloop/strace"
)

// Format is a way of printing.
type Format string

// The formats.
const (
	Columns Format = "columns"
	Strace  Format = "strace"
	JSON    Format = "json"
)

// Formats returns the names of all formats.
func Formats() []string { return []string{string(Columns), string(Strace), string(JSON)} }

// Timestamps says how the time of an event is written.
type Timestamps int

// The timestamps, in the order of strace's -t, -tt and -ttt.
const (
	TimestampsDefault      Timestamps = iota // none in the strace format, microseconds in columns
	TimestampsSeconds                        // 15:04:05
	TimestampsMicroseconds                   // 15:04:05.000000
	TimestampsEpoch                          // seconds since 1970, with microseconds
)

// Options say how a recording is printed.
type Options struct {
	Format Format
	// StringLimit is how many bytes of a string are shown.
	StringLimit int
	// Escape, Constants and Descriptors are for columns and the strace format:
	// JSON has names for constants, descriptors' meaning in members of its own.
	Escape      strace.Escape
	Constants   strace.Constants
	Descriptors strace.Descriptors
	// Unabbreviated shows all members of structs, in every format.
	Unabbreviated bool
	// Timestamps, Relative and Durations are for the strace format, the first
	// two also for columns. Relative is the time since the line before.
	Timestamps Timestamps
	Relative   bool
	Durations  bool
	// Summary prints a table of the calls, SummarySort says in which order
	// (SummarySorts); empty is the default.
	Summary     Summary
	SummarySort string
	// Location is the time zone of timestamps, nil for UTC. JSON is always in UTC.
	Location *time.Location
	// Width is where lines of columns are cut; 0 cuts none.
	Width int
	// Colour marks what failed in columns.
	Colour bool
	// Growing says that more events will come than those that are printed
	// first: columns leave room for them.
	Growing bool
}

// format appends events as lines.
type format interface {
	// gap appends what says which calls are missing before the events, or
	// nothing if none are.
	gap(dst []byte) []byte
	// header appends what stands above the first events.
	header(dst []byte) []byte
	// append appends an event's line with its newline, or nothing if the
	// format does not show such events.
	append(dst []byte, e *event.Event) []byte
	// shows says whether the format shows such events.
	shows(e *event.Event) bool
}

// Print writes the events of a recording that the selection chooses. If newer
// calls had overwritten older ones, the first line says how many and since
// when the history is complete; but a summary alone is a table that is just
// strace's. The error is the writer's.
func Print(w io.Writer, r *recording.Recording, history *event.History, selection *Selection, options *Options) error {
	p, err := NewPrinter(w, r, options)
	if err != nil {
		return err
	}
	_, err = p.Print(history, selection)
	return err
}

// Printer prints a recording in parts, as it grows.
type Printer struct {
	printer
	writer io.Writer
	lines  format
	begun  bool
}

// NewPrinter makes a Printer. Of the recording only what it is of and its clock
// matter, not its snapshot. Where options are unknown it fails.
func NewPrinter(w io.Writer, r *recording.Recording, options *Options) (*Printer, error) {
	p := &Printer{writer: w, printer: printer{
		recording: r,
		options:   options,
		strace:    strace.Options{StringLimit: options.StringLimit, Unabbreviated: options.Unabbreviated},
		location:  options.Location,
	}}
	if options.Format != JSON {
		p.strace.Escape, p.strace.Constants, p.strace.Descriptors = options.Escape, options.Constants, options.Descriptors
	}
	if p.location == nil {
		p.location = time.UTC
	}
	var err error
	p.lines, err = p.format()
	return p, err
}

// Print writes the events that the selection chooses, in the history's order,
// below those that it has written before, and returns how many they were. What
// the history's account says to be missing is said above them.
func (p *Printer) Print(history *event.History, selection *Selection) (int, error) {
	chosen := selection.choose(history, p.lines.shows)
	p.account, p.first = &history.Account, nil
	if len(chosen) > 0 {
		p.first = chosen[0]
	}
	if columns, ok := p.lines.(*columnsFormat); ok {
		columns.fit(chosen)
	}
	// Lines are collected: a write for each would cost more than its text.
	const enough = 64 << 10
	buffer := make([]byte, 0, enough+4096)
	if p.options.Summary != SummaryOnly {
		buffer = p.lines.gap(buffer)
		if !p.begun {
			buffer = p.lines.header(buffer)
			p.begun = true
		}
		for _, e := range chosen {
			buffer = p.lines.append(buffer, e)
			if len(buffer) >= enough {
				if _, err := p.writer.Write(buffer); err != nil {
					return 0, fmt.Errorf("printing the recording: %w", err)
				}
				buffer = buffer[:0]
			}
		}
	}
	if p.options.Summary != SummaryNone {
		buffer = appendSummary(buffer, chosen, p.options.SummarySort)
	}
	if len(buffer) > 0 {
		if _, err := p.writer.Write(buffer); err != nil {
			return 0, fmt.Errorf("printing the recording: %w", err)
		}
	}
	return len(chosen), nil
}

// printer is what the formats have in common.
type printer struct {
	recording *recording.Recording
	account   *ring.Account
	options   *Options
	strace    strace.Options
	location  *time.Location
	first     *event.Event // nil if none is printed
	// previous is when the line before began; 0 if there is none.
	previous uint64
}

func (p *printer) format() (format, error) {
	switch p.options.Format {
	case Columns:
		return &columnsFormat{printer: p}, nil
	case Strace:
		return &straceFormat{printer: p}, nil
	case JSON:
		return &jsonFormat{printer: p, container: appendContainer(nil, &p.recording.Container)}, nil
	}
	return nil, fmt.Errorf("unknown format %q: want columns, strace or json", p.options.Format)
}

// wall is when a boot time was. A recording without a clock shows the time
// since boot, as if the machine had been booted in 1970.
func (p *printer) wall(boot uint64) time.Time {
	if len(p.recording.Clock) == 0 {
		return recording.Clock{{}}.Wall(boot)
	}
	return p.recording.Clock.Wall(boot)
}

// appendTime appends the time of a line that begins at that boot time, after
// the line that began at previous, as the options want it.
func (p *printer) appendTime(dst []byte, boot, previous uint64) []byte {
	timestamps := p.options.Timestamps
	if !p.options.Relative {
		return p.appendAbsolute(dst, boot, timestamps)
	}
	if previous == 0 || previous > boot {
		previous = boot
	}
	if timestamps == TimestampsDefault {
		return appendSeconds(dst, boot-previous, relativeWidth)
	}
	dst = p.appendAbsolute(dst, boot, timestamps)
	dst = append(dst, " (+"...)
	return append(appendSeconds(dst, boot-previous, relativeWidth), ')')
}

// relativeWidth is what strace reserves for the seconds of a relative time.
const relativeWidth = 6

func (p *printer) appendAbsolute(dst []byte, boot uint64, timestamps Timestamps) []byte {
	switch wall := p.wall(boot); timestamps {
	case TimestampsEpoch:
		return appendSeconds(dst, uint64(wall.UnixNano()), 0)
	case TimestampsSeconds:
		return wall.In(p.location).AppendFormat(dst, "15:04:05")
	default:
		return wall.In(p.location).AppendFormat(dst, "15:04:05.000000")
	}
}

// incomplete says whether calls are missing before the first event, or among them.
func (p *printer) incomplete() bool {
	return p.account.Overwritten != 0 || p.account.Damaged || p.account.Lost != 0 || p.account.Malformed != 0
}

// appendGap appends, for people, what is missing.
func (p *printer) appendGap(dst []byte) []byte {
	account := p.account
	dst = fmt.Appendf(dst, "%d of %d calls were overwritten", account.Overwritten, account.Made)
	if account.Damaged {
		dst = append(dst, " or lost with the damaged parts of the file"...)
	} else if account.CompleteSince != 0 {
		dst = append(dst, ", complete since "...)
		dst = p.wall(account.CompleteSince).In(p.location).AppendFormat(dst, "2006-01-02T15:04:05.000000Z07:00")
	}
	if account.Lost != 0 {
		dst = fmt.Appendf(dst, "; %d could not be recorded", account.Lost)
	}
	if account.Malformed != 0 {
		dst = fmt.Appendf(dst, "; %d chunks are damaged", account.Malformed)
	}
	return dst
}
