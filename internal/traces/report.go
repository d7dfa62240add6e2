package traces

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"traceloop/api/gadget/v1alpha1"
	"traceloop/internal/agent"
	"traceloop/internal/containers"
)

// emptyOutput is status.output without recordings.
const emptyOutput = "[]"

// maximumOutput is how many bytes status.output may have as the API server keeps
// it, a string in JSON: the whole resource may have 1.5 MiB.
const maximumOutput = 1 << 20

const (
	maximumNamed = 3    // containers in a warning
	maximumText  = 512  // bytes of a reason
	maximumError = 4096 // bytes of status.operationError
	maximumTold  = 4096 // containers that are remembered to have been told of
)

// Failure is a container that a Trace wants and that is not recorded.
type Failure struct {
	Container string // quoted
	Reason    string
	Related   *corev1.ObjectReference // to the container
}

// Report is what there is to say of a started Trace.
type Report struct {
	Output  string // for status.output
	Warning string // for status.operationWarning
	// Failures are those that no report had before.
	Failures []Failure
}

// Report says what a Trace's status is to have; false if it is not started.
func (t *Traces) Report(trace *v1alpha1.Trace) (Report, bool, error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	begun := t.startedOf(trace)
	if begun == nil {
		return Report{}, false, nil
	}
	report, missing, err := t.report(trace, begun)
	if err != nil {
		return Report{}, true, err
	}
	for _, one := range missing {
		if begun.told[one.Container.ID] {
			continue
		}
		if len(begun.told) >= maximumTold {
			clear(begun.told)
		}
		begun.told[one.Container.ID] = true
		report.Failures = append(report.Failures, Failure{
			Container: describe(&one.Container), Reason: bounded(one.Reason), Related: reference(&one.Container),
		})
	}
	return report, true, nil
}

func (t *Traces) report(trace *v1alpha1.Trace, begun *started) (Report, []agent.Unrecorded, error) {
	recorded, err := t.config.Recordings.Claimed(string(trace.UID))
	if err != nil {
		return Report{}, nil, fmt.Errorf("listing the recordings: %w", err)
	}
	missing, err := t.config.Recordings.Unrecorded(string(trace.UID))
	if err != nil {
		return Report{}, nil, fmt.Errorf("listing what is not recorded: %w", err)
	}
	output, omitted, err := t.output(recorded)
	if err != nil {
		return Report{}, nil, err
	}
	var warnings []string
	if omitted > 0 {
		warnings = append(warnings, fmt.Sprintf("the oldest %d of %d recordings are not listed, as there is no room for more", omitted, len(recorded)))
	}
	if len(missing) > 0 {
		warnings = append(warnings, warning(missing))
	}
	if unknown := begun.matcher.warning(); unknown != "" {
		warnings = append(warnings, unknown)
	}
	return Report{Output: output, Warning: strings.Join(warnings, "; ")}, missing, nil
}

// output is the list of recordings, the oldest first, and how many of the oldest
// there is no room for.
func (t *Traces) output(recorded []agent.Claimed) (text string, omitted int, err error) {
	recorded = slices.Clone(recorded)
	slices.SortStableFunc(recorded, func(a, b agent.Claimed) int {
		return cmp.Or(a.Started.Compare(b.Started), strings.Compare(a.ID, b.ID))
	})
	entries := make([]string, 0, len(recorded))
	size := len(emptyOutput)
	for _, one := range slices.Backward(recorded) {
		entry, err := json.Marshal(v1alpha1.Entry{
			Namespace: one.Container.Namespace, Podname: one.Container.Pod, Containername: one.Container.ContainerName,
			ContainerID: one.ID, Node: t.config.Node,
		})
		if err != nil {
			return "", 0, fmt.Errorf("encoding the recordings: %w", err)
		}
		// Each quotation mark and backslash is escaped once more.
		size += len(entry) + strings.Count(string(entry), `"`) + strings.Count(string(entry), `\`) + 1
		if size > maximumOutput {
			break
		}
		entries = append(entries, string(entry))
	}
	slices.Reverse(entries)
	return "[" + strings.Join(entries, ",") + "]", len(recorded) - len(entries), nil
}

// warning says what is not recorded.
func warning(missing []agent.Unrecorded) string {
	var named []string
	for _, one := range missing[:min(len(missing), maximumNamed)] {
		named = append(named, describe(&one.Container)+" ("+bounded(one.Reason)+")")
	}
	if more := len(missing) - len(named); more > 0 {
		named = append(named, fmt.Sprintf("and %d more", more))
	}
	return "not recorded: " + strings.Join(named, ", ")
}

// describe names a container for a person.
func describe(c *containers.Container) string {
	return fmt.Sprintf("%.700q", c.Namespace+"/"+c.Pod+"/"+c.ContainerName)
}

// reference is to a container as Events have it.
func reference(c *containers.Container) *corev1.ObjectReference {
	return &corev1.ObjectReference{
		APIVersion: "v1", Kind: "Pod", Namespace: c.Namespace, Name: c.Pod, UID: types.UID(c.PodUID),
		FieldPath: "spec.containers{" + c.ContainerName + "}",
	}
}

// bounded is an error's text, printable and not endless.
func bounded(text string) string { return printable(cut(text, maximumText)) }

// cut is the beginning of a text.
func cut(text string, maximum int) string {
	if len(text) <= maximum {
		return text
	}
	return strings.ToValidUTF8(text[:maximum], "") + "..."
}

// printable escapes what is not printable.
func printable(text string) string {
	var result strings.Builder
	for _, character := range text {
		if strconv.IsPrint(character) {
			result.WriteRune(character)
		} else {
			result.WriteString(strings.Trim(strconv.QuoteRune(character), "'"))
		}
	}
	return result.String()
}
