package recording

import (
	"errors"
	"fmt"
	"strings"
)

// What is wrong with a part of a file. Whoever shows a [*DamageError] needs
// nothing but their text; tests tell them apart.
var (
	errChecksum  = errors.New("checksum does not match")
	errCut       = errors.New("the file ends in the middle of it")
	errNoEnd     = errors.New("the file was cut off here")
	errNoSection = errors.New("no section is here")
	errOrder     = errors.New("it has been read already, or others before it are in the wrong place")
	errMissing   = errors.New("sections before it are missing")
	errAbsent    = errors.New("the file has none")
	errTrailing  = errors.New("there is more behind the end")
	errCounts    = errors.New("the counts do not agree")
	errTooMany   = errors.New("there is more than a recording may have")
	errGaveUp    = errors.New("gave up: too much is damaged")
)

// DamageError says that a file is damaged and what of its recording is missing.
// The recording that comes with it is right in everything else. If there is
// none, the error is an [ErrHeaderLost] too.
type DamageError struct {
	// Damages are the places in the file, in its order: at least one. There
	// are at most some thousands; the rest of a file with more is not read.
	Damages []Damage

	// Chunks is how many chunks the recording had, MissingChunks how many of
	// them are missing. Both are -1 if nothing that says it could be read.
	Chunks, MissingChunks int
	// MissingAccounts: the snapshot has no cursors and no failures. How much
	// was overwritten and filtered is not known.
	MissingAccounts bool
	// MissingInFlight: the snapshot lacks the calls that were going on.
	MissingInFlight bool
	// MissingHeader: both copies of the header; there is no recording.
	MissingHeader bool
}

// Damage is a place in a file that is not as it was written.
type Damage struct {
	// Offset is where in the file it begins, in bytes.
	Offset int64
	// Length is how many bytes of the file are of no use because of it; 0 where
	// something is missing.
	Length int64
	// Section names what is damaged, such as "chunk batch".
	Section string
	// Chunks is how many chunks were lost here; -1 if that is not known.
	Chunks int
	// Err is what is wrong: an error of the reader, of decompression, of JSON,
	// or one that only tells a person.
	Err error
}

// Error says what is damaged, where and how.
func (d Damage) Error() string {
	var details string
	if d.Length > 0 {
		details = fmt.Sprintf(" (%s", counted(int(d.Length), "byte"))
		if d.Chunks > 0 {
			details += ", " + counted(d.Chunks, "chunk")
		}
		details += ")"
	}
	return fmt.Sprintf("reading %s at offset %d%s: %v", d.Section, d.Offset, details, d.Err)
}

// Unwrap is what is wrong.
func (d Damage) Unwrap() error { return d.Err }

// shownDamages is how many damages an error's text names.
const shownDamages = 4

// Error says what is missing, then names the first damages.
func (e *DamageError) Error() string {
	var missing []string
	if e.MissingHeader {
		missing = append(missing, ErrHeaderLost.Error())
	} else {
		if e.MissingChunks > 0 {
			missing = append(missing, fmt.Sprintf("%d of %s missing", e.MissingChunks, counted(e.Chunks, "chunk")))
		}
		if e.MissingAccounts {
			missing = append(missing, "the accounts missing")
		}
		if e.MissingInFlight {
			missing = append(missing, "the calls in flight missing")
		}
		if len(missing) == 0 {
			missing = append(missing, "nothing of the recording is missing")
		}
	}
	var text strings.Builder
	text.WriteString("damaged recording: ")
	text.WriteString(strings.Join(missing, ", "))
	for i, damage := range e.Damages {
		if i == shownDamages {
			fmt.Fprintf(&text, "; and %d more", len(e.Damages)-i)
			break
		}
		if i == 0 {
			text.WriteString(": ")
		} else {
			text.WriteString("; ")
		}
		text.WriteString(damage.Error())
	}
	return text.String()
}

// Unwrap is every damage, and [ErrHeaderLost] if that is so.
func (e *DamageError) Unwrap() []error {
	var all []error
	if e.MissingHeader {
		all = append(all, ErrHeaderLost)
	}
	for _, damage := range e.Damages {
		all = append(all, damage)
	}
	return all
}

// counted is a number with its noun.
func counted(count int, noun string) string {
	if count == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", count, noun)
}
