package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/internal/nodes"
)

// kubectlReferenceHelp is what a REF of the plugin may be.
const kubectlReferenceHelp = "REF is a pod of the namespace, POD/CONTAINER, NAMESPACE/POD[/CONTAINER], or the ID of a recording or the\n" +
	"beginning of one. Of a container that was restarted, the recording of that which runs is meant or, if\n" +
	"none does, of the last one; --previous means the one before."

// wanted is which recording is meant.
type wanted struct {
	namespace string // of pods that are named without one
	reference string
	container string // empty: any
	previous  bool
}

var errTwoContainers = errors.New("the container is named twice: want REF without it, or no -c")

// resolve finds the one recording that is meant among all there are, which are
// in the order of their beginnings.
func (w *wanted) resolve(all []located) (*located, error) {
	if w.reference == "" {
		return nil, errors.New("an empty REF: want a pod's name, or the ID of a recording")
	}
	for _, find := range []func([]located) ([]located, error){w.byID, w.byPod, w.byPrefix} {
		found, err := find(all)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			continue
		}
		if w.previous {
			if found, err = before(all, found); err != nil {
				return nil, err
			}
		}
		if len(found) > 1 {
			return nil, &ambiguousError{w.reference, found}
		}
		if err := found[0].unreachable; err != nil {
			return nil, fmt.Errorf("the recording %s cannot be read: %w", shortID(found[0].Id), err)
		}
		return &found[0], nil
	}
	return nil, w.notFound(all)
}

// ambiguousError is of a reference that may mean several recordings.
type ambiguousError struct {
	reference string
	found     []located
}

func (e *ambiguousError) Error() string {
	var table strings.Builder
	fmt.Fprintf(&table, "%s may mean %d recordings: want -c CONTAINER, or an ID:\n", cell(e.reference), len(e.found))
	// A strings.Builder takes everything.
	_ = locatedTable(e.found).write(&table)
	return strings.TrimSuffix(table.String(), "\n")
}

// notFound is the error of a reference that means nothing.
func (w *wanted) notFound(all []located) error {
	elsewhere := slices.IndexFunc(all, func(r located) bool { return r.Pod == w.reference && r.Namespace != w.namespace })
	if elsewhere >= 0 {
		return fmt.Errorf("%w: pod %s has none in namespace %s, but in namespace %s: want -n %s", errNotFound, w.reference, w.namespace, all[elsewhere].Namespace, all[elsewhere].Namespace)
	}
	if w.container != "" {
		return fmt.Errorf("%w: none is of container %s of %s in namespace %s: \"kubectl traceloop list -A\" shows those there are", errNotFound, w.container, w.reference, w.namespace)
	}
	return fmt.Errorf("%w: none is meant by %s in namespace %s: \"kubectl traceloop list -A\" shows those there are", errNotFound, w.reference, w.namespace)
}

// byID finds what has exactly the ID.
func (w *wanted) byID(all []located) ([]located, error) {
	return w.ofContainer(choose(all, func(r *located) bool { return r.Id == w.reference || r.ExactId == w.reference && r.ExactId != "" }))
}

// byPrefix finds what an ID's beginning, and perhaps a generation, means.
func (w *wanted) byPrefix(all []located) ([]located, error) {
	found := choose(all, func(r *located) bool { return strings.HasPrefix(r.Id, w.reference) })
	if len(found) > 1 {
		// The bare ID goes before those of the container's earlier recordings.
		if bare := choose(found, func(r *located) bool { return !strings.Contains(r.Id, ".") }); len(bare) > 0 {
			found = bare
		}
	}
	if base, generation, ok := strings.Cut(w.reference, "."); ok && base != "" && len(found) == 0 {
		found = choose(all, func(r *located) bool {
			return strings.HasPrefix(r.Id, base) && strings.HasSuffix(r.Id, "."+generation)
		})
	}
	return w.ofContainer(found)
}

// ofContainer checks that recordings that an ID chose are of the container.
func (w *wanted) ofContainer(found []located) ([]located, error) {
	if w.container == "" || len(found) == 0 {
		return found, nil
	}
	of := choose(found, func(r *located) bool { return r.Container == w.container })
	if len(of) == 0 {
		return nil, fmt.Errorf("the recording %s is of container %s: want -c %s, or none", shortID(found[0].Id), found[0].Container, found[0].Container)
	}
	return of, nil
}

// byPod finds a pod's containers: of each the one that runs, or was last.
func (w *wanted) byPod(all []located) ([]located, error) {
	type pod struct{ namespace, pod, container string }
	var meant []pod
	switch parts := strings.Split(w.reference, "/"); len(parts) {
	case 1:
		meant = []pod{{w.namespace, parts[0], w.container}}
	case 2:
		if parts[0] == "pod" || parts[0] == "pods" {
			meant = []pod{{w.namespace, parts[1], w.container}}
		}
		meant = append(meant, pod{parts[0], parts[1], w.container})
		if w.container == "" {
			meant = append(meant, pod{w.namespace, parts[0], parts[1]})
		}
	case 3:
		if w.container != "" {
			return nil, usage(errTwoContainers)
		}
		meant = []pod{{parts[0], parts[1], parts[2]}}
	}
	found := choose(all, func(r *located) bool {
		return r.Pod != "" && slices.ContainsFunc(meant, func(p pod) bool {
			return r.Namespace == p.namespace && r.Pod == p.pod && (p.container == "" || p.container == r.Container)
		})
	})
	if containers := choose(found, func(r *located) bool { return !r.Sandbox }); len(containers) > 0 {
		found = containers
	}
	return pickOfEach(found), nil
}

func choose(all []located, wanted func(*located) bool) []located {
	var chosen []located
	for i := range all {
		if wanted(&all[i]) {
			chosen = append(chosen, all[i])
		}
	}
	return chosen
}

// sameContainer says whether two recordings are of one container of a pod,
// perhaps of different attempts.
func sameContainer(a, b *located) bool {
	return a.Namespace == b.Namespace && a.Pod == b.Pod && a.Container == b.Container
}

// pickOfEach picks of each container the recordings that its name means.
func pickOfEach(found []located) []located {
	var picked []located
	for i := range found {
		first := slices.IndexFunc(found, func(r located) bool { return sameContainer(&r, &found[i]) })
		if first == i {
			picked = append(picked, pickLocated(choose(found, func(r *located) bool { return sameContainer(r, &found[i]) }))...)
		}
	}
	return picked
}

// pickLocated is which of the recordings of one container its name means: those
// that run, or else the newest. One of which nothing is known is the last choice.
func pickLocated(group []located) []located {
	running := choose(group, func(r *located) bool {
		return r.unreachable == nil && r.State == traceloopv1.State_STATE_RECORDING
	})
	if len(running) > 0 {
		return running
	}
	known := choose(group, func(r *located) bool { return r.unreachable == nil })
	if len(known) == 0 {
		return group
	}
	return known[len(known)-1:]
}

// before returns the recordings of the attempts before those that are meant.
func before(all, meant []located) ([]located, error) {
	var result []located
	for i := range meant {
		if r := previous(all, &meant[i]); r != nil {
			result = append(result, *r)
		}
	}
	if len(result) == 0 {
		return nil, fmt.Errorf("%w: container %s of pod %s/%s has none before %s, which is of attempt %d", errNotFound,
			meant[0].Container, meant[0].Namespace, meant[0].Pod, shortID(meant[0].Id), meant[0].Attempt)
	}
	return result, nil
}

// previous is the recording of the same container that began last before
// another; nil: there is none.
func previous(all []located, of *located) *located {
	var last *located
	for i := range all {
		r := &all[i]
		if sameContainer(r, of) && r.exactID() == of.exactID() && r.agent.Node == of.agent.Node {
			return last
		}
		if sameContainer(r, of) && r.unreachable == nil && !r.Sandbox {
			last = r
		}
	}
	return nil
}

// locate asks all agents, and finds the recording that is meant.
func (k *cluster) locate(ctx context.Context, w *wanted, patience time.Duration) (*located, error) {
	s, err := k.lookAnswered(ctx, patience)
	if err != nil {
		return nil, err
	}
	l, err := s.find(w)
	if err == nil && !w.previous {
		s.sayPrevious(l)
	}
	return l, err
}

// locateAll asks all agents, and finds the recordings that are meant, all or none.
func (k *cluster) locateAll(ctx context.Context, all []*wanted, patience time.Duration) ([]*located, error) {
	s, err := k.lookAnswered(ctx, patience)
	if err != nil {
		return nil, err
	}
	found := make([]*located, len(all))
	for i, w := range all {
		if found[i], err = s.find(w); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// lookAnswered is look for who needs an answer of at least one agent.
func (k *cluster) lookAnswered(ctx context.Context, patience time.Duration) (*survey, error) {
	s, err := k.look(ctx, nil, patience)
	if err != nil {
		return nil, err
	}
	return s, sayFailures(s.results)
}

// find finds the recording that is meant.
func (s *survey) find(w *wanted) (*located, error) {
	l, err := w.resolve(s.recordings)
	silent := slices.ContainsFunc(s.results, func(r nodes.Result[[]*traceloopv1.Recording]) bool { return r.Err != nil })
	if silent && errors.Is(err, errNotFound) {
		err = fmt.Errorf("%w; it may be on a node that does not answer", err)
	}
	return l, err
}

// sayPrevious says that the attempt before one that runs failed: it may be what
// somebody looks for.
func (s *survey) sayPrevious(l *located) {
	p := previous(s.recordings, l)
	if p == nil || l.State != traceloopv1.State_STATE_RECORDING {
		return
	}
	if end := p.end(); end != "" && end != "exit 0" {
		say("this is attempt %d, which runs; attempt %d ended with %s: --previous shows it", l.Attempt, p.Attempt, end)
	}
}

// read reads a recording that was located.
func (k *cluster) read(ctx context.Context, l *located) (*client, *found, error) {
	c := k.client(l.agent)
	p := newProgress(c, os.Stderr, fmt.Sprintf("reading %s from node %s", shortID(l.Id), l.agent.Node))
	of, r, err := c.read(ctx, l.exactID(), 0)
	p.end()
	c.progress = nil
	if r == nil {
		return c, nil, err
	}
	return c, &found{r, of}, err
}
