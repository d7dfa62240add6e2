package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/encoding/protojson"

	gadget "traceloop/api/gadget/v1alpha1"
	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/internal/nodes"
)

// located is a recording and the node that has it.
type located struct {
	*traceloopv1.Recording
	agent nodes.Agent
	// unreachable is why nothing more is known of it than its Trace says; nil: it is known.
	unreachable error
}

// state is what becomes of the recording, as far as it is known.
func (l *located) state() string {
	if l.unreachable != nil {
		return "unknown"
	}
	return stateName(l.State)
}

// end is how its container ended. While one runs, what ended was its set-up.
func (l *located) end() string {
	if l.State == traceloopv1.State_STATE_RECORDING {
		return ""
	}
	return endOf(l.Recording)
}

func (l *located) age(now time.Time) string { return ageOf(l.Recording, now) }

// survey is all recordings of the cluster, oldest first, as far as they are known.
type survey struct {
	recordings []located
	results    []nodes.Result[[]*traceloopv1.Recording]
}

// look asks all agents, or those of some nodes, for their recordings, and the
// Traces for those of agents that do not answer.
func (k *cluster) look(ctx context.Context, only []string, patience time.Duration) (*survey, error) {
	type answer struct {
		traces []gadget.Trace
		err    error
	}
	listed := make(chan answer, 1)
	go func() {
		traces, err := k.listTraces(ctx)
		listed <- answer{traces, err}
	}()
	agents, err := k.findAgents(ctx, only)
	if err != nil {
		<-listed
		return nil, err
	}
	s := &survey{results: listAll(ctx, k, agents, patience)}
	known := <-listed
	unreachable := make(map[string]error)
	for _, result := range s.results {
		unreachable[result.Agent.Node] = result.Err
		for _, r := range result.Value {
			s.recordings = append(s.recordings, located{Recording: r, agent: result.Agent})
		}
	}
	s.addFromTraces(k, known.traces, unreachable, only)
	if len(s.results) == 0 && known.err == nil {
		return nil, k.errNoAgents()
	}
	if known.err != nil && slices.ContainsFunc(s.results, func(r nodes.Result[[]*traceloopv1.Recording]) bool { return r.Err != nil }) {
		say("what is recorded on nodes that do not answer is not known: %v", known.err)
	}
	slices.SortStableFunc(s.recordings, func(a, b located) int {
		// Those whose beginning is not known are last.
		if (a.Started == nil) != (b.Started == nil) {
			if a.Started == nil {
				return 1
			}
			return -1
		}
		return a.Started.AsTime().Compare(b.Started.AsTime())
	})
	return s, nil
}

// addFromTraces adds what the Traces of nodes that do not answer, or have no
// agent at all, say of their recordings.
func (s *survey) addFromTraces(k *cluster, traces []gadget.Trace, unreachable map[string]error, only []string) {
	type recordingKey struct{ node, id string }
	there := make(map[recordingKey]bool)
	for i := range traces {
		node := traces[i].Spec.Node
		err, asked := unreachable[node]
		if asked && err == nil || len(only) > 0 && !slices.Contains(only, node) {
			continue
		}
		agent := nodes.Agent{Node: node, Namespace: k.gadgetNamespace}
		if !asked {
			err = &nodes.Error{Agent: agent, Err: nodes.ErrNoAgent}
			unreachable[node] = err
			s.results = append(s.results, nodes.Result[[]*traceloopv1.Recording]{Agent: agent, Err: err})
		}
		for _, entry := range entries(&traces[i]) {
			key := recordingKey{node, entry.ContainerID}
			if there[key] {
				continue
			}
			there[key] = true
			s.recordings = append(s.recordings, located{
				Recording: &traceloopv1.Recording{
					Id: entry.ContainerID, Namespace: entry.Namespace, Pod: entry.Podname, Container: entry.Containername,
				},
				agent: agent, unreachable: err,
			})
		}
	}
}

// kubectlList is kubectl traceloop list.
type kubectlList struct {
	cluster       *cluster
	allNamespaces bool
	format        choiceValue
	whole         bool
	nodes         []string
	timeout       durationValue
}

func newKubectlList(k *cluster) *cobra.Command {
	list := &kubectlList{cluster: k, format: choiceValue{choices: []string{formatWide, formatJSON, formatYAML, formatName}, kind: "FORMAT"}}
	command := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the recordings",
		Long: "Lists the recordings of a namespace's containers on all nodes, the oldest first: of containers that run\n" +
			"and of those that are gone.\n\n" +
			"A node whose agent does not answer is named in a warning. What its Traces say of its recordings is\n" +
			"listed in the state unknown.",
		Example: "  kubectl traceloop list\n" +
			"  kubectl traceloop list -A -o wide\n" +
			"  kubectl traceloop list -o json | jq -r '.recordings[] | select(.exitCode > 0) | .id'",
		Args: cobra.NoArgs,
		RunE: k.command(func(ctx context.Context, _ []string) error { return list.run(ctx) }),
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.BoolVarP(&list.allNamespaces, "all-namespaces", "A", false, "the recordings of all namespaces")
	flags.VarP(&list.format, "output", "o", "wide, with more columns; json or yaml, as the agents' API has them, with the node; name, the IDs alone")
	flags.BoolVar(&list.whole, "no-trunc", false, "IDs and names in full")
	k.addNodes(command, &list.nodes)
	addTimeout(flags, &list.timeout, answerTime)
	complete(command, "output", list.format.choices)
	return command
}

func (l *kubectlList) run(ctx context.Context) error {
	s, err := l.cluster.look(ctx, l.nodes, time.Duration(l.timeout))
	if err != nil {
		return err
	}
	recordings := s.recordings
	if !l.allNamespaces {
		recordings = slices.DeleteFunc(recordings, func(r located) bool { return r.Namespace != l.cluster.namespace })
	}
	failure := sayFailures(s.results)
	if failure != nil && len(recordings) == 0 {
		return failure
	}
	if err := l.print(recordings); err != nil {
		return err
	}
	return failure
}

func (l *kubectlList) print(recordings []located) error {
	switch l.format.value {
	case formatJSON, formatYAML:
		text, err := locatedJSON(recordings)
		if err != nil {
			return err
		}
		if l.format.value == formatYAML {
			return writeJSONAsYAML(os.Stdout, text)
		}
		return writeJSONText(os.Stdout, text)
	case formatName:
		all := make([]*traceloopv1.Recording, len(recordings))
		for i := range recordings {
			all[i] = recordings[i].Recording
		}
		return printIDs(all...)
	}
	if len(recordings) == 0 {
		if l.allNamespaces {
			say("there are no recordings")
		} else {
			say("there are no recordings in namespace %s", l.cluster.namespace)
		}
		return nil
	}
	t := l.table(recordings, time.Now())
	if isTerminal(os.Stdout) && !l.whole {
		t.limit = 40
	}
	return t.write(os.Stdout)
}

func (l *kubectlList) table(recordings []located, now time.Time) *table {
	t := &table{header: []string{"ID", "NAMESPACE", "POD", "CONTAINER", "ATTEMPT", "STATE", "END", "AGE", "CALLS", "OVERWRITTEN", "NODE"}}
	wide := l.format.value == formatWide
	if wide {
		t.header = append(t.header, "BYTES", "FILTERED", "LOST", "TASKS", "PID", "RUNTIME", "IMAGE")
	}
	for i := range recordings {
		r := &recordings[i]
		id := r.Id
		if !l.whole {
			id = shortID(id)
		}
		attempt, calls, overwritten := number(uint64(r.Attempt)), number(r.Calls), number(r.Overwritten)
		if r.unreachable != nil {
			attempt, calls, overwritten = "unknown", "unknown", "unknown"
		}
		row := []string{id, r.Namespace, r.Pod, r.Container, attempt, r.state(), r.end(), r.age(now), calls, overwritten, r.agent.Node}
		if wide {
			row = append(row, formatBytes(r.Bytes), number(r.Filtered), number(r.Lost), number(uint64(r.Tasks)), number(uint64(r.Pid)), r.Runtime, r.Image)
		}
		t.rows = append(t.rows, row)
	}
	return t
}

// locatedJSON is what the agents' API says of recordings, each with its node.
func locatedJSON(recordings []located) ([]byte, error) {
	document := struct {
		Recordings []json.RawMessage `json:"recordings"`
	}{[]json.RawMessage{}}
	for i := range recordings {
		text, err := withNode(recordings[i].agent.Node, recordings[i].Recording)
		if err != nil {
			return nil, err
		}
		document.Recordings = append(document.Recordings, text)
	}
	text, err := json.Marshal(document)
	if err != nil {
		return nil, fmt.Errorf("encoding JSON: %w", err)
	}
	return text, nil
}

// withNode is a message as JSON, with the node before all else.
func withNode(node string, message *traceloopv1.Recording) ([]byte, error) {
	text, err := protojson.Marshal(message)
	if err != nil {
		return nil, fmt.Errorf("encoding JSON: %w", err)
	}
	name, err := json.Marshal(node)
	if err != nil {
		return nil, fmt.Errorf("encoding JSON: %w", err)
	}
	rest := strings.TrimPrefix(string(text), "{")
	if rest != "}" {
		rest = "," + rest
	}
	return []byte(`{"node":` + string(name) + rest), nil
}

// locatedTable is the recordings among which a reference does not choose.
func locatedTable(recordings []located) *table {
	now := time.Now()
	t := &table{header: []string{"ID", "NAMESPACE", "POD", "CONTAINER", "ATTEMPT", "STATE", "AGE", "NODE"}}
	for i := range recordings {
		r := &recordings[i]
		t.rows = append(t.rows, []string{r.Id, r.Namespace, r.Pod, r.Container, number(uint64(r.Attempt)), r.state(), r.age(now), r.agent.Node})
	}
	return t
}

// exactID is the ID that means this recording and never another.
func (l *located) exactID() string { return cmp.Or(l.ExactId, l.Id) }
