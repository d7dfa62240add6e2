package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/encoding/protojson"
	corev1 "k8s.io/api/core/v1"

	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/internal/nodes"
)

// kubectlStatus is kubectl traceloop status.
type kubectlStatus struct {
	cluster *cluster
	format  choiceValue
	nodes   []string
	timeout durationValue
}

func newKubectlStatus(k *cluster) *cobra.Command {
	status := &kubectlStatus{cluster: k, format: choiceValue{choices: []string{formatJSON, formatYAML}, kind: "FORMAT"}}
	command := &cobra.Command{
		Use:   "status",
		Short: "Say how the agents are",
		Long: "Prints for each node how its agent is: what to look at first, then versions, memory and recordings.\n" +
			"Nodes without an agent, and those whose agent does not answer, are named. The exit status is 0 if any\n" +
			"agent answers.",
		Example: "  kubectl traceloop status\n" +
			"  kubectl traceloop status -o json | jq -r '.nodes[] | select(.error) | .node'",
		Args: cobra.NoArgs,
		RunE: k.command(func(ctx context.Context, _ []string) error { return status.run(ctx) }),
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.VarP(&status.format, "output", "o", "json or yaml: for each node what the agent's API says, or why it does not")
	k.addNodes(command, &status.nodes)
	addTimeout(flags, &status.timeout, answerTime)
	complete(command, "output", status.format.choices)
	return command
}

func (s *kubectlStatus) run(ctx context.Context) error {
	k := s.cluster
	agents, err := k.findAgents(ctx, s.nodes)
	if err != nil {
		return err
	}
	results := askAll(ctx, k, agents, time.Duration(s.timeout), func(ctx context.Context, c *client) (*traceloopv1.StatusResponse, error) {
		return call(ctx, c, c.api.Status, &traceloopv1.StatusRequest{})
	})
	if len(s.nodes) == 0 {
		results = append(results, s.nodesWithoutAgent(ctx, agents)...)
	}
	if len(agents) == 0 {
		return k.errNoAgents()
	}
	failure := sayFailures(results)
	switch s.format.value {
	case formatJSON, formatYAML:
		text, err := statusJSON(results)
		if err != nil {
			return err
		}
		if s.format.value == formatYAML {
			err = writeJSONAsYAML(os.Stdout, text)
		} else {
			err = writeJSONText(os.Stdout, text)
		}
		if err != nil {
			return err
		}
		return failure
	}
	if failure != nil {
		return failure
	}
	return writeNodes(results)
}

// nodesWithoutAgent are the nodes of the cluster that have none. That somebody
// may not see the nodes is no reason to say nothing.
func (s *kubectlStatus) nodesWithoutAgent(ctx context.Context, agents []nodes.Agent) []nodes.Result[*traceloopv1.StatusResponse] {
	var list corev1.NodeList
	if err := s.cluster.api.List(ctx, &list); err != nil {
		say("nodes without an agent are not named: %v", explainCluster(err))
		return nil
	}
	var results []nodes.Result[*traceloopv1.StatusResponse]
	for i := range list.Items {
		name := list.Items[i].Name
		if !slices.ContainsFunc(agents, func(agent nodes.Agent) bool { return agent.Node == name }) {
			agent := nodes.Agent{Node: name, Namespace: s.cluster.gadgetNamespace}
			results = append(results, nodes.Result[*traceloopv1.StatusResponse]{Agent: agent, Err: &nodes.Error{Agent: agent, Err: nodes.ErrNoAgent}})
		}
	}
	return results
}

// writeNodes writes the page for people.
func writeNodes(results []nodes.Result[*traceloopv1.StatusResponse]) error {
	var page strings.Builder
	for _, result := range results {
		for _, warning := range result.Value.GetWarnings() {
			fmt.Fprintf(&page, "WARNING: node %s: %s\n", cell(result.Agent.Node), cell(warning))
		}
	}
	if page.Len() > 0 {
		page.WriteByte('\n')
	}
	t := &table{header: []string{"NODE", "AGENT", "KERNEL", "UPTIME", "RINGS", "MEMORY", "RECORDINGS", "CALLS", "LOST", "POD"}}
	for _, result := range results {
		version := result.Agent.Version()
		if result.Err != nil {
			t.rows = append(t.rows, []string{result.Agent.Node, version, "unknown", "unknown", "unknown", "unknown", "unknown", "unknown", "unknown", result.Agent.Pod})
			continue
		}
		status := result.Value
		var recordings []string
		for _, state := range slices.Sorted(maps.Keys(status.Recordings)) {
			recordings = append(recordings, fmt.Sprintf("%d %s", status.Recordings[state], state))
		}
		if recordings == nil {
			recordings = []string{"0"}
		}
		t.rows = append(t.rows, []string{
			result.Agent.Node, status.Version, status.Kernel, formatAge(status.Uptime.AsDuration()),
			fmt.Sprintf("%d/%d", status.RingsReady, status.RingsWanted),
			formatBytes(status.Memory.GetUsed()) + "/" + formatBytes(status.Memory.GetLimit()),
			strings.Join(recordings, ","), number(status.CallsRecorded), number(status.CallsLost), result.Agent.Pod,
		})
	}
	// A strings.Builder takes everything.
	_ = t.write(&page)
	if _, err := os.Stdout.WriteString(page.String()); err != nil {
		return fmt.Errorf("printing the status: %w", err)
	}
	return nil
}

// statusJSON is what is known of each node.
func statusJSON(results []nodes.Result[*traceloopv1.StatusResponse]) ([]byte, error) {
	type node struct {
		Node   string          `json:"node"`
		Pod    string          `json:"pod,omitempty"`
		Image  string          `json:"image,omitempty"`
		Error  string          `json:"error,omitempty"`
		Status json.RawMessage `json:"status,omitempty"`
	}
	document := struct {
		Nodes []node `json:"nodes"`
	}{[]node{}}
	for _, result := range results {
		one := node{Node: result.Agent.Node, Pod: result.Agent.Pod, Image: result.Agent.Image}
		if result.Err != nil {
			one.Error = result.Err.Error()
		} else {
			text, err := protojson.Marshal(result.Value)
			if err != nil {
				return nil, fmt.Errorf("encoding JSON: %w", err)
			}
			one.Status = text
		}
		document.Nodes = append(document.Nodes, one)
	}
	text, err := json.Marshal(document)
	if err != nil {
		return nil, fmt.Errorf("encoding JSON: %w", err)
	}
	return text, nil
}
