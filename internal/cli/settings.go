package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"
)

// settings are flags that the environment and a YAML file set as well, with
// the same names and the same values. A flag that is given goes before the
// environment, that before the file, and that before the default.
type settings struct {
	flags *pflag.FlagSet
	// declare makes the same flags anew: a value is tried on them, so that one
	// that is wrong changes nothing.
	declare func() *pflag.FlagSet
	origins map[string]string // by flag: where its value came from; absent: the default
}

// environmentPrefix is what the names of the variables begin with.
const environmentPrefix = "TRACELOOP_"

// maximumSettings is how long the YAML file may be, in bytes.
const maximumSettings = 1 << 20

// assignment is what one source says of one flag.
type assignment struct {
	flag   string
	values []string // one, but for a list
	origin string
}

// load sets the flags that were not given. A file that does not exist is an
// error only if it is required. Errors say all that is wrong, and then no flag
// was changed.
func (s *settings) load(file string, required bool) error {
	assignments, err := s.readFile(file, required)
	if err != nil {
		return err
	}
	// A later one replaces an earlier one.
	assignments = append(assignments, s.readEnvironment(os.LookupEnv)...)
	var errs []error
	for _, a := range assignments {
		if err := a.set(s.declare()); err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	s.origins = map[string]string{}
	for _, a := range assignments {
		if s.flags.Changed(a.flag) {
			continue
		}
		if err := a.set(s.flags); err != nil {
			return err
		}
		s.origins[a.flag] = a.origin
	}
	s.flags.VisitAll(func(flag *pflag.Flag) {
		if flag.Changed {
			s.origins[flag.Name] = "flag"
		}
	})
	return nil
}

// given says whether a flag's value is anything but its default.
func (s *settings) given(name string) bool { return s.origins[name] != "" }

// set sets the flag's value, not that it was given on the command line.
func (a *assignment) set(flags *pflag.FlagSet) error {
	value := flags.Lookup(a.flag).Value
	if list, isList := value.(pflag.SliceValue); isList {
		if err := list.Replace(a.values); err != nil {
			return fmt.Errorf("%s: invalid %s: %w", a.origin, a.flag, err)
		}
		return nil
	}
	if err := value.Set(a.values[0]); err != nil {
		if value.Type() == "bool" {
			err = errBoolean // not the parser's own words
		}
		return fmt.Errorf("%s: invalid %s %q: %w", a.origin, a.flag, a.values[0], err)
	}
	return nil
}

// variable is the name of a flag in the environment.
func variable(flag string) string {
	return environmentPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// readEnvironment finds what the environment says. Variables with other names
// are no mistakes: of a service called "traceloop" Kubernetes makes
// TRACELOOP_PORT and more.
func (s *settings) readEnvironment(lookup func(string) (string, bool)) []assignment {
	var assignments []assignment
	s.flags.VisitAll(func(flag *pflag.Flag) {
		name := variable(flag.Name)
		text, found := lookup(name)
		if !found {
			return
		}
		values := []string{text}
		if _, isList := flag.Value.(pflag.SliceValue); isList {
			// Regular expressions and filters have commas in them.
			values = slices.DeleteFunc(strings.Split(text, "\n"), func(line string) bool { return strings.TrimSpace(line) == "" })
		}
		assignments = append(assignments, assignment{flag.Name, values, "environment " + name})
	})
	return assignments
}

// readFile finds what the file says.
func (s *settings) readFile(path string, required bool) ([]assignment, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) && !required {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("opening the settings: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maximumSettings+1))
	if err != nil {
		return nil, fmt.Errorf("reading the settings: %w", err)
	}
	if len(text) > maximumSettings {
		return nil, fmt.Errorf("reading the settings %s: the file has more than %s", path, formatSize(maximumSettings))
	}
	return s.parse(path, string(text))
}

// parse parses the file's text. It checks the shape; what the values mean is
// for the flags to say.
func (s *settings) parse(path, text string) ([]assignment, error) {
	decoder := yaml.NewDecoder(strings.NewReader(text))
	var document yaml.Node
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		return nil, nil // nothing but comments
	} else if err != nil {
		return nil, fmt.Errorf("%s is no YAML (texts that begin with one of %%!*&@` need quotes): %w", path, err)
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: want one YAML document, not several", path)
	}
	top := document.Content[0]
	if top.Kind == yaml.ScalarNode && top.Tag == "!!null" {
		return nil, nil
	}
	at := func(node *yaml.Node) string { return fmt.Sprintf("%s, line %d", path, node.Line) }
	if top.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("%s: want lines such as \"memory: 256MiB\"", at(top))
	}
	var assignments []assignment
	var errs []error
	lines := map[string]int{}
	for i := 0; i < len(top.Content); i += 2 {
		key, value := top.Content[i], resolve(top.Content[i+1])
		flag := s.flags.Lookup(key.Value)
		if flag == nil {
			errs = append(errs, fmt.Errorf("%s: unknown setting %q: there are %s", at(key), key.Value, strings.Join(s.names(), ", ")))
			continue
		}
		if first, twice := lines[flag.Name]; twice {
			errs = append(errs, fmt.Errorf("%s: %s is set twice, in line %d first", at(key), flag.Name, first))
			continue
		}
		lines[flag.Name] = key.Line
		values, err := valuesOf(flag, value)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: invalid %s: %w", at(key), flag.Name, err))
			continue
		}
		assignments = append(assignments, assignment{flag.Name, values, at(key)})
	}
	return assignments, errors.Join(errs...)
}

func (s *settings) names() []string {
	var names []string
	s.flags.VisitAll(func(flag *pflag.Flag) { names = append(names, flag.Name) })
	slices.Sort(names)
	return names
}

// resolve follows an alias to what it stands for.
func resolve(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}

// valuesOf is the text of a value whose type is the flag's.
func valuesOf(flag *pflag.Flag, value *yaml.Node) ([]string, error) {
	if _, isList := flag.Value.(pflag.SliceValue); !isList {
		text, err := scalar(flag.Value.Type(), value)
		return []string{text}, err
	}
	if value.Kind != yaml.SequenceNode {
		return nil, fmt.Errorf("want a list, not %s: a line of \"- VALUE\" for each", kindOf(value))
	}
	var values []string
	for _, item := range value.Content {
		text, err := scalar(flag.Value.Type(), resolve(item))
		if err != nil {
			return nil, fmt.Errorf("in the list: %w", err)
		}
		values = append(values, text)
	}
	return values, nil
}

// scalar is a single value's text. Numbers may stand for sizes and the like as
// they are written (0660).
func scalar(wanted string, value *yaml.Node) (string, error) {
	tag := value.ShortTag()
	switch {
	case value.Kind == yaml.ScalarNode && (tag == "!!str" || wanted != "bool" && (tag == "!!int" || tag == "!!float") || wanted == "bool" && tag == "!!bool"):
		return value.Value, nil
	case wanted == "bool":
		return "", fmt.Errorf("want true or false, not %s", kindOf(value))
	}
	return "", fmt.Errorf("want one text or number, not %s (quotes make a text of anything)", kindOf(value))
}

// kindOf says what a value is, with its text if it has one.
func kindOf(value *yaml.Node) string {
	switch value.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch value.ShortTag() {
	case "!!null":
		return "nothing"
	case "!!str", "!!int":
		return fmt.Sprintf("%q", value.Value)
	}
	return fmt.Sprintf("%q, which YAML takes for a %s", value.Value, strings.TrimLeft(value.ShortTag(), "!"))
}

// yaml is the settings in force as a file that sets the same, in the order in
// which they were declared. With origins it says where each came from. Lists
// that are hidden show how many values they have, not which.
func (s *settings) yaml(origins bool, hidden ...string) (string, error) {
	top := &yaml.Node{Kind: yaml.MappingNode}
	s.flags.VisitAll(func(flag *pflag.Flag) {
		key := &yaml.Node{Kind: yaml.ScalarNode, Value: flag.Name}
		value := valueNode(flag.Value)
		if slices.Contains(hidden, flag.Name) {
			for _, item := range value.Content {
				item.SetString("(hidden)")
			}
		}
		if origins {
			origin := s.origins[flag.Name]
			if origin == "" {
				origin = "default"
			}
			comment := value
			if value.Kind == yaml.SequenceNode && len(value.Content) > 0 {
				comment = key
			}
			comment.LineComment = printable(strings.ReplaceAll(origin, "\n", " "))
		}
		top.Content = append(top.Content, key, value)
	})
	text, err := yaml.Marshal(top)
	if err != nil {
		return "", fmt.Errorf("writing the settings as YAML: %w", err)
	}
	return string(text), nil
}

// valueNode is a flag's value in YAML.
func valueNode(value pflag.Value) *yaml.Node {
	if list, isList := value.(pflag.SliceValue); isList {
		node := &yaml.Node{Kind: yaml.SequenceNode}
		for _, item := range list.GetSlice() {
			text := &yaml.Node{}
			text.SetString(item)
			node.Content = append(node.Content, text)
		}
		if len(node.Content) == 0 {
			node.Style = yaml.FlowStyle // []
		}
		return node
	}
	switch value := value.(type) {
	case *numberValue: // whose text is empty for 0
		return &yaml.Node{Kind: yaml.ScalarNode, Value: fmt.Sprint(value.value)}
	case *size: // whose text is for people
		if *value%(1<<10) != 0 || *value == 0 {
			return &yaml.Node{Kind: yaml.ScalarNode, Value: fmt.Sprint(int(*value))}
		}
	case *modeValue:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: value.String()}
	}
	if value.Type() == "bool" {
		return &yaml.Node{Kind: yaml.ScalarNode, Value: value.String()}
	}
	node := &yaml.Node{}
	node.SetString(value.String())
	return node
}
