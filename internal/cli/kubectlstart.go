package cli

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	gadget "traceloop/api/gadget/v1alpha1"
	"traceloop/internal/nodes"
	"traceloop/syscalls"
)

// operationTime is how long a node has for an operation of a Trace.
const operationTime = 30 * time.Second

// kubectlStart is kubectl traceloop start.
type kubectlStart struct {
	cluster       *cluster
	allNamespaces bool
	pod           string
	container     string
	labels        labelsValue
	calls         callsValue
	nodes         []string
	timeout       durationValue
}

func newKubectlStart(k *cluster) *cobra.Command {
	start := &kubectlStart{cluster: k}
	command := &cobra.Command{
		Use:   "start",
		Short: "Begin to record containers",
		Long: "Begins to record the containers that are chosen, on all nodes: those that run now, and each that starts\n" +
			"later from its first system call. Without -A these are the containers of one namespace, that of the\n" +
			"context or of -n. Several may be started, each with its own choice; stop ends them.\n\n" +
			"A node whose agent does not answer is named in a warning.",
		Example: "  kubectl traceloop start\n" +
			"  kubectl traceloop start -n shop -l app=web -e %file,%network\n" +
			"  kubectl traceloop start -A --node worker-1",
		Args: cobra.NoArgs,
		RunE: k.command(func(ctx context.Context, _ []string) error { return start.run(ctx) }),
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.BoolVarP(&start.allNamespaces, "all-namespaces", "A", false, "the containers of all namespaces")
	flags.StringVarP(&start.pod, "pod", "p", "", "only this pod's, by its `NAME`")
	flags.StringVarP(&start.container, "container", "c", "", "only containers of this `NAME`")
	flags.VarP(&start.labels, "selector", "l", "only those of pods that have these labels: KEY=VALUE, several with commas between them")
	flags.VarP(&start.calls, "trace", "e", "only the system calls of a set, in strace's syntax: names and sets (%file, %network, %process, %desc,\n"+
		"%memory, %signal) with commas between them, /REGEX, ! before all of it negates")
	flags.Var(&start.calls, "syscall-filters", "another name of --trace")
	flags.Lookup("syscall-filters").Hidden = true
	k.addNodes(command, &start.nodes)
	addTimeout(flags, &start.timeout, operationTime)
	k.completeFlag(command, "pod", k.completePods)
	k.completeFlag(command, "container", k.completeContainers)
	complete(command, "trace", append(syscalls.Names(), "%file", "%network", "%process", "%desc", "%memory", "%signal"))
	return command
}

// labelsValue is a selector of labels by equality alone, which is what a Trace
// can say.
type labelsValue map[string]string

func (l *labelsValue) Set(text string) error {
	labels := make(map[string]string)
	for item := range strings.SplitSeq(text, ",") {
		key, value, found := strings.Cut(item, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(strings.TrimPrefix(value, "="))
		if !found || strings.HasSuffix(key, "!") || len(validation.IsQualifiedName(key)) > 0 || len(validation.IsValidLabelValue(value)) > 0 {
			return fmt.Errorf("%q: want KEY=VALUE, several with commas between them; a Trace knows no other selectors", strings.TrimSpace(item))
		}
		if other, there := labels[key]; there && other != value {
			return fmt.Errorf("no pod has %s=%s and %s=%s: want one value", key, other, key, value)
		}
		labels[key] = value
	}
	*l = labels
	return nil
}

func (l *labelsValue) String() string { return "" }
func (l *labelsValue) Type() string   { return "SELECTOR" }

// callsValue is a choice of system calls, checked here and sent as it was given.
type callsValue string

func (c *callsValue) Set(text string) error {
	if _, err := syscalls.ParseFilter(text); err != nil {
		return err
	}
	*c = callsValue(text)
	return nil
}

func (c *callsValue) String() string { return string(*c) }
func (c *callsValue) Type() string   { return "SET" }

var errAllNamespaces = errors.New("-A means all namespaces, -n one of them: want one or the other")

// spec is what the flags ask of a node.
func (s *kubectlStart) spec(node string) gadget.TraceSpec {
	spec := gadget.TraceSpec{
		Node: node, Gadget: gadget.GadgetName, RunMode: gadget.RunModeManual, OutputMode: gadget.OutputModeStatus,
		Filter: &gadget.ContainerFilter{Podname: s.pod, ContainerName: s.container, Labels: s.labels},
	}
	if !s.allNamespaces {
		spec.Filter.Namespace = s.cluster.namespace
	}
	if s.calls != "" {
		spec.Parameters = map[string]string{gadget.ParameterSyscallFilters: string(s.calls)}
	}
	if reflect.DeepEqual(spec.Filter, &gadget.ContainerFilter{}) {
		spec.Filter = nil
	}
	return spec
}

// String says what is recorded.
func (s *kubectlStart) String() string {
	var text strings.Builder
	text.WriteString("containers")
	if s.container != "" {
		fmt.Fprintf(&text, " %s", s.container)
	}
	if s.pod != "" {
		fmt.Fprintf(&text, " of pod %s", s.pod)
	}
	if s.allNamespaces {
		text.WriteString(" in all namespaces")
	} else {
		fmt.Fprintf(&text, " in namespace %s", s.cluster.namespace)
	}
	if len(s.labels) > 0 {
		text.WriteString(" with labels " + metav1.FormatLabelSelector(&metav1.LabelSelector{MatchLabels: s.labels}))
	}
	if s.calls != "" {
		fmt.Fprintf(&text, ", system calls %s", s.calls)
	}
	return text.String()
}

// started is what came of a start on one node.
type started struct {
	node  string
	trace string // its name
	state string
}

func (s *kubectlStart) run(ctx context.Context) error {
	k := s.cluster
	if s.allNamespaces && *k.options.Namespace != "" {
		return usage(errAllNamespaces)
	}
	agents, err := k.findAgents(ctx, s.nodes)
	if err != nil {
		return err
	}
	if len(agents) == 0 {
		return k.errNoAgents()
	}
	there, err := k.listTraces(ctx)
	if err != nil {
		return err
	}
	id, err := s.chooseID(there, agents)
	if err != nil {
		return err
	}
	var rows []started
	created := make(map[string]*gadget.Trace)
	for _, agent := range agents {
		spec := s.spec(agent.Node)
		if same := findSame(there, &spec); same != nil {
			rows = append(rows, started{agent.Node, same.Name, "recording already, for " + formatAge(time.Since(same.CreationTimestamp.Time))})
			continue
		}
		if !agent.Ready {
			say("%v: nothing is recorded there", &nodes.Error{Agent: agent, Err: fmt.Errorf("%w: %s", nodes.ErrNotReady, agent.Reason)})
			continue
		}
		trace := &gadget.Trace{
			ObjectMeta: metav1.ObjectMeta{
				GenerateName: "traceloop-",
				Namespace:    k.gadgetNamespace,
				Labels: map[string]string{
					gadget.LabelGlobalTraceID: id, gadget.LabelGadgetName: gadget.GadgetName, gadget.LabelType: gadget.TypeGlobal,
				},
				Annotations: map[string]string{gadget.OperationAnnotation: gadget.OperationStart},
			},
			Spec: spec,
		}
		if err := k.api.Create(ctx, trace); err != nil {
			err = fmt.Errorf("creating a Trace in namespace %s for node %s: %w", k.gadgetNamespace, agent.Node, explainCluster(err))
			return errors.Join(err, s.withdraw(created))
		}
		created[trace.Name] = trace
	}
	results, err := s.awaitStarted(ctx, created)
	if err != nil {
		return errors.Join(err, s.withdraw(created))
	}
	rows = append(rows, results...)
	if len(rows) == 0 {
		return errors.Join(fmt.Errorf("nothing is recorded: no node has begun to record %s", s), s.withdraw(created))
	}
	return s.print(rows, id)
}

// findSame finds a Trace that does already what another would do.
func findSame(traces []gadget.Trace, spec *gadget.TraceSpec) *gadget.Trace {
	for i := range traces {
		trace := &traces[i]
		if trace.DeletionTimestamp == nil && trace.Status.State == gadget.StateStarted && !isPending(trace) && reflect.DeepEqual(trace.Spec, *spec) {
			return trace
		}
	}
	return nil
}

// chooseID chooses the ID that the Traces of one start have on all nodes. Where
// some nodes record this already, the others join them.
func (s *kubectlStart) chooseID(there []gadget.Trace, agents []nodes.Agent) (string, error) {
	for _, agent := range agents {
		spec := s.spec(agent.Node)
		if same := findSame(there, &spec); same != nil {
			return same.Labels[gadget.LabelGlobalTraceID], nil
		}
	}
	var id [8]byte
	if _, err := rand.Read(id[:]); err != nil {
		return "", fmt.Errorf("making an ID: %w", err)
	}
	return hex.EncodeToString(id[:]), nil
}

// awaitStarted waits until each Trace has been started or has failed, and
// returns those that record. Of the others it says why they do not.
func (s *kubectlStart) awaitStarted(ctx context.Context, created map[string]*gadget.Trace) ([]started, error) {
	if len(created) == 0 {
		return nil, nil
	}
	waiting, cancel := context.WithTimeout(ctx, time.Duration(s.timeout))
	defer cancel()
	settled := func(trace *gadget.Trace) bool {
		return trace == nil || !isPending(trace) && (trace.Status.State != "" || trace.Status.OperationError != "")
	}
	traces, err := s.cluster.await(waiting, func(traces map[string]*gadget.Trace) bool {
		for name := range created {
			if !settled(traces[name]) {
				return false
			}
		}
		return true
	})
	if err != nil && (!isTimeout(err) || ctx.Err() != nil) {
		return nil, fmt.Errorf("waiting for the agents: %w", err)
	}
	var rows []started
	var late []string
	for _, name := range sortedByNode(created) {
		node := created[name].Spec.Node
		switch trace := traces[name]; {
		case trace == nil:
			say("node %s: the Trace %s was deleted by somebody else", node, name)
		case !settled(trace):
			late = append(late, name)
		case trace.Status.State == gadget.StateStarted:
			rows = append(rows, started{node, name, string(trace.Status.State)})
			if warning := trace.Status.OperationWarning; warning != "" {
				say("node %s: %s", node, warning)
			}
		default:
			say("node %s: %s", node, cmp.Or(trace.Status.OperationError, "the Trace is "+string(trace.Status.State)))
			// It holds nothing, and would be in the way.
			if err := s.cluster.deleteTrace(ctx, trace); err != nil {
				say("%v", err)
			}
		}
	}
	for _, name := range late {
		node := created[name].Spec.Node
		if len(rows) == 0 {
			say("node %s: its agent has not begun within %v", node, time.Duration(s.timeout))
		} else {
			say("node %s: its agent has not begun within %v; it will when it is back, unless it is stopped before", node, time.Duration(s.timeout))
		}
	}
	return rows, nil
}

// withdraw deletes the Traces of a start that came to nothing.
func (s *kubectlStart) withdraw(created map[string]*gadget.Trace) error {
	// Also when the command was interrupted.
	ctx, cancel := context.WithTimeout(context.Background(), answerTime)
	defer cancel()
	var errs []error
	for _, trace := range created {
		errs = append(errs, s.cluster.deleteTrace(ctx, trace))
	}
	return errors.Join(errs...)
}

func (s *kubectlStart) print(rows []started, id string) error {
	slices.SortStableFunc(rows, func(a, b started) int { return strings.Compare(a.node, b.node) })
	if _, err := fmt.Printf("recording %s on %s, ID %s\n", printable(s.String()), counted(uint64(len(rows)), "node"), printable(id)); err != nil {
		return fmt.Errorf("printing what was started: %w", err)
	}
	t := &table{header: []string{"NODE", "TRACE", "STATE"}}
	for _, row := range rows {
		t.rows = append(t.rows, []string{row.node, row.trace, row.state})
	}
	return t.write(os.Stdout)
}
