// Command image builds traceloop's container image, for one platform or several,
// as an archive of the OCI image layout. The same commit, flags and Go make the
// same bytes. It pulls nothing: the image has no base.
//
//	go run ./deploy/image -o bin/traceloop-image.tar -version v1.2.3
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "image:", err)
		}
		stop()
		os.Exit(1)
	}
}

// repository is the image's name without its tag.
const repository = "ghcr.io/traceloop/traceloop"

// releases have a tag of their own. Clients of the Trace API read the agent's
// version from the tag and want this form, so that a build that is no release
// has v0.0.0.
var releases = regexp.MustCompile(`^v\d+\.\d+\.\d+$`)

func defaultTag(version string) string {
	if releases.MatchString(version) {
		return repository + ":" + version
	}
	return repository + ":v0.0.0"
}

// listFlag is a flag that may be given again, or with commas.
type listFlag []string

func (l *listFlag) String() string { return strings.Join(*l, ",") }

func (l *listFlag) Set(text string) error {
	*l = append(*l, strings.Split(text, ",")...)
	return nil
}

func run(ctx context.Context, arguments []string) error {
	flags := flag.NewFlagSet("image", flag.ContinueOnError)
	var platforms, tags listFlag
	out := flags.String("o", "", "the archive's `FILE`")
	flags.Var(&platforms, "platform", "`PLATFORM`s such as linux/amd64,linux/arm64 (default this machine's)")
	flags.Var(&tags, "tag", "the image's `NAME:TAG`; may be given again (default "+repository+" with the version, or v0.0.0 of what is no release)")
	version := flags.String("version", "", "the program's `VERSION`")
	revision := flags.String("revision", "", "the `COMMIT` that it is built from")
	race := flags.Bool("race", false, "build with the race detector, for tests: this machine's platform alone, and a C compiler")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	switch {
	case flags.NArg() > 0:
		return fmt.Errorf("argument %q: want flags alone", flags.Arg(0))
	case *out == "":
		return errors.New("no -o FILE: want the archive's name")
	}
	if len(platforms) == 0 {
		platforms = listFlag{"linux/" + runtime.GOARCH}
	}
	if len(tags) == 0 {
		tags = listFlag{defaultTag(*version)}
	}
	for _, tag := range tags {
		if _, err := name.NewTag(tag, name.StrictValidation); err != nil {
			return fmt.Errorf("tag %q: %w", tag, err)
		}
	}
	created, err := sourceDate()
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "traceloop-image-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)

	var images []v1.Image
	slices.Sort(platforms)
	for _, text := range slices.Compact(platforms) {
		platform, err := v1.ParsePlatform(text)
		if err != nil || platform.OS != "linux" || platform.Architecture == "" {
			return fmt.Errorf("platform %q: want linux/amd64, linux/arm64, or both with a comma between", text)
		}
		program := filepath.Join(work, strings.ReplaceAll(text, "/", "-"))
		if err := compile(ctx, program, *platform, *version, *race); err != nil {
			return fmt.Errorf("building traceloop for %s: %w", text, err)
		}
		binary, err := os.ReadFile(program)
		if err != nil {
			return err
		}
		image, err := assemble(binary, *platform, about{version: *version, revision: *revision, created: created})
		if err != nil {
			return fmt.Errorf("making the image for %s: %w", text, err)
		}
		images = append(images, image)
	}
	return save(*out, images, tags)
}

// sourceDate is the time of all that has one, as reproducible-builds.org defines it.
func sourceDate() (time.Time, error) {
	text := os.Getenv("SOURCE_DATE_EPOCH")
	if text == "" {
		return time.Unix(0, 0).UTC(), nil
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seconds < 0 {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH is %q: want seconds since 1970", text)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// compile builds the command from the module that the working directory is in.
func compile(ctx context.Context, program string, platform v1.Platform, version string, race bool) error {
	options := "-s -w -X traceloop/internal/cli.release=" + version
	arguments := []string{"build", "-trimpath", "-buildvcs=false"}
	cgo := "0"
	if race {
		if platform.Architecture != runtime.GOARCH {
			return fmt.Errorf("-race needs cgo, which builds for this machine's platform, linux/%s", runtime.GOARCH)
		}
		// The race detector is C; linked statically it needs no library in the image.
		cgo = "1"
		options += " -linkmode external -extldflags -static"
		arguments = append(arguments, "-race", "-tags", "netgo,osusergo")
	}
	arguments = append(arguments, "-ldflags", options, "-o", program, "traceloop/cmd/traceloop")
	command := exec.CommandContext(ctx, "go", arguments...)
	command.Env = append(os.Environ(),
		"CGO_ENABLED="+cgo, "GOOS="+platform.OS, "GOARCH="+platform.Architecture, "GOFLAGS=", "GOAMD64=v1", "GOARM64=v8.0")
	command.Stderr = os.Stderr
	return command.Run()
}
