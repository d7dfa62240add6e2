// Package nodes finds the agents of a cluster's nodes and connects to them
// through the API server, by port-forward: who uses it needs no way to the nodes
// themselves, and no right but those that the API server looks after.
package nodes

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// How the agents' pods are known.
const (
	// Namespace is where they run unless somebody chose another.
	Namespace = "gadget"

	labelKey, labelValue = "k8s-app", "gadget"
	container            = "gadget"
	portName             = "api"
	// defaultPort is the API's if the pod does not name it.
	defaultPort = 7543
)

// Agent is the agent of one node.
type Agent struct {
	Node      string
	Namespace string
	Pod       string
	Port      int32  // of the API, in the pod
	Image     string // of its container
	Ready     bool
	Reason    string // why it is not ready
}

// Version is the version that the image's tag says; empty if it says none.
func (a *Agent) Version() string {
	image, _, _ := strings.Cut(a.Image, "@")
	// A colon before a slash is that of the registry's port.
	_, tag, _ := strings.Cut(image[strings.LastIndexByte(image, '/')+1:], ":")
	return tag
}

// Find returns the agents in a namespace, one for each node that has one, sorted
// by the nodes' names. The error is the API server's.
func Find(ctx context.Context, reader client.Reader, namespace string) ([]Agent, error) {
	var pods corev1.PodList
	if err := reader.List(ctx, &pods, client.InNamespace(namespace), client.MatchingLabels{labelKey: labelValue}); err != nil {
		return nil, fmt.Errorf("looking for agents in namespace %s: %w", namespace, err)
	}
	best := make(map[string]Agent)
	for i := range pods.Items {
		pod := &pods.Items[i]
		if pod.Spec.NodeName == "" {
			continue // it waits for a node
		}
		agent := describe(pod)
		// While an agent is replaced, its node may have two.
		if there, ok := best[agent.Node]; !ok || agent.Ready && !there.Ready {
			best[agent.Node] = agent
		}
	}
	agents := make([]Agent, 0, len(best))
	for _, agent := range best {
		agents = append(agents, agent)
	}
	slices.SortFunc(agents, func(a, b Agent) int { return cmp.Compare(a.Node, b.Node) })
	return agents, nil
}

func describe(pod *corev1.Pod) Agent {
	agent := Agent{Node: pod.Spec.NodeName, Namespace: pod.Namespace, Pod: pod.Name, Port: defaultPort}
	for i := range pod.Spec.Containers {
		c := &pod.Spec.Containers[i]
		if c.Name != container {
			continue
		}
		agent.Image = c.Image
		for _, port := range c.Ports {
			if port.Name == portName {
				agent.Port = port.ContainerPort
			}
		}
	}
	agent.Reason = unready(pod)
	agent.Ready = agent.Reason == ""
	return agent
}

// unready is why a pod is not ready; empty: it is.
func unready(pod *corev1.Pod) string {
	if pod.DeletionTimestamp != nil {
		return "it is being deleted"
	}
	for i := range pod.Status.ContainerStatuses {
		status := &pod.Status.ContainerStatuses[i]
		if waiting := status.State.Waiting; status.Name == container && waiting != nil {
			return "its container waits: " + join(waiting.Reason, waiting.Message)
		}
	}
	if pod.Status.Phase != corev1.PodRunning {
		return join("it is "+strings.ToLower(string(pod.Status.Phase)), pod.Status.Message)
	}
	for i := range pod.Status.Conditions {
		condition := &pod.Status.Conditions[i]
		if condition.Type != corev1.PodReady {
			continue
		}
		if condition.Status == corev1.ConditionTrue {
			return ""
		}
		return cmp.Or(join(condition.Reason, condition.Message), "its probe fails")
	}
	return "it is not known to be ready"
}

func join(reason, message string) string {
	if reason == "" || message == "" {
		return reason + message
	}
	return reason + ": " + message
}
