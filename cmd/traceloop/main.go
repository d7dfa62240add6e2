// Command traceloop is a flight recorder of system calls.
package main

import (
	"os"

	"traceloop/internal/cli"
)

func main() { os.Exit(cli.Run(os.Args)) }
