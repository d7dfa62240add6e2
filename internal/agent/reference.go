package agent

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"connectrpc.com/connect"

	traceloopv1 "traceloop/api/traceloop/v1"
)

// maximumCandidates is how many recordings an error has as its detail.
const maximumCandidates = 20

// resolve finds the one recording that a reference means, among all there are:
// by its exact ID, its container's name, NAMESPACE/POD[/CONTAINER] or the
// beginning of an ID, in this order. The error is a connect error: NotFound, or
// FailedPrecondition if it may mean several, with which in a ListResponse as its detail.
func resolve(all []*listed, reference string) (*listed, error) {
	if reference == "" {
		return nil, connect.NewError(connect.CodeInvalidArgument,
			errors.New("an empty reference: want an ID or the beginning of one, a name, or NAMESPACE/POD[/CONTAINER]"))
	}
	for _, find := range []func([]*listed, string) []*listed{byID, byName, byPod, byPrefix} {
		switch found := find(all, reference); len(found) {
		case 0:
		case 1:
			return found[0], nil
		default:
			return nil, ambiguous(reference, found)
		}
	}
	return nil, connect.NewError(connect.CodeNotFound,
		fmt.Errorf("no recording is meant by %s: \"traceloop list\" shows those there are", short(reference)))
}

// ambiguous is the error of a reference that may mean several recordings, of
// which it has the first as a detail.
func ambiguous(reference string, found []*listed) error {
	failure := connect.NewError(connect.CodeFailedPrecondition,
		fmt.Errorf("%s may mean %d recordings: give more of the ID, or the whole of it", short(reference), len(found)))
	candidates := &traceloopv1.ListResponse{}
	for _, l := range found[:min(len(found), maximumCandidates)] {
		// What tells it from the others is enough.
		candidates.Recordings = append(candidates.Recordings, &traceloopv1.Recording{
			Id: l.message.Id, ExactId: l.message.ExactId, Name: bound(l.message.Name, longestString), Runtime: l.message.Runtime,
			RuntimeNamespace: l.message.RuntimeNamespace, Namespace: l.message.Namespace, Pod: l.message.Pod,
			Container: l.message.Container, Attempt: l.message.Attempt, State: l.message.State,
			Started: l.message.Started, Ended: l.message.Ended, Calls: l.message.Calls, Overwritten: l.message.Overwritten, Bytes: l.message.Bytes,
		})
	}
	if detail, err := connect.NewErrorDetail(candidates); err == nil {
		failure.AddDetail(detail)
	}
	return failure
}

// byID finds what has exactly the ID. The recorder's own name is one too.
func byID(all []*listed, reference string) []*listed {
	var group []*listed
	for _, l := range all {
		if l.exact() == reference {
			return []*listed{l}
		}
		if l.base == reference {
			group = append(group, l)
		}
	}
	if len(group) > 0 {
		return pick(group)
	}
	for _, l := range all {
		if l.ring == reference {
			return []*listed{l}
		}
	}
	return nil
}

// byName finds what has exactly the name. Names that a runtime gave go before
// those that are only a cgroup's, which its container may have made.
func byName(all []*listed, reference string) []*listed {
	var named, known []*listed
	for _, l := range all {
		if l.container.Name != reference && l.message.Name != reference {
			continue
		}
		named = append(named, l)
		if l.container.Runtime != "" || !l.adopted {
			known = append(known, l)
		}
	}
	if len(known) > 0 {
		return pick(known)
	}
	return pick(named)
}

// byPod finds a pod's container.
func byPod(all []*listed, reference string) []*listed {
	parts := strings.Split(reference, "/")
	if len(parts) != 2 && len(parts) != 3 {
		return nil
	}
	var found, sandboxes []*listed
	for _, l := range all {
		c := &l.container
		if c.Pod == "" || c.Namespace != parts[0] || c.Pod != parts[1] || len(parts) == 3 && c.ContainerName != parts[2] {
			continue
		}
		if c.Sandbox {
			sandboxes = append(sandboxes, l)
		} else {
			found = append(found, l)
		}
	}
	if len(found) == 0 {
		return pick(sandboxes)
	}
	// Of each of the pod's containers the one that runs or was last.
	var names []string
	containers := make(map[string][]*listed)
	for _, l := range found {
		name := l.container.ContainerName
		if containers[name] == nil {
			names = append(names, name)
		}
		containers[name] = append(containers[name], l)
	}
	var meant []*listed
	for _, name := range names {
		meant = append(meant, pick(containers[name])...)
	}
	return meant
}

// byPrefix finds what an ID's beginning, and perhaps a generation, means.
func byPrefix(all []*listed, reference string) []*listed {
	if meant := withPrefix(all, reference); len(meant) > 0 {
		return meant
	}
	dot := strings.LastIndexByte(reference, '.')
	if dot < 1 {
		return nil
	}
	generation, err := strconv.ParseUint(reference[dot+1:], 10, 32)
	if err != nil {
		return nil
	}
	var meant []*listed
	for _, l := range all {
		if uint64(l.generation) == generation && strings.HasPrefix(l.base, reference[:dot]) {
			meant = append(meant, l)
		}
	}
	return meant
}

func withPrefix(all []*listed, prefix string) []*listed {
	var bases []string
	groups := make(map[string][]*listed)
	for _, l := range all {
		if !strings.HasPrefix(l.base, prefix) {
			continue
		}
		if groups[l.base] == nil {
			bases = append(bases, l.base)
		}
		groups[l.base] = append(groups[l.base], l)
	}
	var meant []*listed
	for _, base := range bases {
		meant = append(meant, pick(groups[base])...)
	}
	return meant
}
