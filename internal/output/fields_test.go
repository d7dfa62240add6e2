package output

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// part is what the JSON of an argument's parts means.
type part struct {
	Name   string
	Value  *string
	Fields *[]part
	More   bool
}

func partsOf(t testing.TB, text string) part {
	t.Helper()
	object := append(appendFields([]byte(`{"value":""`), []byte(text)), '}')
	decoder := json.NewDecoder(bytes.NewReader(object))
	decoder.DisallowUnknownFields()
	var whole part
	if err := decoder.Decode(&whole); err != nil {
		t.Fatalf("%q: %v: %s", text, err, object)
	}
	return whole
}

func TestFields(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		// No parts.
		{``, ``},
		{`0`, ``},
		{`NULL`, ``},
		{`"{a=1}"`, ``},
		{`O_RDONLY|O_CLOEXEC`, ``},
		{`0x7ffe /* 35 vars */`, ``},
		{`0x63 /* a => b */`, ``},
		{`~[RTMIN RT_1]`, ``},
		{`"[1, 2]"...`, ``},
		{`" => "`, ``},
		// Structs.
		{`{}`, `,"fields":[]`},
		{`{st_mode=S_IFREG|0644, st_size=5, ...}`,
			`,"fields":[{"name":"st_mode","value":"S_IFREG|0644"},{"name":"st_size","value":"5"}],"more":true`},
		{`{...}`, `,"fields":[],"more":true`},
		{`{sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("1.2.3.4")}`,
			`,"fields":[{"name":"sa_family","value":"AF_INET"},{"name":"sin_port","value":"htons(80)"},{"name":"sin_addr","value":"inet_addr(\"1.2.3.4\")"}]`},
		{`{inet_pton(AF_INET6, "::1", &sin6_addr), n=1}`,
			`,"fields":[{"value":"inet_pton(AF_INET6, \"::1\", &sin6_addr)"},{"name":"n","value":"1"}]`},
		{`{tv_sec=1, tv_nsec=2} => {tv_sec=0, tv_nsec=1}`,
			`,"fields":[{"name":"before","value":"{tv_sec=1, tv_nsec=2}","fields":[{"name":"tv_sec","value":"1"},{"name":"tv_nsec","value":"2"}]},` +
				`{"name":"after","value":"{tv_sec=0, tv_nsec=1}","fields":[{"name":"tv_sec","value":"0"},{"name":"tv_nsec","value":"1"}]}]`},
		{`{B38400 opost isig ...}`, `,"fields":[{"value":"B38400 opost isig ..."}]`},
		{`{a==b, =c, 1x=d, e=}`, `,"fields":[{"value":"a==b"},{"value":"=c"},{"value":"1x=d"},{"value":"e="}]`},
		{`{sun_path=@"a, b\"}"}`, `,"fields":[{"name":"sun_path","value":"@\"a, b\\\"}\""}]`},
		// Arrays.
		{`[]`, `,"fields":[]`},
		{`["ls", "-l, \"]"..., ...]`, `,"fields":[{"value":"\"ls\""},{"value":"\"-l, \\\"]\"..."}],"more":true`},
		{`[128 => 16]`, `,"fields":[{"value":"128 => 16","fields":[{"name":"before","value":"128"},{"name":"after","value":"16"}]}]`},
		{`[{iov_base="a", iov_len=1}, {iov_base=NULL, iov_len=0}]`,
			`,"fields":[{"value":"{iov_base=\"a\", iov_len=1}","fields":[{"name":"iov_base","value":"\"a\""},{"name":"iov_len","value":"1"}]},` +
				`{"value":"{iov_base=NULL, iov_len=0}","fields":[{"name":"iov_base","value":"NULL"},{"name":"iov_len","value":"0"}]}]`},
		{`[{WIFEXITED(s) && WEXITSTATUS(s) == 3}]`,
			`,"fields":[{"value":"{WIFEXITED(s) && WEXITSTATUS(s) == 3}","fields":[{"value":"WIFEXITED(s) && WEXITSTATUS(s) == 3"}]}]`},
		{`[INT CHLD RT_1]`, `,"fields":[{"value":"INT"},{"value":"CHLD"},{"value":"RT_1"}]`},
		{`[3 5]`, `,"fields":[{"value":"3"},{"value":"5"}]`},
		{`[1 /* a, b] */, 2]`, `,"fields":[{"value":"1 /* a, b] */"},{"value":"2"}]`},
		// What makes no sense stays whole.
		{`{a=1`, ``},
		{`{a=1]`, ``},
		{`{a="}`, ``},
		{`{a=1}x`, ``},
		{`[/* ]`, ``},
		{`[1, ]`, `,"fields":[{"value":"1, "}]`},
		{`{a=1} => `, ``},
		{strings.Repeat("[", 100) + strings.Repeat("]", 100), ``},
	} {
		if got := string(appendFields(nil, []byte(test.text))); got != test.want {
			t.Errorf("%s\ngot  %s\nwant %s", test.text, got, test.want)
		}
		partsOf(t, test.text)
	}
}

// Whatever the text: what comes out is JSON, and nothing of the text is lost or
// invented.
func FuzzFields(f *testing.F) {
	for _, seed := range []string{
		`{st_mode=S_IFREG|0644, st_size=5, ...}`, `[{a="x\"", b=[1, 2]}, ...]`, `[INT CHLD]`, `[1] => [2]`, `{a=1} => {b=2} => 3`,
		`[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]`, `{a=(}`, `["\`, `[/*`, "{\xff=\x00}", `{, , }`, `[...]`, `{=}`, `{ => }`, `[ ]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		// Bytes that are no UTF-8 are replaced on their way through JSON.
		text := string([]rune(string(data)))
		whole := partsOf(t, text)
		whole.Value = &text
		checkParts(t, &whole)
	})
}

// checkParts puts a text together from its parts, and those from theirs.
func checkParts(t *testing.T, whole *part) {
	t.Helper()
	if whole.Fields == nil {
		return
	}
	parts := *whole.Fields
	var texts []string
	for i := range parts {
		text := *parts[i].Value
		if name := parts[i].Name; name != "" && name != "before" && name != "after" {
			text = name + "=" + text
		} else if name != "" && !strings.Contains(*whole.Value, " => ") {
			text = name + "=" + text
		}
		texts = append(texts, text)
		checkParts(t, &parts[i])
	}
	if whole.More {
		texts = append(texts, "...")
	}
	text := *whole.Value
	for _, separator := range []string{", ", " "} {
		body := strings.Join(texts, separator)
		if text == "{"+body+"}" || text == "["+body+"]" {
			return
		}
	}
	if strings.Join(texts, " => ") == text {
		return
	}
	t.Errorf("%q became %q", text, texts)
}
