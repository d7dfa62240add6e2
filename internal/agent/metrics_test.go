package agent

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/prometheus/client_golang/prometheus"

	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/internal/containers"
	"traceloop/recorder"
)

// gather is all metrics, one a line.
func (d *daemon) gather(t *testing.T) string {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(d.Collector()); err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, family := range families {
		for _, m := range family.Metric {
			var labels []string
			for _, label := range m.Label {
				labels = append(labels, fmt.Sprintf("%s=%q", label.GetName(), label.GetValue()))
			}
			value := m.GetGauge().GetValue() + m.GetCounter().GetValue()
			lines = append(lines, fmt.Sprintf("%s{%s} %v", family.GetName(), strings.Join(labels, ","), value))
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

func TestMetrics(t *testing.T) {
	d := begin(t, newFake(), Config{Memory: 8 * ringSize, Runtimes: func() []containers.RuntimeStatus {
		return []containers.RuntimeStatus{{Name: "docker", Endpoint: "unix:///d", Connected: true, Containers: 2}}
	}})
	c := nginx("aa")
	c.Name = "w\x1b"
	c.Namespace, c.Pod, c.ContainerName = "n", "p", strings.Repeat("x", 1000)
	d.source.Put(c)
	name := d.fake.start(docker("aa"))
	d.fake.change(name, func(info *recorder.Info) { info.Calls, info.Overwritten, info.Filtered, info.Lost = 10, 4, 3, 1 })
	d.fake.run(recorder.Info{})
	eventually(t, "all have names", func() bool { return len(d.recordings(t)) == 2 && d.find1(t, "aa").Namespace == "n" })
	d.awaitStock(t, 4)
	got := d.gather(t)
	of := fmt.Sprintf(`{container="%s",id="%s",name="w\x1b",namespace="n",pod="p"}`, strings.Repeat("x", 128), id("aa"))
	for _, line := range []string{
		"traceloop_container_calls_recorded_total" + of + " 10",
		"traceloop_container_calls_overwritten_total" + of + " 4",
		"traceloop_container_calls_filtered_total" + of + " 3",
		"traceloop_container_calls_lost_total" + of + " 1",
		"traceloop_calls_recorded_total{} 10",
		`traceloop_helper_errors_total{errno="14",operation="read a string of a task"} 3`,
		fmt.Sprintf("traceloop_memory_used_bytes{} %v", float64(6*ringSize)),
		fmt.Sprintf("traceloop_memory_limit_bytes{} %v", float64(8*ringSize)),
		"traceloop_rings_ready{} 4",
		"traceloop_rings_wanted{} 4",
		`traceloop_runtime_connected{endpoint="unix:///d",runtime="docker"} 1`,
		`traceloop_recordings{state="exited"} 1`,
		`traceloop_recordings{state="recording"} 1`,
		`traceloop_recordings{state="saved"} 0`,
		"traceloop_containers_refused_total{} 0",
		"traceloop_recordings_evicted_total{} 0",
		"traceloop_reads_in_flight{} 0",
		"traceloop_recorder_up{} 1",
	} {
		if !strings.Contains(got, line+"\n") {
			t.Errorf("no %s", line)
		}
	}
	if t.Failed() {
		t.Log(got)
	}
	if _, err := d.client.Delete(t.Context(), connect.NewRequest(&traceloopv1.DeleteRequest{References: []string{"aa"}})); err != nil {
		t.Fatal(err)
	}
	if got := d.gather(t); !strings.Contains(got, "traceloop_calls_recorded_total{} 10\n") || strings.Contains(got, id("aa")) {
		t.Error("the total does not keep what is gone, or its container is still there")
	}
	d.fake.fault("List", connect.NewError(connect.CodeInternal, nil))
	if got := d.gather(t); !strings.Contains(got, "traceloop_recorder_up{} 0\n") {
		t.Error("it seems to be up")
	}
}

func TestManyContainersAreNoLoad(t *testing.T) {
	const many = 200
	d := begin(t, newFake(), Config{Memory: 2 * many * ringSize, Ready: 2 * many})
	d.awaitStock(t, 2*many)
	for i := range many {
		c := nginx(fmt.Sprintf("%03x", i))
		for label := range 20 {
			c.Labels[fmt.Sprint("app.kubernetes.io/label-", label)] = strings.Repeat("v", 40)
		}
		d.source.Put(c)
		d.fake.start(docker(fmt.Sprintf("%03x", i)))
	}
	eventually(t, "all are there", func() bool { return len(d.filtered(t, "name=web*")) == many })
	// The machine has other things to do: the best of some counts.
	best := func(what func()) time.Duration {
		var best time.Duration
		for range 5 {
			begun := time.Now()
			what()
			if took := time.Since(begun); best == 0 || took < best {
				best = took
			}
		}
		return best
	}
	list := best(func() { d.recordings(t) })
	t.Logf("list takes %v, collect %v", list, best(func() { d.gather(t) }))
	if list > 200*time.Millisecond {
		t.Errorf("to list %d takes %v", many, list)
	}
}
