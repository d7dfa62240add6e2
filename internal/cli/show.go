package cli

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"traceloop/event"
	"traceloop/recording"
)

func newShow() *cobra.Command {
	show := &view{}
	command := &cobra.Command{
		Use:   "show FILE",
		Short: "Print a recording",
		Long: "Prints a recording file, made on any machine. A damaged file is printed as far as it is intact; what\n" +
			"is missing is said, and the exit status is 1.",
		Example: "  traceloop show build.traceloop\n" +
			"  traceloop show -o json --failed build.traceloop",
		Args: exactly("FILE"),
		RunE: func(_ *cobra.Command, arguments []string) error { return show.show(arguments[0]) },
	}
	show.add(command)
	return command
}

// exactly has a command take just these arguments.
func exactly(names ...string) cobra.PositionalArgs {
	return func(command *cobra.Command, arguments []string) error {
		if len(arguments) != len(names) {
			return fmt.Errorf("%s given: want %s", counted(uint64(len(arguments)), "argument"), command.UseLine())
		}
		return nil
	}
}

func (v *view) show(path string) (err error) {
	if err := v.check(); err != nil {
		return err
	}
	r, damage := openRecording(path)
	if r == nil {
		return damage
	}
	file := os.Stdout
	if v.file != "" {
		if file, err = createOutput(v.file); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, file.Close()) }()
	}
	history := event.Decode(&r.Snapshot, r.Architecture)
	if err := v.print(file, r, history); err != nil {
		return err
	}
	// The other forms of output say it in their first line.
	if overwritten := history.Account.Overwritten; v.summaryOnly && overwritten > 0 {
		say("%d of %d calls were overwritten, and are not counted", overwritten, history.Account.Made)
	}
	if filtered := history.Account.Filtered; filtered > 0 {
		say("%d of %d calls were left out when this was recorded (run -e)", filtered, history.Account.Made)
	}
	sayLosses(&history.Account, r.Snapshot.Failures)
	if len(r.Unknown) > 0 {
		say("%s: %s of a newer traceloop passed over", path, counted(uint64(len(r.Unknown)), "section"))
	}
	return damage
}

// openRecording opens a recording file. Like recording.Open it may return a
// recording and an error, if the file is damaged.
func openRecording(path string) (*recording.Recording, error) {
	r, err := recording.Open(path)
	if damage := (*recording.DamageError)(nil); r != nil && errors.As(err, &damage) {
		// A negative number is one that nobody knows any more.
		r.Snapshot.Damaged = damage.MissingChunks != 0
	}
	if errors.Is(err, recording.ErrNotRecording) {
		return nil, fmt.Errorf("%w: want a file that traceloop run --save has written", err)
	}
	return r, err
}
