// Package cli is traceloop's command line: commands, flags, messages and exit
// statuses. It prints on the process's own streams, and leaves exiting to main.
package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// The statuses that traceloop itself exits with; those of a command that could
// not be started are a shell's.
const (
	statusFailed        = 1
	statusUsage         = 2
	statusNotExecutable = 126
	statusNotFound      = 127
	statusSignal        = 128 // and the signal's number
)

// statusError ends the program with a status. Err is nil where there is
// nothing to say: the status is that of the command that was run.
type statusError struct {
	status int
	err    error
}

func (e *statusError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.status)
	}
	return e.err.Error()
}

func (e *statusError) Unwrap() error { return e.err }

// usageError is an error of a wrong command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// usage makes an error one of a wrong command line.
func usage(err error) error { return usageError{err} }

// Run carries out a command line, whose first element is the program's name,
// and returns the status to exit with.
//
// Under the name kubectl-traceloop it is kubectl's plugin, under the name
// gadgettracermanager it has the one call that old clients make.
func Run(arguments []string) int {
	var root *cobra.Command
	switch filepath.Base(strings.Join(arguments[:min(1, len(arguments))], "")) {
	case gadgetTracerManager:
		return runGadgetTracerManager(arguments)
	case kubectlProgram:
		root = newKubectlRoot()
	default:
		root = newRoot()
	}
	cobra.AddTemplateFunc("plainSwitches", plainSwitches)
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), "FlagUsages |", "FlagUsages | plainSwitches |"))
	// Not nil even if empty: cobra would take os.Args for nil.
	root.SetArgs(append([]string{}, arguments[min(1, len(arguments)):]...))
	// What cobra finds wrong before any command has begun is the command line.
	begun := false
	root.PersistentPreRun = func(*cobra.Command, []string) { begun = true }
	command, err := root.ExecuteC()
	if err == nil {
		return 0
	}
	var status *statusError
	switch wrong := (usageError{}); {
	case errors.As(err, &status):
		if status.err != nil {
			say("%v", err)
		}
		return status.status
	case !begun || errors.As(err, &wrong):
		say("%v", err)
		fmt.Fprintf(os.Stderr, "Try '%s --help'.\n", command.CommandPath())
		return statusUsage
	default:
		say("%v", err)
		return statusFailed
	}
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "traceloop",
		Short: "A flight recorder of system calls",
		Long: "traceloop records the system calls of a command and all its children into memory that newer\n" +
			"calls overwrite, at a cost that nobody minds, and prints them as strace would.",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if err := command.Help(); err != nil {
				return fmt.Errorf("printing help: %w", err)
			}
			return nil
		},
	}
	root.AddCommand(newRun(), newDaemon(), newList(), newShow(), newSave(), newDelete(), newAttach(), newDetach(), newStatus(), newVersion())
	return root
}

// plainSwitches leaves out of a list of flags what a switch can be set to: it
// says nothing that the switch's description does not.
func plainSwitches(usages string) string {
	const values, count = "[=true|false]", " count"
	replacements := []string{values, strings.Repeat(" ", len(values))}
	for _, name := range countedFlags {
		replacements = append(replacements, name+count, name+strings.Repeat(" ", len(count)))
	}
	return strings.NewReplacer(replacements...).Replace(usages)
}

// say writes a line for a person to standard error. What it quotes may come
// from a file or a traced process, so nothing reaches a terminal raw.
func say(format string, arguments ...any) {
	// There is nobody left to tell if standard error does not work.
	_, _ = fmt.Fprintf(os.Stderr, "traceloop: %s\n", printable(fmt.Sprintf(format, arguments...)))
}
