package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"traceloop/ring"
)

// nature is a known reason why a line must differ: what a recorder cannot see,
// or what is so only because strace, and this version of it, is there. A mere
// lack of ours has no place here.
type nature struct {
	name, reason string
	// is says whether the pair at an index of a thread's pairs differs for
	// that reason.
	is func(pairs []pair, at int) bool
}

var natures = []nature{
	{
		name: "result of a call during which the task was killed",
		reason: "the call returned, but the task ended before it stopped for strace, which writes `= ?`; " +
			"the recorder, which stops nobody, has the result. It is ENOSYS if the task was killed while it stood " +
			"still at the call's begin, for strace, which then may write nothing, or another thread's call",
		is: isResultOfKilled,
	},
	{
		name: "stop by a signal",
		reason: "that a task has stopped is told to its tracer, and written by strace as `--- stopped by SIGSTOP ---`; " +
			"the kernel has no event of it that a recorder could see",
		is: isStop,
	},
	{
		name: "name of a network interface",
		reason: "strace asks the system that it runs on for the name of an interface, of which the call has only the number; " +
			"a recording is printed anywhere",
		is: isInterface,
	},
	{
		name:   "constant that strace does not know",
		reason: "Linux has got it after strace 6.1 was written, or strace had not learnt it, which writes a number",
		is:     isNewerConstant,
	},
	{
		name: "more than a recording keeps",
		reason: "a record has room for so much of a name, a vector or an array (`PATH_LIMIT`, `VECTOR_LIMIT` and `ARRAY_LIMIT` of recorder/bpf/layout.h), " +
			"and a recording keeps as much of a netlink message as of any string; what is not kept is an ellipsis. strace reads all of it",
		is: isCut,
	},
	{
		name: "memory that changed after the call",
		reason: "strace reads what clone3 wrote when the new thread may have ended already, by which the kernel clears its number; " +
			"the recorder has what the call returned",
		is: isClearedThread,
	},
	{
		name:   "hardware address of no bytes",
		reason: "strace writes the one that it wrote last, whatever call that was",
		is:     isStaleAddress,
	},
	{
		name: "room of a message that was not filled",
		reason: "strace shows a message that msgrcv received as long as its buffer is; " +
			"the recorder reads nothing that the call did not write",
		is: isUnfilledRoom,
	},
}

// natureOf returns the name of the reason why a pair differs, or nothing.
func natureOf(pairs []pair, at int) string {
	for _, n := range natures {
		if n.is(pairs, at) {
			return n.name
		}
	}
	return ""
}

// isResultOfKilled: the pair is the last before the thread's end, ours is a
// call with a result, and strace has the same arguments that go in and `= ?`.
func isResultOfKilled(pairs []pair, at int) bool {
	p, end := pairs[at], len(pairs)-1
	if at == end || pairs[end].name() != endName || !pairs[end].identical() {
		return false
	}
	if p.theirs == nil || p.ours == nil {
		return isNeverMade(pairs[at:end]) || at > 0 && isNeverMade(pairs[at-1:end])
	}
	begin, unknown := strings.CutSuffix(p.theirs.text, ") = ?")
	return at == end-1 && unknown && !strings.HasSuffix(p.ours.text, ") = ?") && strings.HasPrefix(p.ours.text, strings.TrimRight(begin, ", "))
}

// isNeverMade says whether a thread's last lines are a call of ours that the
// kernel refused to begin, and for that nothing of strace's, or one line that
// it did not finish.
func isNeverMade(last []pair) bool {
	var theirs, ours int
	for _, p := range last {
		switch {
		case p.theirs == nil && strings.HasSuffix(p.ours.text, ") = -1 ENOSYS (Function not implemented)"):
			ours++
		case p.ours == nil && strings.HasSuffix(p.theirs.text, unfinished):
			theirs++
		default:
			return false
		}
	}
	return ours == 1 && theirs <= 1
}

var stopped = regexp.MustCompile(`^--- stopped by SIG\w+ ---$`)

func isStop(pairs []pair, at int) bool {
	return pairs[at].ours == nil && stopped.MatchString(pairs[at].theirs.text)
}

var interfaceName = regexp.MustCompile(`if_nametoindex\("[^"]*"\)`)

// isInterface: the lines are the same but for numbers where strace has names
// of interfaces.
func isInterface(pairs []pair, at int) bool {
	p := pairs[at]
	if p.theirs == nil || p.ours == nil {
		return false
	}
	return p.theirs.text != p.ours.text && sameButInterfaces(p.theirs.text, p.ours.text)
}

// sameButInterfaces says whether our line is strace's with numbers where that has names of interfaces.
func sameButInterfaces(theirs, ours string) bool {
	rest := theirs
	for {
		name := interfaceName.FindStringIndex(rest)
		if name == nil {
			return rest == ours
		}
		after, same := strings.CutPrefix(ours, rest[:name[0]])
		if named, both := strings.CutPrefix(after, rest[name[0]:name[1]]); same && both {
			ours, rest = named, rest[name[1]:]
			continue
		}
		digits := len(after) - len(strings.TrimLeft(after, "0123456789"))
		if !same || digits == 0 {
			return false
		}
		ours, rest = after[digits:], rest[name[1]:]
	}
}

// newerConstants are what strace 6.1 does not know, with the numbers that it
// writes.
var newerConstants = map[string]uint64{
	"SO_PASSPIDFD":                     0x4c,    // Linux 6.5
	"SO_PEERPIDFD":                     0x4d,    // Linux 6.5
	"MEMBARRIER_CMD_GET_REGISTRATIONS": 0x200,   // Linux 6.3
	"STATX_MNT_ID_UNIQUE":              0x4000,  // Linux 6.8
	"STATX_SUBVOL":                     0x8000,  // Linux 6.10
	"STATX_WRITE_ATOMIC":               0x10000, // Linux 6.11
	"STATX_DIO_READ_ALIGN":             0x20000, // Linux 6.14
	"UFFD_FEATURE_WP_UNPOPULATED":      0x2000,  // Linux 6.4
	"UFFD_FEATURE_POISON":              0x4000,  // Linux 6.6
	"UFFD_FEATURE_WP_ASYNC":            0x8000,  // Linux 6.7
	"UFFD_FEATURE_MOVE":                0x10000, // Linux 6.8
	"IORING_FEAT_REG_REG_RING":         0x2000,  // Linux 6.3
	"IORING_FEAT_RECVSEND_BUNDLE":      0x4000,  // Linux 6.10
	"IORING_FEAT_MIN_TIMEOUT":          0x8000,  // Linux 6.12
	"IORING_FEAT_RW_ATTR":              0x10000, // Linux 6.14
	"IORING_FEAT_NO_IOWAIT":            0x20000, // Linux 6.15
	"IORING_OP_SEND_ZC":                47,      // Linux 6.0
	"IORING_OP_SENDMSG_ZC":             48,      // Linux 6.1
	"IORING_OP_READ_MULTISHOT":         49,      // Linux 6.7
	"IORING_OP_WAITID":                 50,      // Linux 6.7
	"IORING_OP_FUTEX_WAIT":             51,      // Linux 6.7
	"IORING_OP_FUTEX_WAKE":             52,      // Linux 6.7
	"IORING_OP_FUTEX_WAITV":            53,      // Linux 6.7
	"IORING_OP_FIXED_FD_INSTALL":       54,      // Linux 6.8
	"IORING_OP_FTRUNCATE":              55,      // Linux 6.9
	"IORING_OP_BIND":                   56,      // Linux 6.11
	"IORING_OP_LISTEN":                 57,      // Linux 6.11
	"IORING_OP_RECV_ZC":                58,      // Linux 6.15
	"IORING_OP_EPOLL_WAIT":             59,      // Linux 6.15
	"IORING_OP_READV_FIXED":            60,      // Linux 6.15
	"IORING_OP_WRITEV_FIXED":           61,      // Linux 6.15
	"IORING_OP_PIPE":                   62,      // Linux 6.16
}

// isNewerConstant: with numbers in the place of such constants our line would
// be strace's.
func isNewerConstant(pairs []pair, at int) bool {
	p := pairs[at]
	return p.theirs != nil && p.ours != nil &&
		(withoutNewer(p.ours.text) == withoutUnknown(p.theirs.text) || isNewerCommand(p.theirs.text, p.ours.text))
}

// newerCommands are those of fcntl that strace 6.1 does not know.
var newerCommands = map[string]string{
	"F_GET_RW_HINT":      "0x40b",
	"F_SET_RW_HINT":      "0x40c",
	"F_GET_FILE_RW_HINT": "0x40d",
	"F_SET_FILE_RW_HINT": "0x40e",
}

var (
	hintCommand    = regexp.MustCompile(`^(fcntl(?:64)?\(.*), (F_[A-Z_]+), \[\w+\](\) = .*)$`)
	unknownCommand = regexp.MustCompile(`^(fcntl(?:64)?\(.*), (0x[0-9a-f]+) /\* F_\?\?\? \*/, 0x[0-9a-f]+(\) = .*)$`)
)

// isNewerCommand: strace does not know what the command's argument is either.
func isNewerCommand(theirs, ours string) bool {
	their, our := unknownCommand.FindStringSubmatch(theirs), hintCommand.FindStringSubmatch(ours)
	return their != nil && our != nil && their[1] == our[1] && their[2] == newerCommands[our[2]] && their[3] == our[3]
}

var (
	cutText  = regexp.MustCompile(`"[^"]*"\.\.\.`)
	ellipsis = regexp.MustCompile(`"?\.\.\.[}\]]*`) // with what it is in, which has ended
	index    = regexp.MustCompile(`index=[0-9]+`)
)

// isCut: with something in the place of its ellipses our line would be
// strace's, and it has what a recording keeps a part of only.
func isCut(pairs []pair, at int) bool {
	p := pairs[at]
	if p.theirs == nil || p.ours == nil {
		return false
	}
	ours := withoutNewer(p.ours.text)
	switch {
	case len(cutText.FindString(ours)) >= ring.PathLimit:
	case strings.Contains(ours, "{nlmsg_len=") && resultOf(ours) > stringLimit:
	case strings.HasPrefix(ours, "io_uring_register(") && strings.Count(ours, "{op=") == (ring.ArrayLimit-16)/8:
	case strings.HasPrefix(ours, "execve(") && vectorLength(ours) == ring.VectorLimit:
	default:
		return false
	}
	// Where strace has an interface's name is one of the known differences, too.
	var pattern strings.Builder
	pattern.WriteByte('^')
	rest := ours
	for rest != "" {
		cut := ellipsis.FindStringIndex(rest)
		if cut == nil {
			cut = []int{len(rest), len(rest)}
		}
		same := regexp.QuoteMeta(rest[:cut[0]])
		pattern.WriteString(index.ReplaceAllString(same, `index=(?:[0-9]+|if_nametoindex\("[^"]*"\))`))
		if cut[0] < cut[1] {
			pattern.WriteString(".*")
		}
		rest = rest[cut[1]:]
	}
	pattern.WriteByte('$')
	whole, err := regexp.Compile(pattern.String())
	return err == nil && whole.MatchString(withoutUnknown(p.theirs.text))
}

// resultOf is the number that a call returned, 0 if it was none.
func resultOf(text string) int {
	_, result := splitResult(text)
	value, _ := strconv.Atoi(result)
	return value
}

// vectorLength is how many strings an execve's vector has before its ellipsis, 0 without one.
func vectorLength(text string) int {
	_, vector, _ := strings.Cut(text, ", [")
	vector, _, cut := strings.Cut(vector, ", ...], ")
	if !cut {
		return 0
	}
	return len(splitParts(vector))
}

var newThread = regexp.MustCompile(`^clone3\(.* => \{.*parent_tid=(\[[0-9]+\])\}, [0-9]+\) = [0-9]+$`)

// isClearedThread: the lines are the same but that strace has [0] for the thread's number.
func isClearedThread(pairs []pair, at int) bool {
	p := pairs[at]
	if p.theirs == nil || p.ours == nil {
		return false
	}
	number := newThread.FindStringSubmatchIndex(p.ours.text)
	return number != nil && p.ours.text[:number[2]]+"[0]"+p.ours.text[number[3]:] == p.theirs.text
}

var noAddress = regexp.MustCompile(`mr_alen=0, mr_address=[0-9a-f:]*`)

// isStaleAddress: the lines are the same but for an address whose length is zero.
func isStaleAddress(pairs []pair, at int) bool {
	p := pairs[at]
	if p.theirs == nil || p.ours == nil || !noAddress.MatchString(p.ours.text) {
		return false
	}
	const none = "mr_alen=0"
	return sameButInterfaces(noAddress.ReplaceAllString(p.theirs.text, none), noAddress.ReplaceAllString(p.ours.text, none))
}

var (
	flags   = regexp.MustCompile(`\b[0-9A-Za-z_]+(\|[0-9A-Za-z_]+)*\b`)
	unknown = regexp.MustCompile(`[0-9a-fx]+ /\* [A-Z_]+_\?\?\? \*/`)
)

// withoutNewer writes the newer constants of sets of flags as what is left over.
func withoutNewer(text string) string {
	return flags.ReplaceAllStringFunc(text, func(set string) string {
		var known []string
		var newer, rest uint64
		for _, flag := range strings.Split(set, "|") {
			if value, found := newerConstants[flag]; found {
				newer |= value
			} else if value, err := strconv.ParseUint(flag, 0, 64); err == nil {
				rest |= value
			} else {
				known = append(known, flag)
			}
		}
		if newer == 0 {
			return set
		}
		return strings.Join(append(known, fmt.Sprintf("%#x", newer|rest)), "|")
	})
}

// withoutUnknown cuts the comments behind constants that strace does not know,
// of which it writes some in decimal.
func withoutUnknown(text string) string {
	return unknown.ReplaceAllStringFunc(text, func(constant string) string {
		number, _, _ := strings.Cut(constant, " ")
		value, err := strconv.ParseUint(number, 0, 64)
		if err != nil {
			return constant
		}
		return fmt.Sprintf("%#x", value)
	})
}

var receivedText = regexp.MustCompile(`^(msgrcv\(.*, mtext="(?:[^"\\]|\\.)*)("\}.* = [0-9]+)$`)

// isUnfilledRoom: strace's line has more of the text that msgrcv received, and
// is the same but for that.
func isUnfilledRoom(pairs []pair, at int) bool {
	p := pairs[at]
	if p.theirs == nil || p.ours == nil {
		return false
	}
	their, our := receivedText.FindStringSubmatch(p.theirs.text), receivedText.FindStringSubmatch(p.ours.text)
	return their != nil && our != nil && their[2] == our[2] && strings.HasPrefix(their[1], our[1])
}
