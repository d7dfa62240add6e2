//go:build cluster

// Package kubernetes tests the recorder in a real Kubernetes cluster, which the
// tests share: the agent of the chart in the image that is shipped, the kubectl
// plugin, and what clients of the Trace API do. The cluster has node1 when the
// tests begin, and no agent; a test asks for more ([agent], [addNode]).
package kubernetes

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"traceloop/api/gadget/v1alpha1"
	"traceloop/test/cluster"
	"traceloop/test/host"
)

// What the tests share.
var (
	shared    *cluster.Cluster
	objects   client.Client // the administrator's, which knows Traces too
	directory string        // for what tests build
)

// placeVariable is the environment's variable for another place of the cluster, so
// that several may run these tests at once.
const placeVariable = "TRACELOOP_TEST_CLUSTER"

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	// Who gives the cluster another place knows what else runs there.
	if os.Getenv(placeVariable) == "" {
		release, err := host.Alone()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer release()
	}
	status, err := withCluster(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return status
}

// withCluster runs the tests in a cluster. Its directory is always the same, so
// that one that a killed run has left is ended.
func withCluster(m *testing.M) (status int, err error) {
	directory, err = os.MkdirTemp("", "traceloop-test-kubernetes-")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(directory)) }()
	started := time.Now()
	shared, err = cluster.Start(context.Background(), cluster.Options{
		Directory: cmp.Or(os.Getenv(placeVariable), filepath.Join(os.TempDir(), "traceloop-test-cluster")), Log: os.Stderr,
	})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, shared.Stop()) }()
	fmt.Fprintf(os.Stderr, "the cluster is ready after %v\n", time.Since(started).Round(time.Second))

	log.SetLogger(logr.Discard())
	configuration, err := shared.Config()
	if err != nil {
		return 0, err
	}
	configuration.QPS = -1 // no limit
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return 0, err
	}
	objects, err = client.New(configuration, client.Options{Scheme: scheme})
	if err != nil {
		return 0, err
	}
	return m.Run(), nil
}

// agentImage is the name of the image under test.
const agentImage = "ghcr.io/traceloop/traceloop:v0.0.0"

// installAgent builds the image, loads it and installs the chart's manifests. It
// is done once.
var installAgent = sync.OnceValue(func() error {
	archive := filepath.Join(directory, "image.tar")
	arguments := append([]string{"run", "./deploy/image", "-o", archive, "-tag", agentImage}, raceFlags...)
	if _, err := runInRoot("go", arguments...); err != nil {
		return err
	}
	if err := shared.LoadImage(archive); err != nil {
		return err
	}
	// The race detector takes several times the memory.
	manifests, err := runInRoot("scripts/helm", "template", "traceloop", "deploy/chart", "--include-crds",
		"--kube-version", "1.34.4", "--set", "image.tag=v0.0.0,image.pullPolicy=Never,log.level=debug,resources.memoryLimit=2Gi")
	if err != nil {
		return err
	}
	path := filepath.Join(directory, "traceloop.yaml")
	if err := os.WriteFile(path, []byte(manifests), 0o600); err != nil {
		return err
	}
	// The namespace and the definition of Traces must be known before what uses them.
	var failure error
	for range 2 {
		_, failure = shared.Kubectl(context.Background(), "apply", "--server-side", "--filename", path)
	}
	return failure
})

// buildPlugin builds the program as the kubectl plugin, once.
var buildPlugin = sync.OnceValue(func() error {
	arguments := append([]string{"build", "-o", filepath.Join(directory, "kubectl-traceloop")}, raceFlags...)
	_, err := runInRoot("go", append(arguments, "./cmd/traceloop")...)
	return err
})

// runInRoot runs a command in the root of the source and returns its standard
// output.
func runInRoot(program string, arguments ...string) (string, error) {
	command := exec.Command(program, arguments...)
	command.Dir = filepath.Join("..", "..")
	return output(command)
}
