package cli

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"

	"github.com/spf13/pflag"
)

// redactValue are the patterns of what is to be masked. Each flag adds one.
type redactValue []*regexp.Regexp

// add gives a command the flag.
func (r *redactValue) add(flags *pflag.FlagSet) {
	flags.Var(r, "redact", "overwrite with asterisks what matches in any text of the recording, or what the pattern's groups match;\n"+
		"may be given again")
}

func (r *redactValue) Set(text string) error {
	pattern, err := parsePattern(text)
	if err != nil {
		return err
	}
	*r = append(*r, pattern)
	return nil
}

func (r *redactValue) String() string { return "" }
func (r *redactValue) Type() string   { return "REGEXP" }

var errEmptyPattern = errors.New("want a regular expression: an empty one masks nothing")

// parsePattern parses a pattern of what is to be masked.
func parsePattern(text string) (*regexp.Regexp, error) {
	if text == "" {
		return nil, errEmptyPattern
	}
	pattern, err := regexp.Compile(text)
	if wrong := (*syntax.Error)(nil); errors.As(err, &wrong) {
		return nil, fmt.Errorf("want a regular expression in Go's syntax: %s in %q", wrong.Code, wrong.Expr)
	}
	if err != nil {
		return nil, fmt.Errorf("want a regular expression in Go's syntax: %w", err)
	}
	return pattern, nil
}
