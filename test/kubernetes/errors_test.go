//go:build cluster

package kubernetes

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"traceloop/api/gadget/v1alpha1"
)

// rests checks that the agent leaves Traces alone while it carries out several
// operations on another.
func rests(t *testing.T, beside *v1alpha1.Trace, traces ...*v1alpha1.Trace) {
	t.Helper()
	versions := make([]string, len(traces))
	for look := range 4 {
		for i, trace := range traces {
			current := &v1alpha1.Trace{}
			must(t, objects.Get(t.Context(), client.ObjectKeyFromObject(trace), current))
			if look > 0 && current.ResourceVersion != versions[i] {
				t.Fatalf("Trace %s was version %s and is %+v", trace.Name, versions[i], current)
			}
			versions[i] = current.ResourceVersion
		}
		name := fmt.Sprintf("look-%d", look)
		operate(t, beside, name, failed(unknownOperation(name)))
	}
}

// TestContractErrors: each names what was given, is there once, leaves the state
// as it was and goes with the next operation.
func TestContractErrors(t *testing.T) {
	t.Parallel()
	agent(t)
	ns := namespace(t)
	started, empty := start(t, "started", nil), start(t, "empty", func(trace *v1alpha1.Trace) { trace.Spec.Filter.Podname = "nobody" })
	stopped := start(t, "stopped", nil)
	operate(t, stopped, v1alpha1.OperationStop, inState(v1alpha1.StateStopped))
	one, two := run(t, newPod("one", "sleep", "1000000")), run(t, newPod("two", "sleep", "1000000"))
	id := containerID(one, "one")
	entries, err := entriesOf(until(t, started, lists(*one, *two)))
	must(t, err)
	// The agent lists the oldest first, as the status does.
	valid := fmt.Sprintf(`Trace %q holds %s, %s`, ns+"/started", entries[0].ContainerID, entries[1].ContainerID)

	const status, stream = v1alpha1.OutputModeStatus, v1alpha1.OutputModeStream
	type parameters map[string]string
	cases := []struct {
		operation  string
		mode       v1alpha1.OutputMode
		parameters parameters
		want       string
	}{
		{"start", stream, nil, `the operation "start" wants outputMode "Status", and this Trace has "Stream"`},
		{"stop", stream, nil, `the operation "stop" wants outputMode "Status", and this Trace has "Stream"`},
		{"collect", status, parameters{"name": ns + "/started", "containerID": id}, `the operation "collect" wants outputMode "Stream", and this Trace has "Status"`},
		{"delete", stream, parameters{"name": ns + "/started", "containerID": id}, `the operation "delete" wants outputMode "Status", and this Trace has "Stream"`},

		{"resume", status, nil, unknownOperation("resume")},
		{"", status, nil, unknownOperation("")},
		{"Start", status, nil, unknownOperation("Start")},
		{"start\n\x1b[31m", status, nil, unknownOperation("start\n\x1b[31m")},

		{"stop", status, nil, `this Trace is not started, so it cannot be stopped: the operation "start" starts it`},

		{"start", status, parameters{"syscall-filters": "openat,opnat"}, `the parameter "syscall-filters" is "openat,opnat": `},

		{"collect", stream, parameters{"containerID": id}, `the parameter "name" is missing: want NAMESPACE/NAME of a started Trace`},
		{"collect", stream, parameters{"name": "started", "containerID": id}, `the parameter "name" is "started": want NAMESPACE/NAME of a started Trace`},
		{"collect", stream, parameters{"name": ns + "/nobody", "containerID": id}, fmt.Sprintf(`the parameter "name" is %q: no Trace of this name is started on node "node1"`, ns+"/nobody")},
		{"collect", stream, parameters{"name": "default/started", "containerID": id}, `the parameter "name" is "default/started": no Trace of this name is started on node "node1"`},
		{"collect", stream, parameters{"name": ns + "/stopped", "containerID": id}, fmt.Sprintf(`the parameter "name" is %q: no Trace of this name is started on node "node1"`, ns+"/stopped")},
		{"collect", stream, parameters{"name": ns + "/started"}, `the parameter "containerID" is missing: ` + valid},
		{"collect", stream, parameters{"name": ns + "/started", "containerID": "0123456789abcdef"}, `the parameter "containerID" is "0123456789abcdef", which the Trace does not hold: ` + valid},
		{"collect", stream, parameters{"name": ns + "/started", "containerID": id[:11]}, fmt.Sprintf(`the parameter "containerID" is %q, which the Trace does not hold: %s`, id[:11], valid)},
		{"collect", stream, parameters{"name": ns + "/empty", "containerID": id}, fmt.Sprintf(`the parameter "containerID" is %q, which the Trace does not hold: Trace %q holds no recordings`, id, ns+"/empty")},

		{"delete", status, parameters{"name": ns + "/", "containerID": id}, fmt.Sprintf(`the parameter "name" is %q: want NAMESPACE/NAME of a started Trace`, ns+"/")},
		{"delete", status, parameters{"name": ns + "/stopped", "containerID": id}, fmt.Sprintf(`the parameter "name" is %q: no Trace of this name is started on node "node1"`, ns+"/stopped")},
		{"delete", status, parameters{"name": ns + "/started", "containerID": "0123456789abcdef"}, `the parameter "containerID" is "0123456789abcdef", which the Trace does not hold: ` + valid},
	}
	var traces []*v1alpha1.Trace
	for i, c := range cases {
		trace := newTrace(fmt.Sprintf("case-%d", i), node, "", c.mode)
		trace.Spec.Parameters = c.parameters
		traces = append(traces, keep(t, trace))
		annotate(t, trace, v1alpha1.OperationAnnotation+"="+c.operation)
		current := until(t, trace, func(trace *v1alpha1.Trace) error {
			if _, waiting := trace.Annotations[v1alpha1.OperationAnnotation]; waiting || trace.Status.OperationError == "" {
				return errors.New("want an error")
			}
			return nil
		})
		s := current.Status
		if s.State != "" || s.Output != "" || s.OperationWarning != "" || !strings.HasPrefix(s.OperationError, c.want) ||
			c.operation != "start" && s.OperationError != c.want || strings.HasSuffix(s.OperationError, ": ") {
			t.Errorf("%s of %s with %v: the status is %+v, want the error %s", c.operation, c.mode, c.parameters, s, c.want)
		}
		if names := c.parameters["syscall-filters"]; strings.Contains(names, "opnat") && !strings.Contains(strings.TrimPrefix(s.OperationError, c.want), "opnat") {
			t.Errorf("the error does not say which name is wrong: %s", s.OperationError)
		}
	}
	rests(t, stopped, traces...)

	// A started Trace keeps its state and its recordings, and the next operation
	// takes the error away.
	operate(t, started, v1alpha1.OperationCollect, all(failed(`the operation "collect" wants outputMode "Stream", and this Trace has "Status"`), lists(*one, *two)))
	current := operate(t, started, v1alpha1.OperationStart, inState(v1alpha1.StateStarted))
	must(t, lists(*one, *two)(current))
	operate(t, empty, v1alpha1.OperationStop, inState(v1alpha1.StateStopped))
	current = operate(t, empty, v1alpha1.OperationStop, func(trace *v1alpha1.Trace) error {
		if trace.Status.OperationError == "" {
			return errors.New("want an error")
		}
		return nil
	})
	if current.Status.State != v1alpha1.StateStopped {
		t.Errorf("the state is %q after the second stop", current.Status.State)
	}
	records(t, "one", "two")
}

// TestContractInvalidSpecifications: the error is there without an operation too,
// stays, and the Trace is not held.
func TestContractInvalidSpecifications(t *testing.T) {
	t.Parallel()
	agent(t)
	var traces []*v1alpha1.Trace
	for name, c := range map[string]struct {
		change func(*v1alpha1.TraceSpec)
		want   string
	}{
		"gadget":    {func(s *v1alpha1.TraceSpec) { s.Gadget = "dns" }, `unknown gadget "dns": this agent has "traceloop"`},
		"no-gadget": {func(s *v1alpha1.TraceSpec) { s.Gadget = "" }, `unknown gadget "": this agent has "traceloop"`},
		"auto":      {func(s *v1alpha1.TraceSpec) { s.RunMode = v1alpha1.RunModeAuto }, `runMode "Auto" is not supported: want "Manual"`},
		"file": {func(s *v1alpha1.TraceSpec) { s.OutputMode = v1alpha1.OutputModeFile },
			`outputMode "File" is not supported: want "Status" or, to collect, "Stream"`},
		"external": {func(s *v1alpha1.TraceSpec) { s.OutputMode = v1alpha1.OutputModeExternalResource },
			`outputMode "ExternalResource" is not supported: want "Status" or, to collect, "Stream"`},
	} {
		trace := newTrace(name, node, "", v1alpha1.OutputModeStatus)
		c.change(&trace.Spec)
		create(t, trace)
		until(t, trace, failed(c.want))
		current := operate(t, trace, v1alpha1.OperationStart, failed(c.want))
		if current.Status != (v1alpha1.TraceStatus{OperationError: c.want}) || len(current.Finalizers) > 0 {
			t.Errorf("the status is %+v and the finalizers are %q", current.Status, current.Finalizers)
		}
		traces = append(traces, trace)
	}
	rests(t, prepared(t, "beside", nil), traces...)
	for _, trace := range traces {
		remove(t, trace)
	}

	// One whose specification becomes invalid while it holds something is deletable too.
	trace := start(t, "becomes", nil)
	pod := run(t, newPod("held", "sleep", "1000000"))
	until(t, trace, lists(*pod))
	kubectl(t, "patch", "--namespace", trace.Namespace, "traces.gadget.kinvolk.io", trace.Name, "--type", "merge", "--patch", `{"spec":{"runMode":"Auto"}}`)
	current := operate(t, trace, v1alpha1.OperationStop, failed(`runMode "Auto" is not supported: want "Manual"`))
	if !slices.Contains(current.Finalizers, v1alpha1.Finalizer) {
		t.Errorf("the finalizers are %q", current.Finalizers)
	}
	remove(t, trace.DeepCopy())
	records(t)

	// What the definition of the resource does not have never comes to an agent.
	wrong := newTrace("never", node, "", "Nowhere")
	wrong.Namespace = namespace(t)
	if err := objects.Create(t.Context(), wrong); err == nil || !strings.Contains(err.Error(), "spec.outputMode") {
		t.Errorf("a Trace of the outputMode %q is created: %v", wrong.Spec.OutputMode, err)
	}
}

// TestContractTracesOfOtherNodes: nobody touches a Trace whose node has no agent.
func TestContractTracesOfOtherNodes(t *testing.T) {
	t.Parallel()
	agent(t)
	var traces []*v1alpha1.Trace
	for name, of := range map[string]string{"elsewhere": "node-of-somebody", "nowhere": ""} {
		trace := create(t, newTrace(name, of, "", v1alpha1.OutputModeStatus))
		annotate(t, trace, v1alpha1.OperationAnnotation+"="+v1alpha1.OperationStart, v1alpha1.OperationArgumentPrefix+"syscall-filters=openat")
		traces = append(traces, trace)
	}
	rests(t, prepared(t, "beside", nil), traces...)
	for _, trace := range traces {
		current := &v1alpha1.Trace{}
		must(t, objects.Get(t.Context(), client.ObjectKeyFromObject(trace), current))
		if len(current.Finalizers) > 0 || current.Annotations[v1alpha1.OperationAnnotation] != v1alpha1.OperationStart ||
			current.Annotations[v1alpha1.OperationArgumentPrefix+"syscall-filters"] != "openat" || current.Status != (v1alpha1.TraceStatus{}) {
			t.Errorf("a Trace of the node %q is now %+v", trace.Spec.Node, current)
		}
		remove(t, trace)
	}
}

// TestContractAgentThatCannotLoad: every start says why, and a Trace is
// deletable. Not parallel: others use the agent.
func TestContractAgentThatCannotLoad(t *testing.T) {
	agent(t)
	back := changeAgent(t, `[{"op": "replace", "path": "/spec/template/spec/containers/0/securityContext/capabilities/add", "value": ["SYS_PTRACE"]}]`)
	trace := prepared(t, "started", nil)
	current := operate(t, trace, v1alpha1.OperationStart, func(trace *v1alpha1.Trace) error {
		if text := trace.Status.OperationError; !strings.HasPrefix(text, `nothing can be recorded on node "node1": cannot record: `) {
			return fmt.Errorf("the error is %q", text)
		}
		return nil
	})
	if current.Status.State != "" || !strings.HasSuffix(current.Status.OperationError, "missing CAP_BPF, CAP_PERFMON (root has them)") {
		t.Errorf("the status is %+v, want what is missing", current.Status)
	}
	remove(t, trace.DeepCopy())
	back()
	agentReady(t)
	start(t, "again", nil)
}
