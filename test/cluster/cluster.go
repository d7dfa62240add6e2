// Package cluster starts a real Kubernetes cluster for tests: etcd, kube-apiserver,
// kube-controller-manager, kube-scheduler, and on each node a kubelet and a
// containerd. It takes root, the packages that "scripts/install-packages cluster"
// installs, and a few minutes the first time, to build Kubernetes ([Programs]).
//
//	c, err := cluster.Start(ctx, cluster.Options{Directory: directory})
//	if err != nil { ... }
//	defer c.Stop()
//	fmt.Println(c.Kubectl(ctx, "get", "nodes"))
//
// Every node has its own network and mount namespaces and its own cgroup, as
// nodes of kind have: several of them share a kernel and nothing else. The host
// sees of a cluster its processes, their cgroups, one network interface by which
// the API server is reached, and the directory. A cluster outlives the process
// that started it; [Remove] ends it by its directory alone.
//
// There is no name service and no kube-proxy: pods reach the API server by its
// service's address, and each other by their own. There is no registry: images
// are loaded ([Cluster.LoadImage]). All nodes have [runtimes.Image], busybox.
package cluster

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"traceloop/test/runtimes"
)

// Options are how a cluster is to be.
type Options struct {
	// Directory is where all its files are, logs too; it is made, and Stop removes
	// it. A cluster that is left in it is ended first.
	Directory string
	// Nodes is the number of nodes, 1 if it is 0. They are named node1, node2 ...
	Nodes int
	// Log, if there is one, gets a line for each step.
	Log io.Writer
}

// Cluster is a cluster that runs. Its methods are not for several goroutines at
// once, but for those that only ask or run kubectl.
type Cluster struct {
	place
	programs string
	log      io.Writer

	control                                       *machine
	etcd, apiServer, controllerManager, scheduler *process

	nodes  []*Node
	number int      // of the last node
	images []string // archives that a new node gets
}

// place is what a cluster's directory decides.
type place struct {
	directory   string
	cgroup      cgroup
	link        string // the host's network interface
	hostAddress string // the host's address for the cluster
	address     string // the API server's for the host
}

// marker is the file that says that a directory is a cluster's.
const marker = "traceloop-cluster"

func placeOf(directory string) (place, error) {
	directory, err := filepath.Abs(directory)
	if err != nil {
		return place{}, err
	}
	for _, parent := range hidden {
		if strings.HasPrefix(directory, parent+"/") {
			return place{}, fmt.Errorf("a cluster cannot be in %s: its nodes have another %s", directory, parent)
		}
	}
	sum := sha256.Sum256([]byte(directory))
	name := hex.EncodeToString(sum[:4])
	// 198.18.0.0/15 is for tests of networks (RFC 2544). A cluster has four addresses of it.
	host := binary.BigEndian.AppendUint32(nil, 198<<24|18<<16|binary.BigEndian.Uint32(sum[:4])%(1<<15)<<2|1)
	return place{
		directory:   directory,
		cgroup:      cgroup("/traceloop-cluster-" + name),
		link:        "cluster" + name,
		hostAddress: net.IP(host).String(),
		address:     net.IPv4(host[0], host[1], host[2], host[3]+1).String(),
	}, nil
}

// cgroupOf is the cgroup of a machine.
func (p place) cgroupOf(machine string) cgroup { return p.cgroup + cgroup("/"+machine) }

func (p place) path(name string) string { return filepath.Join(p.directory, name) }

// Open is the cluster in a directory that another process has started, to run
// kubectl and commands on its nodes, and to load images. Its programs cannot be
// stopped or started by it, nor nodes added.
func Open(ctx context.Context, directory string) (*Cluster, error) {
	place, err := placeOf(directory)
	if err != nil {
		return nil, err
	}
	c := &Cluster{place: place, log: io.Discard}
	if _, err := os.Stat(c.path(marker)); err != nil {
		return nil, fmt.Errorf("there is no cluster in %s: %w", c.directory, err)
	}
	if c.programs, err = Programs(ctx); err != nil {
		return nil, err
	}
	nodes, err := filepath.Glob(c.path("*/kubelet.yaml"))
	if err != nil {
		return nil, err
	}
	for _, path := range nodes {
		n := &Node{name: filepath.Base(filepath.Dir(path)), programs: c.programs, kubeconfig: c.Kubeconfig()}
		if n.machine, err = openMachine(c.path(n.name), c.cgroupOf(n.name)); err != nil {
			return nil, fmt.Errorf("opening the cluster in %s: %w", c.directory, err)
		}
		c.nodes = append(c.nodes, n)
	}
	return c, nil
}

// Start starts a cluster and waits until its nodes are ready and pods can be
// made. If that fails, nothing is left behind, and the error has the end of the
// log of what failed.
func Start(ctx context.Context, options Options) (*Cluster, error) {
	if os.Getuid() != 0 {
		return nil, errors.New("starting a cluster takes root")
	}
	for _, program := range []string{"etcd", "containerd", "ctr", "runc", "/usr/lib/cni/bridge", "ip", "openssl", "nsenter"} {
		if _, err := exec.LookPath(program); err != nil {
			return nil, fmt.Errorf("starting a cluster: %w (scripts/install-packages cluster)", err)
		}
	}
	place, err := placeOf(options.Directory)
	if err != nil {
		return nil, err
	}
	c := &Cluster{place: place, log: options.Log}
	if c.log == nil {
		c.log = io.Discard
	}
	c.step("building what is missing of Kubernetes")
	if c.programs, err = Programs(ctx); err != nil {
		return nil, err
	}
	if err := Remove(ctx, c.directory); err != nil {
		return nil, err
	}
	if err := c.start(ctx, max(options.Nodes, 1)); err != nil {
		return nil, errors.Join(fmt.Errorf("starting a cluster in %s: %w", c.directory, err), c.Stop())
	}
	return c, nil
}

func (c *Cluster) start(ctx context.Context, nodes int) error {
	if err := os.MkdirAll(c.path("control"), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(c.path(marker), nil, 0o644); err != nil {
		return err
	}
	archive, err := runtimes.ImageArchive()
	if err != nil {
		return err
	}
	c.images = []string{c.path("busybox.tar")}
	if err := os.WriteFile(c.images[0], archive, 0o644); err != nil {
		return err
	}
	c.step("starting the control plane")
	if err := c.startControlPlane(ctx); err != nil {
		return err
	}
	for n := range nodes {
		if _, err := c.AddNode(ctx, fmt.Sprintf("node%d", n+1)); err != nil {
			return err
		}
	}
	// No pod is admitted before.
	return wait(ctx, "the default service account", func() error {
		_, err := c.Kubectl(ctx, "get", "serviceaccount", "default")
		return err
	}, c.apiServer, c.controllerManager)
}

func (c *Cluster) step(format string, arguments ...any) {
	fmt.Fprintf(c.log, format+"\n", arguments...)
}

// AddNode adds a node and waits until it is ready.
func (c *Cluster) AddNode(ctx context.Context, name string) (*Node, error) {
	c.step("starting %s", name)
	c.number++
	n := &Node{
		name:       name,
		address:    fmt.Sprintf(nodeAddress, c.number+1),
		pods:       fmt.Sprintf(podAddresses, c.number),
		programs:   c.programs,
		kubeconfig: c.Kubeconfig(),
	}
	if err := c.addNode(ctx, n); err != nil {
		return nil, errors.Join(fmt.Errorf("adding %s: %w", name, err), c.removeNode(context.WithoutCancel(ctx), n))
	}
	c.nodes = append(c.nodes, n)
	return n, nil
}

func (c *Cluster) addNode(ctx context.Context, n *Node) error {
	var err error
	n.machine, err = newMachine(c.path(n.name), c.cgroupOf(n.name), nodeScript, c.path(n.name))
	if err != nil {
		return err
	}
	if err := c.connectNode(n, c.number); err != nil {
		return err
	}
	if err := n.start(ctx, c.images); err != nil {
		return err
	}
	return wait(ctx, "it to be ready", func() error {
		status, err := c.Kubectl(ctx, "get", "node", n.name, "--output", `jsonpath={.status.conditions[?(@.type=="Ready")]}`)
		if err == nil && !strings.Contains(status, `"status":"True"`) {
			err = errors.New(status)
		}
		return err
	}, n.kubelet, n.containerd, c.apiServer)
}

// RemoveNode kills a node with all its pods, as if its power failed, and then
// removes it from the cluster, with its files.
func (c *Cluster) RemoveNode(ctx context.Context, name string) error {
	n := c.Node(name)
	if n == nil {
		return fmt.Errorf("there is no node %q", name)
	}
	c.nodes = slices.DeleteFunc(c.nodes, func(other *Node) bool { return other == n })
	if err := c.removeNode(ctx, n); err != nil {
		return fmt.Errorf("removing %s: %w", name, err)
	}
	return nil
}

func (c *Cluster) removeNode(ctx context.Context, n *Node) error {
	err := errors.Join(
		c.cgroupOf(n.name).remove(ctx),
		c.control.run(`ip route flush exact "$1"`, n.pods),
		os.RemoveAll(c.path(n.name)))
	for _, arguments := range [][]string{
		{"delete", "node", n.name, "--ignore-not-found"},
		{"delete", "pods", "--all-namespaces", "--field-selector", "spec.nodeName=" + n.name, "--force", "--grace-period", "0"},
	} {
		_, failure := c.Kubectl(ctx, arguments...)
		err = errors.Join(err, failure)
	}
	return err
}

// RestartRuntime stops a node's containerd and starts it again. Containers run on.
func (c *Cluster) RestartRuntime(ctx context.Context, name string) error {
	n := c.Node(name)
	if n == nil {
		return fmt.Errorf("there is no node %q", name)
	}
	return n.restartRuntime(ctx)
}

// LoadImage loads an image's archive, as "docker save" or "ctr images export"
// makes them, into all nodes and into those that are added later: the file must
// stay.
func (c *Cluster) LoadImage(archive string) error {
	for _, n := range c.nodes {
		if err := n.load(archive); err != nil {
			return err
		}
	}
	c.images = append(c.images, archive)
	return nil
}

// Node is the node of a name; nil if there is none.
func (c *Cluster) Node(name string) *Node {
	for _, n := range c.nodes {
		if n.name == name {
			return n
		}
	}
	return nil
}

// Nodes are all nodes, in the order in which they were added.
func (c *Cluster) Nodes() []*Node { return slices.Clone(c.nodes) }

// Stop ends the cluster, with all its pods at once, as if its power failed, and
// removes its directory. Nothing is left behind.
func (c *Cluster) Stop() error {
	c.step("stopping the cluster")
	return Remove(context.Background(), c.directory)
}

// Remove ends the cluster that is in a directory, whoever started it, and
// removes the directory. There may be none.
func Remove(ctx context.Context, directory string) error {
	p, err := placeOf(directory)
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(p.directory)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if _, err := os.Stat(p.path(marker)); err != nil && len(entries) > 0 {
		return fmt.Errorf("%s is no directory of a cluster, and not empty", p.directory)
	}
	err = errors.Join(p.cgroup.remove(ctx), p.disconnectHost(), os.RemoveAll(p.directory))
	if err != nil {
		return fmt.Errorf("ending the cluster in %s: %w", p.directory, err)
	}
	return nil
}

// Directory is where the cluster's files are: logs are *.log in "control" and in
// the directory of each node's name.
func (c *Cluster) Directory() string { return c.directory }

// Kubeconfig is the path of the administrator's kubeconfig.
func (c *Cluster) Kubeconfig() string { return c.kubeconfigOf("admin") }

// VisitorKubeconfig is the path of a kubeconfig of the user "visitor", who has no
// rights but those that one gives to the user.
func (c *Cluster) VisitorKubeconfig() string { return c.kubeconfigOf("visitor") }

func (p place) kubeconfigOf(user string) string { return p.path(user + ".kubeconfig") }

// Config is the administrator's configuration of a client.
func (c *Cluster) Config() (*rest.Config, error) {
	return clientcmd.BuildConfigFromFlags("", c.Kubeconfig())
}

// Environment are the variables by which programs find the cluster and kubectl.
func (c *Cluster) Environment() []string {
	return []string{
		"KUBECONFIG=" + c.Kubeconfig(),
		"PATH=" + c.programs + string(filepath.ListSeparator) + os.Getenv("PATH"),
	}
}

// KubectlCommand is a command of kubectl's for the administrator, not started yet.
func (c *Cluster) KubectlCommand(arguments ...string) *exec.Cmd {
	return c.kubectl(context.Background(), arguments)
}

// Kubectl runs kubectl and returns its standard output. The error has its
// standard error.
func (c *Cluster) Kubectl(ctx context.Context, arguments ...string) (string, error) {
	return output(c.kubectl(ctx, arguments))
}

func (c *Cluster) kubectl(ctx context.Context, arguments []string) *exec.Cmd {
	command := exec.CommandContext(ctx, c.program("kubectl"), arguments...)
	command.Env = append(os.Environ(), c.Environment()...)
	return command
}

func (c *Cluster) program(name string) string { return filepath.Join(c.programs, name) }

// Logs is the end of each program's log.
func (c *Cluster) Logs() string {
	var text strings.Builder
	paths, _ := filepath.Glob(c.path("*/*.log"))
	for _, path := range paths {
		fmt.Fprintf(&text, "%s ends:\n%s\n", path, tail(path, 4<<10))
	}
	return text.String()
}
