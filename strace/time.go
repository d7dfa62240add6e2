package strace

import (
	"strconv"
	"time"

	"traceloop/event"
)

// appendTimespec appends a struct timespec whose numbers have the given size.
func appendTimespec(dst, data []byte, size int) []byte {
	dst = append(dst, "{tv_sec="...)
	dst = appendInt(dst, signedLong(data, 0, size))
	dst = append(dst, ", tv_nsec="...)
	dst = appendUint(dst, nanoseconds(data, size, size))
	return append(dst, '}')
}

// appendTimeval appends a struct timeval whose numbers have the given size.
func appendTimeval(dst, data []byte, size int) []byte {
	dst = append(dst, "{tv_sec="...)
	dst = appendInt(dst, signedLong(data, 0, size))
	dst = append(dst, ", tv_usec="...)
	dst = appendUint(dst, nanoseconds(data, size, size))
	return append(dst, '}')
}

// nanoseconds reads a fraction of a second, which strace shows without a sign.
func nanoseconds(data []byte, offset, size int) uint64 {
	if size == 4 {
		return uint64(little.Uint32(data[offset:]))
	}
	return little.Uint64(data[offset:])
}

// A timeForm is a struct made of pairs of seconds and a fraction.
type timeForm struct {
	append func(dst, data []byte, size int) []byte
	pairs  int
}

var (
	timespecForm   = timeForm{appendTimespec, 1}
	timevalForm    = timeForm{appendTimeval, 1}
	itimervalForm  = timeForm{appendTimeval, 2}
	itimerspecForm = timeForm{appendTimespec, 2}
)

// timePointer makes a decoder of such a struct; size 0 is the ABI's long.
func timePointer(form *timeForm, size int) decoder {
	return func(dst []byte, e *event.Event, index int, o *Options) []byte {
		size := numberSize(e, size)
		data := structure(e, index, 2*size*form.pairs)
		if data == nil || remainder(e, index) {
			return appendPointer(dst, register(e, index))
		}
		if form.pairs == 1 {
			return form.append(dst, data, size)
		}
		dst = append(dst, "{it_interval="...)
		dst = form.append(dst, data, size)
		dst = append(dst, ", it_value="...)
		dst = form.append(dst, data[2*size:], size)
		return append(dst, '}')
	}
}

// remainder says whether the argument is where an interrupted sleep leaves the
// rest of its time, and the sleep was not interrupted.
func remainder(e *event.Event, index int) bool {
	switch e.Row.Name {
	case "nanosleep":
		return index == 1 && !interrupted(e)
	case "clock_nanosleep", "clock_nanosleep_time64":
		return index == 3 && (!interrupted(e) || register(e, 1)&1 != 0)
	}
	return false
}

// interrupted says whether a signal ended the call.
func interrupted(e *event.Event) bool {
	if !returned(e) {
		return false
	}
	switch result(e) {
	case -4, -512, -513, -514, -516: // EINTR, ERESTART*
		return true
	}
	return false
}

// appendWhen appends a moment as a comment stands behind a number of seconds.
// A second has unit of the fraction.
func appendWhen(dst []byte, seconds int64, fraction, unit uint64) []byte {
	// Beyond the years of four digits there is no such text.
	if seconds < -62135596800 || seconds > 253402300799 || fraction >= unit {
		return append(dst, '0')
	}
	dst = time.Unix(seconds, 0).UTC().AppendFormat(dst, "2006-01-02T15:04:05")
	if fraction != 0 {
		dst = append(dst, '.')
		for digit := unit / 10; digit > fraction; digit /= 10 {
			dst = append(dst, '0')
		}
		dst = strconv.AppendUint(dst, fraction, 10)
	}
	return append(dst, "+0000"...)
}

// appendMoment appends a comment that says when it was, if there is such a moment.
func appendMoment(dst []byte, seconds int64, fraction, unit uint64) []byte {
	start := len(dst)
	dst = append(dst, " /* "...)
	length := len(dst)
	if dst = appendWhen(dst, seconds, fraction, unit); len(dst) == length+1 {
		return dst[:start]
	}
	return append(dst, " */"...)
}

// secondsPointer appends where time(2) writes to.
func secondsPointer(dst []byte, e *event.Event, index int, o *Options) []byte {
	size := longSize(e)
	data := structure(e, index, size)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	seconds := signedLong(data, 0, size)
	dst = append(dst, '[')
	dst = appendInt(dst, seconds)
	dst = appendMoment(dst, seconds, 0, 1)
	return append(dst, ']')
}

// fileTimes makes a decoder for a file's two times. A second has unit of their fractions.
func fileTimes(appendTime func(dst, data []byte, size int) []byte, size int, unit uint64) decoder {
	return func(dst []byte, e *event.Event, index int, o *Options) []byte {
		size := numberSize(e, size)
		data := structure(e, index, 4*size)
		if data == nil {
			return appendPointer(dst, register(e, index))
		}
		dst = append(dst, '[')
		for i := range 2 {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			one := data[2*size*i:]
			fraction := nanoseconds(one, size, size)
			if unit == 1e9 {
				if fraction == 0x3fffffff {
					dst = append(dst, "UTIME_NOW"...)
					continue
				}
				if fraction == 0x3ffffffe {
					dst = append(dst, "UTIME_OMIT"...)
					continue
				}
			}
			dst = appendTime(dst, one, size)
			dst = appendMoment(dst, signedLong(one, 0, size), fraction, unit)
		}
		return append(dst, ']')
	}
}

// accessTimes appends struct utimbuf.
func accessTimes(dst []byte, e *event.Event, index int, o *Options) []byte {
	size := longSize(e)
	data := structure(e, index, 2*size)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	for i, name := range [...]string{"{actime=", ", modtime="} {
		seconds := signedLong(data, i*size, size)
		dst = append(dst, name...)
		dst = appendInt(dst, seconds)
		dst = appendMoment(dst, seconds, 0, 1)
	}
	return append(dst, '}')
}

func timezone(dst []byte, e *event.Event, index int, o *Options) []byte {
	data := structure(e, index, 8)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, "{tz_minuteswest="...)
	dst = appendNumber(dst, data, 4, asInt)
	dst = append(dst, ", tz_dsttime="...)
	dst = appendNumber(dst, data[4:], 4, asInt)
	return append(dst, '}')
}

// processTimes appends struct tms, in ticks.
func processTimes(dst []byte, e *event.Event, index int, o *Options) []byte {
	size := longSize(e)
	data := structure(e, index, 4*size)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	for i, name := range [...]string{"{tms_utime=", ", tms_stime=", ", tms_cutime=", ", tms_cstime="} {
		dst = append(dst, name...)
		dst = appendTicks(dst, long(data, i*size, size))
	}
	return append(dst, '}')
}

// include/uapi/linux/time.h
var clocks = names{unknown: "CLOCK_???", names: []entry{
	{0, "CLOCK_REALTIME"},
	{1, "CLOCK_MONOTONIC"},
	{2, "CLOCK_PROCESS_CPUTIME_ID"},
	{3, "CLOCK_THREAD_CPUTIME_ID"},
	{4, "CLOCK_MONOTONIC_RAW"},
	{5, "CLOCK_REALTIME_COARSE"},
	{6, "CLOCK_MONOTONIC_COARSE"},
	{7, "CLOCK_BOOTTIME"},
	{8, "CLOCK_REALTIME_ALARM"},
	{9, "CLOCK_BOOTTIME_ALARM"},
	{10, "CLOCK_SGI_CYCLE"},
	{11, "CLOCK_TAI"},
}}

// include/uapi/linux/time.h
var intervalTimers = names{unknown: "ITIMER_???", names: []entry{
	{0, "ITIMER_REAL"},
	{1, "ITIMER_VIRTUAL"},
	{2, "ITIMER_PROF"},
}}

// include/uapi/linux/time.h
var timerFlags = flags{unknown: "TIMER_???", names: []entry{
	{0x1, "TIMER_ABSTIME"},
}}

// include/uapi/linux/timerfd.h: those of timerfd_create(2) and of timerfd_settime(2)
var timerfdFlags = flags{unknown: "TFD_???", names: []entry{
	{0x1, "TFD_TIMER_ABSTIME"},
	{0x2, "TFD_TIMER_CANCEL_ON_SET"},
	{0x80000, "TFD_CLOEXEC"},
	{0x800, "TFD_NONBLOCK"},
}}
