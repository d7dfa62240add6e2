package containers

import (
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// serveDocker serves what a Docker of that list would until the test ends.
// Containers named "hang" are never inspected; a text sent to the channel goes
// out as an event.
func serveDocker(t *testing.T, list []map[string]any) (path string, events chan<- map[string]any) {
	t.Helper()
	directory, err := os.MkdirTemp("", "docker-")
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(directory, "docker.sock")
	socket, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	sent := make(chan map[string]any)
	answer := func(w http.ResponseWriter, body any) {
		w.Header().Set("Api-Version", "1.41")
		if err := json.NewEncoder(w).Encode(body); err != nil {
			t.Error(err)
		}
	}
	handler := http.NewServeMux()
	handler.HandleFunc("/_ping", func(w http.ResponseWriter, _ *http.Request) { answer(w, "OK") })
	handler.HandleFunc("/v1.41/version", func(w http.ResponseWriter, _ *http.Request) { answer(w, map[string]string{"Version": "20"}) })
	handler.HandleFunc("/v1.41/containers/json", func(w http.ResponseWriter, _ *http.Request) { answer(w, list) })
	handler.HandleFunc("/v1.41/containers/{id}/json", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("id") == "hang" {
			<-r.Context().Done()
			return
		}
		answer(w, map[string]any{"Id": r.PathValue("id"), "Name": "/inspected", "State": map[string]any{"Running": true, "Pid": 33}})
	})
	handler.HandleFunc("/v1.41/events", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		for {
			select {
			case event := <-sent:
				answer(w, event)
				_ = http.NewResponseController(w).Flush()
			case <-r.Context().Done():
				return
			}
		}
	})
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(socket)
	}()
	t.Cleanup(func() {
		server.Close()
		<-served
		os.RemoveAll(directory)
	})
	return path, sent
}

func dockerEvent(action, id string, happened time.Time, attributes map[string]string) map[string]any {
	return map[string]any{
		"Type": "container", "Action": action, "Actor": map[string]any{"ID": id, "Attributes": attributes},
		"time": happened.Unix(), "timeNano": happened.UnixNano(),
	}
}

// One container that Docker cannot inspect does not keep the others from being
// known, nor is the session ended by it.
func TestEngineInspectionHangs(t *testing.T) {
	path, events := serveDocker(t, []map[string]any{
		{"Id": "hang", "Names": []string{"/stuck"}, "State": "running", "Image": "i", "Created": 5},
		{"Id": "fine", "Names": []string{"/fine"}, "State": "running", "Labels": map[string]string{"io.kubernetes.docker.type": "podsandbox"}},
	})
	quick := usualTimes
	quick.call, quick.settling = 300*time.Millisecond, time.Hour
	r, w, log := startWatch(t, quick, Endpoint{"docker", path})
	connected(t, w)
	j := follow(r, "j", func(c *Container) bool { return c.ID != "fine" })
	wantPID(t, r, "fine", 33)
	if stuck, ok := r.Get("hang"); !ok || stuck.Name != "stuck" || !stuck.Created.Equal(time.Unix(5, 0)) {
		t.Errorf("%+v", stuck)
	}
	if fine, _ := r.Get("fine"); !fine.Sandbox || fine.Name != "inspected" {
		t.Errorf("%+v", fine)
	}

	// What happened before the list is in it, or was over by then.
	events <- dockerEvent("create", "old", time.Now().Add(-time.Hour), nil)
	events <- dockerEvent("exec_create: sh", "hang", time.Now(), nil)
	events <- dockerEvent("start", "unknown", time.Now(), nil)
	hostile := "\x1b[2J" + strings.Repeat("x", 1000)
	events <- dockerEvent("create", "new", time.Now(), map[string]string{"name": "web", "image": "nginx", "colour": hostile})
	j.check(t, "added new")
	if got, _ := r.Get("new"); got.Name != "web" || got.Image != "nginx" || got.Labels["colour"] != hostile[:maximumText] || len(got.Labels) != 1 {
		t.Errorf("%+v", got)
	}
	events <- dockerEvent("start", "new", time.Now(), nil)
	wantPID(t, r, "new", 33)
	events <- dockerEvent("destroy", "new", time.Now(), nil)
	eventually(t, "it is gone", func() bool { _, ok := r.Get("new"); return !ok })
	if log.count("runtime lost") != 0 || !w.Status()[0].Connected {
		t.Errorf("%+v", w.Status())
	}
}
