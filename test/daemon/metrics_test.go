package daemon

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"traceloop/test/host"
)

// Metrics are what Prometheus reads, and no total ever shrinks.
func TestMetrics(t *testing.T) {
	h := start(t, "--metrics-address", "127.0.0.1:0")
	found := regexp.MustCompile(`msg="serving metrics" address=(127\.0\.0\.1:\d+)`).FindStringSubmatch(h.Log())
	if found == nil {
		t.Fatalf("the log does not say where:\n%s", h.Log())
	}
	address := "http://" + found[1]
	run(t, shared.docker.CommandRun("measured", "true"))
	r := one(t, h, "measured", exited)
	shared.docker.Start(t, "measured-on", "sleep", "1000")
	one(t, h, "measured-on", isRecording)

	before := scrape(t, address)
	calls := value(t, before, "traceloop_container_calls_recorded_total", "name", "measured")
	if calls != float64(r.Calls) {
		t.Errorf("%v calls recorded, list says %d", calls, r.Calls)
	}
	for name, least := range map[string]float64{
		"traceloop_recorder_up": 1, "traceloop_memory_used_bytes": 2 << 20, "traceloop_calls_recorded_total": calls,
		"traceloop_rings_wanted": 16, "traceloop_calls_lost_total": 0, "traceloop_containers_refused_total": 0,
		"process_resident_memory_bytes": 1 << 20,
	} {
		if got := value(t, before, name, "", ""); got < least {
			t.Errorf("%s is %v, want %v at least", name, got, least)
		}
	}
	if limit := value(t, before, "traceloop_memory_limit_bytes", "", ""); limit != 1<<30 {
		t.Errorf("the limit is %v", limit)
	}
	if ready := value(t, before, "traceloop_rings_ready", "", ""); ready > 16 {
		t.Errorf("%v rings are ready", ready)
	}
	if exited := value(t, before, "traceloop_recordings", "state", "exited"); exited < 1 {
		t.Errorf("%v have exited", exited)
	}
	for _, runtime := range all() {
		if connected := value(t, before, "traceloop_runtime_connected", "runtime", runtime.Name()); connected != 1 {
			t.Errorf("%s: connected is %v", runtime.Name(), connected)
		}
	}

	_, err := h.Run("delete", "measured")
	must(t, err)
	after := scrape(t, address)
	if sample(after, "traceloop_container_calls_recorded_total", "name", "measured") != nil {
		t.Error("a deleted recording has metrics")
	}
	for name, family := range before {
		if family.GetType() != dto.MetricType_COUNTER || !strings.HasPrefix(name, "traceloop_") || strings.HasPrefix(name, "traceloop_container_") {
			continue
		}
		for _, m := range family.Metric {
			if len(m.Label) > 0 {
				continue
			}
			if now := value(t, after, name, "", ""); now < m.Counter.GetValue() {
				t.Errorf("%s was %v, is %v", name, m.Counter.GetValue(), now)
			}
		}
	}
	response, err := http.Get(address + "/healthz")
	must(t, err)
	must(t, response.Body.Close())
	if response.StatusCode != http.StatusOK {
		t.Errorf("/healthz: %s", response.Status)
	}
}

func scrape(t *testing.T, address string) map[string]*dto.MetricFamily {
	t.Helper()
	response, err := http.Get(address + "/metrics")
	must(t, err)
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("/metrics: %s", response.Status)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(response.Body)
	must(t, err)
	return families
}

// sample is the metric with that value of a label, or the first one without a
// label; nil if there is none.
func sample(families map[string]*dto.MetricFamily, name, label, want string) *dto.Metric {
	for _, m := range families[name].GetMetric() {
		if label == "" {
			return m
		}
		for _, pair := range m.Label {
			if pair.GetName() == label && pair.GetValue() == want {
				return m
			}
		}
	}
	return nil
}

func value(t *testing.T, families map[string]*dto.MetricFamily, name, label, want string) float64 {
	t.Helper()
	m := sample(families, name, label, want)
	switch {
	case m == nil:
		t.Errorf("there is no %s{%s=%q}", name, label, want)
		return 0
	case m.Counter != nil:
		return m.Counter.GetValue()
	}
	return m.Gauge.GetValue()
}

// wantNoListener checks that no socket of the daemon's is on the network: nobody
// listens there who was not told to.
func wantNoListener(t *testing.T, h *host.Host) {
	t.Helper()
	own := make(map[string]bool)
	descriptors, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", h.PID()))
	must(t, err)
	for _, descriptor := range descriptors {
		// It may be closed by now.
		if link, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%s", h.PID(), descriptor.Name())); err == nil {
			own[strings.TrimSuffix(strings.TrimPrefix(link, "socket:["), "]")] = true
		}
	}
	for _, protocol := range []string{"tcp", "tcp6", "udp", "udp6"} {
		table, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", h.PID(), protocol))
		must(t, err)
		for _, line := range strings.Split(string(table), "\n") {
			if fields := strings.Fields(line); len(fields) > 9 && own[fields[9]] {
				t.Errorf("the daemon has a %s socket: %s", protocol, line)
			}
		}
	}
}
