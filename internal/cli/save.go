package cli

import (
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"
)

// saveCommand is traceloop save.
type saveCommand struct {
	socket string
	file   string
	redact redactValue
}

func newSave() *cobra.Command {
	save := &saveCommand{}
	command := &cobra.Command{
		Use:   "save REF -o FILE",
		Short: "Write a recording as a file",
		Long: "Writes a recording as a file, which traceloop show prints on any machine. Of a damaged recording\n" +
			"file it writes what is intact; what is missing is said, and the exit status is 1.\n\n" + referenceHelp,
		Example: "  traceloop save web -o web.traceloop\n" +
			"  traceloop save default/web-1 -o /dev/stdout | ssh host traceloop show /dev/stdin",
		Args:              exactly("REF"),
		ValidArgsFunction: completeReferences(true, false),
		RunE: func(command *cobra.Command, arguments []string) error {
			return save.save(command.Context(), arguments[0])
		},
	}
	flags := command.Flags()
	flags.StringVarP(&save.file, "output", "o", "", "the `FILE` to write (required)")
	save.redact.add(flags)
	addSocket(flags, &save.socket)
	return command
}

var errNoOutput = errors.New("no file to write: want -o FILE")

func (s *saveCommand) save(ctx context.Context, reference string) error {
	if s.file == "" {
		return usage(errNoOutput)
	}
	r, damage := find(ctx, newClient(s.socket), reference)
	if r == nil {
		return damage
	}
	return s.saveFound(reference, r, damage)
}

// saveFound writes what was found, of which the damage is what it lacks.
func (s *saveCommand) saveFound(reference string, r *found, damage error) (err error) {
	target, err := openTarget(s.file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.close()) }()
	// Saved onto itself, a damaged file would lose what a better program
	// could still read.
	if damage != nil && r.of == nil && sameFile(reference, s.file) {
		return errors.Join(damage, errSameFile)
	}
	r.Mask(s.redact)
	return errors.Join(target.save(r.Recording), damage)
}

var errSameFile = errors.New("not written: what is intact would replace the damaged file; give another -o FILE")

func sameFile(a, b string) bool {
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}
