// Package chart has the tests of the chart, of the plain manifests that are made
// from it, and of what scripts/lint-chart renders.
package chart

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"

	"traceloop/internal/cli"
)

var rendered = flag.String("rendered", "", "a `DIRECTORY` of more manifests to check")

const (
	plain   = "../kubernetes/traceloop.yaml"
	cleanup = "../kubernetes/cleanup.yaml"
)

// objects decodes a file of manifests: a field that is unknown, or given twice, is
// an error.
func objects(t *testing.T, file string) []runtime.Object {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, apiextensionsv1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	decoder := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []runtime.Object
	documents := utilyaml.NewDocumentDecoder(io.NopCloser(bytes.NewReader(text)))
	defer documents.Close()
	buffer := make([]byte, len(text)+1)
	for {
		n, err := documents.Read(buffer)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		var about struct {
			APIVersion string `json:"apiVersion"`
		}
		if err := yaml.Unmarshal(buffer[:n], &about); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		// A comment alone; and what is another project's.
		if about.APIVersion == "" || about.APIVersion == "monitoring.coreos.com/v1" {
			continue
		}
		object, kind, err := decoder.Decode(buffer[:n], nil, nil)
		if err != nil {
			t.Errorf("%s: %v: %v", file, kind, err)
			continue
		}
		all = append(all, object)
	}
}

// find returns the objects of a type.
func find[T runtime.Object](all []runtime.Object) []T {
	var found []T
	for _, object := range all {
		if typed, ok := object.(T); ok {
			found = append(found, typed)
		}
	}
	return found
}

// agent is the DaemonSet of a file, and its only container.
func agent(t *testing.T, file string) (*appsv1.DaemonSet, *corev1.Container) {
	t.Helper()
	sets := find[*appsv1.DaemonSet](objects(t, file))
	if len(sets) != 1 {
		t.Fatalf("%s has %d DaemonSets, want one", file, len(sets))
	}
	containers := sets[0].Spec.Template.Spec.Containers
	if len(containers) != 1 {
		t.Fatalf("%s: %d containers, want one", file, len(containers))
	}
	return sets[0], &containers[0]
}

// The old clients find the agents by these.
func TestClientsFindTheAgents(t *testing.T) {
	set, container := agent(t, plain)
	if set.Namespace != "gadget" || set.Name != "gadget" || container.Name != "gadget" {
		t.Errorf("DaemonSet %s/%s, container %s: want gadget for all", set.Namespace, set.Name, container.Name)
	}
	if set.Spec.Selector.MatchLabels["k8s-app"] != "gadget" || set.Spec.Template.Labels["k8s-app"] != "gadget" {
		t.Errorf("selector %v, labels %v: want k8s-app=gadget", set.Spec.Selector.MatchLabels, set.Spec.Template.Labels)
	}
	if !regexp.MustCompile(`^[^:@]+:v\d+\.\d+\.\d+$`).MatchString(container.Image) {
		t.Errorf("image %s: want NAME:vX.Y.Z", container.Image)
	}
	if namespaces := find[*corev1.Namespace](objects(t, plain)); len(namespaces) != 1 || namespaces[0].Name != "gadget" {
		t.Errorf("namespaces %v, want gadget", namespaces)
	}
}

func TestAgentHasNoMorePrivilegesThanItNeeds(t *testing.T) {
	set, container := agent(t, plain)
	pod := set.Spec.Template.Spec
	if !pod.HostPID || pod.HostNetwork || pod.HostIPC {
		t.Errorf("the host's PID, network, IPC namespace: %t, %t, %t; want the first alone", pod.HostPID, pod.HostNetwork, pod.HostIPC)
	}
	yes, no, root := true, false, int64(0)
	want := &corev1.SecurityContext{
		RunAsUser:                &root,
		RunAsGroup:               &root,
		Privileged:               &no,
		AllowPrivilegeEscalation: &no,
		ReadOnlyRootFilesystem:   &yes,
		Capabilities: &corev1.Capabilities{
			Drop: []corev1.Capability{"ALL"},
			Add:  []corev1.Capability{"BPF", "PERFMON", "SYS_PTRACE"},
		},
		SeccompProfile:  &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
		AppArmorProfile: &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeUnconfined},
	}
	if difference := cmp.Diff(want, container.SecurityContext); difference != "" {
		t.Errorf("security context (-want +got):\n%s", difference)
	}
	type mount struct {
		Host        string
		ReadOnly    bool
		Propagation corev1.MountPropagationMode
	}
	paths := map[string]string{}
	for _, volume := range pod.Volumes {
		if volume.HostPath == nil {
			t.Errorf("volume %s is no directory of the host", volume.Name)
			continue
		}
		paths[volume.Name] = volume.HostPath.Path
	}
	got := map[string]mount{}
	for _, m := range container.VolumeMounts {
		about := mount{Host: paths[m.Name], ReadOnly: m.ReadOnly}
		if m.MountPropagation != nil {
			about.Propagation = *m.MountPropagation
		}
		got[m.MountPath] = about
	}
	mounts := map[string]mount{
		"/host/run":          {"/run", true, corev1.MountPropagationHostToContainer},
		"/sys/fs/bpf":        {"/sys/fs/bpf", false, corev1.MountPropagationHostToContainer},
		"/run/traceloop":     {"/run/traceloop", false, ""},
		"/var/lib/traceloop": {"/var/lib/traceloop", false, ""},
	}
	if difference := cmp.Diff(mounts, got); difference != "" {
		t.Errorf("mounts (-want +got):\n%s", difference)
	}
}

func TestAgentIsOnEveryNode(t *testing.T) {
	set, container := agent(t, plain)
	pod := set.Spec.Template.Spec
	if want := []corev1.Toleration{{Operator: corev1.TolerationOpExists}}; !slices.Equal(pod.Tolerations, want) {
		t.Errorf("tolerations %v, want %v", pod.Tolerations, want)
	}
	if want := map[string]string{"kubernetes.io/os": "linux"}; !maps.Equal(pod.NodeSelector, want) {
		t.Errorf("node selector %v, want %v", pod.NodeSelector, want)
	}
	if pod.PriorityClassName != "system-node-critical" {
		t.Errorf("priority class %q", pod.PriorityClassName)
	}
	for name, probe := range map[string]*corev1.Probe{
		"startup": container.StartupProbe, "readiness": container.ReadinessProbe, "liveness": container.LivenessProbe,
	} {
		if probe == nil || probe.HTTPGet == nil || probe.HTTPGet.Path != "/healthz" || probe.HTTPGet.Port.StrVal != "metrics" {
			t.Errorf("%s probe is %v, want /healthz of the port metrics", name, probe)
		}
	}
	ports := map[string]int32{}
	for _, port := range container.Ports {
		if port.HostPort != 0 {
			t.Errorf("port %s is the host's %d", port.Name, port.HostPort)
		}
		ports[port.Name] = port.ContainerPort
	}
	if want := map[string]int32{"api": 7543, "metrics": 7544}; !maps.Equal(ports, want) {
		t.Errorf("ports %v, want %v", ports, want)
	}
	if len(container.Env) != 1 || container.Env[0].Name != "NODE_NAME" || container.Env[0].ValueFrom.FieldRef.FieldPath != "spec.nodeName" {
		t.Errorf("environment %v, want NODE_NAME of the node", container.Env)
	}
}

// The rings are charged to the pod.
func TestMemoryHoldsTheRings(t *testing.T) {
	for _, file := range manifests(t) {
		sets := find[*appsv1.DaemonSet](objects(t, file))
		if len(sets) != 1 || sets[0].Name != "gadget" {
			continue
		}
		_, container := agent(t, file)
		var rings resource.Quantity
		for _, argument := range container.Args {
			if size, found := strings.CutPrefix(argument, "--memory="); found {
				rings = resource.MustParse(strings.TrimSuffix(size, "B"))
			}
		}
		beside := resource.MustParse("128Mi")
		least := rings.DeepCopy()
		least.Add(beside)
		resources := container.Resources
		if rings.IsZero() || resources.Requests.Memory().Cmp(least) < 0 || resources.Limits.Memory().Cmp(*resources.Requests.Memory()) < 0 {
			t.Errorf("%s: rings of %v, memory requested %v, limit %v: want %v beside the rings", file,
				&rings, resources.Requests.Memory(), resources.Limits.Memory(), &beside)
		}
		if limit, there := resources.Limits[corev1.ResourceCPU]; there {
			t.Errorf("%s: CPU is limited to %v", file, &limit)
		}
	}
}

// The agent takes the arguments that it is given.
func TestArguments(t *testing.T) {
	t.Setenv("NODE_NAME", "node")
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	stdout := os.Stdout
	defer func() { os.Stdout = stdout }()
	for _, file := range manifests(t) {
		for _, set := range find[*appsv1.DaemonSet](objects(t, file)) {
			pod := set.Spec.Template.Spec
			for _, container := range slices.Concat(pod.InitContainers, pod.Containers) {
				if len(container.Args) == 0 || slices.Contains(container.Args, "--unpin") {
					continue
				}
				os.Stdout = null
				status := cli.Run(slices.Concat([]string{"traceloop"}, container.Args, []string{"--print-config"}))
				os.Stdout = stdout
				if status != 0 {
					t.Errorf("%s: %q: status %d", file, container.Args, status)
				}
			}
		}
	}
}

func TestRights(t *testing.T) {
	all := objects(t, plain)
	var got []rbacv1.PolicyRule
	for _, role := range find[*rbacv1.ClusterRole](all) {
		if role.Name == "traceloop-agent" {
			got = role.Rules
		}
	}
	want := []rbacv1.PolicyRule{
		{APIGroups: []string{"gadget.kinvolk.io"}, Resources: []string{"traces"}, Verbs: []string{"get", "list", "watch", "update", "patch"}},
		{APIGroups: []string{"gadget.kinvolk.io"}, Resources: []string{"traces/status"}, Verbs: []string{"get", "update", "patch"}},
		{APIGroups: []string{"gadget.kinvolk.io"}, Resources: []string{"traces/finalizers"}, Verbs: []string{"update"}},
		{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"get", "list", "watch"}},
		{APIGroups: []string{"", "events.k8s.io"}, Resources: []string{"events"}, Verbs: []string{"create", "update", "patch"}},
	}
	if difference := cmp.Diff(want, got); difference != "" {
		t.Errorf("rights of the agent (-want +got):\n%s", difference)
	}
	for _, binding := range find[*rbacv1.ClusterRoleBinding](all) {
		if binding.RoleRef.Name != "traceloop-agent" || len(binding.Subjects) != 1 || binding.Subjects[0].Kind != "ServiceAccount" ||
			binding.Subjects[0].Name != "gadget" || binding.Subjects[0].Namespace != "gadget" {
			t.Errorf("%s gives %s to %v", binding.Name, binding.RoleRef.Name, binding.Subjects)
		}
	}
	if bindings := find[*rbacv1.RoleBinding](all); len(bindings) > 0 {
		t.Errorf("roles for people are bound: %v", bindings)
	}
}

func TestDefinitionIsTheGeneratedOne(t *testing.T) {
	ours := find[*apiextensionsv1.CustomResourceDefinition](objects(t, plain))
	generated := find[*apiextensionsv1.CustomResourceDefinition](objects(t, "crds/gadget.kinvolk.io_traces.yaml"))
	if len(ours) != 1 || len(generated) != 1 {
		t.Fatalf("%d and %d definitions, want one", len(ours), len(generated))
	}
	if difference := cmp.Diff(generated, ours); difference != "" {
		t.Errorf("definition (-generated +ours):\n%s", difference)
	}
}

func TestCleanup(t *testing.T) {
	set, waiting := agent(t, cleanup)
	pod := set.Spec.Template.Spec
	if set.Namespace != "gadget" || set.Spec.Template.Labels["k8s-app"] == "gadget" {
		t.Errorf("namespace %s, labels %v: clients would take it for an agent", set.Namespace, set.Spec.Template.Labels)
	}
	if len(waiting.Args) > 0 || len(waiting.VolumeMounts) > 0 {
		t.Errorf("the container that waits does more: %v, %v", waiting.Args, waiting.VolumeMounts)
	}
	if len(pod.InitContainers) != 1 {
		t.Fatalf("%d init containers, want one", len(pod.InitContainers))
	}
	_, running := agent(t, plain)
	unpin := pod.InitContainers[0]
	if unpin.Image != running.Image {
		t.Errorf("image %s, the agent's is %s", unpin.Image, running.Image)
	}
	if want := []string{"daemon", "--unpin", "--socket=/run/traceloop/traceloop.sock", "--purge", "--state-dir=/var/lib/traceloop"}; !slices.Equal(unpin.Args, want) {
		t.Errorf("arguments %q, want %q", unpin.Args, want)
	}
	// A directory that is mounted itself could not be removed.
	paths := map[string]string{}
	for _, volume := range pod.Volumes {
		paths[volume.Name] = volume.HostPath.Path
	}
	mounts := map[string]string{}
	for _, mount := range unpin.VolumeMounts {
		mounts[mount.MountPath] = paths[mount.Name]
	}
	if want := map[string]string{"/sys/fs/bpf": "/sys/fs/bpf", "/run": "/run", "/var/lib": "/var/lib"}; !maps.Equal(mounts, want) {
		t.Errorf("mounts %v, want %v", mounts, want)
	}
	if difference := cmp.Diff(running.SecurityContext, unpin.SecurityContext); difference != "" {
		t.Errorf("security context (-agent +cleanup):\n%s", difference)
	}
	if want := []corev1.Toleration{{Operator: corev1.TolerationOpExists}}; !slices.Equal(pod.Tolerations, want) {
		t.Errorf("tolerations %v, want %v", pod.Tolerations, want)
	}
}

// manifests are the committed ones and those of -rendered.
func manifests(t *testing.T) []string {
	t.Helper()
	files := []string{plain, cleanup}
	if *rendered != "" {
		more, err := filepath.Glob(filepath.Join(*rendered, "*.yaml"))
		if err != nil || len(more) == 0 {
			t.Fatalf("%s has no manifests: %v", *rendered, err)
		}
		files = append(files, more...)
	}
	return files
}

func TestManifestsAreWellFormed(t *testing.T) {
	for _, file := range manifests(t) {
		all := objects(t, file)
		if len(find[*appsv1.DaemonSet](all)) != 1 {
			t.Errorf("%s has no DaemonSet", file)
		}
		for _, set := range find[*appsv1.DaemonSet](all) {
			if set.Namespace != "gadget" {
				t.Errorf("%s: DaemonSet in the namespace %s", file, set.Namespace)
			}
			for key, value := range set.Spec.Selector.MatchLabels {
				if set.Spec.Template.Labels[key] != value {
					t.Errorf("%s: the pods have no label %s=%s", file, key, value)
				}
			}
		}
	}
}

// schema is the values' schema, compiled.
func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	compiled, err := jsonschema.NewCompiler().Compile("values.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

func read(t *testing.T, file string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, text)
}

func parse(t *testing.T, text []byte) map[string]any {
	t.Helper()
	var values map[string]any
	if err := yaml.UnmarshalStrict(text, &values); err != nil {
		t.Fatal(err)
	}
	return values
}

func TestSchema(t *testing.T) {
	compiled := schema(t)
	if err := compiled.Validate(read(t, "values.yaml")); err != nil {
		t.Errorf("the defaults: %v", err)
	}
	for _, wrong := range []string{
		"image: {tag: latest}",
		"image: {tag: v1.2}",
		"memory: 256MB",
		"memory: 0Mi",
		"memory: 268435456",
		"ringSize: 1.5Mi",
		"readyRings: 0",
		"stringLimit: 3073",
		"capture: nothing",
		"capabilities: [CAP_BPF]",
		"log: {level: loud}",
		"api: {port: 0}",
		"host: {run: run}",
		"resources: {memoryLimit: 1G}",
		"nodeselector: {}",
		"metrics: {podMonitor: {enable: true}}",
	} {
		if err := compiled.Validate(parse(t, []byte(wrong))); err == nil {
			t.Errorf("%s: no error", wrong)
		}
	}
}

// Every value has a default, and one of the files for lint sets it otherwise.
func TestEveryValueIsTried(t *testing.T) {
	text, err := os.ReadFile("values.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var document map[string]any
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	defaults := read(t, "values.yaml")
	var tried []map[string]any
	files, err := fs.Glob(os.DirFS("ci"), "*-values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		tried = append(tried, read(t, filepath.Join("ci", file)))
	}
	for _, path := range leaves(document, nil) {
		if path[0] == "global" {
			continue
		}
		name := strings.Join(path, ".")
		value, there := at(defaults, path)
		if !there {
			t.Errorf("%s has no default", name)
		}
		if !slices.ContainsFunc(tried, func(values map[string]any) bool {
			other, there := at(values, path)
			return there && !cmp.Equal(other, value)
		}) {
			t.Errorf("no file in ci has another %s than the default, %v", name, value)
		}
	}
}

// leaves are the paths of the values that a schema describes.
func leaves(schema map[string]any, above []string) [][]string {
	properties, ok := schema["properties"].(map[string]any)
	if !ok {
		return [][]string{above}
	}
	var all [][]string
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if below, ok := properties[name].(map[string]any); ok {
			all = append(all, leaves(below, append(slices.Clone(above), name))...)
		}
	}
	return all
}

func at(values map[string]any, path []string) (any, bool) {
	var value any = values
	for _, name := range path {
		object, ok := value.(map[string]any)
		if !ok {
			return nil, false
		}
		if value, ok = object[name]; !ok {
			return nil, false
		}
	}
	return value, true
}
