package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"traceloop/event"
	"traceloop/recorder"
	"traceloop/recording"
)

// runCommand is traceloop run.
type runCommand struct {
	view
	ringSize size
	capture  choiceValue
	saveFile string
}

// The words of --capture and what they mean, from the least to the most.
var (
	captureLevels = []string{"paths", "strings", "all"}
	captures      = map[string]recorder.Capture{
		"paths":   recorder.CapturePaths,
		"strings": recorder.CaptureStrings,
		"all":     recorder.CaptureAll,
	}
)

func newRun() *cobra.Command {
	run := &runCommand{
		ringSize: recorder.DefaultRingSize,
		capture:  choiceValue{value: "all", choices: captureLevels, kind: "LEVEL"},
	}
	command := &cobra.Command{
		Use:   "run [flags] -- CMD [ARG...]",
		Short: "Record a command and all its children, and print what they did",
		Long: "Records CMD and all its children, from its execve to the last exit, and prints the recording when\n" +
			"they have ended. CMD's input, output, terminal, signals, environment and directory are its own.\n\n" +
			"The newest calls that fit into the ring are kept. With -e, other calls take no room in it.\n\n" +
			"The exit status is CMD's; 128+N if signal N killed it; 127 if there is no CMD, 126 if it cannot be\n" +
			"executed; 1 if it could not be recorded, and then it is not started; 2 for a wrong command line.",
		Example: "  traceloop run -- cat /nonexistent\n" +
			"  traceloop run --failed -e %file -- make\n" +
			"  traceloop run --save build.traceloop --ring-size 64MiB -- make",
		Args: func(_ *cobra.Command, arguments []string) error {
			if len(arguments) == 0 {
				return errors.New("no command to run: want traceloop run [flags] -- CMD [ARG...]")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, arguments []string) error { return run.run(arguments) },
	}
	run.add(command)
	flags := command.Flags()
	flags.Var(&run.ringSize, "ring-size", "memory of the recording, such as 512KiB or 1MiB: what does not fit overwrites the oldest")
	flags.Var(&run.capture, "capture", "what memory is kept: paths (and structs); strings, also arguments and names;\n"+
		"all, also what is read and written, sent and received")
	flags.StringVar(&run.saveFile, "save", "", "write a recording `FILE`, which traceloop show prints, instead of printing (unless --output-file is given)")
	complete(command, "capture", captureLevels)
	// The flags behind CMD are CMD's, also without the two dashes.
	flags.SetInterspersed(false)
	return command
}

// recordingName is what the only recording is called.
const recordingName = "run"

func (c *runCommand) run(arguments []string) error {
	if err := c.check(); err != nil {
		return err
	}
	path, err := findProgram(arguments[0])
	if err != nil {
		return err
	}
	r, err := recorder.New()
	if err != nil {
		return fmt.Errorf("cannot record, so the command was not started: %w", err)
	}
	defer func() {
		// The recording is written by now, or its failure is what matters.
		if err := r.Close(); err != nil {
			say("closing the recorder: %v", err)
		}
	}()
	outputs, err := c.openOutputs()
	if err != nil {
		return err
	}
	return c.record(r, outputs, path, arguments)
}

func (c *runCommand) check() error {
	minimum, err := recorder.MinimumRingSize()
	if err != nil {
		return err
	}
	if int(c.ringSize) < minimum || c.ringSize > recorder.MaximumRingSize {
		return usage(fmt.Errorf("invalid --ring-size of %s: on this machine it can be from %s (%d bytes) to %s",
			formatSize(int(c.ringSize)), formatSize(minimum), minimum, formatSize(recorder.MaximumRingSize)))
	}
	return c.view.check()
}

// outputs are where the recording goes. Any may be nil.
type outputs struct {
	print *os.File
	save  *target
}

// openOutputs opens them before the command starts: a recording that cannot be
// written is better not made.
func (c *runCommand) openOutputs() (*outputs, error) {
	o := &outputs{}
	if c.saveFile != "" {
		save, err := openTarget(c.saveFile)
		if err != nil {
			return nil, err
		}
		o.save = save
	}
	switch {
	case c.file != "":
		file, err := createOutput(c.file)
		if err != nil {
			return nil, errors.Join(err, o.close())
		}
		o.print = file
	case o.save == nil:
		o.print = os.Stdout
	}
	return o, nil
}

func (o *outputs) close() error {
	var errs []error
	if o.save != nil {
		errs = append(errs, o.save.close())
	}
	if o.print != nil && o.print != os.Stdout {
		errs = append(errs, o.print.Close())
	}
	return errors.Join(errs...)
}

// record runs the command and writes the recording. Its error has the
// command's status.
func (c *runCommand) record(r *recorder.Recorder, outputs *outputs, path string, arguments []string) error {
	options := recorder.Options{
		RingSize:    int(c.ringSize),
		StringLimit: c.stringLimit.value,
		Capture:     captures[c.capture.value],
		Filter:      c.filter.filter,
	}
	if err := r.Attach(recordingName, recorder.Children(os.Getpid()), options); err != nil {
		return fmt.Errorf("cannot record, so the command was not started: %w", err)
	}
	started, err := recording.ReadClocks()
	if err != nil {
		return err
	}
	watch := newWatch(r, recordingName)
	process, err := startProgram(path, arguments)
	if err != nil {
		return err
	}
	state, err := watch.waitForProgram(process)
	if err != nil {
		return err
	}
	status := statusOf(state)
	err = watch.waitForRest()
	watch.stop()
	if err == nil {
		err = c.write(r, outputs, arguments, started)
	}
	if errors.Is(err, syscall.EPIPE) {
		err = nil // the reader has seen enough (| head)
	}
	if err != nil && status == 0 {
		status = statusFailed
	}
	if err == nil && status == 0 {
		return nil
	}
	return &statusError{status, err}
}

// write reads the recording back and sends it where it is to go.
func (c *runCommand) write(r *recorder.Recorder, outputs *outputs, arguments []string, started recording.ClockPair) error {
	if err := r.Detach(recordingName); err != nil {
		return err
	}
	snapshot, err := r.Read(recordingName)
	if err != nil {
		return err
	}
	ended, err := recording.ReadClocks()
	if err != nil {
		return err
	}
	if captures[c.capture.value] == recorder.CapturePaths {
		arguments = arguments[:1] // the others are strings
	}
	result, err := describe(arguments)
	if err != nil {
		return err
	}
	result.RingSize = uint64(c.ringSize)
	result.StringLimit = uint32(c.stringLimit.value)
	result.Started = time.Unix(0, started.Wall).UTC()
	result.Clock = recording.Clock{started, ended}
	result.Taken = result.Clock.Wall(snapshot.Taken)
	result.Snapshot = *snapshot
	result.Mask(c.redact) // the snapshot's bytes, too

	history := event.Decode(snapshot, result.Architecture)
	var errs []error
	if outputs.save != nil {
		errs = append(errs, outputs.save.save(result))
	}
	if outputs.print != nil {
		errs = append(errs, c.print(outputs.print, result, history))
	}
	// A file system may say only now that it could not write.
	errs = append(errs, outputs.close())
	account := history.Account
	if account.Overwritten > 0 {
		say("%d of %d calls were overwritten (ring %s; --ring-size makes it larger)", account.Overwritten, account.Made, formatSize(int(c.ringSize)))
	}
	sayLosses(&account, snapshot.Failures)
	return errors.Join(errs...)
}

// describe says what was recorded, and where.
func describe(arguments []string) (*recording.Recording, error) {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return nil, fmt.Errorf("reading the kernel's name: %w", err)
	}
	return &recording.Recording{
		Host:             unix.ByteSliceToString(name.Nodename[:]),
		Architecture:     runtime.GOARCH,
		Kernel:           unix.ByteSliceToString(name.Release[:]),
		TraceloopVersion: version(),
		Name:             filepath.Base(arguments[0]),
		Command:          arguments,
	}, nil
}
