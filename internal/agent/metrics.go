package agent

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	traceloopv1 "traceloop/api/traceloop/v1"
)

// Collector has the agent's metrics, for Prometheus. Of each recording that has
// a ring there are four; there are as many of these as the memory allows.
func (a *Agent) Collector() prometheus.Collector { return &collector{a} }

type collector struct{ agent *Agent }

// metric is a description whose name is traceloop's.
func metric(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("traceloop_"+name, help, labels, nil)
}

// The labels that tell a recording.
var ofContainer = []string{"id", "name", "namespace", "pod", "container"}

var (
	metricUp                   = metric("recorder_up", "Whether the recordings could be listed.")
	metricContainerCalls       = metric("container_calls_recorded_total", "System calls recorded of a container, with those overwritten since.", ofContainer...)
	metricContainerFiltered    = metric("container_calls_filtered_total", "System calls of a container that the set of calls left out.", ofContainer...)
	metricContainerOverwritten = metric("container_calls_overwritten_total", "Recorded system calls of a container that newer ones took the place of.", ofContainer...)
	metricContainerLost        = metric("container_calls_lost_total", "System calls of a container that could not be recorded.", ofContainer...)
	metricCalls                = metric("calls_recorded_total", "System calls recorded, also of recordings that are gone.")
	metricFiltered             = metric("calls_filtered_total", "System calls that the set of calls left out.")
	metricOverwritten          = metric("calls_overwritten_total", "Recorded system calls that newer ones took the place of.")
	metricLost                 = metric("calls_lost_total", "System calls that could not be recorded.")
	metricFailures             = metric("helper_errors_total", "Operations of the programs in the kernel that failed.", "operation", "errno")
	metricMemory               = metric("memory_used_bytes", "Memory of all rings, ready ones among them.")
	metricMemoryLimit          = metric("memory_limit_bytes", "How much memory all rings may take.")
	metricReady                = metric("rings_ready", "Rings for containers to come.")
	metricWanted               = metric("rings_wanted", "How many rings for containers to come there should be.")
	metricRuntime              = metric("runtime_connected", "Whether a container runtime answers.", "runtime", "endpoint")
	metricRuntimeContainers    = metric("runtime_containers", "Containers that a runtime told of.", "runtime", "endpoint")
	metricRecordings           = metric("recordings", "Recordings by state.", "state")
	metricRefused              = metric("containers_refused_total", "Containers for which no ring was ready.")
	metricEvicted              = metric("recordings_evicted_total", "Recordings that made room for others.")
	metricLeftOut              = metric("recordings_left_out_total", "Recordings that gave their rings back: sandboxes, filtered, no containers.")
	metricSaved                = metric("recordings_saved_total", "Evicted recordings that a file has.")
	metricSaveFailures         = metric("recordings_save_failures_total", "Evicted recordings that could not be saved and are lost.")
	metricDiscarded            = metric("recordings_discarded_total", "Saved recordings that were deleted to make room for others.")
	metricFiles                = metric("state_files", "Files in the state directory.")
	metricFileBytes            = metric("state_files_bytes", "Size of the files in the state directory.")
	metricReads                = metric("reads_in_flight", "Clients that are sent a recording, or wait for it.")
)

// Describe implements [prometheus.Collector].
func (c *collector) Describe(descriptions chan<- *prometheus.Desc) {
	for _, description := range []*prometheus.Desc{
		metricUp, metricContainerCalls, metricContainerFiltered, metricContainerOverwritten, metricContainerLost,
		metricCalls, metricFiltered, metricOverwritten, metricLost, metricFailures, metricMemory, metricMemoryLimit,
		metricReady, metricWanted, metricRuntime, metricRuntimeContainers, metricRecordings, metricRefused,
		metricEvicted, metricLeftOut, metricSaved, metricSaveFailures, metricDiscarded, metricFiles, metricFileBytes,
		metricReads,
	} {
		descriptions <- description
	}
}

// Collect implements [prometheus.Collector].
func (c *collector) Collect(metrics chan<- prometheus.Metric) {
	h := c.agent.examine()
	send := func(description *prometheus.Desc, kind prometheus.ValueType, value float64, labels ...string) {
		metric, err := prometheus.NewConstMetric(description, kind, value, labels...)
		if err != nil {
			metric = prometheus.NewInvalidMetric(description, err)
		}
		metrics <- metric
	}
	counter := func(description *prometheus.Desc, value uint64, labels ...string) {
		send(description, prometheus.CounterValue, float64(value), labels...)
	}
	gauge := func(description *prometheus.Desc, value float64, labels ...string) {
		send(description, prometheus.GaugeValue, value, labels...)
	}

	gauge(metricUp, truth(h.stateErr == nil))
	for _, l := range h.recordings {
		if l.message.State == traceloopv1.State_STATE_SAVED {
			continue
		}
		m := l.message
		// Strings are a container's author's, and kept with each sample.
		labels := []string{m.Id, bound(m.Name, 128), bound(m.Namespace, 128), bound(m.Pod, 253), bound(m.Container, 128)}
		counter(metricContainerCalls, m.Calls, labels...)
		counter(metricContainerFiltered, m.Filtered, labels...)
		counter(metricContainerOverwritten, m.Overwritten, labels...)
		counter(metricContainerLost, m.Lost, labels...)
	}
	counter(metricCalls, h.totals.calls)
	counter(metricFiltered, h.totals.filtered)
	counter(metricOverwritten, h.totals.overwritten)
	counter(metricLost, h.totals.lost)
	for _, failure := range h.failures {
		counter(metricFailures, failure.Count, failure.Place, strconv.Itoa(int(failure.Errno)))
	}
	gauge(metricMemory, float64(h.used))
	gauge(metricMemoryLimit, float64(h.limit))
	gauge(metricReady, float64(h.ready))
	gauge(metricWanted, float64(h.wanted))
	for _, runtime := range h.runtimes {
		gauge(metricRuntime, truth(runtime.Connected), runtime.Name, runtime.Endpoint)
		gauge(metricRuntimeContainers, float64(runtime.Containers), runtime.Name, runtime.Endpoint)
	}
	for state, count := range h.states {
		gauge(metricRecordings, float64(count), state)
	}
	counter(metricRefused, h.counts.refused)
	counter(metricEvicted, h.counts.evicted)
	counter(metricLeftOut, h.counts.leftOut)
	counter(metricSaved, h.store.saved)
	counter(metricSaveFailures, h.store.failures)
	counter(metricDiscarded, h.store.discarded)
	gauge(metricFiles, float64(h.files))
	gauge(metricFileBytes, float64(h.fileBytes))
	gauge(metricReads, float64(h.reads))
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
