// Command command starts and ends a Kubernetes cluster for tests and for trying
// things out:
//
//	go run ./test/cluster/command up [NODES]
//	go run ./test/cluster/command kubectl get pods -A
//	eval "$(go run ./test/cluster/command env)"    # sets KUBECONFIG, and PATH for kubectl
//	go run ./test/cluster/command load ARCHIVE     # an image, into all nodes
//	go run ./test/cluster/command node NODE ctr -n k8s.io tasks list
//	go run ./test/cluster/command down
//
// The cluster is in the directory that $TRACELOOP_CLUSTER names, or else in one
// among the temporary files.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"

	"traceloop/test/cluster"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	var ended *exec.ExitError
	if errors.As(err, &ended) && ended.Exited() {
		os.Exit(ended.ExitCode())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, arguments []string) error {
	directory := os.Getenv("TRACELOOP_CLUSTER")
	if directory == "" {
		directory = filepath.Join(os.TempDir(), "traceloop-cluster")
	}
	if len(arguments) == 0 {
		return errors.New("which command: up [NODES], down, kubectl ..., env, load ARCHIVE, node NODE COMMAND ...?")
	}
	command, arguments := arguments[0], arguments[1:]
	switch command {
	case "up":
		return up(ctx, directory, arguments)
	case "down":
		return cluster.Remove(ctx, directory)
	}
	c, err := cluster.Open(ctx, directory)
	if err != nil {
		return fmt.Errorf("%w (make cluster-up starts one)", err)
	}
	switch {
	case command == "env":
		for _, variable := range c.Environment() {
			fmt.Printf("export '%s'\n", variable)
		}
		return nil
	case command == "kubectl":
		return attached(c.KubectlCommand(arguments...))
	case command == "load" && len(arguments) == 1:
		return c.LoadImage(arguments[0])
	case command == "node" && len(arguments) > 1:
		node := c.Node(arguments[0])
		if node == nil {
			return fmt.Errorf("there is no node %q", arguments[0])
		}
		return attached(node.Command(arguments[1], arguments[2:]...))
	}
	return fmt.Errorf("%q is no command, or lacks arguments", command)
}

// up starts a cluster unless it runs.
func up(ctx context.Context, directory string, arguments []string) error {
	nodes := 1
	if len(arguments) > 0 {
		var err error
		if nodes, err = strconv.Atoi(arguments[0]); err != nil || nodes < 1 {
			return fmt.Errorf("%q is no number of nodes", arguments[0])
		}
	}
	c, err := cluster.Open(ctx, directory)
	if err == nil {
		_, err = c.Kubectl(ctx, "get", "--raw", "/readyz", "--request-timeout", "5s")
	}
	if err != nil {
		c, err = cluster.Start(ctx, cluster.Options{Directory: directory, Nodes: nodes, Log: os.Stderr})
		if err != nil {
			return err
		}
	}
	fmt.Printf("the cluster in %s is ready:\n", directory)
	fmt.Printf("  export KUBECONFIG=%s  # of the administrator\n", c.Kubeconfig())
	fmt.Printf("  export KUBECONFIG=%s  # of a user without rights\n", c.VisitorKubeconfig())
	fmt.Println("  go run ./test/cluster/command kubectl get pods -A  # with the administrator's")
	fmt.Println("  make cluster-down  # ends it")
	return nil
}

// attached runs a command that has this one's terminal.
func attached(command *exec.Cmd) error {
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	return command.Run()
}
