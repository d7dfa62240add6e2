//go:build cluster

package kubernetes

import (
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// TestPods shows that all that runs in a pod is recorded where it belongs.
func TestPods(t *testing.T) {
	agent(t)
	of := namespace(t)
	begin(t, "--namespace", of)
	// The one takes a while, as the kubelet waits longer and longer.
	crashing := create(t, newCrashing("crashing"))
	greedy := newPod("greedy", "tail", "/dev/zero")
	greedy.Spec.Containers[0].Resources.Limits = corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("16Mi")}
	create(t, greedy)
	several := newPod("several", "sh", "-c", "cat /of-main; exec sleep 1000")
	several.Spec.Containers[0].Name = "main"
	several.Spec.InitContainers = []corev1.Container{
		newContainer("init", "sh", "-c", "cat /of-init; true"),
		newContainer("sidecar", "sh", "-c", "cat /of-sidecar; exec sleep 1000"),
	}
	several.Spec.InitContainers[1].RestartPolicy = ptr.To(corev1.ContainerRestartPolicyAlways)
	create(t, several)

	t.Run("several containers", func(t *testing.T) { testSeveral(t, several) })
	t.Run("out of memory", func(t *testing.T) { testOutOfMemory(t, greedy) })
	t.Run("crash loop", func(t *testing.T) { testCrashing(t, crashing) })
}

// newCrashing is a pod whose container exits with 10, then with 11, and then runs.
// Each time it looks for a file of another name.
func newCrashing(name string) *corev1.Pod {
	pod := newPod(name, "sh", "-c", `n=$(cat /state/attempt || echo 0)
		echo $((n + 1)) >/state/attempt
		cat /of-attempt-$n
		[ $n -lt 2 ] && exit $((10 + n))
		exec sleep 1000`)
	pod.Spec.RestartPolicy = corev1.RestartPolicyAlways
	pod.Spec.Volumes = []corev1.Volume{{Name: "state", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}}
	pod.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "state", MountPath: "/state"}}
	return pod
}

func testCrashing(t *testing.T, pod *corev1.Pod) {
	of, name := pod.Namespace, pod.Name
	last := recordingOf(t, of, name, name, func(r recorded) bool { return r.Attempt == 2 && running(r) })
	// It has come to its end.
	eventually(t, "the last attempt's call", func() error {
		if text := plugin(t, "show", last.ID); !strings.Contains(text, missing("/of-attempt-2")) {
			return fmt.Errorf("it is not in\n%s", text)
		}
		return nil
	})
	all := slices.DeleteFunc(listed(t, "--namespace", of), func(r recorded) bool { return r.Pod != name })
	if len(all) != 3 {
		t.Fatalf("want three recordings: %+v", all)
	}
	for attempt, r := range all {
		if r.Attempt != attempt {
			t.Errorf("attempt %d is listed as %d", attempt, r.Attempt)
		}
		if ended := attempt < 2; ended != hasEnded(r) || ended && (r.ExitCode == nil || *r.ExitCode != 10+attempt) || !ended && r.ExitCode != nil {
			t.Errorf("attempt %d ended with %v: %+v", attempt, r.ExitCode, r)
		}
		text := plugin(t, "show", r.ID)
		for other := range all {
			if other == attempt {
				wantLines(t, text, missing(fmt.Sprintf("/of-attempt-%d", other)))
			} else {
				wantNone(t, text, fmt.Sprintf("/of-attempt-%d", other))
			}
		}
	}
	for _, format := range [][]string{nil, {"--output", "wide"}} {
		text := plugin(t, append([]string{"list", "--namespace", of}, format...)...)
		for attempt, end := range []string{"exited +exit 10", "exited +exit 11", "recording +<none>"} {
			if !regexp.MustCompile(fmt.Sprintf(`(?m)^%s +%s +%s +%s +%d +%s `, all[attempt].ID[:12], of, name, name, attempt, end)).MatchString(text) {
				t.Errorf("attempt %d is not listed:\n%s", attempt, text)
			}
		}
	}
	// The name means the one that runs, --previous that before it.
	text, message, err := pluginSays(t, "show", "--namespace", of, name)
	must(t, err)
	wantLines(t, text, missing("/of-attempt-2"))
	if want := "this is attempt 2, which runs; attempt 1 ended with exit 11: --previous shows it"; !strings.Contains(message, want) {
		t.Errorf("show says %q, want %q", message, want)
	}
	text = plugin(t, "show", "--namespace", of, name, "--previous")
	wantLines(t, text, missing("/of-attempt-1"))
	text = plugin(t, "show", all[1].ID, "--previous")
	wantLines(t, text, missing("/of-attempt-0"))
	_, message, err = pluginSays(t, "show", all[0].ID, "--previous")
	wantFailure(t, err, message, 1, "has none before", "attempt 0")
}

func testSeveral(t *testing.T, pod *corev1.Pod) {
	of, name := pod.Namespace, pod.Name
	pod = phase(t, pod, corev1.PodRunning)
	pod.Spec.EphemeralContainers = []corev1.EphemeralContainer{{EphemeralContainerCommon: corev1.EphemeralContainerCommon(
		newContainer("ephemeral", "sh", "-c", "cat /of-ephemeral; exec sleep 1000"))}}
	must(t, objects.SubResource("ephemeralcontainers").Update(t.Context(), pod))
	_, err := shared.Kubectl(t.Context(), "exec", "--namespace", of, name, "--container", "main", "--", "cat", "/of-exec")
	if err == nil {
		t.Error("the file of the exec is there")
	}

	recordingOf(t, of, name, "ephemeral", running)
	calls := map[string][]string{"init": {"init"}, "sidecar": {"sidecar"}, "main": {"main", "exec"}, "ephemeral": {"ephemeral"}}
	shown := make(map[string]string)
	for container, own := range calls {
		eventually(t, "the calls of "+container, func() error {
			shown[container] = plugin(t, "show", "--namespace", of, name, "--container", container)
			for _, call := range own {
				if !strings.Contains(shown[container], missing("/of-"+call)) {
					return fmt.Errorf("that of %s is not in\n%s", call, shown[container])
				}
			}
			return nil
		})
		for _, others := range calls {
			for _, call := range others {
				if !slices.Contains(own, call) {
					wantNone(t, shown[container], `"/of-`+call+`"`)
				}
			}
		}
	}
	must(t, objects.Get(t.Context(), client.ObjectKeyFromObject(pod), pod))
	all := slices.DeleteFunc(listed(t, "--namespace", of), func(r recorded) bool { return r.Pod != name })
	if len(all) != len(calls) {
		t.Errorf("want four recordings: %+v", all)
	}
	for _, r := range all {
		if r.ID != containerID(pod, r.Container) {
			t.Errorf("the recording of %s is that of %s: %s", r.Container, containerID(pod, r.Container), r.ID)
		}
		isInit := r.Container == "init"
		if hasEnded(r) != isInit || running(r) == isInit || (r.ExitCode != nil) != isInit {
			t.Errorf("%s is %s, with exit code %v", r.Container, r.State, r.ExitCode)
		}
	}
}

func testOutOfMemory(t *testing.T, pod *corev1.Pod) {
	of, name := pod.Namespace, pod.Name
	phase(t, pod, corev1.PodFailed)
	r := recordingOf(t, of, name, name, hasEnded)
	if r.OOMKills != 1 || r.ExitSignal != 9 {
		t.Errorf("it was killed by signal %d, %d times for memory: %+v", r.ExitSignal, r.OOMKills, r)
	}
	text := plugin(t, "list", "--namespace", of)
	if !regexp.MustCompile(`(?m) ` + name + ` +` + name + ` +0 +exited +signal 9 \(out of memory\) `).MatchString(text) {
		t.Errorf("that its memory ran out is not listed:\n%s", text)
	}
	text = plugin(t, "show", "--namespace", of, name, "--tail", "20")
	if !strings.Contains(text, "+++ killed by SIGKILL") {
		t.Errorf("it was not killed:\n%s", text)
	}
}

// TestSeveralStarts shows that of what was started each part is there until it
// is stopped, in whatever order.
func TestSeveralStarts(t *testing.T) {
	agent(t)
	of := namespace(t)
	const loop = "while true; do cat /of-$0; sleep 0.05; done"
	pod := newPod("two", "sh", "-c", loop, "one")
	pod.Labels = map[string]string{"app": "two"}
	pod.Spec.Containers[0].Name = "one"
	pod.Spec.Containers = append(pod.Spec.Containers, newContainer("other", "sh", "-c", loop, "other"))
	pod = run(t, pod)
	// What each of them is to record of which containers.
	choices := [2][]string{
		{"--namespace", of, "--container", "one", "--trace", "openat"},
		{"--namespace", of, "--selector", "app=two", "--trace", "write"},
	}
	containers := [2][]string{{"one"}, {"one", "other"}}
	for _, firstStarted := range []int{0, 1} {
		for _, firstStopped := range []int{0, 1} {
			t.Run(fmt.Sprintf("start %d stop %d", firstStarted, firstStopped), func(t *testing.T) {
				var ids [2]string
				ids[firstStarted] = begin(t, choices[firstStarted]...)
				ids[1-firstStarted] = begin(t, choices[1-firstStarted]...)
				if ids[0] == ids[1] {
					t.Fatalf("both have the ID %s", ids[0])
				}
				calls := map[string][]string{"one": {"openat", "write"}, "other": {"write"}}
				for i := range ids {
					wantContainers(t, pod, ids[i], containers[i])
				}
				wantCalls(t, pod, calls)
				before := make(map[string]string)
				for _, r := range listed(t, "--namespace", of) {
					before[r.Container] = r.ExactID
				}

				// What the other has stays, and goes on.
				plugin(t, "stop", ids[firstStopped])
				left := 1 - firstStopped
				wantContainers(t, pod, ids[left], containers[left])
				all := listed(t, "--namespace", of)
				if len(all) != len(containers[left]) {
					t.Errorf("after one was stopped there are %+v, want the recordings of %v", all, containers[left])
				}
				for _, r := range all {
					if r.ExactID != before[r.Container] {
						t.Errorf("the recording of %s is another one: %s, not %s", r.Container, r.ExactID, before[r.Container])
					}
				}
				wantCalls(t, pod, [2]map[string][]string{{"one": {"openat"}}, {"one": {"write"}, "other": {"write"}}}[left])

				plugin(t, "stop", ids[left])
				if all := listed(t, "--namespace", of); len(all) > 0 {
					t.Errorf("after both were stopped: %+v", all)
				}
			})
		}
	}
}

// wantContainers waits until the Trace of an ID lists these containers of a pod,
// and no others.
func wantContainers(t *testing.T, pod *corev1.Pod, id string, containers []string) {
	t.Helper()
	eventually(t, "the containers of "+id, func() error {
		output := kubectl(t, "get", "traces.gadget.kinvolk.io", "--namespace", agentNamespace, "--selector", "global-trace-id="+id,
			"--output", "jsonpath={.items[*].status.output}")
		for _, status := range pod.Status.ContainerStatuses {
			if strings.Contains(output, containerID(pod, status.Name)) != slices.Contains(containers, status.Name) {
				return fmt.Errorf("want those of %v: %s", containers, output)
			}
		}
		return nil
	})
}

// wantCalls waits until a pod's containers have made these calls of late, and no
// others: what was called before somebody chose is not taken away.
func wantCalls(t *testing.T, pod *corev1.Pod, calls map[string][]string) {
	t.Helper()
	for container, wanted := range calls {
		eventually(t, "the calls of "+container, func() error {
			names := make(map[string]bool)
			for _, e := range events(t, "--namespace", pod.Namespace, pod.Name, "--container", container, "--since", "2s") {
				if e.Type == "syscall" {
					names[e.Syscall] = true
				}
			}
			for _, name := range []string{"openat", "write"} {
				if names[name] != slices.Contains(wanted, name) {
					return fmt.Errorf("want %v, have %v", wanted, names)
				}
			}
			return nil
		})
	}
}

// TestStopAsContainersStart shows that nothing is left of containers that start
// as their recording is stopped.
func TestStopAsContainersStart(t *testing.T) {
	agent(t)
	of := namespace(t)
	quiet(t)
	const before, after = 4, 8
	id := begin(t, "--namespace", of)
	var pods []*corev1.Pod
	var stop *exec.Cmd
	for i := range before + after {
		pods = append(pods, newPod(fmt.Sprintf("pod-%d", i), "sh", "-c", "for i in 1 2 3; do cat /of-nobody; done; true"))
		create(t, pods[i])
		if i == before {
			// Some of them have begun.
			eventually(t, "a recording", func() error {
				if len(listed(t, "--namespace", of)) == 0 {
					return errors.New("there is none")
				}
				return nil
			})
			stop = pluginCommand(t, "stop", id)
			must(t, stop.Start())
		}
	}
	must(t, stop.Wait())
	for _, pod := range pods {
		phase(t, pod, corev1.PodSucceeded)
	}
	quiet(t)
	if all := listed(t, "--all-namespaces"); len(all) > 0 {
		t.Errorf("there are recordings: %+v", all)
	}
}

// quiet waits until no agent has a recording or a ring.
func quiet(t *testing.T) {
	t.Helper()
	eventually(t, "the agents have nothing", func() error {
		for _, status := range statuses(t) {
			s := status.Status
			if s.Recordings["recording"]+s.Recordings["exited"]+s.Recordings["saved"] != 0 || s.RingsReady != 0 || s.Memory.Used != "" {
				return fmt.Errorf("node %s: %+v", status.Node, s)
			}
		}
		return nil
	})
}
