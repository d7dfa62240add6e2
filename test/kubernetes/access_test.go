//go:build cluster

package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// visitor is the user of [cluster.Cluster.VisitorKubeconfig], who may do nothing.
const visitor = "visitor"

// TestVisitor shows that somebody without rights is told which, and that the
// chart's roles have them all.
func TestVisitor(t *testing.T) {
	agent(t)
	of := namespace(t)
	id := begin(t, "--namespace", of)
	pod := finish(t, newPod("done", "cat", "/of-nobody"))
	r := recordingOf(t, of, pod.Name, pod.Name, hasEnded)
	as := func(arguments ...string) (string, string, error) {
		return pluginSays(t, append(arguments, "--kubeconfig", shared.VisitorKubeconfig())...)
	}

	pods := []string{"no permission", `"` + visitor + `" cannot list resource "pods"`, `in the namespace "gadget"`, "the Role traceloop-user of the agents' namespace has this right"}
	traces := []string{"no permission", `"` + visitor + `" cannot list resource "traces"`, `in the namespace "gadget"`, "the ClusterRole traceloop-user has this right"}
	for _, test := range []struct {
		arguments []string
		want      []string
	}{
		{[]string{"list"}, pods}, {[]string{"show", r.ID}, pods}, {[]string{"save", r.ID, "--output", t.TempDir() + "/file"}, pods},
		{[]string{"delete", r.ID}, pods}, {[]string{"start"}, pods}, {[]string{"status"}, pods}, {[]string{"stop", id}, traces},
	} {
		stdout, message, err := as(test.arguments...)
		wantFailure(t, err, message, 1, test.want...)
		if stdout != "" || strings.Count(message, "\n") != 1 {
			t.Errorf("%q prints %q and says %q, want one line", test.arguments, stdout, message)
		}
	}
	if stdout, _, _ := as("__complete", "show", ""); strings.Contains(stdout, r.ID[:12]) {
		t.Errorf("completion tells %q", stdout)
	}

	// To see the agents is not to reach them.
	seeing := &rbacv1.Role{
		ObjectMeta: metav1.ObjectMeta{Namespace: agentNamespace, Name: of},
		Rules:      []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"get", "list"}}},
	}
	create(t, seeing)
	t.Cleanup(func() { must(t, objects.Delete(context.Background(), seeing)) })
	seen := bind(t, of+"-sees", "Role", of)
	eventually(t, "the refusal of the connection", func() error {
		_, message, err := as("list", "--all-namespaces")
		for _, text := range []string{"no permission", "pods/portforward", "the Role traceloop-user of the agents' namespace has this right"} {
			if err == nil || !strings.Contains(message, text) {
				return fmt.Errorf("it says %q, want %q", message, text)
			}
		}
		return nil
	})
	remove(t, seen)

	bind(t, of+"-role", "Role", "traceloop-user")
	bind(t, of+"-cluster-role", "ClusterRole", "traceloop-user")
	eventually(t, "the rights of the chart's roles", func() error {
		stdout, message, err := as("list", "--namespace", of)
		if err != nil || message != "" || !strings.Contains(stdout, r.ID[:12]) {
			return fmt.Errorf("%w: %q, %q", err, stdout, message)
		}
		return nil
	})
	stdout, message, err := as("show", r.ID)
	must(t, err)
	wantLines(t, stdout, missing("/of-nobody"))
	if message != "" {
		t.Errorf("show says %q", message)
	}
	stdout, message, err = as("status")
	must(t, err)
	// The nodes are no namespace's.
	if !strings.Contains(stdout, "node1") || !strings.Contains(message, `cannot list resource "nodes"`) {
		t.Errorf("status prints %q and says %q", stdout, message)
	}
	stdout, message, err = as("start", "--namespace", of, "--trace", "read")
	must(t, err)
	_, own, _ := strings.Cut(strings.SplitN(stdout, "\n", 2)[0], ", ID ")
	if own == "" || own == id || message != "" {
		t.Fatalf("start prints %q and says %q", stdout, message)
	}
	if stdout, message, err = as("delete", r.ID); err != nil || stdout != r.ID+"\n" || message != "" {
		t.Errorf("delete prints %q and says %q: %v", stdout, message, err)
	}
	if stdout, message, err = as("stop", own); err != nil || stdout != "stopped on 1 node\n" || message != "" {
		t.Errorf("stop prints %q and says %q: %v", stdout, message, err)
	}
}

// bind gives the visitor a role in the agents' namespace, until the test ends.
func bind(t *testing.T, name, kind, role string) *rbacv1.RoleBinding {
	t.Helper()
	binding := create(t, &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: agentNamespace, Name: name},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.UserKind, APIGroup: rbacv1.GroupName, Name: visitor}},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: kind, Name: role},
	})
	t.Cleanup(func() { must(t, client.IgnoreNotFound(objects.Delete(context.Background(), binding))) })
	return binding
}

// TestTwoNodes shows that nodes of one kernel each have their own, and that one
// that does not answer is no reason to say nothing of the other.
func TestTwoNodes(t *testing.T) {
	const second = "second-node"
	agent(t)
	t.Cleanup(func() { forget(t, second) })
	addNode(t, second)
	agentReady(t)
	of := namespace(t)
	if text := plugin(t, "status"); !regexp.MustCompile(`(?m)^node1 (.*\n)*` + second + ` `).MatchString(text) {
		t.Errorf("status:\n%s", text)
	}
	begin(t, "--namespace", of)
	pods := make(map[string]*corev1.Pod) // by their nodes
	for node, name := range map[string]string{"node1": "here", second: "there"} {
		pod := newPod(name, "sh", "-c", "cat /of-"+name+"; exec sleep 1000")
		pod.Spec.NodeName = node
		pods[node] = run(t, pod)
		recordingOf(t, of, name, name, running)
	}
	all := listed(t, "--namespace", of)
	if len(all) != len(pods) {
		t.Errorf("want two recordings: %+v", all)
	}
	for _, r := range all {
		if pod := pods[r.Node]; pod == nil || r.Pod != pod.Name || r.ID != containerID(pod, pod.Name) {
			t.Errorf("on node %s is %+v", r.Node, r)
		}
	}
	for node, pod := range pods {
		// Each agent has its own node's containers alone, whatever their namespace.
		for _, r := range listed(t, "--all-namespaces", "--node", node) {
			if r.Node != node || r.Pod != pod.Name || r.Namespace != of {
				t.Errorf("the agent of node %s has %+v", node, r)
			}
		}
		eventually(t, "what pod "+pod.Name+" calls", func() error {
			text := plugin(t, "show", "--namespace", of, pod.Name)
			if !strings.Contains(text, missing("/of-"+pod.Name)) {
				return errors.New(text)
			}
			return nil
		})
	}

	testSilentNode(t, pods, second)
	agentReady(t)
	eventually(t, "both answer again", func() error {
		all, message, err := pluginSays(t, "list", "--namespace", of)
		if err != nil || message != "" || strings.Count(all, " recording ") != 2 {
			return fmt.Errorf("%w: %s%s", err, all, message)
		}
		return nil
	})
}

// testSilentNode stops a node's agent for a while.
func testSilentNode(t *testing.T, pods map[string]*corev1.Pod, silent string) {
	process := agentProcess(t, silent)
	must(t, syscall.Kill(process, syscall.SIGSTOP))
	// The kubelet may have killed it by then.
	defer func() { _ = syscall.Kill(process, syscall.SIGCONT) }()
	of, there := pods[silent].Namespace, pods[silent].Name

	text, message, err := pluginSays(t, "list", "--namespace", of, "--output", "json", "--timeout", "2s")
	must(t, err)
	if strings.Count(message, "\n") != 1 || !strings.HasPrefix(message, "traceloop: node "+silent+": ") {
		t.Errorf("list says %q, want one line that names the node", message)
	}
	all := decodeRecorded(t, text)
	if len(all) != len(pods) {
		t.Errorf("want two recordings: %+v", all)
	}
	for _, r := range all {
		want := stateRecording
		if r.Node == silent {
			want = stateUnknown
		}
		pod := pods[r.Node]
		if pod == nil || r.Pod != pod.Name || r.ID != containerID(pod, pod.Name) || r.State != want {
			t.Errorf("%+v, want it to be %s", r, want)
		}
	}
	text, _, err = pluginSays(t, "list", "--namespace", of, "--timeout", "2s")
	must(t, err)
	if !regexp.MustCompile(`(?m) ` + there + ` +` + there + ` +unknown +unknown .* ` + silent + `$`).MatchString(text) {
		t.Errorf("the recording of the node that does not answer is not listed:\n%s", text)
	}
	text, message, err = pluginSays(t, "show", "--namespace", of, "here", "--timeout", "2s")
	must(t, err)
	wantLines(t, text, missing("/of-here"))
	if !strings.HasPrefix(message, "traceloop: node "+silent+": ") {
		t.Errorf("show says %q, want it to name the node", message)
	}
	_, message, err = pluginSays(t, "show", "--namespace", of, there, "--timeout", "2s")
	wantFailure(t, err, message, 1, "cannot be read", silent)
	text, message, err = pluginSays(t, "status", "--timeout", "2s")
	must(t, err)
	if !strings.HasPrefix(message, "traceloop: node "+silent+": ") || !strings.Contains(text, "node1") {
		t.Errorf("status prints\n%s\nand says %q", text, message)
	}
	_, message, err = pluginSays(t, "list", "--namespace", of, "--node", silent, "--output", "json", "--timeout", "2s")
	wantFailure(t, err, message, 1, silent, "no agent answers")
}

// forget removes what the API server still has of the agent of a node that is gone.
func forget(t *testing.T, node string) {
	t.Helper()
	pods := &corev1.PodList{}
	must(t, objects.List(context.Background(), pods, client.InNamespace(agentNamespace)))
	for _, pod := range slices.DeleteFunc(pods.Items, func(pod corev1.Pod) bool { return pod.Spec.NodeName != node }) {
		must(t, client.IgnoreNotFound(objects.Delete(context.Background(), &pod, &client.DeleteOptions{GracePeriodSeconds: ptr.To[int64](0)})))
	}
}
