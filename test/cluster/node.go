package cluster

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"traceloop/test/runtimes"
)

// Node is a node of a cluster: a kubelet and a containerd, which have a network
// namespace, a mount namespace and a cgroup of their own. At the usual places
// (/run, /var/lib, /var/log, /sys/fs/bpf) there are the node's own files.
type Node struct {
	name     string
	address  string // of the node
	pods     string // the addresses of its pods
	programs string // the directory of the kubelet

	kubeconfig string
	machine    *machine
	containerd *process
	kubelet    *process
}

// runtimeSocket is where containerd serves its API, in the node's mount namespace.
const runtimeSocket = "/run/containerd/containerd.sock"

// hidden are the directories of the host in whose place a node has its own.
var hidden = []string{"/run", "/var/lib", "/var/log"}

// nodeScript mounts the node's own file systems. What a kubelet mounts for its
// pods must get into containers that ask for it, so that all is shared within
// the node, and nothing with the host. What the host has mounted for others'
// containers, and what others have pinned in the kernel, is let go: the node would
// keep it when they end.
const nodeScript = `
mount --make-rshared /
mounts=$(cat /proc/self/mounts)
while read -r device directory type options; do
	case "$type $directory" in
	"overlay /") ;;
	overlay\ *|nsfs\ *|bpf\ *) umount -l "$directory" 2>/dev/null || true ;;
	esac
done <<END
$mounts
END
mount -t tmpfs -o mode=755 tmpfs /run
mount -t bpf bpf /sys/fs/bpf
mkdir -p "$1/lib" "$1/log" "$1/cni"
mount --bind "$1/lib" /var/lib
mount --bind "$1/log" /var/log
ip link set lo up
` + endConnections

// A node's network plugin is a bridge; its pods reach all others by the node's
// default route.
const networkPlugin = `{"cniVersion":"0.4.0","name":"pods","plugins":[
  {"type":"bridge","bridge":"cni0","isGateway":true,"isDefaultGateway":true,
   "ipam":{"type":"host-local","ranges":[[{"subnet":%q}]]}},
  {"type":"loopback"}]}
`

// Scores of the out-of-memory killer are restricted to what a process without
// CAP_SYS_RESOURCE may give.
const containerdConfiguration = `version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
[grpc]
  address = %q
[plugins."io.containerd.internal.v1.opt"]
  path = "/var/lib/containerd/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = %q
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = %q
`

// Whoever reaches the kubelet may do all: nobody does but what runs in the cluster.
// There is no registry to pull an image from again, so that none is removed. Nor
// has anybody to wait for minutes until a container that crashes is started again.
const kubeletConfiguration = `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: true}, webhook: {enabled: false}}
authorization: {mode: AlwaysAllow}
address: %[1]s
healthzBindAddress: %[1]s
containerRuntimeEndpoint: unix://%[2]s
cgroupDriver: cgroupfs
cgroupRoot: %[3]s
enforceNodeAllocatable: []
failSwapOn: false
localStorageCapacityIsolation: false
evictionHard: {memory.available: 10Mi, nodefs.available: 0%%, imagefs.available: 0%%}
imageGCHighThresholdPercent: 100
resolvConf: ""
maxPods: 250
kubeAPIQPS: 500
kubeAPIBurst: 1000
featureGates: {KubeletCrashLoopBackOffMax: true}
crashLoopBackOff: {maxContainerRestartPeriod: 1s}
volumePluginDir: /var/lib/kubelet/plugins/volume
`

// start starts the node's runtime and kubelet.
func (n *Node) start(ctx context.Context, images []string) error {
	for name, text := range map[string]string{
		"cni/pods.conflist": fmt.Sprintf(networkPlugin, n.pods),
		"containerd.toml":   fmt.Sprintf(containerdConfiguration, runtimeSocket, runtimes.Image, n.path("cni")),
		"kubelet.yaml":      fmt.Sprintf(kubeletConfiguration, n.address, runtimeSocket, n.machine.cgroup),
	} {
		if err := os.WriteFile(n.path(name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	if err := n.startRuntime(ctx); err != nil {
		return err
	}
	for _, image := range images {
		if err := n.load(image); err != nil {
			return err
		}
	}
	var err error
	n.kubelet, err = n.machine.start("kubelet", filepath.Join(n.programs, "kubelet"),
		"--config", n.path("kubelet.yaml"), "--kubeconfig", n.kubeconfig, "--root-dir", "/var/lib/kubelet",
		"--hostname-override", n.name, "--node-ip", n.address)
	return err
}

func (n *Node) startRuntime(ctx context.Context) error {
	var err error
	n.containerd, err = n.machine.start("containerd", "containerd", "--config", n.path("containerd.toml"))
	if err != nil {
		return err
	}
	return wait(ctx, "containerd of "+n.name, func() error {
		// ctr itself would wait for ten seconds.
		if _, err := os.Stat(n.RuntimeSocket()); err != nil {
			return err
		}
		_, err := output(n.Command("ctr", "version"))
		return err
	}, n.containerd)
}

func (n *Node) restartRuntime(ctx context.Context) error {
	if err := n.containerd.stop(ctx, syscall.SIGTERM); err != nil {
		return err
	}
	return n.startRuntime(ctx)
}

// load loads an image's archive into the runtime.
func (n *Node) load(archive string) error {
	file, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer file.Close()
	command := n.Command("ctr", "--namespace", "k8s.io", "images", "import", "-")
	command.Stdin = file
	if _, err := output(command); err != nil {
		return fmt.Errorf("loading the image %s into %s: %w", archive, n.name, err)
	}
	return nil
}

func (n *Node) path(name string) string { return filepath.Join(n.machine.directory, name) }

// Name is the node's name in Kubernetes.
func (n *Node) Name() string { return n.name }

// Address is the node's address, which is reached from other nodes and from pods.
func (n *Node) Address() string { return n.address }

// Command is a program, not started yet, in the node's namespaces, as if it was
// started by somebody who has logged in there:
//
//	node.Command("ctr", "--namespace", "k8s.io", "tasks", "list")
func (n *Node) Command(program string, arguments ...string) *exec.Cmd {
	return n.machine.command(program, arguments...)
}

// Root is the directory by which the node's files are seen from outside.
func (n *Node) Root() string { return fmt.Sprintf("/proc/%d/root", n.machine.pid) }

// RuntimeSocket is the path of containerd's socket, from outside. It serves CRI too.
func (n *Node) RuntimeSocket() string { return filepath.Join(n.Root(), runtimeSocket) }

// Cgroup is the path of the cgroup that has all of the node: the kubelet's
// "kubepods" is in it.
func (n *Node) Cgroup() string { return string(n.machine.cgroup) }

// RuntimePID is the process ID of containerd.
func (n *Node) RuntimePID() int { return n.containerd.pid() }

// KubeletPID is the process ID of the kubelet.
func (n *Node) KubeletPID() int { return n.kubelet.pid() }
