package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"traceloop/event"
	"traceloop/recording"
)

// showCommand is traceloop show.
type showCommand struct {
	view
	socket string
	follow bool
}

func newShow() *cobra.Command {
	show := &showCommand{}
	command := &cobra.Command{
		Use:   "show REF",
		Short: "Print a recording",
		Long: "Prints a recording: of a container that runs or is gone, by the daemon, or from a file made on any\n" +
			"machine. A damaged file is printed as far as it is intact; what is missing is said, and the exit\n" +
			"status is 1.\n\n" + referenceHelp,
		Example: "  traceloop show web\n" +
			"  traceloop show -f -e %network default/web-1\n" +
			"  traceloop show -o json --failed build.traceloop",
		Args:              exactly("REF"),
		ValidArgsFunction: completeReferences(true, false),
		RunE: func(command *cobra.Command, arguments []string) error {
			return show.show(command.Context(), arguments[0])
		},
	}
	show.add(command)
	flags := command.Flags()
	flags.BoolVarP(&show.follow, "follow", "f", false, "print what is there and then what comes, in the order of its end, until the container has exited")
	flags.BoolVar(&show.setUp, "with-setup", false, "also what the container's runtime did to set it up, before the container's own execve")
	addSocket(flags, &show.socket)
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

var errFollowSummary = errors.New("-f prints calls as they come, -c and -C a table of all of them: want one or the other")

func (s *showCommand) show(ctx context.Context, reference string) error {
	if err := s.checkAll(); err != nil {
		return err
	}
	c := newClient(s.socket)
	r, damage := find(ctx, c, reference)
	if r == nil {
		return damage
	}
	return s.showFound(ctx, c, reference, r, damage)
}

func (s *showCommand) checkAll() error {
	if err := s.check(); err != nil {
		return err
	}
	if s.follow && (s.summary || s.summaryOnly) {
		return usage(errFollowSummary)
	}
	return nil
}

// showFound prints what was found, of which the damage is what it lacks.
func (s *showCommand) showFound(ctx context.Context, c *client, reference string, r *found, damage error) (err error) {
	r.Mask(s.redact)
	file := os.Stdout
	if s.file != "" {
		if file, err = createOutput(s.file); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, file.Close()) }()
	}
	// A file does not grow.
	if s.follow && r.of != nil {
		return s.showGrowing(ctx, c, file, r, damage)
	}
	history := event.Decode(&r.Snapshot, r.Architecture)
	if err := s.print(file, r.Recording, history); err != nil {
		return err
	}
	s.sayWhatIsMissing(reference, r.Recording, history)
	return damage
}

// sayWhatIsMissing says what is neither among the events nor in the line above them.
func (s *showCommand) sayWhatIsMissing(reference string, r *recording.Recording, history *event.History) {
	// The other forms of output say it in their first line.
	if overwritten := history.Account.Overwritten; s.summaryOnly && overwritten > 0 {
		say("%d of %d calls were overwritten, and are not counted", overwritten, history.Account.Made)
	}
	if filtered := history.Account.Filtered; filtered > 0 {
		say("%d of %d calls were left out when this was recorded (run -e)", filtered, history.Account.Made)
	}
	if !s.setUp && isSetUp(history) {
		say("nothing but the set-up by the container's runtime is there, the container has not come to its execve: --with-setup shows it")
	}
	sayLosses(&history.Account, r.Snapshot.Failures)
	if len(r.Unknown) > 0 {
		say("%s: %s of a newer traceloop passed over", reference, counted(uint64(len(r.Unknown)), "section"))
	}
}

// isSetUp says whether there are events, all of them of a container's set-up.
func isSetUp(history *event.History) bool {
	for i := range history.Events {
		if !history.Events[i].SetUp {
			return false
		}
	}
	return len(history.Events) > 0
}

// openRecording opens a recording file. Like recording.Open it may return a
// recording and an error, if the file is damaged.
func openRecording(path string) (*recording.Recording, error) {
	r, err := recording.Open(path)
	noteDamage(r, err)
	if errors.Is(err, recording.ErrNotRecording) {
		return nil, fmt.Errorf("%w: want a file that traceloop run --save has written", err)
	}
	return r, err
}

// noteDamage notes in a snapshot what the error says of it that came with it.
func noteDamage(r *recording.Recording, err error) {
	if damage := (*recording.DamageError)(nil); r != nil && errors.As(err, &damage) {
		// A negative number is one that nobody knows any more.
		r.Snapshot.Damaged = damage.MissingChunks != 0
	}
}
