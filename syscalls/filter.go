package syscalls

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Filter is a choice among the system calls. A nil Filter is that of all.
type Filter struct {
	expression string
	negated    bool
	names      map[string]bool // also those that a regular expression matches
	sets       Set
	all        bool
	others     []*Filter // of a union, which has nothing else
}

// Union is the filter that chooses what any of several does; of none at all, no
// call.
func Union(filters ...*Filter) *Filter {
	union := &Filter{}
	var expressions []string
	for _, filter := range filters {
		if filter == nil {
			return nil
		}
		union.others = append(union.others, filter)
		expressions = append(expressions, filter.expression)
	}
	union.expression = strings.Join(expressions, " or ")
	return union
}

// setsByName are the words that mean a set. Those without a percent sign are
// strace's old form; two of them, "ipc" and "signal", are names of calls too,
// and mean the set, as they do to strace.
var setsByName = func() map[string]Set {
	words := map[string]Set{"%net": SetNetwork}
	for i, name := range setNames {
		words[name] = 1 << i
	}
	for _, old := range []string{"file", "network", "process", "desc", "memory", "signal", "ipc"} {
		words[old] = words["%"+old]
	}
	return words
}()

// ParseFilter parses an expression in the syntax of strace's option -e
// (strace(1), "Filtering"): items with commas between them, of which each is
//
//	openat      a call's name, of any ABI that has a table
//	%file       a set; the oldest ones also without the percent sign
//	/^epoll_    a regular expression that matches a part of the name
//	all, none   every call, no call
//
// A question mark before an item means that it need not exist. An exclamation
// mark before the first item takes all calls but those of the items. "trace="
// or "t=" may precede everything.
//
// The error of what is unknown says what was given and what is known.
func ParseFilter(expression string) (*Filter, error) {
	filter := &Filter{expression: expression, names: map[string]bool{}}
	text := strings.TrimSpace(expression)
	if qualifier, list, qualified := strings.Cut(text, "="); qualified && !strings.ContainsAny(qualifier, "/,") {
		if qualifier != "trace" && qualifier != "t" {
			return nil, fmt.Errorf("unknown qualifier %q: only system calls can be chosen, by trace=", qualifier)
		}
		text = list
	}
	if rest, negated := strings.CutPrefix(text, "!"); negated {
		filter.negated, text = true, rest
	}
	empty := true
	for item := range strings.SplitSeq(text, ",") {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		empty = false
		if err := filter.add(item); err != nil {
			return nil, err
		}
	}
	if empty {
		return nil, fmt.Errorf("no system call in %q: want names, %%sets, /regular expressions, all or none", expression)
	}
	return filter, nil
}

// add adds what an item means.
func (f *Filter) add(item string) error {
	name, optional := strings.CutPrefix(item, "?")
	if name == "" {
		return errors.New("no system call after the question mark")
	}
	err := f.addItem(name)
	var unknown *unknownError
	if optional && errors.As(err, &unknown) {
		return nil
	}
	return err
}

func (f *Filter) addItem(name string) error {
	switch {
	case name == "all":
		f.all = true
	case name == "none":
	case strings.HasPrefix(name, "/"):
		pattern, err := regexp.Compile(name[1:])
		if err != nil {
			return fmt.Errorf("reading the regular expression %q: %w", name[1:], err)
		}
		matched := false
		for _, name := range Names() {
			if pattern.MatchString(name) {
				f.names[name], matched = true, true
			}
		}
		if !matched {
			return &unknownError{fmt.Sprintf("no system call matches the regular expression %q", name[1:])}
		}
	case setsByName[name] != 0:
		f.sets |= setsByName[name]
	case strings.HasPrefix(name, "%"):
		return &unknownError{fmt.Sprintf("unknown set of system calls %q: want one of %s", name, strings.Join(setNames, ", "))}
	case !isName(name):
		message := fmt.Sprintf("unknown system call %q", name)
		if near := nearest(name, Names()); len(near) > 0 {
			message += fmt.Sprintf(": did you mean %s?", strings.Join(near, ", "))
		}
		return &unknownError{message}
	default:
		f.names[name] = true
	}
	return nil
}

// unknownError is that there is no such call or set, for which a question
// mark makes up.
type unknownError struct{ message string }

func (e *unknownError) Error() string { return e.message }

// String returns the expression that the filter was made of.
func (f *Filter) String() string {
	if f == nil {
		return "all"
	}
	return f.expression
}

// Match reports whether the filter chooses the call. A nil call is one that no
// table has: it is chosen by "all" and by what is negated, as strace does.
func (f *Filter) Match(call *Call) bool {
	if f == nil {
		return true
	}
	if f.others != nil {
		return slices.ContainsFunc(f.others, func(other *Filter) bool { return other.Match(call) })
	}
	return f.listed(call) != f.negated
}

// listed reports whether one of the items means the call.
func (f *Filter) listed(call *Call) bool {
	if f.all {
		return true
	}
	if call == nil {
		return false
	}
	return f.names[call.Name] || f.sets&call.Sets != 0
}

// Fill sets each bit of a bitmap to whether the filter chooses the ABI's call of
// that number: bit n%64 of word n/64 is number n's. X32's numbers are without
// the bit 0x40000000. Numbers beyond the bitmap are as those of unknown calls:
// Match(nil) says whether they are chosen.
func (f *Filter) Fill(abi ABI, bitmap []uint64) {
	unknown := uint64(0)
	if f.Match(nil) {
		unknown = ^uint64(0)
	}
	for i := range bitmap {
		bitmap[i] = unknown
	}
	for number, call := range Numbers(abi) {
		word, bit := int(number/64), uint64(1)<<(number%64)
		switch {
		case word >= len(bitmap):
		case f.Match(call):
			bitmap[word] |= bit
		default:
			bitmap[word] &^= bit
		}
	}
}

// isName reports whether any ABI has a call of that name.
func isName(name string) bool {
	for _, ofABI := range numbersByName() {
		if _, known := ofABI[name]; known {
			return true
		}
	}
	return false
}

// nearest returns the names that differ least from a mistyped one, at most
// three; none if all differ by more than a third of its letters.
func nearest(mistyped string, names []string) []string {
	const most = 3
	// Longer than any name by more than that, so not worth the comparisons.
	if len(mistyped) > 64 {
		return nil
	}
	type candidate struct {
		name     string
		distance int
	}
	var candidates []candidate
	for _, name := range names {
		if d := distance(mistyped, name); d <= max(1, len(mistyped)/3) {
			candidates = append(candidates, candidate{name, d})
		}
	}
	slices.SortStableFunc(candidates, func(a, b candidate) int { return cmp.Compare(a.distance, b.distance) })
	var near []string
	for _, c := range candidates {
		if c.distance == candidates[0].distance && len(near) < most {
			near = append(near, c.name)
		}
	}
	return near
}

// distance returns how many letters must be changed, added, left out, or
// exchanged with the next one to make b of a.
func distance(a, b string) int {
	// Rows of the table of the distances between beginnings of a and of b.
	beforeLast, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := last[j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			row[j] = min(change, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], beforeLast[j-2]+1)
			}
		}
		beforeLast, last, row = last, row, beforeLast
	}
	return last[len(b)]
}
