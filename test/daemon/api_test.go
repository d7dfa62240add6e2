package daemon

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"

	traceloopv1 "traceloop/api/traceloop/v1"
	"traceloop/api/traceloop/v1/traceloopv1connect"
	"traceloop/recording"
	"traceloop/test/host"
)

// Other clients than traceloop's own are served as well.
func TestClients(t *testing.T) {
	h := start(t)
	run(t, shared.docker.CommandRun("for-clients", "true"))
	one(t, h, "for-clients", exited)
	t.Run("curl", func(t *testing.T) { testPlainHTTP(t, h) })
	t.Run("gRPC", func(t *testing.T) { testGRPC(t, h) })
}

// What curl can say, the API understands.
func testPlainHTTP(t *testing.T, h *host.Host) {
	answer := post(t, h, traceloopv1connect.DaemonServiceListProcedure, "application/json", []byte(`{"filter":"name=for-clients"}`), http.StatusOK)
	recordings := &traceloopv1.ListResponse{}
	must(t, protojson.Unmarshal(answer, recordings))
	if len(recordings.Recordings) != 1 || recordings.Recordings[0].Name != "for-clients" || !exited(recordings.Recordings[0]) {
		t.Errorf("%s", answer)
	}
	if text := string(answer); !strings.Contains(text, `"exactId":`) || !strings.Contains(text, `"STATE_EXITED"`) {
		t.Errorf("not as the document has it: %s", answer)
	}
	answer = post(t, h, traceloopv1connect.DaemonServiceStatusProcedure, "application/json", []byte(`{}`), http.StatusOK)
	health := &traceloopv1.StatusResponse{}
	must(t, protojson.Unmarshal(answer, health))
	if int(health.Pid) != h.PID() || health.Memory.GetLimit() != 1<<30 {
		t.Errorf("%s", answer)
	}
	answer = post(t, h, traceloopv1connect.DaemonServiceDeleteProcedure, "application/json", []byte(`{"references":["none-such"]}`), http.StatusNotFound)
	var failure struct{ Code, Message string }
	if err := json.Unmarshal(answer, &failure); err != nil || failure.Code != "not_found" || !strings.Contains(failure.Message, "none-such") {
		t.Errorf("%s, %v", answer, err)
	}

	// A stream is messages, each behind a byte of flags and four of its length.
	messages := frames(t, post(t, h, traceloopv1connect.DaemonServiceReadProcedure, "application/connect+json", frame(`{"reference":"for-clients"}`), http.StatusOK))
	var file []byte
	for i, message := range messages[:len(messages)-1] {
		piece := &traceloopv1.ReadResponse{}
		must(t, protojson.Unmarshal(message, piece))
		if (piece.Recording != nil) != (i == 0) {
			t.Errorf("message %d: recording %v", i, piece.Recording)
		}
		file = append(file, piece.Data...)
	}
	if end := string(messages[len(messages)-1]); strings.Contains(end, "error") {
		t.Errorf("it ends with %s", end)
	}
	wantRecording(t, file, "for-clients")
	messages = frames(t, post(t, h, traceloopv1connect.DaemonServiceReadProcedure, "application/connect+json", frame(`{"reference":"none-such"}`), http.StatusOK))
	if end := string(messages[len(messages)-1]); len(messages) != 1 || !strings.Contains(end, `"not_found"`) {
		t.Errorf("of a recording that is not there: %q", messages)
	}
}

// post sends a request as curl --unix-socket does.
func post(t *testing.T, h *host.Host, procedure, contentType string, body []byte, want int) []byte {
	t.Helper()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", h.Socket())
	}}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: patience}
	response, err := client.Post("http://traceloop"+procedure, contentType, bytes.NewReader(body))
	must(t, err)
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	must(t, err)
	if response.StatusCode != want || response.Header.Get("Content-Type") != contentType {
		t.Errorf("%s: %s, %s: %s", procedure, response.Status, response.Header.Get("Content-Type"), answer)
	}
	return answer
}

func frame(message string) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...)
}

// frames takes a stream apart. Its last message, and no other, has the flag that
// it is the last.
func frames(t *testing.T, stream []byte) [][]byte {
	t.Helper()
	var messages [][]byte
	for len(stream) > 0 {
		if len(stream) < 5 || len(stream)-5 < int(binary.BigEndian.Uint32(stream[1:])) {
			t.Fatalf("a message is cut off after %d others: %q", len(messages), stream[:min(len(stream), 100)])
		}
		end := 5 + int(binary.BigEndian.Uint32(stream[1:]))
		if last := end == len(stream); last != (stream[0] == 2) {
			t.Errorf("flags %d of message %d", stream[0], len(messages))
		}
		messages = append(messages, stream[5:end])
		stream = stream[end:]
	}
	if len(messages) == 0 {
		t.Fatal("an answer without any message")
	}
	return messages
}

// wantRecording checks that a file has a container's whole recording.
func wantRecording(t *testing.T, file []byte, name string) {
	t.Helper()
	r, err := recording.Read(bytes.NewReader(file))
	must(t, err)
	if r.Container.Name != name {
		t.Errorf("it is of %+v", r.Container)
	}
	if len(r.Snapshot.Chunks) == 0 {
		t.Error("it has no calls")
	}
}

// Clients made with gRPC's own library speak to it too.
func testGRPC(t *testing.T, h *host.Host) {
	connection, err := grpc.NewClient("unix://"+h.Socket(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	must(t, err)
	t.Cleanup(func() {
		if err := connection.Close(); err != nil {
			t.Error(err)
		}
	})
	recordings := &traceloopv1.ListResponse{}
	must(t, connection.Invoke(t.Context(), traceloopv1connect.DaemonServiceListProcedure, &traceloopv1.ListRequest{}, recordings))
	if !slices.ContainsFunc(recordings.Recordings, func(r *traceloopv1.Recording) bool { return r.Name == "for-clients" }) {
		t.Errorf("%v", recordings)
	}
	file, err := readOverGRPC(t, connection, "for-clients")
	must(t, err)
	wantRecording(t, file, "for-clients")
	if _, err := readOverGRPC(t, connection, "none-such"); status.Code(err) != codes.NotFound || !strings.Contains(err.Error(), "none-such") {
		t.Errorf("%v", err)
	}
}

func readOverGRPC(t *testing.T, connection *grpc.ClientConn, reference string) ([]byte, error) {
	t.Helper()
	stream, err := connection.NewStream(t.Context(), &grpc.StreamDesc{ServerStreams: true}, traceloopv1connect.DaemonServiceReadProcedure)
	must(t, err)
	must(t, stream.SendMsg(&traceloopv1.ReadRequest{Reference: reference}))
	must(t, stream.CloseSend())
	var file []byte
	for {
		piece := &traceloopv1.ReadResponse{}
		switch err := stream.RecvMsg(piece); {
		case err == nil:
			file = append(file, piece.Data...)
		case errors.Is(err, io.EOF):
			return file, nil
		default:
			return nil, err
		}
	}
}
