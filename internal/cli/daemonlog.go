package cli

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"syscall"
)

// The words of --log-format and --log-level.
var (
	logFormats = []string{"text", "json"}
	logLevels  = []string{"debug", "info", "warn", "error"}
)

// newLog makes a log on a file. Under systemd's journal, which stamps lines
// itself, they have no time.
func newLog(file *os.File, format, level string) *slog.Logger {
	var least slog.Level
	// The words are checked where they are set.
	_ = least.UnmarshalText([]byte(level))
	return makeLog(file, format, least, isJournal(file, os.Getenv("JOURNAL_STREAM")))
}

func makeLog(w io.Writer, format string, least slog.Level, journal bool) *slog.Logger {
	options := &slog.HandlerOptions{Level: least}
	if journal {
		options.ReplaceAttr = func(groups []string, attribute slog.Attr) slog.Attr {
			if len(groups) == 0 && attribute.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return attribute
		}
	}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// isJournal says whether a file is the journal's stream: systemd puts the
// stream's device and inode into the environment, which children inherit whose
// standard error is another file (systemd.exec(5)).
func isJournal(file *os.File, stream string) bool {
	info, err := file.Stat()
	if err != nil || stream == "" {
		return false
	}
	about, ok := info.Sys().(*syscall.Stat_t)
	return ok && stream == fmt.Sprintf("%d:%d", about.Dev, about.Ino)
}
