//go:build cluster

package kubernetes

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"traceloop/api/gadget/v1alpha1"
)

// oldClient does what the kubectl plugin of Inspektor Gadget v0.28 does, step by
// step. What that would tell its user is an error.
type oldClient struct {
	t *testing.T
}

// oldRow is what its list has of a container.
type oldRow struct {
	node  string
	trace client.ObjectKey
	v1alpha1.Entry
}

// oldTag is where it reads an agent's version from.
var oldTag = regexp.MustCompile(`^[^ ]+:v[0-9]+\.[0-9]+\.[0-9]+$`)

// nodes are those that have an agent.
func (c oldClient) nodes() ([]string, error) {
	pods := &corev1.PodList{}
	if err := objects.List(c.t.Context(), pods, client.InNamespace("gadget"), client.MatchingLabels{"k8s-app": "gadget"}); err != nil {
		return nil, err
	}
	var nodes []string
	for _, pod := range pods.Items {
		image := ""
		for _, container := range pod.Spec.Containers {
			if container.Name == "gadget" {
				image = container.Image
			}
		}
		ready := slices.ContainsFunc(pod.Status.Conditions, func(condition corev1.PodCondition) bool {
			return condition.Type == corev1.PodReady && condition.Status == corev1.ConditionTrue
		})
		if !oldTag.MatchString(image) || !ready || slices.Contains(nodes, pod.Spec.NodeName) {
			return nil, fmt.Errorf("the agent's pod %s on %s, ready: %v, is the second there or has no version: %q", pod.Name, pod.Spec.NodeName, ready, image)
		}
		nodes = append(nodes, pod.Spec.NodeName)
	}
	slices.Sort(nodes)
	return nodes, nil
}

// traces are those with labels, KEY=VALUE, in all namespaces.
func (c oldClient) traces(labels map[string]string) ([]v1alpha1.Trace, error) {
	list := &v1alpha1.TraceList{}
	err := objects.List(c.t.Context(), list, client.MatchingLabels(labels))
	return list.Items, err
}

// create creates a Trace of an operation.
func (c oldClient) create(node, id, operation, kind string, mode v1alpha1.OutputMode, parameters map[string]string, filter *v1alpha1.ContainerFilter) (*v1alpha1.Trace, error) {
	trace := newTrace("", node, operation, mode)
	trace.GenerateName, trace.Namespace = "traceloop-", "gadget"
	trace.Labels = map[string]string{"global-trace-id": id, "gadgetName": "traceloop", "type": kind}
	trace.Spec.Parameters, trace.Spec.Filter = parameters, filter
	return trace, objects.Create(c.t.Context(), trace)
}

// wait waits until all Traces of an ID are in a state.
func (c oldClient) wait(id string, count int, state v1alpha1.State) {
	c.t.Helper()
	eventually(c.t, fmt.Sprintf("%d Traces are %s", count, state), func() error {
		all, err := c.traces(map[string]string{"global-trace-id": id})
		if err != nil {
			return err
		}
		if len(all) != count {
			return fmt.Errorf("there are %d", len(all))
		}
		for _, trace := range all {
			if trace.Status.OperationError != "" || trace.Status.OperationWarning != "" || trace.Status.State != state {
				return fmt.Errorf("%s is %+v", trace.Name, trace.Status)
			}
		}
		return nil
	})
}

// start begins to record on all nodes, and returns the ID of it.
func (c oldClient) start(filter *v1alpha1.ContainerFilter) (string, error) {
	c.t.Helper()
	there, err := c.traces(map[string]string{"gadgetName": "traceloop"})
	if err != nil {
		return "", err
	}
	if len(there) > 0 {
		return "", errors.New("traceloop already running")
	}
	nodes, err := c.nodes()
	if err != nil {
		return "", err
	}
	id := rand.Text()[:16]
	for _, node := range nodes {
		if _, err := c.create(node, id, "start", "global", v1alpha1.OutputModeStatus, map[string]string{"syscall-filters": ""}, filter); err != nil {
			return "", err
		}
	}
	c.wait(id, len(nodes), v1alpha1.StateStarted)
	return id, nil
}

// list is what is recorded on all nodes.
func (c oldClient) list() ([]oldRow, error) {
	there, err := c.traces(map[string]string{"gadgetName": "traceloop", "type": "global"})
	if err != nil {
		return nil, err
	}
	var rows []oldRow
	for _, trace := range there {
		entries, err := entriesOf(&trace)
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			rows = append(rows, oldRow{trace.Spec.Node, client.ObjectKeyFromObject(&trace), entry})
		}
	}
	return rows, nil
}

// find finds a container by the beginning of its ID.
func (c oldClient) find(prefix string) (oldRow, error) {
	rows, err := c.list()
	if err != nil {
		return oldRow{}, err
	}
	for _, row := range rows {
		if strings.HasPrefix(row.ContainerID, prefix) {
			return row, nil
		}
	}
	return oldRow{}, fmt.Errorf("no container has an ID that begins with %s", prefix)
}

// ask runs an operation on a container's recording; done is called before its
// Trace is deleted.
func (c oldClient) ask(prefix, operation string, mode v1alpha1.OutputMode, done func(*v1alpha1.Trace)) error {
	c.t.Helper()
	row, err := c.find(prefix)
	if err != nil {
		return err
	}
	id := rand.Text()[:16]
	trace, err := c.create(row.node, id, operation, "collecting", mode, map[string]string{
		"name": row.trace.Namespace + "/" + row.trace.Name, "containerID": row.ContainerID,
	}, nil)
	if err != nil {
		return err
	}
	c.wait(id, 1, v1alpha1.StateCompleted)
	if done != nil {
		done(trace)
	}
	return objects.Delete(c.t.Context(), trace)
}

// show is what a container did.
func (c oldClient) show(prefix string) ([]oldEvent, error) {
	c.t.Helper()
	var events []oldEvent
	var stream *oldStream
	err := c.ask(prefix, "collect", v1alpha1.OutputModeStream, func(trace *v1alpha1.Trace) {
		stream = readOld(c.t, trace)
		events = stream.next(c.t)
	})
	if err == nil {
		stream.end(c.t)
	}
	return events, err
}

// delete deletes what a container did.
func (c oldClient) delete(prefix string) error {
	c.t.Helper()
	return c.ask(prefix, "delete", v1alpha1.OutputModeStatus, nil)
}

// stop ends all recordings.
func (c oldClient) stop() error {
	c.t.Helper()
	global := map[string]string{"gadgetName": "traceloop", "type": "global"}
	var there []v1alpha1.Trace
	eventually(c.t, "no operation is waiting", func() (err error) {
		there, err = c.traces(global)
		for _, trace := range there {
			if waiting, found := trace.Annotations[v1alpha1.OperationAnnotation]; found {
				return fmt.Errorf("%s of %s", waiting, trace.Name)
			}
		}
		return err
	})
	if len(there) == 0 {
		return errors.New("traceloop is not running")
	}
	for i := range there {
		before := there[i].DeepCopy()
		there[i].Annotations = map[string]string{v1alpha1.OperationAnnotation: "stop"}
		if err := objects.Patch(c.t.Context(), &there[i], client.MergeFrom(before)); err != nil {
			return err
		}
	}
	for i := range there {
		if err := objects.Delete(c.t.Context(), &there[i]); err != nil {
			return err
		}
	}
	return nil
}

// TestContractOldClient: a client of the old implementation does all that it can, on
// two nodes. Not parallel: it has all Traces with its labels.
func TestContractOldClient(t *testing.T) {
	agent(t)
	addNode(t, "node2")
	agentReady(t)
	c := oldClient{t}
	t.Cleanup(func() { // of what failed
		var left v1alpha1.TraceList
		must(t, objects.List(context.Background(), &left, client.MatchingLabels{"gadgetName": "traceloop"}))
		for i := range left.Items {
			must(t, client.IgnoreNotFound(objects.Delete(context.Background(), &left.Items[i])))
		}
	})
	if nodes, err := c.nodes(); err != nil || !slices.Equal(nodes, []string{"node1", "node2"}) {
		t.Fatalf("it finds agents on %q: %v", nodes, err)
	}
	ns := namespace(t)
	id, err := c.start(&v1alpha1.ContainerFilter{Namespace: ns + ",nobodys"})
	must(t, err)
	if _, err := c.start(nil); err == nil {
		t.Error("it starts a second time")
	}
	if there, err := c.traces(map[string]string{"global-trace-id": id}); err != nil || len(there) != 2 || there[0].Spec.Node == there[1].Spec.Node {
		t.Errorf("it has the Traces %v: %v", there, err)
	}

	pods := make(map[string]*corev1.Pod)
	for _, node := range []string{"node1", "node2"} {
		pod := newPod("on-"+node, "sh", "-c", "cat /test/"+node+`; echo "6*7" | bc`)
		pod.Spec.NodeName = node
		pods[node] = finish(t, pod)
	}
	want := func(nodes ...string) {
		t.Helper()
		eventually(t, fmt.Sprintf("it lists the containers of %q", nodes), func() error {
			rows, err := c.list()
			if err != nil {
				return err
			}
			var got []string
			for _, row := range rows {
				pod := pods[row.node]
				if pod == nil || row.Namespace != ns || row.Podname != pod.Name || row.Containername != pod.Name || row.ContainerID != containerID(pod, pod.Name) {
					return fmt.Errorf("there is %+v", row)
				}
				got = append(got, row.node)
			}
			if slices.Sort(got); !slices.Equal(got, nodes) {
				return fmt.Errorf("it lists those of %q", got)
			}
			return nil
		})
	}
	want("node1", "node2")
	for node, pod := range pods {
		events, err := c.show(containerID(pod, pod.Name)[:12])
		must(t, err)
		if names := looked(events, "/test/"); !slices.Equal(names, []string{node}) {
			t.Errorf("on %s the pod has looked for %q", node, names)
		}
		bc := find(events, func(e *oldEvent) bool { return e.Syscall == "write" && e.Comm == "bc" })
		if bc == nil || bc.content("buf") != `"42\n"` || bc.Kubernetes != (oldKubernetes{node, ns, pod.Name, pod.Name}) {
			t.Errorf("bc has written %+v on %s", bc, node)
		}
	}
	must(t, c.delete(containerID(pods["node1"], pods["node1"].Name)[:10]))
	want("node2")
	if _, err := c.show(containerID(pods["node1"], pods["node1"].Name)); err == nil {
		t.Error("it shows what was deleted")
	}

	must(t, c.stop())
	eventually(t, "all its Traces are gone", func() error {
		there, err := c.traces(map[string]string{"gadgetName": "traceloop"})
		if err == nil && len(there) > 0 {
			err = fmt.Errorf("there are %d", len(there))
		}
		return err
	})
	records(t)
	if err := c.stop(); err == nil {
		t.Error("it stops what is not running")
	}
	// It can begin anew.
	_, err = c.start(&v1alpha1.ContainerFilter{Namespace: ns})
	must(t, err)
	must(t, c.stop())
}
