package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	gadget "traceloop/api/gadget/v1alpha1"
	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/internal/nodes/nodestest"
	"traceloop/recording"
)

const (
	pathOfAgents = "/api/v1/namespaces/gadget/pods"
	pathOfTraces = "/apis/gadget.kinvolk.io/v1alpha1/namespaces/gadget/traces"
)

// clusterOfTests is an API server with agents that are not ones.
type clusterOfTests struct {
	*nodestest.Server
	kubeconfig string
	agents     corev1.PodList
}

func newClusterOfTests() *clusterOfTests {
	c := &clusterOfTests{Server: nodestest.New()}
	c.Objects[pathOfTraces] = &gadget.TraceList{}
	c.Objects["/api/v1/nodes"] = &corev1.NodeList{}
	return c
}

// addAgent adds a node whose agent is a daemon of tests; nil: it is not ready.
func (c *clusterOfTests) addAgent(node string, d *daemonOfTests) {
	pod := corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "gadget", Name: "gadget-" + node, Labels: map[string]string{"k8s-app": "gadget"}},
		Spec:       corev1.PodSpec{NodeName: node, Containers: []corev1.Container{{Name: "gadget", Image: "traceloop:v1.2.3"}}},
		Status:     corev1.PodStatus{Phase: corev1.PodRunning, Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}},
	}
	if d == nil {
		pod.Status.Conditions[0] = corev1.PodCondition{Type: corev1.PodReady, Status: corev1.ConditionFalse, Reason: "NodeLost\x1b[2J"}
	} else {
		c.Pods["gadget/"+pod.Name] = nodestest.Pod{Network: "unix", Address: d.socket}
	}
	c.agents.Items = append(c.agents.Items, pod)
}

func (c *clusterOfTests) start(t *testing.T) {
	t.Helper()
	c.Objects[pathOfAgents] = &c.agents
	c.Start(t)
	c.kubeconfig = filepath.Join(t.TempDir(), "kubeconfig")
	config := fmt.Sprintf(`apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: %q}}]
users: [{name: u, user: {token: t}}]
contexts: [{name: default, context: {cluster: c, user: u}}, {name: shop, context: {cluster: c, user: u, namespace: shop}}]
current-context: default
`, c.URL)
	if err := os.WriteFile(c.kubeconfig, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
}

// kubectl is a command of the plugin, which has not been started.
func (c *clusterOfTests) kubectl(t *testing.T, arguments ...string) *exec.Cmd {
	t.Helper()
	command := traceloop(t, arguments...)
	command.Args[0] = "/somewhere/" + kubectlProgram
	command.Env = append(command.Env, "KUBECONFIG="+c.kubeconfig)
	return command
}

func (c *clusterOfTests) run(t *testing.T, arguments ...string) result {
	t.Helper()
	return finish(t, c.kubectl(t, arguments...))
}

// idOfTests is the ID of a container of tests.
func idOfTests(begin string) string {
	return begin + strings.Repeat("0123456789abcdef", 4)[:64-len(begin)]
}

// podRecording is what an agent says of a pod's container that began so many
// minutes ago.
func podRecording(id, namespace, pod, container string, attempt uint32, minutes int, state traceloopv1.State) *traceloopv1.Recording {
	return &traceloopv1.Recording{
		Id: idOfTests(id), ExactId: idOfTests(id) + ".1", Namespace: namespace, Pod: pod, Container: container, Attempt: attempt, State: state,
		Started: timestamppb.New(time.Now().Add(-time.Duration(minutes) * time.Minute)), Calls: 10,
	}
}

// readsOfTests answers a read of the exact ID with a recording of it.
func readsOfTests(d *daemonOfTests) {
	d.read = func(r *traceloopv1.ReadRequest) (*traceloopv1.Recording, *recording.Recording, error) {
		for _, one := range d.recordings {
			if one.ExactId == r.Reference {
				_, file, err := endlessRead()(r)
				return one, file, err
			}
		}
		return nil, nil, connect.NewError(connect.CodeNotFound, errors.New("no recording is meant by "+r.Reference))
	}
}

// twoNodes is a cluster with a crashing pod on node a, a hostile one on b, and
// a node c that is not ready, of which a Trace knows a recording.
func twoNodes(t *testing.T) (c *clusterOfTests, a, b *daemonOfTests) {
	t.Helper()
	one := uint32(1)
	crashed := podRecording("a1", "default", "web-1", "server", 0, 5, traceloopv1.State_STATE_EXITED)
	crashed.ExitCode = &one
	killed := podRecording("a2", "default", "web-1", "server", 1, 3, traceloopv1.State_STATE_SAVED)
	killed.ExitSignal, killed.OomKills = 9, 1
	a = &daemonOfTests{recordings: []*traceloopv1.Recording{
		crashed, killed,
		podRecording("a3", "default", "web-1", "server", 2, 1, traceloopv1.State_STATE_RECORDING),
	}, status: &traceloopv1.StatusResponse{Version: "1.2.3", Kernel: "6.18", Uptime: durationpb.New(time.Hour), Warnings: []string{"the memory\x1b is full"},
		RingsReady: 16, RingsWanted: 16, Recordings: map[string]uint32{"recording": 1, "exited": 2}, Memory: &traceloopv1.Memory{Used: 1 << 20, Limit: 1 << 28}}}
	b = &daemonOfTests{recordings: []*traceloopv1.Recording{
		podRecording("b1", "shop", "two", "first", 0, 4, traceloopv1.State_STATE_RECORDING),
		podRecording("b2", "shop", "two", "second", 0, 2, traceloopv1.State_STATE_RECORDING),
		podRecording("b3", "default", "db", hostileName, 0, 6, traceloopv1.State_STATE_RECORDING),
	}, status: &traceloopv1.StatusResponse{Version: "1.2.3", Kernel: "6.18\x1b[2J"}}
	readsOfTests(a)
	readsOfTests(b)
	c = newClusterOfTests()
	c.addAgent("a", serve(t, a))
	c.addAgent("b", serve(t, b))
	c.addAgent("c", nil)
	c.Objects[pathOfTraces] = &gadget.TraceList{Items: []gadget.Trace{
		{Spec: gadget.TraceSpec{Node: "a"}, Status: gadget.TraceStatus{Output: `[{"namespace":"default","podname":"stale","containerID":"f0"}]`}},
		{Spec: gadget.TraceSpec{Node: "c"}, Status: gadget.TraceStatus{Output: `[{"namespace":"default","podname":"lost","containername":"server","containerID":"` + idOfTests("c1") + `"}]`}},
		{Spec: gadget.TraceSpec{Node: "c"}, Status: gadget.TraceStatus{Output: "\x1b[2J"}},
	}}
	c.Objects["/api/v1/nodes"] = &corev1.NodeList{Items: []corev1.Node{{ObjectMeta: metav1.ObjectMeta{Name: "a"}}, {ObjectMeta: metav1.ObjectMeta{Name: "d"}}}}
	c.start(t)
	return c, a, b
}

func TestKubectlList(t *testing.T) {
	t.Parallel()
	c, _, _ := twoNodes(t)
	r := c.run(t, "list")
	wantStatus(t, r, 0)
	wantMatch(t, r.stdout,
		`\AID +NAMESPACE +POD +CONTAINER +ATTEMPT +STATE +END +AGE +CALLS +OVERWRITTEN +NODE\n`,
		`NODE\nb30123456789 +default +db +\\u001b\[2J\\nweb\\u202e\\u009b +0 +recording +<none> +6m\ds +10 +0 +b\n`+
			`a10123456789 +default +web-1 +server +0 +exited +exit 1 +5m\ds +10 +0 +a\n`+
			`a20123456789 +default +web-1 +server +1 +saved +signal 9 \(out of memory\) +3m\ds +10 +0 +a\n`+
			`a30123456789 +default +web-1 +server +2 +recording +<none> +\d\ds +10 +0 +a\n`+
			`c10123456789 +default +lost +server +unknown +unknown +<none> +unknown +unknown +unknown +c\n\z`)
	if r.stderr != "traceloop: node c: its agent is not ready: NodeLost\\u001b[2J\n" {
		t.Errorf("%q", r.stderr)
	}
	r = c.run(t, "list", "--context", "shop")
	wantMatch(t, r.stdout, `NODE\nb10123456789 +shop +two +first .* +b\nb2.* +second .*\n\z`)
	for _, arguments := range [][]string{{"list", "-n", "shop", "-o", "name"}, {"list", "--namespace=shop", "-o", "name", "--node", "b"}} {
		if r := c.run(t, arguments...); r.stdout != idOfTests("b1")+"\n"+idOfTests("b2")+"\n" {
			t.Errorf("%v: %+v", arguments, r)
		}
	}
	if r := c.run(t, "list", "-A", "-o", "name"); strings.Count(r.stdout, "\n") != 7 {
		t.Errorf("%+v", r)
	}
	wantMatch(t, c.run(t, "list", "-o", "wide", "--no-trunc").stdout, `OVERWRITTEN +NODE +BYTES +FILTERED .*IMAGE\n`, `^`+idOfTests("a1")+` `)
	var document struct {
		Recordings []struct {
			Node, ID, State, Container string
			ExitCode                   int
		}
	}
	text := c.run(t, "list", "-o", "json").stdout
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		t.Fatal(err)
	}
	if got := document.Recordings; len(got) != 5 || got[0].Node != "b" || got[0].Container != hostileName || got[1].ExitCode != 1 || got[4].State != "" || got[4].Node != "c" {
		t.Errorf("%+v", got)
	}
	if strings.ContainsAny(text, "\x1b\u009b") {
		t.Errorf("%q", text)
	}
	wantIn(t, c.run(t, "list", "-o", "yaml").stdout, "recordings:\n  - node: b\n    id: b3")

	r = c.run(t, "list", "-n", "nobody", "--node", "a")
	wantStatus(t, r, 0)
	wantIn(t, r.stderr, "there are no recordings in namespace nobody")
	r = c.run(t, "list", "--node", "z")
	wantStatus(t, r, 1)
	wantIn(t, r.stderr, "there is no agent on node z: want one of a, b, c")
	r = c.run(t, "list", "--node", "c")
	wantStatus(t, r, 1)
	wantIn(t, r.stderr, "node c: its agent is not ready", "no agent answers")
	wantIn(t, r.stdout, "c10123456789")
}

func TestKubectlShow(t *testing.T) {
	t.Parallel()
	c, a, b := twoNodes(t)
	read := func(d *daemonOfTests) string {
		for _, request := range d.noted() {
			if r, ok := request.(*traceloopv1.ReadRequest); ok {
				d.mutex.Lock()
				d.requests = nil
				d.mutex.Unlock()
				return r.Reference
			}
		}
		return ""
	}
	for _, test := range []struct {
		arguments []string
		of        *daemonOfTests
		want      string
	}{
		{[]string{"web-1"}, a, "a3"},
		{[]string{"pod/web-1"}, a, "a3"},
		{[]string{"web-1/server"}, a, "a3"},
		{[]string{"default/web-1"}, a, "a3"},
		{[]string{"web-1", "--previous"}, a, "a2"},
		{[]string{"a2", "--previous"}, a, "a1"},
		{[]string{"web-1", "-c", "server"}, a, "a3"},
		{[]string{"two", "-n", "shop", "-c", "second"}, b, "b2"},
		{[]string{"shop/two/first"}, b, "b1"},
		{[]string{"b1"}, b, "b1"},
		{[]string{idOfTests("b2")}, b, "b2"},
		{[]string{"b20123456789", "--context", "shop"}, b, "b2"},
	} {
		r := c.run(t, append([]string{"show"}, test.arguments...)...)
		wantStatus(t, r, 0)
		if got := read(test.of); got != idOfTests(test.want)+".1" {
			t.Errorf("%v: read %q: %s", test.arguments, got, r.stderr)
		}
		if r.stdout == "" {
			t.Errorf("%v: nothing is printed", test.arguments)
		}
	}
	wantIn(t, c.run(t, "show", "web-1").stderr, "this is attempt 2, which runs; attempt 1 ended with signal 9 (out of memory): --previous shows it")
	for _, test := range []struct {
		arguments []string
		status    int
		want      []string
	}{
		{[]string{"two", "-n", "shop"}, 1, []string{"two may mean 2 recordings: want -c CONTAINER, or an ID:\nID ", "\n" + idOfTests("b1") + "   shop        two   first ", " b\n"}},
		{[]string{"a"}, 1, []string{"a may mean 3 recordings", idOfTests("a1")}},
		{[]string{"two"}, 1, []string{"pod two has none in namespace default, but in namespace shop: want -n shop"}},
		{[]string{"nothing\x1b"}, 1, []string{`no such recording: none is meant by nothing\u001b in namespace default`, "it may be on a node that does not answer"}},
		{[]string{"lost"}, 1, []string{"the recording c10123456789 cannot be read: node c: its agent is not ready"}},
		{[]string{"a1", "--previous"}, 1, []string{"container server of pod default/web-1 has none before a10123456789, which is of attempt 0"}},
		{[]string{"web-1", "-c", "other"}, 1, []string{"none is of container other of web-1"}},
		{[]string{"a1", "-c", "other"}, 1, []string{"the recording a10123456789 is of container server: want -c server, or none"}},
		{[]string{"default/web-1/server", "-c", "server"}, 2, []string{"the container is named twice"}},
		{[]string{""}, 1, []string{"an empty REF"}},
		{[]string{}, 2, []string{"0 arguments given: want kubectl traceloop show REF", "Try 'kubectl traceloop show --help'."}},
		{[]string{"web-1", "-f", "-C"}, 2, []string{"-f prints calls as they come"}},
	} {
		r := c.run(t, append([]string{"show"}, test.arguments...)...)
		wantStatus(t, r, test.status)
		wantIn(t, r.stderr, test.want...)
		if strings.Contains(r.stderr, "\x1b") {
			t.Errorf("%q", r.stderr)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	wantStatus(t, c.run(t, "save", "web-1", "-o", file), 0)
	wantIn(t, run(t, "list", file).stdout, file)
	wantStatus(t, c.run(t, "save", "web-1"), 2)
}

func TestKubectlDelete(t *testing.T) {
	t.Parallel()
	c, a, b := twoNodes(t)
	deleted := func(d *daemonOfTests) []string {
		for _, request := range d.noted() {
			if r, ok := request.(*traceloopv1.DeleteRequest); ok {
				return r.References
			}
		}
		return nil
	}
	r := c.run(t, "delete", "web-1", "nothing")
	wantStatus(t, r, 1)
	if deleted(a) != nil {
		t.Errorf("%v was deleted", deleted(a))
	}
	r = c.run(t, "delete", "web-1", "b1", "a1")
	wantStatus(t, r, 0)
	if got := strings.Join(deleted(a), " "); got != idOfTests("a3")+".1 "+idOfTests("a1")+".1" {
		t.Errorf("%s", got)
	}
	if got := strings.Join(deleted(b), " "); got != idOfTests("b1")+".1" {
		t.Errorf("%s", got)
	}
	r = c.run(t, "delete")
	wantStatus(t, r, 2)
	wantIn(t, r.stderr, "nothing to delete: want kubectl traceloop delete REF...")
}

func TestKubectlStatus(t *testing.T) {
	t.Parallel()
	c, _, _ := twoNodes(t)
	r := c.run(t, "status")
	wantStatus(t, r, 0)
	wantMatch(t, r.stdout, `\AWARNING: node a: the memory\\u001b is full\n\nNODE `,
		`^a +1\.2\.3 +6\.18 +60m +16/16 +1\.0MiB/256\.0MiB +2 exited,1 recording +0 +0 +gadget-a$`,
		`^b +1\.2\.3 +6\.18\\u001b\[2J `, `^c +v1\.2\.3 +unknown `, `^d +<none> +unknown `)
	wantIn(t, r.stderr, "node c: its agent is not ready", "node d: it has no agent")
	var document struct {
		Nodes []struct {
			Node, Error string
			Status      struct{ Version string }
		}
	}
	if err := json.Unmarshal([]byte(c.run(t, "status", "-o", "json").stdout), &document); err != nil {
		t.Fatal(err)
	}
	if got := document.Nodes; len(got) != 4 || got[0].Status.Version != "1.2.3" || got[2].Error == "" || got[3].Node != "d" {
		t.Errorf("%+v", got)
	}
	wantIn(t, c.run(t, "status", "-o", "yaml").stdout, "nodes:\n  - node: a\n")
}

func TestKubectlWithoutRights(t *testing.T) {
	t.Parallel()
	for _, forbidden := range []string{pathOfAgents, pathOfAgents + "/gadget-a/portforward"} {
		d := serve(t, &daemonOfTests{recordings: someRecordings()})
		c := newClusterOfTests()
		c.addAgent("a", d)
		c.Forbidden[forbidden] = true
		c.start(t)
		for _, arguments := range [][]string{{"list"}, {"show", "web"}, {"status"}, {"delete", "web"}, {"save", "web", "-o", "/dev/null"}} {
			r := c.run(t, arguments...)
			wantStatus(t, r, 1)
			want := "traceloop: no permission: User \"jane\" cannot do this to pods"
			if !strings.HasPrefix(r.stderr, want) || strings.Count(r.stderr, "\n") != 1 || r.stdout != "" {
				t.Errorf("%s, %v: %+v", forbidden, arguments, r)
			}
			wantIn(t, r.stderr, "the Role traceloop-user of the agents' namespace has this right, ask an administrator to bind it to you")
		}
	}
	c := newClusterOfTests()
	c.addAgent("a", serve(t, &daemonOfTests{}))
	c.Forbidden[pathOfTraces] = true
	c.start(t)
	for _, arguments := range [][]string{{"start"}, {"stop"}} {
		r := c.run(t, arguments...)
		wantStatus(t, r, 1)
		wantIn(t, r.stderr, "cannot do this to traces: the ClusterRole traceloop-user has this right")
	}
}

func TestKubectlWithoutAgents(t *testing.T) {
	t.Parallel()
	c := newClusterOfTests()
	c.start(t)
	for _, arguments := range [][]string{{"list"}, {"show", "web"}, {"status"}, {"start"}} {
		r := c.run(t, arguments...)
		wantStatus(t, r, 1)
		wantIn(t, r.stderr, "there are no agents in namespace gadget (pods with the label k8s-app=gadget): install traceloop")
	}
	r := c.run(t, "stop")
	wantStatus(t, r, 0)
	wantIn(t, r.stderr, "nothing is recorded: there are no Traces in namespace gadget")

	// Traces whose agents are gone are not forgotten.
	c.SetObject(pathOfTraces, &gadget.TraceList{Items: []gadget.Trace{
		{Spec: gadget.TraceSpec{Node: "gone"}, Status: gadget.TraceStatus{Output: `[{"namespace":"default","podname":"lost","containername":"server","containerID":"c1"}]`}},
	}})
	r = c.run(t, "list")
	wantStatus(t, r, 1)
	wantIn(t, r.stderr, "node gone: it has no agent")
	wantMatch(t, r.stdout, `^c1 +default +lost +server +unknown +unknown .* gone$`)

	// Agents there are, but the resource is not.
	half := &clusterOfTests{Server: nodestest.New()}
	half.addAgent("a", serve(t, &daemonOfTests{}))
	half.start(t)
	r = half.run(t, "start")
	wantStatus(t, r, 1)
	wantIn(t, r.stderr, "listing the Traces in namespace gadget: ", "install traceloop in the cluster")

	none := traceloop(t, "list")
	none.Args[0], none.Env = kubectlProgram, append(none.Env, "KUBECONFIG=/nonexistent", "HOME=/nonexistent")
	r = finish(t, none)
	wantStatus(t, r, 1)
	wantIn(t, r.stderr, "no cluster to speak to")
}

// An agent of another version, and one that hangs up.
func TestKubectlAgentsThatFail(t *testing.T) {
	t.Parallel()
	old, rude, good := &daemonOfTests{}, &daemonOfTests{}, serve(t, &daemonOfTests{recordings: someRecordings()})
	serveHandler(t, old, http.NotFoundHandler())
	serveHandler(t, rude, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if connection, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = connection.Close()
		}
	}))
	c := newClusterOfTests()
	c.addAgent("old", old)
	c.addAgent("rude", rude)
	c.addAgent("silent", &daemonOfTests{socket: hang(t)})
	c.addAgent("closed", &daemonOfTests{socket: "/nonexistent/socket"})
	c.addAgent("good", good)
	c.start(t)
	r := c.run(t, "list", "--timeout", "1s")
	wantStatus(t, r, 0)
	wantIn(t, r.stdout, "0123456789ab")
	wantIn(t, r.stderr,
		"node old: the daemon does not know this request: it is of another version than this traceloop",
		"node rude: the daemon went away before it had answered",
		"node silent: the daemon does not answer: waited 1s",
		"node closed: its node cannot forward to the agent's pod gadget/gadget-closed: error forwarding port 7543")
	if strings.Count(r.stderr, "\n") != 4 {
		t.Errorf("%s", r.stderr)
	}
}

func TestKubectlComplete(t *testing.T) {
	t.Parallel()
	c, _, _ := twoNodes(t)
	c.SetObject("/api/v1/namespaces", &corev1.NamespaceList{Items: []corev1.Namespace{{ObjectMeta: metav1.ObjectMeta{Name: "shop"}}, {ObjectMeta: metav1.ObjectMeta{Name: "default"}}}})
	c.SetObject("/api/v1/namespaces/shop/pods", &corev1.PodList{Items: []corev1.Pod{
		{ObjectMeta: metav1.ObjectMeta{Name: "two"}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "first"}, {Name: "second"}}}},
		{ObjectMeta: metav1.ObjectMeta{Name: "three"}, Spec: corev1.PodSpec{InitContainers: []corev1.Container{{Name: "prepare"}}}},
	}})
	for _, test := range []struct{ arguments, want string }{
		{"show w", "web-1\n:4\n"},
		{"show shop/", "shop/two\n:4\n"},
		{"show a1", "a10123456789\n:4\n"},
		{"show web-1 ", ":4\n"},
		{"show -n shop t", "two\n:4\n"},
		{"delete web-1 w", "web-1\n:4\n"},
		{"start -n s", "shop\n:4\n"},
		{"start -n shop -p t", "three\ntwo\n:4\n"},
		{"start -n shop -p two -c ", "first\nsecond\n:4\n"},
		{"start -n shop -c p", "prepare\n:4\n"},
		{"list --node ", "a\nb\nc\n:4\n"},
		{"list --context s", "shop\n:4\n"},
	} {
		if got := c.run(t, append([]string{"__complete"}, strings.Split(test.arguments, " ")...)...).stdout; got != test.want {
			t.Errorf("%s: %q, want %q", test.arguments, got, test.want)
		}
	}
}

// A long read shows on a terminal how far it is, and elsewhere nothing.
func TestKubectlProgress(t *testing.T) {
	t.Parallel()
	p := &progress{to: os.Stderr}
	p.end() // nothing was shown
	file, err := os.Create(filepath.Join(t.TempDir(), "terminal"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	c := &client{}
	if p := newProgress(c, file, "reading"); c.progress != nil || p == nil {
		t.Error("a file is no terminal")
	}
	p = &progress{to: file, what: "reading \x1b", begun: time.Now().Add(-time.Minute)}
	p.add(1 << 20)
	p.add(1 << 20) // too soon after the first
	p.end()
	text, err := os.ReadFile(file.Name())
	if want := "\r\x1b[Kreading \\u001b: 1.0MiB so far\r\x1b[K"; err != nil || string(text) != want {
		t.Errorf("%q, %v, want %q", text, err, want)
	}
}

func TestKubectlHelp(t *testing.T) {
	t.Parallel()
	c := newClusterOfTests()
	r := c.run(t, "--help")
	wantStatus(t, r, 0)
	wantIn(t, r.stdout, "kubectl traceloop [command]", "--kubeconfig", "-n, --namespace")
	if strings.Contains(r.stdout, "--tls-server-name") {
		t.Error("the help shows flags that nobody looks for")
	}
	r = c.run(t, "show", "--help")
	wantIn(t, r.stdout, "kubectl traceloop show REF", "-c, --container NAME", "-s, --string-limit", "--summary-only", "-e, --trace SET")
	if strings.Contains(r.stdout, "-c, --summary-only") {
		t.Error("-c is the container")
	}
	wantMatch(t, c.run(t, "version").stdout, `\Atraceloop `)
}
