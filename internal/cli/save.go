package cli

import (
	"errors"
	"os"

	"github.com/spf13/cobra"
)

func newSave() *cobra.Command {
	var file string
	command := &cobra.Command{
		Use:   "save FILE -o FILE",
		Short: "Write a recording as a file",
		Long: "Writes a recording as a file, which traceloop show prints on any machine. Of a damaged recording\n" +
			"file it writes what is intact; what is missing is said, and the exit status is 1.",
		Args: exactly("FILE"),
		RunE: func(_ *cobra.Command, arguments []string) error { return save(arguments[0], file) },
	}
	command.Flags().StringVarP(&file, "output", "o", "", "the `FILE` to write (required)")
	return command
}

var errNoOutput = errors.New("no file to write: want -o FILE")

func save(from, to string) (err error) {
	if to == "" {
		return usage(errNoOutput)
	}
	r, damage := openRecording(from)
	if r == nil {
		return damage
	}
	target, err := openTarget(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.close()) }()
	// Saved onto itself, a damaged file would lose what a better program
	// could still read.
	if damage != nil && sameFile(from, to) {
		return errors.Join(damage, errSameFile)
	}
	return errors.Join(target.save(r), damage)
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
