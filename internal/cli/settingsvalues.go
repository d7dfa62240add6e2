package cli

import (
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
)

// The types of flags that are settings. Their text sets them to the same again.

// pathValue is an absolute path: where a daemon was started decides nothing.
type pathValue struct {
	path     string
	optional bool // may be empty
}

func (p *pathValue) Set(text string) error {
	switch {
	case text == "" && p.optional:
		p.path = ""
	case text == "":
		return errors.New("want a path")
	case !filepath.IsAbs(text):
		return errors.New("want a path that begins with /")
	case strings.ContainsRune(text, 0):
		return errors.New("a path has no zero byte")
	default:
		p.path = filepath.Clean(text)
	}
	return nil
}

func (p *pathValue) String() string { return p.path }
func (p *pathValue) Type() string   { return "PATH" }

// modeValue is a file's mode.
type modeValue os.FileMode

func (m *modeValue) Set(text string) error {
	mode, err := strconv.ParseUint(strings.TrimPrefix(text, "0o"), 8, 32)
	if err != nil || mode > 0o777 {
		return errors.New("want an octal number from 0 to 0777, such as 0660")
	}
	*m = modeValue(mode)
	return nil
}

func (m *modeValue) String() string { return fmt.Sprintf("%04o", uint32(*m)) }
func (m *modeValue) Type() string   { return "MODE" }

// groupValue is a group's name or number.
type groupValue string

func (g *groupValue) Set(text string) error {
	if strings.TrimSpace(text) == "" {
		return errors.New("want a group's name or number")
	}
	*g = groupValue(text)
	return nil
}

func (g *groupValue) String() string { return string(*g) }
func (g *groupValue) Type() string   { return "GROUP" }

// number finds the group's number.
func (g *groupValue) number() (int, error) {
	text := string(*g)
	// 4294967295 means no change to chown.
	if number, err := strconv.ParseUint(text, 10, 32); err == nil && number < math.MaxUint32 {
		return int(number), nil
	}
	if text == "root" {
		return 0, nil // also where there is no list of groups, as in a container
	}
	group, err := user.LookupGroup(text)
	if err != nil {
		return 0, fmt.Errorf("want the name or number of a group of this machine: %w", err)
	}
	return strconv.Atoi(group.Gid)
}

// addressValue is where to listen on the network; empty is nowhere.
type addressValue string

func (a *addressValue) Set(text string) error {
	if text != "" {
		_, port, err := net.SplitHostPort(text)
		if err == nil {
			_, err = strconv.ParseUint(port, 10, 16)
		}
		if err != nil {
			return errors.New("want HOST:PORT, such as 127.0.0.1:9435, or :9435 for all of this machine's addresses")
		}
	}
	*a = addressValue(text)
	return nil
}

func (a *addressValue) String() string { return string(*a) }
func (a *addressValue) Type() string   { return "ADDRESS" }

// recordedValue is a choice of system calls to record, also as strace has it
// with its name before it.
type recordedValue struct{ filterValue }

func (r *recordedValue) Set(text string) error {
	if qualifier, list, qualified := strings.Cut(text, "="); qualified && (qualifier == "trace" || qualifier == "t") {
		text = list
	}
	if text == "" {
		r.filter = nil
		return nil
	}
	return r.filterValue.Set(text)
}

// listValue is a flag that may be given again.
type listValue[T any] struct {
	texts []string
	items []T
	parse func(string) (T, error)
	kind  string
}

func (l *listValue[T]) Set(text string) error { return l.Append(text) }

func (l *listValue[T]) Append(text string) error {
	item, err := l.parse(text)
	if err != nil {
		return err
	}
	l.texts, l.items = append(l.texts, text), append(l.items, item)
	return nil
}

func (l *listValue[T]) Replace(texts []string) error {
	replacement := listValue[T]{parse: l.parse, kind: l.kind}
	for _, text := range texts {
		if err := replacement.Append(text); err != nil {
			return fmt.Errorf("%q: %w", text, err)
		}
	}
	*l = replacement
	return nil
}

func (l *listValue[T]) GetSlice() []string { return l.texts }
func (l *listValue[T]) String() string     { return strings.Join(l.texts, " ") }
func (l *listValue[T]) Type() string       { return l.kind }
