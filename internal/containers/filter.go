package containers

import (
	"fmt"
	"path"
	"strings"
)

// Filter says which containers are wanted. Nil, and one without terms, wants all.
type Filter struct {
	alternatives [][]term // of each all must hold; one is enough
}

// term is one condition.
type term struct {
	negated bool
	holds   func(*Container) bool
}

const filterHelp = `write name=GLOB, image=GLOB, namespace=GLOB, pod=GLOB, runtime=NAME or label=KEY[=VALUE], with ! before it for the opposite`

// ParseFilter reads filters as --filter gives them. Each is terms with commas
// between, which must all hold: name=GLOB, image=GLOB, namespace=GLOB and
// pod=GLOB (Kubernetes'), runtime=GLOB, label=KEY (it is there) and
// label=KEY=GLOB; "!" before a term negates it. A GLOB has * for any text, ? for
// any character and [a-z] for one of some, and is compared with the whole.
// Several filters are alternatives. None, or only empty ones, want every
// container.
func ParseFilter(texts ...string) (*Filter, error) {
	filter := new(Filter)
	for _, text := range texts {
		if strings.TrimSpace(text) == "" {
			continue
		}
		var terms []term
		for part := range strings.SplitSeq(text, ",") {
			one, err := parseTerm(strings.TrimSpace(part))
			if err != nil {
				return nil, fmt.Errorf("filter %q: %w", text, err)
			}
			terms = append(terms, one)
		}
		filter.alternatives = append(filter.alternatives, terms)
	}
	return filter, nil
}

func parseTerm(text string) (term, error) {
	if text == "" {
		return term{}, fmt.Errorf("a term is empty: %s", filterHelp)
	}
	rest, negated := strings.CutPrefix(text, "!")
	key, value, ok := strings.Cut(rest, "=")
	if !ok {
		return term{}, fmt.Errorf("%q is no term: %s", text, filterHelp)
	}
	if value == "" {
		return term{}, fmt.Errorf("%q has nothing to compare with: %s", text, filterHelp)
	}
	if key == "label" {
		return labelTerm(text, value, negated)
	}
	field := map[string]func(*Container) string{
		"name":      func(c *Container) string { return c.Name },
		"image":     func(c *Container) string { return c.Image },
		"namespace": func(c *Container) string { return c.Namespace },
		"pod":       func(c *Container) string { return c.Pod },
		"runtime":   func(c *Container) string { return c.Runtime },
	}[key]
	if field == nil {
		return term{}, fmt.Errorf("%q: containers have no %q to filter by: %s", text, key, filterHelp)
	}
	if err := checkGlob(value); err != nil {
		return term{}, fmt.Errorf("%q: %w", text, err)
	}
	return term{negated, func(c *Container) bool { return matches(value, field(c)) }}, nil
}

func labelTerm(text, value string, negated bool) (term, error) {
	key, glob, compares := strings.Cut(value, "=")
	if key == "" {
		return term{}, fmt.Errorf("%q names no label: write label=KEY or label=KEY=VALUE", text)
	}
	if err := checkGlob(glob); err != nil {
		return term{}, fmt.Errorf("%q: %w", text, err)
	}
	return term{negated, func(c *Container) bool {
		found, ok := c.Labels[key]
		return ok && (!compares || matches(glob, found))
	}}, nil
}

func checkGlob(glob string) error {
	if _, err := path.Match(glob, ""); err != nil {
		return fmt.Errorf(`%w: * is any text, ? any character, [a-z] one of some, \ takes the next as it is`, err)
	}
	return nil
}

// matches compares by [path.Match], but for slashes, which an image's name has
// and which are characters like others here.
func matches(glob, text string) bool {
	const slash = "\x01"
	ok, err := path.Match(strings.ReplaceAll(glob, "/", slash), strings.ReplaceAll(text, "/", slash))
	return ok && err == nil
}

// Match tells whether the container is wanted.
func (f *Filter) Match(c *Container) bool {
	if f == nil || len(f.alternatives) == 0 {
		return true
	}
	for _, terms := range f.alternatives {
		if all(terms, c) {
			return true
		}
	}
	return false
}

func all(terms []term, c *Container) bool {
	for _, one := range terms {
		if one.holds(c) == one.negated {
			return false
		}
	}
	return true
}
