package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/recording"
)

// referenceHelp is what a REF may be.
const referenceHelp = "REF is a recording file, or of the daemon's recordings a container's ID or the beginning of one, its\n" +
	"name, or NAMESPACE/POD[/CONTAINER]. What begins with /, ./ or ../ is a file; else a file is taken if it\n" +
	"exists and REF has a slash, or if it is a recording; else the daemon is asked."

// found is the recording that a reference stands for.
type found struct {
	*recording.Recording
	of *traceloopv1.Recording // what the daemon says of it; nil of a file
}

// find finds what a reference stands for. Like recording.Open it may return a
// recording and an error, a *recording.DamageError.
func find(ctx context.Context, c *client, reference string) (*found, error) {
	info, err := os.Stat(reference)
	isFile := err == nil && !info.IsDir()
	switch {
	case isPath(reference):
		return findFile(reference)
	case isFile && (strings.Contains(reference, "/") || info.Mode().IsRegular()):
		known := c.knows(ctx, reference)
		file, err := findFile(reference)
		if !strings.Contains(reference, "/") && errors.Is(err, recording.ErrNotRecording) {
			break
		}
		if <-known {
			say("%s is a file here, which is taken, and a recording of the daemon: that one has an ID in traceloop list", reference)
		}
		return file, err
	}
	of, r, err := c.read(ctx, reference, 0)
	if r == nil {
		if errors.Is(err, errNoDaemon) || errors.Is(err, errNotFound) {
			if isFile {
				err = fmt.Errorf("%w; nor is the file %s a recording", err, reference)
			} else {
				err = fmt.Errorf("%w; nor is there a file %s", err, reference)
			}
		}
		return nil, err
	}
	return &found{r, of}, err
}

func findFile(path string) (*found, error) {
	r, err := openRecording(path)
	if r == nil {
		return nil, err
	}
	return &found{r, nil}, err
}

// isPath says whether a reference can be nothing but a file's path.
func isPath(reference string) bool {
	for _, prefix := range []string{"/", "./", "../"} {
		if strings.HasPrefix(reference, prefix) {
			return true
		}
	}
	return false
}

// glance is how long something may take that nobody asked for.
const glance = 200 * time.Millisecond

// knows finds out whether the daemon has a recording that the reference could
// mean. No answer in time is no.
func (c *client) knows(ctx context.Context, reference string) <-chan bool {
	answer := make(chan bool, 1)
	go func() {
		for _, r := range c.glance(ctx) {
			if matches(r, reference) {
				answer <- true
				return
			}
		}
		answer <- false
	}()
	return answer
}

// glance returns the daemon's recordings, or none if it does not answer at once.
func (c *client) glance(ctx context.Context) []*traceloopv1.Recording {
	ctx, cancel := context.WithTimeout(ctx, glance)
	defer cancel()
	response, err := call(ctx, c, c.api.List, &traceloopv1.ListRequest{})
	if err != nil {
		return nil
	}
	return response.Recordings
}

func matches(r *traceloopv1.Recording, reference string) bool {
	if reference == r.Name || strings.HasPrefix(r.Id, reference) {
		return true
	}
	pod := r.Namespace + "/" + r.Pod
	return r.Pod != "" && (reference == pod || reference == pod+"/"+r.Container)
}

// completeReferences has the shell complete what the daemon's recordings are
// called; files only where a command takes them.
func completeReferences(files, several bool) cobra.CompletionFunc {
	return func(command *cobra.Command, given []string, begun string) ([]string, cobra.ShellCompDirective) {
		directive := cobra.ShellCompDirectiveNoFileComp
		if files {
			directive = cobra.ShellCompDirectiveDefault
		}
		if len(given) > 0 && !several {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		socket, err := command.Flags().GetString("socket")
		if err != nil || isPath(begun) {
			return nil, directive
		}
		ctx := command.Context()
		if ctx == nil {
			ctx = context.Background()
		}
		var result []string
		for _, r := range newClient(socket).glance(ctx) {
			result = append(result, completions(r, begun)...)
		}
		return result, directive
	}
}

// completions are the references to a recording that go on as one has begun:
// such as a shell takes as they are.
func completions(r *traceloopv1.Recording, begun string) []string {
	references := []string{r.Name, shortID(r.Id)}
	if r.Pod != "" {
		references = append(references, r.Namespace+"/"+r.Pod)
	}
	var result []string
	for _, reference := range references {
		if reference != "" && strings.HasPrefix(reference, begun) && isPlain(reference) {
			result = append(result, reference)
		}
	}
	return result
}

func isPlain(text string) bool {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/"
	return len(text) <= 256 && strings.Trim(text, plain) == ""
}
