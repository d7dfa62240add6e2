package main

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"

	"traceloop/event"
	"traceloop/internal/output"
	"traceloop/recorder"
	"traceloop/recording"
	"traceloop/strace"
)

// printRecording ends a recording and returns what traceloop run -o strace
// would print of it. It fails if the recording is not whole.
func printRecording(r *recorder.Recorder, name string, m mode) (string, error) {
	if err := r.Detach(name); err != nil {
		return "", err
	}
	snapshot, err := r.Read(name)
	if err != nil {
		return "", err
	}
	history := event.Decode(snapshot, runtime.GOARCH)
	account := &history.Account
	if account.Overwritten != 0 || account.Lost != 0 || account.Malformed != 0 || account.Damaged || account.Made != account.Kept {
		return "", fmt.Errorf("the recording is not whole: %+v, failures %+v", *account, snapshot.Failures)
	}
	if account.Made == 0 {
		return "", errors.New("the recording is empty")
	}
	described := &recording.Recording{Architecture: runtime.GOARCH, Snapshot: *snapshot}
	var text bytes.Buffer
	err = output.Print(&text, described, history, &output.Selection{}, &output.Options{
		Format:      output.Strace,
		StringLimit: stringLimit,
		Descriptors: map[mode]strace.Descriptors{
			modePlain: strace.DescriptorsBare, modePaths: strace.DescriptorsPaths, modeDetails: strace.DescriptorsDetails,
		}[m],
	})
	return text.String(), err
}
