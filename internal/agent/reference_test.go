package agent

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/timestamppb"

	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/internal/containers"
)

// some is a recording to be found. Its Attempt says which one it is.
func some(number uint32, state traceloopv1.State, c containers.Container, generation uint32) *listed {
	message := containerMessage(&c)
	message.State = state
	message.Started = timestamppb.New(time.Unix(int64(number), 0))
	return &listed{message: message, container: c, base: c.ID, generation: generation, ring: fmt.Sprint("adopted-", number), adopted: true}
}

const (
	runs  = traceloopv1.State_STATE_RECORDING
	done  = traceloopv1.State_STATE_EXITED
	saves = traceloopv1.State_STATE_SAVED
)

func TestReferences(t *testing.T) {
	t.Parallel()
	pod := func(id, namespace, pod, container string) containers.Container {
		return containers.Container{ID: id, Name: container, Runtime: "containerd", Namespace: namespace, Pod: pod, ContainerName: container}
	}
	sandbox := pod(id("5a"), "shop", "web-1", "")
	sandbox.Name, sandbox.Sandbox = "sandbox", true
	docker := func(start, name string) containers.Container {
		return containers.Container{ID: id(start), Name: name, Runtime: "docker"}
	}
	all := []*listed{
		some(1, saves, docker("abc1", "web"), 1),
		some(2, done, docker("abc1", "web"), 2),
		some(3, runs, docker("abc1", "web"), 3),
		some(4, done, docker("abd2", "job"), 1),
		some(5, done, docker("abe3", "job"), 1),
		some(6, runs, docker("dd01", "twin"), 1),
		some(7, runs, docker("dd02", "twin"), 1),
		some(8, done, docker("dd03", "twin"), 1),
		some(9, runs, sandbox, 1),
		some(10, done, pod(id("c0"), "shop", "web-1", "app"), 1),
		some(11, runs, pod(id("c1"), "shop", "web-1", "app"), 1),
		some(12, runs, pod(id("c2"), "shop", "db-1", "postgres"), 1),
		some(13, runs, pod(id("c3"), "shop", "db-1", "proxy"), 1),
		some(14, runs, containers.Container{ID: "adopted-14", Name: "nginx.service"}, 1),
		some(15, runs, containers.Container{ID: "adopted-15", Name: "job"}, 1), // a cgroup's name
		some(16, done, docker("ee", "old"), 1),
		some(17, saves, docker("ee", "old"), 2),
		some(18, runs, docker("ff", "double"), 1),
		some(19, runs, docker("ff", "double"), 2),
		some(20, runs, containers.Container{ID: "web.with.dots", Name: "dotted", Runtime: "containerd"}, 1),
	}
	setIDs(all)
	for _, test := range []struct {
		reference string
		want      int // 0: none
	}{
		{id("abc1"), 3},
		{id("abc1") + ".1", 1},
		{id("abc1") + ".2", 2},
		{id("abc1") + ".3", 3},
		{id("abc1") + ".4", 0},
		{"abc1", 3},
		{"abc", 3},
		{"abc.2", 2},
		{"abc.9", 0},
		{"web", 3},
		{"abd", 4},
		{"job", 5}, // the newest of those that have ended; a cgroup's name does not count
		{"adopted-15", 15},
		{"adopted-3", 3}, // the recorder's own name
		{"dd03", 8},
		{"shop/web-1", 11},
		{"shop/web-1/app", 11},
		{"shop/web-1/none", 0},
		{"shop/db-1/proxy", 13},
		{"shop/none", 0},
		{"other/web-1", 0},
		{"nginx.service", 14},
		{"old", 17},
		{"ee", 17},
		{"ee.1", 16},
		{id("ff") + ".1", 18},
		{"ff.2", 19},
		{"web.with.dots", 20},
		{"web.with.dots.1", 20},
		{"web.", 20},
		{"nothing", 0},
		{"\x1b[31m\xff\n", 0},
		{strings.Repeat("a", 1<<16), 0},
		{"a/b/c/d", 0},
		{"..", 0},
		{".1", 0},
		{"/", 0},
	} {
		got, err := resolve(all, test.reference)
		if test.want == 0 {
			code(t, err, connect.CodeNotFound, "traceloop list")
			if err != nil && (len(err.Error()) > 300 || strings.ContainsAny(err.Error(), "\x1b\n")) {
				t.Errorf("%.20q: the error is %.400q", test.reference, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", test.reference, err)
		} else if want := fmt.Sprint("adopted-", test.want); got.ring != want {
			t.Errorf("%q is %s, want %s", test.reference, got.ring, want)
		}
	}
	for reference, candidates := range map[string][]string{
		"twin":      {id("dd01"), id("dd02")},
		"dd":        {id("dd01"), id("dd02"), id("dd03")},
		"a":         {id("abc1"), id("abd2"), id("abe3")},
		"shop/db-1": {"shop/db-1/postgres", "shop/db-1/proxy"},
		id("ff"):    {id("ff") + ".1", id("ff") + ".2"},
		"double":    {id("ff") + ".1", id("ff") + ".2"},
	} {
		_, err := resolve(all, reference)
		code(t, err, connect.CodeFailedPrecondition, candidates...)
	}
	_, err := resolve(all, "")
	code(t, err, connect.CodeInvalidArgument)
}

func TestNoErrorListsAllThereAre(t *testing.T) {
	t.Parallel()
	var all []*listed
	for i := range 1000 {
		all = append(all, some(uint32(i), runs, containers.Container{ID: fmt.Sprint("x", i), Name: "\x1b[31m" + strings.Repeat("é", 1000), Runtime: "docker"}, 1))
	}
	setIDs(all)
	_, err := resolve(all, "x")
	code(t, err, connect.CodeFailedPrecondition, "1000 recordings")
	if text, named := err.Error(), candidates(t, err); len(text) > 300 || strings.Contains(text, "\x1b") || len(named) != maximumCandidates || len(named[0].Name) > 2*longestString {
		t.Errorf("%d candidates: %.300q", len(named), text)
	}
}

func TestIDsTellAllRecordingsApart(t *testing.T) {
	t.Parallel()
	all := []*listed{
		some(1, done, containers.Container{ID: "a"}, 1),
		some(2, runs, containers.Container{ID: "a"}, 2),
		some(3, done, containers.Container{ID: "b"}, 1),
		some(4, done, containers.Container{ID: "b"}, 2),
		some(5, runs, containers.Container{ID: "c"}, 1),
		some(6, runs, containers.Container{ID: "c"}, 2),
		some(7, runs, containers.Container{ID: "adopted-7"}, 0),
	}
	setIDs(all)
	var got []string
	for _, l := range all {
		got = append(got, l.message.Id)
		if found, err := resolve(all, l.message.ExactId); found != l {
			t.Errorf("%s is not %v: %v", l.message.ExactId, l, err)
		}
	}
	if want := "a.1 a b.1 b c.1 c.2 adopted-7"; strings.Join(got, " ") != want {
		t.Errorf("IDs %v, want %s", got, want)
	}
}
