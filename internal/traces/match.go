package traces

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"traceloop/api/gadget/v1alpha1"
	"traceloop/internal/containers"
)

const (
	// patience is how long a container waits for its pod's labels to be known.
	patience = 30 * time.Second
	// maximumWaiting is how many containers wait for that, and how many are
	// remembered to have waited in vain.
	maximumWaiting = 4096
)

// matcher says whether a Trace's filter means a container. It is asked by the
// agent, while that holds locks: it has a lock of its own.
type matcher struct {
	namespaces map[string]bool // empty: all
	pod        string
	container  string
	labels     map[string]string
	pods       *Pods
	now        func() time.Time

	mutex   sync.Mutex
	waiting map[string]*wait // by container IDs
}

// wait is a container's that waits for its pod's labels.
type wait struct {
	since time.Time
	pod   string // quoted
	vain  bool
}

func newMatcher(filter *v1alpha1.ContainerFilter, pods *Pods) (*matcher, error) {
	m := &matcher{namespaces: make(map[string]bool), pods: pods, now: time.Now, waiting: make(map[string]*wait)}
	if filter == nil {
		return m, nil
	}
	for namespace := range strings.SplitSeq(filter.Namespace, ",") {
		if namespace = strings.TrimSpace(namespace); namespace != "" {
			m.namespaces[namespace] = true
		}
	}
	if filter.Namespace != "" && len(m.namespaces) == 0 {
		return nil, fmt.Errorf("filter.namespace is %.256q: want namespaces with commas between them, or nothing for all", filter.Namespace)
	}
	m.pod, m.container, m.labels = filter.Podname, filter.ContainerName, maps.Clone(filter.Labels)
	return m, nil
}

// match says whether a container is meant, and whether that is known. Labels that
// a pod gets or loses later do not count.
func (m *matcher) match(c *containers.Container) (wanted, known bool) {
	switch {
	case c.Sandbox || c.Pod == "",
		len(m.namespaces) > 0 && !m.namespaces[c.Namespace],
		m.pod != "" && m.pod != c.Pod,
		m.container != "" && m.container != c.ContainerName:
		return false, true
	case len(m.labels) == 0:
		return true, true
	}
	labels, found := m.pods.labels(c.PodUID)
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if !found {
		return false, m.inVain(c)
	}
	delete(m.waiting, c.ID)
	for key, value := range m.labels {
		if has, ok := labels[key]; !ok || has != value {
			return false, true
		}
	}
	return true, true
}

// inVain says whether a container has waited long enough. The caller holds the mutex.
func (m *matcher) inVain(c *containers.Container) bool {
	waiting := m.waiting[c.ID]
	if waiting == nil {
		if len(m.waiting) >= maximumWaiting {
			clear(m.waiting) // they wait anew
		}
		waiting = &wait{since: m.now(), pod: fmt.Sprintf("%.512q", c.Namespace+"/"+c.Pod)}
		m.waiting[c.ID] = waiting
	}
	waiting.vain = waiting.vain || m.now().Sub(waiting.since) >= patience
	return waiting.vain
}

// warning says which pods' containers are not recorded because nobody knew the
// pods' labels; empty if there are none.
func (m *matcher) warning() string {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	vain := make(map[string]bool)
	for _, one := range m.waiting {
		if one.vain {
			vain[one.pod] = true
		}
	}
	if len(vain) == 0 {
		return ""
	}
	names := slices.Sorted(maps.Keys(vain))
	if more := len(names) - maximumNamed; more > 0 {
		names = append(names[:maximumNamed], fmt.Sprintf("and %d more", more))
	}
	return fmt.Sprintf("the API server did not tell the labels of pods within %v, so they are not recorded: %s", patience, strings.Join(names, ", "))
}
