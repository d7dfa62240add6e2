package traces

import (
	"fmt"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"traceloop/api/gadget/v1alpha1"
	"traceloop/internal/containers"
	"traceloop/internal/traces/tracestest"
)

var deletionTime = metav1.Unix(1_790_000_000, 0)

func TestMatch(t *testing.T) {
	web := tracestest.Container("a", "web-1", "web")
	change := func(change func(*containers.Container)) containers.Container {
		c := web
		change(&c)
		return c
	}
	filter := func(namespace, pod, container string, labels ...string) *v1alpha1.ContainerFilter {
		f := &v1alpha1.ContainerFilter{Namespace: namespace, Podname: pod, ContainerName: container}
		for i := 0; i < len(labels); i += 2 {
			if f.Labels == nil {
				f.Labels = make(map[string]string)
			}
			f.Labels[labels[i]] = labels[i+1]
		}
		return f
	}
	tests := []struct {
		name          string
		filter        *v1alpha1.ContainerFilter
		container     containers.Container
		wanted, known bool
	}{
		{"no filter", nil, web, true, true},
		{"an empty filter", filter("", "", ""), web, true, true},
		{"a container without a pod", nil, change(func(c *containers.Container) { c.Namespace, c.Pod, c.PodUID = "", "", "" }), false, true},
		{"a pod's pause container", nil, change(func(c *containers.Container) { c.Sandbox = true }), false, true},
		{"its namespace", filter("shop", "", ""), web, true, true},
		{"another namespace", filter("shopping", "", ""), web, false, true},
		{"one of several namespaces", filter("other, shop ,", "", ""), web, true, true},
		{"none of several namespaces", filter("other,sho", "", ""), web, false, true},
		{"its pod", filter("", "web-1", ""), web, true, true},
		{"another pod", filter("", "web", ""), web, false, true},
		{"its container", filter("", "", "web"), web, true, true},
		{"another container", filter("", "", "log"), web, false, true},
		{"everything", filter("shop", "web-1", "web", "app", "web"), web, true, true},
		{"everything but the container", filter("shop", "web-1", "log", "app", "web"), web, false, true},
		{"a label", filter("", "", "", "app", "web"), web, true, true},
		{"two labels", filter("", "", "", "app", "web", "empty", ""), web, true, true},
		{"a label's other value", filter("", "", "", "app", "log"), web, false, true},
		{"a label that is not there", filter("", "", "", "app", "web", "tier", ""), web, false, true},
		{"labels of an unknown pod", filter("", "", "", "app", "web"), change(func(c *containers.Container) { c.PodUID = "unknown" }), false, false},
		{"labels of an unknown pod in another namespace", filter("other", "", "", "app", "web"), change(func(c *containers.Container) { c.PodUID = "unknown" }), false, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			pods := NewPods()
			pods.Set("uid-of-web-1", map[string]string{"app": "web", "empty": "", "x": "y"})
			m, err := newMatcher(test.filter, pods)
			if err != nil {
				t.Fatal(err)
			}
			if wanted, known := m.match(&test.container); wanted != test.wanted || known != test.known {
				t.Errorf("wanted %t, known %t; want %t, %t", wanted, known, test.wanted, test.known)
			}
		})
	}
}

// TestPatience checks that a container waits for its pod's labels, but not for ever.
func TestPatience(t *testing.T) {
	pods := NewPods()
	m, err := newMatcher(&v1alpha1.ContainerFilter{Labels: map[string]string{"app": "web"}}, pods)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1_790_000_000, 0)
	m.now = func() time.Time { return now }
	soon, late := tracestest.Container("a", "soon", "web"), tracestest.Container("b", "la\x1bte", "web")
	check := func(when string, c containers.Container, wanted, known bool) {
		t.Helper()
		if gotWanted, gotKnown := m.match(&c); gotWanted != wanted || gotKnown != known {
			t.Errorf("%s: wanted %t, known %t; want %t, %t", when, gotWanted, gotKnown, wanted, known)
		}
	}
	check("at first", soon, false, false)
	check("at first", late, false, false)
	now = now.Add(patience - 1)
	check("shortly before the end", soon, false, false)
	pods.Set("uid-of-soon", map[string]string{"app": "web"})
	check("with the labels", soon, true, true)
	if text := m.warning(); text != "" {
		t.Errorf("it warns: %s", text)
	}
	now = now.Add(1)
	check("at the end", late, false, true)
	if text, want := m.warning(), `the API server did not tell the labels of pods within 30s, so they are not recorded: "shop/la\x1bte"`; text != want {
		t.Errorf("it warns: %s, want %s", text, want)
	}
	pods.Set("uid-of-la\x1bte", map[string]string{"app": "web"})
	check("with the labels after all", late, true, true)
	if text := m.warning(); text != "" {
		t.Errorf("it warns: %s", text)
	}
}

func TestPatienceIsBounded(t *testing.T) {
	m, err := newMatcher(&v1alpha1.ContainerFilter{Labels: map[string]string{"app": "web"}}, NewPods())
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1_790_000_000, 0)
	m.now = func() time.Time { return now }
	for range 2 {
		for i := range maximumWaiting + 10 {
			c := tracestest.Container("a", fmt.Sprintf("pod-%d", i), "web")
			c.ID = fmt.Sprint(i)
			m.match(&c)
			if len(m.waiting) > maximumWaiting {
				t.Fatalf("%d wait", len(m.waiting))
			}
		}
		now = now.Add(patience)
	}
	for i := range 100 {
		c := tracestest.Container("a", strings.Repeat("p", 250), "web")
		c.Pod += fmt.Sprint(i)
		c.ID = fmt.Sprint("x", i)
		m.match(&c)
		now = now.Add(patience)
		m.match(&c)
	}
	if text := m.warning(); len(text) > 2048 || !strings.Contains(text, " more") {
		t.Errorf("%d bytes: %s", len(text), text)
	}
}

func TestPods(t *testing.T) {
	pods := NewPods()
	now := time.Unix(1_790_000_000, 0)
	pods.now = func() time.Time { return now }
	known := func(uid string) bool { _, ok := pods.labels(uid); return ok }

	pods.Delete("never-heard-of")
	pods.Set("a", map[string]string{"app": "old"})
	pods.Set("a", map[string]string{"app": "new"})
	if labels, _ := pods.labels("a"); labels["app"] != "new" {
		t.Errorf("labels %v", labels)
	}
	pods.Delete("a")
	pods.Delete("a")
	now = now.Add(remembered - 1)
	pods.Set("b", nil)
	if !known("a") || !known("b") {
		t.Error("a pod is forgotten too soon")
	}
	pods.Set("a", nil) // it is there again
	now = now.Add(time.Hour)
	pods.Set("b", nil)
	if !known("a") || len(pods.deleted) != 0 {
		t.Error("a pod is forgotten that is there")
	}
	pods.Delete("a")
	now = now.Add(remembered)
	pods.Set("b", nil)
	if known("a") {
		t.Error("a pod is remembered too long")
	}
	for i := range 2 * maximumRemembered {
		uid := fmt.Sprint("many-", i)
		pods.Set(uid, nil)
		pods.Delete(uid)
	}
	if len(pods.deleted) != maximumRemembered || len(pods.known) != maximumRemembered+1 {
		t.Errorf("%d deleted pods are remembered, of %d", len(pods.deleted), len(pods.known))
	}
}
