package cli

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// release is the program's version, set by the linker:
// -ldflags "-X traceloop/internal/cli.release=1.2.3".
var release string

// version returns the program's version or, of a build that was given none,
// the revision that it was built from.
func version() string {
	if release != "" {
		return release
	}
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	revision, modified := "", ""
	for _, setting := range build.Settings {
		switch {
		case setting.Key == "vcs.revision":
			revision = setting.Value[:min(len(setting.Value), 12)]
		case setting.Key == "vcs.modified" && setting.Value == "true":
			modified = "+modified"
		}
	}
	if revision == "" {
		return "development"
	}
	return "development-" + revision + modified
}

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if _, err := fmt.Printf("traceloop %s %s/%s %s\n", version(), runtime.GOOS, runtime.GOARCH, runtime.Version()); err != nil {
				return fmt.Errorf("printing the version to %s: %w", os.Stdout.Name(), err)
			}
			return nil
		},
	}
}
