package cluster

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// The addresses of a cluster, which only its own network namespaces know.
const (
	controlAddress = "10.123.0.1"     // of the control plane, the nodes' gateway
	nodeAddress    = "10.123.0.%d"    // of node n: 1 + n
	podAddresses   = "10.124.%d.0/24" // of the pods of node n
	serviceRange   = "10.0.0.0/24"
	apiService     = "10.0.0.1" // the first of them, by which pods reach the API server
)

// There is no kube-proxy: the control plane has the address of the only service
// that there must be, and the API server listens at the service's port.
const controlScript = `
ip link set lo up
ip address add ` + apiService + `/32 dev lo
ip link add nodes type bridge
ip address add ` + controlAddress + `/24 dev nodes
ip link set nodes up
echo 1 >/proc/sys/net/ipv4/ip_forward
` + endConnections

// endConnections has connections given up soon that the death of all processes at
// once has left to the kernel. They would keep a network namespace for minutes.
const endConnections = `
echo 1 >/proc/sys/net/ipv4/tcp_orphan_retries
`

// startControlPlane starts all but the nodes.
func (c *Cluster) startControlPlane(ctx context.Context) error {
	var err error
	c.control, err = newMachine(filepath.Join(c.directory, "control"), c.cgroupOf("control"), controlScript)
	if err != nil {
		return err
	}
	if err := c.connectHost(); err != nil {
		return err
	}
	if err := c.writeCredentials(); err != nil {
		return err
	}
	// Nothing is kept over a crash of the machine.
	if c.etcd, err = c.control.start("etcd", "etcd", "--data-dir", c.path("control/etcd"), "--unsafe-no-fsync"); err != nil {
		return err
	}
	if err := c.StartAPIServer(ctx); err != nil {
		return err
	}
	c.controllerManager, err = c.control.start("kube-controller-manager", c.program("kube-controller-manager"),
		"--kubeconfig", c.Kubeconfig(), "--leader-elect=false", "--use-service-account-credentials",
		"--service-account-private-key-file", c.path("control/service-account.key"),
		"--root-ca-file", c.certificate(), "--flex-volume-plugin-dir", c.path("control/plugins"))
	if err != nil {
		return err
	}
	c.scheduler, err = c.control.start("kube-scheduler", c.program("kube-scheduler"),
		"--kubeconfig", c.Kubeconfig(), "--leader-elect=false")
	return err
}

// connectHost connects the control plane with the host, so that the API server
// is reached from the host as from anywhere. The host's end goes with the
// control plane's network namespace.
func (c *Cluster) connectHost() error {
	script := `
ip link add "$1" type veth peer name host netns "$2"
ip address add "$3/30" dev "$1"
ip link set "$1" up
`
	command := exec.Command("sh", "-ec", script, "sh", c.link, fmt.Sprint(c.control.pid), c.hostAddress)
	if _, err := output(command); err != nil {
		return fmt.Errorf("connecting the cluster with the host: %w", err)
	}
	return c.control.run(`ip address add "$1/30" dev host; ip link set host up`, c.address)
}

// disconnectHost removes the host's network interface, which else goes with the
// network namespace of its other end: after the last process, and the last
// connection.
func (p place) disconnectHost() error {
	if !p.isConnected() {
		return nil
	}
	if _, err := output(exec.Command("ip", "link", "delete", p.link)); err != nil && p.isConnected() {
		return err
	}
	return nil
}

// isConnected says whether the host has the network interface.
func (p place) isConnected() bool {
	_, err := net.InterfaceByName(p.link)
	return err == nil
}

// connectNode gives a node its address, its route to everywhere and all others'
// route to its pods.
func (c *Cluster) connectNode(n *Node, number int) error {
	link := fmt.Sprintf("node%d", number)
	err := c.control.run(`
ip link add "$1" type veth peer name eth0 netns "$2"
ip link set "$1" master nodes up
ip route add "$3" via "$4"
`, link, fmt.Sprint(n.machine.pid), n.pods, n.address)
	if err != nil {
		return err
	}
	return n.machine.run(`
ip address add "$1/24" dev eth0
ip link set eth0 up
ip route add default via "$2"
`, n.address, controlAddress)
}

// users are those whom the API server knows by a token.
var users = map[string]string{
	"admin":   "system:masters",
	"visitor": "",
}

// writeCredentials makes the key by which the API server signs tokens of
// service accounts, and a token and a kubeconfig for each of the users.
func (c *Cluster) writeCredentials() error {
	if _, err := output(exec.Command("openssl", "genrsa", "-out", c.path("control/service-account.key"), "2048")); err != nil {
		return err
	}
	var tokens strings.Builder
	for name, group := range users {
		token := rand.Text()
		fmt.Fprintf(&tokens, "%s,%s,%s,%q\n", token, name, name, group)
		// The API server's certificate has its address among the nodes.
		text := fmt.Sprintf(`apiVersion: v1
kind: Config
clusters: [{name: traceloop, cluster: {server: "https://%s", tls-server-name: %s, certificate-authority: %q}}]
users: [{name: %[4]s, user: {token: %s}}]
contexts: [{name: traceloop, context: {cluster: traceloop, user: %[4]s}}]
current-context: traceloop
`, c.address, controlAddress, c.certificate(), name, token)
		if err := os.WriteFile(c.kubeconfigOf(name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return os.WriteFile(c.path("control/tokens.csv"), []byte(tokens.String()), 0o600)
}

// StartAPIServer starts kube-apiserver again after StopAPIServer, and waits until
// it is ready.
func (c *Cluster) StartAPIServer(ctx context.Context) error {
	var err error
	c.apiServer, err = c.control.start("kube-apiserver", c.program("kube-apiserver"),
		"--etcd-servers", "http://127.0.0.1:2379", "--cert-dir", c.path("control/certificates"),
		"--secure-port", "443", "--advertise-address", controlAddress, "--service-cluster-ip-range", serviceRange,
		"--service-account-key-file", c.path("control/service-account.key"),
		"--service-account-signing-key-file", c.path("control/service-account.key"),
		"--service-account-issuer", "https://kubernetes.default.svc",
		"--token-auth-file", c.path("control/tokens.csv"), "--authorization-mode", "RBAC",
		"--allow-privileged", "--kubelet-preferred-address-types", "InternalIP")
	if err != nil {
		return err
	}
	return wait(ctx, "the API server", func() error {
		// kubectl would wait for an answer of an address where nobody listens yet.
		if _, err := os.Stat(c.certificate()); err != nil {
			return err
		}
		_, err := c.Kubectl(ctx, "get", "--raw", "/readyz")
		return err
	}, c.etcd, c.apiServer)
}

// StopAPIServer kills kube-apiserver. Its data stay, as do the pods.
func (c *Cluster) StopAPIServer(ctx context.Context) error {
	return c.apiServer.stop(ctx, syscall.SIGKILL)
}

// certificate is the API server's, and its authority's.
func (c *Cluster) certificate() string { return c.path("control/certificates/apiserver.crt") }
