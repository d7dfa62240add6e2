package recording

import (
	"encoding/json"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// setTexts sets all strings within a value.
func setTexts(value reflect.Value, text string) {
	switch value.Kind() {
	case reflect.String:
		value.SetString(text)
	case reflect.Slice:
		// Bytes are the ring's, and its test's.
		if value.Type().Elem().Kind() == reflect.String {
			value.Set(reflect.ValueOf([]string{text, text}))
		}
	case reflect.Map:
		if value.Type() == reflect.TypeFor[map[string]string]() {
			value.Set(reflect.ValueOf(map[string]string{text: text}))
		}
	case reflect.Struct:
		for i := range value.NumField() {
			if value.Type().Field(i).IsExported() {
				setTexts(value.Field(i), text)
			}
		}
	}
}

// No text of a recording is forgotten, also none that is added later.
func TestMaskEveryText(t *testing.T) {
	r := &Recording{}
	setTexts(reflect.ValueOf(r).Elem(), "a s3cret b")
	before := *r
	if strings.Count(string(mustMarshal(t, r)), "s3cret") < 16 {
		t.Fatalf("the texts are not set: %s", mustMarshal(t, r))
	}
	r.Mask([]*regexp.Regexp{regexp.MustCompile("s3cret")})
	if r.Architecture != before.Architecture || r.Kernel != before.Kernel || r.TraceloopVersion != before.TraceloopVersion || r.Container.Runtime != before.Container.Runtime {
		t.Errorf("what the programs say of themselves is masked: %+v", r)
	}
	r.Architecture, r.Kernel, r.TraceloopVersion, r.Container.Runtime = "", "", "", ""
	if text := string(mustMarshal(t, r)); strings.Contains(text, "s3cret") {
		t.Errorf("left: %s", text)
	}
	if r.Name != "a ****** b" {
		t.Errorf("the name is %q", r.Name)
	}
	if before.Command[0] != "a s3cret b" || before.Container.Labels["a s3cret b"] != "a s3cret b" {
		t.Error("what others may have, too, is masked")
	}
}

func mustMarshal(t *testing.T, value any) []byte {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestMaskTogether(t *testing.T) {
	r := &Recording{
		Command:   []string{"login", "--password", "s3cret", "me"},
		Container: Container{Labels: map[string]string{"password": "s3cret", "other": "s3cret"}},
	}
	r.Mask([]*regexp.Regexp{regexp.MustCompile(`password[= ](\S+)`)})
	if want := []string{"login", "--password", "******", "me"}; !slices.Equal(r.Command, want) {
		t.Errorf("the command is %q", r.Command)
	}
	if want := map[string]string{"password": "******", "other": "s3cret"}; !maps.Equal(r.Container.Labels, want) {
		t.Error(cmp.Diff(want, r.Container.Labels))
	}
}

func TestMaskWithoutPatterns(t *testing.T) {
	r := &Recording{Name: "s3cret"}
	r.Mask(nil)
	if diff := cmp.Diff(&Recording{Name: "s3cret"}, r); diff != "" {
		t.Error(diff)
	}
}
