//go:build cluster

package kubernetes

import (
	"fmt"
	"strings"
	"testing"

	"traceloop/api/gadget/v1alpha1"
	"traceloop/test/cluster"
)

// metrics are the values of an agent's metrics that have no labels, by the API
// server, as Prometheus has them.
func metrics(t *testing.T, node *cluster.Node) (map[string]float64, error) {
	text, err := shared.Kubectl(t.Context(), "get", "--raw",
		fmt.Sprintf("/api/v1/namespaces/%s/pods/%s:7544/proxy/metrics", agentNamespace, agentPod(t, node.Name()).Name))
	if err != nil {
		return nil, err
	}
	values := make(map[string]float64)
	for line := range strings.Lines(text) {
		var name string
		var value float64
		if _, err := fmt.Sscan(line, &name, &value); err == nil && !strings.ContainsAny(name, "#{") {
			values[name] = value
		}
	}
	return values, nil
}

// TestPodsLeaveNothing starts and deletes pods in waves: the agent has no more
// goroutines, descriptors and rings after them than after the first.
func TestPodsLeaveNothing(t *testing.T) {
	const waves, pods = 3, 20
	// What comes and goes by itself: connections, and who serves them.
	const goroutines, descriptors = 20, 10
	agent(t)
	node := shared.Nodes()[0]
	trace := recorder(t, node.Name())
	var first map[string]float64
	for wave := range waves {
		pod := newPod(fmt.Sprintf("wave-%d", wave), "sh", "-c", "echo begun >/tmp/file; exec sleep 1000000")
		pod.Spec.NodeName = node.Name()
		end := replicas(t, pod, pods)
		awaitRunning(t, pods)
		until(t, trace, func(trace *v1alpha1.Trace) error {
			entries, err := entriesOf(trace)
			if want := (wave + 1) * pods; err == nil && len(entries) != want {
				err = fmt.Errorf("it lists %d of %d", len(entries), want)
			}
			return err
		})
		end()
		d := daemonOf(t, node)
		eventually(t, "the recordings have ended", func() error {
			recordings, err := d.recordings(t, trace.Namespace)
			if err != nil {
				return err
			}
			for _, r := range recordings {
				if r.Ended == nil {
					return fmt.Errorf("that of %s has not", r.Pod)
				}
			}
			return nil
		})
		if wave == 0 {
			var err error
			first, err = metrics(t, node)
			must(t, err)
			if first["go_goroutines"] == 0 || first["process_open_fds"] == 0 {
				t.Fatalf("the agent's metrics are %v", first)
			}
			continue
		}
		eventually(t, "goroutines and descriptors are as many as before", func() error {
			now, err := metrics(t, node)
			if err != nil {
				return err
			}
			for name, most := range map[string]float64{"go_goroutines": goroutines, "process_open_fds": descriptors} {
				if now[name] > first[name]+most {
					return fmt.Errorf("%s is %v, and was %v", name, now[name], first[name])
				}
			}
			t.Logf("after wave %d: goroutines %v (%v), descriptors %v (%v), resident %.0f MiB (%.0f)", wave, now["go_goroutines"], first["go_goroutines"],
				now["process_open_fds"], first["process_open_fds"], now["process_resident_memory_bytes"]/(1<<20), first["process_resident_memory_bytes"]/(1<<20))
			return nil
		})
	}
	remove(t, trace)
	releasesAll(t, node)
}
