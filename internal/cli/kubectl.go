package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	_ "k8s.io/client-go/plugin/pkg/client/auth" // the ways to log in that kubectl has
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	kubernetes "sigs.k8s.io/controller-runtime/pkg/client"

	gadget "traceloop/api/gadget/v1alpha1"
	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/internal/nodes"
)

// kubectlProgram is the name under which the program is kubectl's plugin.
const kubectlProgram = "kubectl-traceloop"

// cluster is the Kubernetes cluster that the plugin speaks to.
type cluster struct {
	options         *genericclioptions.ConfigFlags // of the command line, as kubectl has them
	gadgetNamespace string                         // of agents and Traces

	// Set by connect.
	config    *rest.Config
	api       kubernetes.WithWatch
	namespace string // of the command line or, if it has none, of the context
	connectTo func(agent nodes.Agent) *client

	mutex   sync.Mutex // guards clients
	clients map[string]*client
	close   []func()
}

func newKubectlRoot() *cobra.Command {
	k := &cluster{}
	root := &cobra.Command{
		Use:         kubectlProgram,
		Annotations: map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl traceloop"},
		Short:       "A flight recorder of system calls, for a cluster",
		Long: "kubectl traceloop records the system calls of pods, on all nodes at once, into memory that newer calls\n" +
			"overwrite, and prints them as strace would: also of containers that crashed, and of pods that are gone.",
		Example: "  kubectl traceloop start -n shop\n" +
			"  kubectl traceloop list\n" +
			"  kubectl traceloop show web-1\n" +
			"  kubectl traceloop stop",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          printHelp,
	}
	k.addFlags(root)
	root.AddCommand(newKubectlStart(k), newKubectlStop(k), newKubectlList(k), newKubectlShow(k), newKubectlSave(k), newKubectlDelete(k),
		newKubectlStatus(k), newVersion())
	return root
}

// usualFlags are those of kubectl's flags that the help shows.
var usualFlags = []string{"kubeconfig", "context", "cluster", "user", "namespace", "as", "request-timeout"}

// addFlags adds the flags by which kubectl finds a cluster.
func (k *cluster) addFlags(root *cobra.Command) {
	k.options = genericclioptions.NewConfigFlags(true)
	kubectl := pflag.NewFlagSet("kubectl", pflag.ContinueOnError)
	k.options.AddFlags(kubectl)
	flags := root.PersistentFlags()
	kubectl.VisitAll(func(flag *pflag.Flag) {
		if flag.Name == "server" {
			flag.Shorthand = "" // -s is --string-limit, as strace's
		}
		flag.Hidden = !slices.Contains(usualFlags, flag.Name)
		flags.AddFlag(flag)
	})
	flags.StringVar(&k.gadgetNamespace, "gadget-namespace", nodes.Namespace, "the `NAMESPACE` of the agents and their Traces")
	k.completeFlag(root, "namespace", k.completeNamespaces)
	k.completeFlag(root, "context", k.completeContexts)
}

// scheme knows what the plugin reads and writes.
func scheme() (*runtime.Scheme, error) {
	s := runtime.NewScheme()
	return s, errors.Join(corev1.AddToScheme(s), gadget.AddToScheme(s))
}

// connect gets to know the cluster. Nothing is sent yet.
func (k *cluster) connect() error {
	if k.api != nil {
		return nil
	}
	config, err := k.restConfig()
	if err != nil {
		return fmt.Errorf("no cluster to speak to: %w: want --kubeconfig, $KUBECONFIG or ~/.kube/config", err)
	}
	if k.namespace, _, err = k.options.ToRawKubeConfigLoader().Namespace(); err != nil {
		return fmt.Errorf("the namespace of the context: %w", err)
	}
	config.UserAgent = kubectlProgram + "/" + version()
	// All nodes are asked at once; the server has its own limits.
	config.QPS = -1
	config.WarningHandler = warnings{}
	known, err := scheme()
	if err != nil {
		return fmt.Errorf("describing the API: %w", err)
	}
	// What there is need not be asked for: a request less, and a right.
	mapper := meta.NewDefaultRESTMapper(nil)
	for _, kind := range []string{"Pod", "Node", "Namespace"} {
		scope := meta.RESTScopeRoot
		if kind == "Pod" {
			scope = meta.RESTScopeNamespace
		}
		mapper.Add(corev1.SchemeGroupVersion.WithKind(kind), scope)
	}
	mapper.Add(gadget.GroupVersion.WithKind("Trace"), meta.RESTScopeNamespace)
	api, err := kubernetes.NewWithWatch(config, kubernetes.Options{Scheme: known, Mapper: mapper})
	if err != nil {
		return fmt.Errorf("the cluster's API at %s: %w", config.Host, err)
	}
	k.config, k.api = config, api
	k.connectTo = func(agent nodes.Agent) *client {
		tunnel := nodes.NewTunnel(config, api, agent)
		k.close = append(k.close, tunnel.Close)
		return newNodeClient(agent, tunnel.Dial)
	}
	return nil
}

// restConfig is how to reach the API server. Where nothing says it, kubectl tries
// one on this machine; nobody has that.
func (k *cluster) restConfig() (*rest.Config, error) {
	known, err := k.options.ToRawKubeConfigLoader().RawConfig()
	if err != nil {
		return nil, err
	}
	if len(known.Clusters) == 0 && *k.options.APIServer == "" && os.Getenv("KUBERNETES_SERVICE_HOST") == "" {
		return nil, clientcmd.ErrEmptyConfig
	}
	return k.options.ToRESTConfig()
}

// warnings says what the API server warns of.
type warnings struct{}

func (warnings) HandleWarningHeader(code int, _ string, text string) {
	if code == 299 && text != "" {
		say("the API server warns: %s", text)
	}
}

// client is the client of a node's agent.
func (k *cluster) client(agent nodes.Agent) *client {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.clients == nil {
		k.clients = make(map[string]*client)
	}
	if k.clients[agent.Node] == nil {
		k.clients[agent.Node] = k.connectTo(agent)
	}
	return k.clients[agent.Node]
}

// disconnect closes all connections to agents.
func (k *cluster) disconnect() {
	for _, c := range k.clients {
		c.close()
	}
	for _, closing := range k.close {
		closing()
	}
	k.clients, k.close = nil, nil
}

// command makes what a command does of what is done once the cluster is known.
func (k *cluster) command(do func(ctx context.Context, arguments []string) error) func(*cobra.Command, []string) error {
	return func(command *cobra.Command, arguments []string) error {
		if err := k.connect(); err != nil {
			return err
		}
		defer k.disconnect()
		ctx, stop := untilInterrupted(command.Context())
		defer stop()
		return do(ctx, arguments)
	}
}

// findAgents finds the agents, or those of some nodes alone.
func (k *cluster) findAgents(ctx context.Context, only []string) ([]nodes.Agent, error) {
	agents, err := nodes.Find(ctx, k.api, k.gadgetNamespace)
	if err != nil {
		return nil, explainCluster(err)
	}
	if len(only) == 0 {
		return agents, nil
	}
	var chosen []nodes.Agent
	for _, name := range only {
		i := slices.IndexFunc(agents, func(agent nodes.Agent) bool { return agent.Node == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no agent on node %s: want one of %s", name, nodeNames(agents))
		}
		if !slices.ContainsFunc(chosen, func(agent nodes.Agent) bool { return agent.Node == name }) {
			chosen = append(chosen, agents[i])
		}
	}
	return chosen, nil
}

func nodeNames(agents []nodes.Agent) string {
	if len(agents) == 0 {
		return "none, for there are no agents"
	}
	names := make([]string, len(agents))
	for i := range agents {
		names[i] = agents[i].Node
	}
	return strings.Join(names, ", ")
}

// errNoAgents is of a cluster without agents.
func (k *cluster) errNoAgents() error {
	return fmt.Errorf("there are no agents in namespace %s (pods with the label k8s-app=gadget): %w", k.gadgetNamespace, errInstall)
}

var errInstall = errors.New("install traceloop in the cluster with its Helm chart or deploy/kubernetes/traceloop.yaml, or say with --gadget-namespace where it is")

// explainCluster makes an error of the API server's one that says what to do.
func explainCluster(err error) error {
	var status apierrors.APIStatus
	switch {
	case err == nil || !errors.As(err, &status):
		return err
	case apierrors.IsForbidden(err):
		// The role in the agents' namespace is about what is there alone.
		role := "the ClusterRole traceloop-user"
		if details := status.Status().Details; details != nil && strings.HasPrefix(details.Kind, "pods") {
			role = "the Role traceloop-user of the agents' namespace"
		}
		_, reason, found := strings.Cut(status.Status().Message, "is forbidden: ")
		if !found {
			reason = status.Status().Message
		}
		return &forbiddenError{fmt.Sprintf("no permission: %s: %s has this right, ask an administrator to bind it to you", reason, role), err}
	case apierrors.IsUnauthorized(err):
		return fmt.Errorf("the API server does not know you: log in again, or choose another user by --context or --user: %w", err)
	case apierrors.IsNotFound(err):
		return fmt.Errorf("%w: %w", err, errInstall)
	}
	return err
}

// forbiddenError says what right is lacking, and who has it.
type forbiddenError struct {
	text string
	err  error
}

func (e *forbiddenError) Error() string { return e.text }
func (e *forbiddenError) Unwrap() error { return e.err }

// failures says which nodes did not answer. If the user had no right to ask
// them, or none answered at all, that is the error.
func sayFailures[T any](results []nodes.Result[T]) error {
	answered, refused := 0, 0
	var first error
	for i := range results {
		switch err := results[i].Err; {
		case err == nil:
			answered++
		case apierrors.IsForbidden(err):
			refused++
			first = err
		}
	}
	if refused > 0 && refused == len(results)-answered && answered == 0 {
		// It is the same on each node.
		var of *nodes.Error
		if errors.As(first, &of) {
			return of.Err
		}
		return first
	}
	for i := range results {
		if results[i].Err != nil {
			say("%v", results[i].Err)
		}
	}
	if answered == 0 && len(results) > 0 {
		return errNobodyAnswers
	}
	return nil
}

var errNobodyAnswers = errors.New("no agent answers")

// addTimeout gives a command the flag that says how long a node is waited for.
func addTimeout(flags *pflag.FlagSet, timeout *durationValue, usual time.Duration) {
	*timeout = durationValue(usual)
	flags.Var(timeout, "timeout", "how long a node is waited for")
}

// addNodes gives a command the flag that chooses nodes.
func (k *cluster) addNodes(command *cobra.Command, names *[]string) {
	command.Flags().StringArrayVar(names, "node", nil, "only this node's agent, by its `NAME`; may be given again")
	k.completeFlag(command, "node", k.completeNodes)
}

// askAll asks agents at once.
func askAll[T any](ctx context.Context, k *cluster, agents []nodes.Agent, patience time.Duration, ask func(context.Context, *client) (T, error)) []nodes.Result[T] {
	return nodes.Each(ctx, agents, patience, func(ctx context.Context, agent nodes.Agent) (T, error) {
		c := k.client(agent)
		// Its own patience is for one answer; this is for the connection too.
		c.patience = patience
		return ask(ctx, c)
	})
}

// listAll asks agents for their recordings.
func listAll(ctx context.Context, k *cluster, agents []nodes.Agent, patience time.Duration) []nodes.Result[[]*traceloopv1.Recording] {
	return askAll(ctx, k, agents, patience, func(ctx context.Context, c *client) ([]*traceloopv1.Recording, error) {
		response, err := call(ctx, c, c.api.List, &traceloopv1.ListRequest{})
		if err != nil {
			return nil, err
		}
		return response.Recordings, nil
	})
}

// progress shows on a terminal how far a long read has come.
type progress struct {
	to          *os.File
	what        string
	begun, last time.Time
	bytes       uint64
	shown       bool
}

const (
	// progressAfter is how long a read takes before it is worth a word.
	progressAfter    = 500 * time.Millisecond
	progressInterval = 100 * time.Millisecond
)

// newProgress makes a progress of a client's reads, if there is a terminal to see it.
func newProgress(c *client, to *os.File, what string) *progress {
	p := &progress{to: to, what: what, begun: time.Now()}
	if isTerminal(to) {
		c.progress = p.add
	}
	return p
}

func (p *progress) add(bytes int) {
	p.bytes += uint64(bytes)
	now := time.Now()
	if now.Sub(p.begun) < progressAfter || now.Sub(p.last) < progressInterval {
		return
	}
	p.last, p.shown = now, true
	// There is nobody to tell if standard error does not work.
	_, _ = fmt.Fprintf(p.to, "\r\x1b[K%s: %s so far", cell(p.what), formatBytes(p.bytes))
}

// end takes the line away.
func (p *progress) end() {
	if p.shown {
		_, _ = fmt.Fprint(p.to, "\r\x1b[K")
	}
}
