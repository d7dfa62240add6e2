package cli

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"connectrpc.com/connect"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"traceloop/api/traceloop/v1/traceloopv1connect"
	"traceloop/internal/agent"
	"traceloop/internal/controller"
	"traceloop/internal/stream"
	"traceloop/internal/traces"
)

// nodeMemoryLimit is memoryLimit of a node's agent, which has the clients of
// Kubernetes besides.
const nodeMemoryLimit = 80 << 20

// nodeAgent is what a daemon is besides with --kubernetes: the agent of a node,
// which does what Traces ask for.
type nodeAgent struct {
	streams    *stream.Hub
	controller controller.Config
}

// newNodeAgent makes a node's agent over a daemon's recordings. Unavailable is
// why there are none: then every start says so.
func (o *daemonOptions) newNodeAgent(a *agent.Agent, unavailable error, log *slog.Logger) (*nodeAgent, error) {
	server, err := apiServer()
	if err != nil {
		return nil, err
	}
	n := &nodeAgent{streams: stream.NewHub()}
	pods := traces.NewPods()
	configuration := traces.Config{Node: o.nodeName, Unavailable: unavailable, Pods: pods, Streams: n.streams}
	n.controller = controller.Config{REST: server, Node: o.nodeName, Pods: pods, Log: log}
	if a != nil {
		configuration.Recordings = a
		n.controller.Changed = a.ClaimsChanged()
	}
	n.controller.Traces = traces.New(configuration)
	return n, nil
}

// apiServer is how to reach the API server: as KUBECONFIG says, or else as a pod does.
func apiServer() (*rest.Config, error) {
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(
		&clientcmd.ClientConfigLoadingRules{Precedence: clientcmd.NewDefaultClientConfigLoadingRules().Precedence}, nil).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("finding the API server of Kubernetes: %w (in a pod its service account says it, elsewhere KUBECONFIG)", err)
	}
	config.UserAgent = "traceloop/" + version()
	return config, nil
}

// start begins to serve streams and to drive Traces.
func (n *nodeAgent) start(jobs *jobs, mux *http.ServeMux) {
	mux.Handle(stream.Path, n.streams.Handler())
	jobs.start("ending streams", func(ctx context.Context) error {
		<-ctx.Done()
		n.streams.CloseAll()
		return nil
	})
	jobs.start("driving Traces", func(ctx context.Context) error { return controller.Run(ctx, n.controller) })
}

// serveUnavailable is the daemon of a node on which nothing can be recorded: it
// says why, to whoever asks. If it ended, it would be started again and again,
// and nobody would be told.
func (c *daemonCommand) serveUnavailable(jobs *jobs, held *holding, reason error, log *slog.Logger) error {
	log.Error("nothing can be recorded on this node: every Trace says so", "error", reason)
	n, err := c.options.newNodeAgent(nil, reason, log)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/"+traceloopv1connect.DaemonServiceName+"/", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Who went away needs no answer.
		_ = connect.NewErrorWriter().Write(w, r, connect.NewError(connect.CodeFailedPrecondition,
			fmt.Errorf("nothing can be recorded on node %q: %w", c.options.nodeName, reason)))
	}))
	n.start(jobs, mux)
	if err := c.listen(jobs, mux, nil, func() error { return nil }, held.socket, log); err != nil {
		return err
	}
	<-jobs.ctx.Done()
	return nil
}
