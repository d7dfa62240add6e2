package cli

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"traceloop/internal/stream"
)

// gadgetTracerManager is the program's name under which old clients have it read a
// stream to them, in the agent's container.
const gadgetTracerManager = "gadgettracermanager"

// receiveStream is the one call of old clients that there is.
const receiveStream = "receive-stream"

// runGadgetTracerManager carries out the command line of an old client, whose
// first element is the program's name, and returns the status to exit with.
func runGadgetTracerManager(arguments []string) int {
	err := readGadgetStream(arguments[min(1, len(arguments)):], os.Stdout)
	var wrong usageError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.As(err, &wrong):
		fmt.Fprintf(os.Stderr, "%s: %s\n", gadgetTracerManager, printable(err.Error()))
		return statusUsage
	default:
		fmt.Fprintf(os.Stderr, "%s: %s\n", gadgetTracerManager, printable(err.Error()))
		return statusFailed
	}
}

// readGadgetStream writes a stream's lines as they come, until it ends.
func readGadgetStream(arguments []string, to io.Writer) error {
	flags := flag.NewFlagSet(gadgetTracerManager, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	call := flags.String("call", "", "what to do: "+receiveStream)
	id := flags.String("tracerid", "", "the stream: trace_NAMESPACE_NAME of a Trace")
	socket := flags.String("socketfile", cmp.Or(os.Getenv(variable("socket")), defaultSocket), "the daemon's socket")
	switch err := flags.Parse(arguments); {
	case errors.Is(err, flag.ErrHelp):
		flags.SetOutput(to)
		flags.Usage()
		return err
	case err != nil:
		return usage(err)
	case flags.NArg() > 0:
		return usage(fmt.Errorf("unexpected argument %q: want -call %s -tracerid trace_NAMESPACE_NAME", flags.Arg(0), receiveStream))
	case *call != receiveStream:
		return usage(fmt.Errorf("unknown call %q: want -call %s", *call, receiveStream))
	case *id == "":
		return usage(errors.New("no stream is given: want -tracerid trace_NAMESPACE_NAME"))
	}
	client := newClient(*socket)
	defer client.close()
	return client.readStream(context.Background(), *id, to)
}

// maximumRefusal is how many bytes are read of what the daemon says instead of a stream.
const maximumRefusal = 4096

// readStream copies a stream of old clients until its end.
func (c *client) readStream(ctx context.Context, id string, to io.Writer) error {
	address := "http://traceloop" + stream.Path + "?" + url.Values{stream.IDParameter: {id}}.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fmt.Errorf("asking for stream %q: %w", id, err)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return c.explain(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, err := io.ReadAll(io.LimitReader(response.Body, maximumRefusal))
		if err != nil {
			return c.explain(err)
		}
		return fmt.Errorf("the daemon on %s has no such stream: %s", c.socket, strings.TrimSpace(string(text)))
	}
	if _, err := io.Copy(to, response.Body); err != nil {
		return fmt.Errorf("reading stream %q: %w", id, err)
	}
	if reason := response.Trailer.Get(stream.ErrorTrailer); reason != "" {
		return fmt.Errorf("reading stream %q: %s", id, reason)
	}
	return nil
}
