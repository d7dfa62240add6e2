package output

import (
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"traceloop/event"
	"traceloop/recording"
	"traceloop/ring"
)

// schemaOf reads the schema that programs may rely on.
func schemaOf(t *testing.T) *jsonschema.Schema {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile("../../docs/event.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// followSchema checks that each line is an event as the schema has it.
func followSchema(t *testing.T, schema *jsonschema.Schema, lines string) {
	t.Helper()
	for line := range strings.Lines(lines) {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s%v", line, err)
		}
	}
}

func TestSchema(t *testing.T) {
	schema := schemaOf(t)
	r := testRecording()
	for _, container := range []recording.Container{{}, {Runtime: "docker"}, {ID: "abc", Name: hostile, Namespace: "n", Pod: "p"}} {
		r.Container = container
		history := testHistory(t)
		history.Events = append(history.Events, structured(t)...)
		killed := history.Events[9]
		if killed.Type != ring.TypeExit {
			t.Fatalf("event 9 is %v", killed.Type)
		}
		exit := *killed.Record
		exit.Exit = &ring.Exit{Code: 9, OOM: true}
		history.Events = append(history.Events, event.Event{Record: &exit})
		history.Account.Lost, history.Account.Malformed = 1, 2
		followSchema(t, schema, print(t, r, history, &Selection{}, &Options{Format: JSON}))
	}
	for _, account := range []ring.Account{
		{Overwritten: 3, Made: 3, CompleteSince: 5, Damaged: true}, {Malformed: 1}, {Overwritten: 1, CompleteSince: 5},
	} {
		followSchema(t, schema, print(t, &recording.Recording{}, &event.History{Account: account}, &Selection{}, &Options{Format: JSON}))
	}
}

// What is no event is none to the schema.
func TestSchemaRefuses(t *testing.T) {
	schema := schemaOf(t)
	const task = `"time":"2026-11-22T20:00:00.123456789Z","cpu":1,"pid":1,"tid":1,"comm":"a"`
	const call = `{"type":"syscall",` + task + `,"durationNs":1,"syscall":"close","args":[{"name":"fd","value":"4","raw":4}]`
	followSchema(t, schema, call+`,"ret":0}`)
	for _, text := range []string{
		`{}`, `{"type":"x"}`, call + `}`, call + `,"ret":0,"errno":"EBADF"}`, call + `,"ret":0,"state":"unfinished"}`, call + `,"ret":0,"new":1}`,
		`{"type":"fork",` + task + `,"childPid":1}`, `{"type":"exit",` + task + `}`, `{"type":"exit",` + task + `,"status":1,"signal":"SIGINT","coreDumped":false}`,
		`{"type":"syscall",` + task + `,"durationNs":1,"syscall":"close","args":[{"name":"fd","value":"4"}],"ret":0}`,
		`{"type":"gap","overwritten":-1}`, `{"type":"signal",` + strings.Replace(task, "Z", "", 1) + `,"signal":"SIGINT"}`,
	} {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if schema.Validate(value) == nil {
			t.Errorf("accepted %s", text)
		}
	}
}
