package strace

import (
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"os"
	"strings"
	"testing"

	"traceloop/event"
	"traceloop/ring"
	"traceloop/syscalls"
)

// testdata/ioctl.txt.gz is what strace 6.1 printed of requests to descriptor -1
// with the address 0x10000000, and of the same as if they had returned 0
// (strace -e inject=ioctl:retval=0). A line is
//
//	ABI REQUEST MEMORY RESULT OPTIONS TEXT
//
// where MEMORY is what was at the address, one of memoryPatterns, or zeros but for
// a number as OFFSET:SIZE:VALUE, or null, or =VALUE, the argument itself. OPTIONS
// are -v or a minus.
func TestIoctl(t *testing.T) {
	file, err := os.Open("testdata/ioctl.txt.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	text, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	abis := map[string]syscalls.ABI{"amd64": syscalls.AMD64, "i386": syscalls.I386}
	lines := bufio.NewScanner(text)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		fields := strings.SplitN(lines.Text(), " ", 6)
		if len(fields) != 6 {
			t.Fatalf("torn line %q", lines.Text())
		}
		e := requestEvent(t, abis[fields[0]], hexValue(t, fields[1]), fields[2], fields[3] == "0")
		got := string(AppendCall(nil, e, &Options{StringLimit: 64, Unabbreviated: fields[4] == "-v"}))
		got = strings.TrimPrefix(got[:strings.LastIndex(got, ")")], "ioctl(-1, ")
		if !e.Failed() {
			got = strings.TrimSuffix(got, ") = 0")
		}
		if at := strings.LastIndex(got, ") "); at >= 0 && strings.Contains(got[at:], "= ") {
			got = got[:at]
		}
		if got != fields[5] {
			t.Errorf("%s\n got %s\nwant %s", strings.Join(fields[:5], " "), got, fields[5])
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}

func hexValue(t *testing.T, text string) uint64 {
	t.Helper()
	if text == "null" {
		return 0
	}
	value := uint64(0)
	for _, c := range strings.TrimPrefix(text, "0x") {
		value = value<<4 | uint64(strings.IndexRune(hexDigits, c))
	}
	return value
}

// memoryPatterns make the n-th word of memory.
var memoryPatterns = map[string]func(n uint32) uint32{
	"counting": func(n uint32) uint32 { return n + 1 },
	"ones":     func(uint32) uint32 { return 0xffffffff },
	"zeros":    func(uint32) uint32 { return 0 },
	"letters":  func(n uint32) uint32 { return 0x61616161 + n%20*0x01010101 },
}

// requestEvent makes the event of a request as a recorder would have recorded it.
func requestEvent(t *testing.T, abi syscalls.ABI, request uint64, pattern string, succeeded bool) *event.Event {
	t.Helper()
	const at = 0x10000000
	result := int64(0)
	if !succeeded {
		result = -9
	}
	if abi == syscalls.I386 {
		result = int64(uint32(result))
	}
	pointer := uint64(at)
	value, byValue := strings.CutPrefix(pattern, "=")
	if byValue || pattern == "null" {
		pointer = hexValue(t, value)
	}
	e := made(t, abi, "ioctl", result, arguments(minus(1), request, pointer))
	word := memoryPatterns[pattern]
	if len(e.Row.Arguments) < 3 || pointer != at {
		return e
	}
	if word == nil {
		word = memoryPatterns["zeros"]
	}
	m := &e.Row.Arguments[2].Memory
	size := int(m.Size)
	if m.Layout == ring.LayoutString || m.Layout == ring.LayoutBytes {
		size = 64
	}
	var data []byte
	for n := range uint32(size/4 + 128) {
		data = binary.LittleEndian.AppendUint32(data, word(n))
	}
	if number := strings.Split(pattern, ":"); len(number) == 3 {
		offset, value := hexValue(t, number[0]), hexValue(t, number[2])
		for i := range hexValue(t, number[1]) {
			data[offset+i] = byte(value >> (8 * i))
		}
	}
	data = data[:size]
	if m.Layout == ring.LayoutString {
		data = untilNUL(data)
	}
	truncated := m.Layout == ring.LayoutString && len(data) == size
	if m.Layout == ring.LayoutBytes && succeeded { // as many as were returned
		data = data[:0]
	}
	switch m.When {
	case ring.WhenIn:
		captured(2, false, truncated, data)(e)
	case ring.WhenEarly:
		captured(2, true, truncated, data)(e)
	case ring.WhenOut, ring.WhenInOut:
		if m.When == ring.WhenInOut {
			captured(2, true, truncated, data)(e)
		}
		if succeeded {
			captured(2, false, truncated, data)(e)
		}
	}
	return e
}

// Requests with memory that their memory points to, and with results; the lines
// are strace 6.1's.
func TestIoctlParts(t *testing.T) {
	const (
		amd64 = syscalls.AMD64
		arm64 = syscalls.ARM64
		arm   = syscalls.ARM
		i386  = syscalls.I386
		here  = 0x7ffd323b17a0
	)
	interfaceOf := func(name string, value ...any) []byte {
		return bytes(append([]any{name, 16 - len(name)}, value...)...)
	}
	list := bytes(interfaceOf("lo", uint16(2), uint16(0), "\x7f\x00\x00\x01", 8, 8),
		interfaceOf("eth0", uint16(2), uint16(0), "\xc0\x00\x02\x02", 8, 8))
	scsi := func(direction, length uint32, dataAddress uint64) []byte {
		return bytes(uint32('S'), direction, uint8(6), uint8(32), uint16(0), length, dataAddress, uint64(here), uint64(here), uint32(1000), uint32(0),
			uint32(0), 4, uint64(0), 24)
	}
	const scsiTail = `, status=0, masked_status=0, msg_status=0, sb_len_wr=0, sbp="", host_status=0, driver_status=0, resid=0, duration=0, info=0})`
	partition := bytes(uint64(0), uint64(512), uint32(1), "dev", 61, "vol", 61)
	tests := []struct {
		event        *event.Event
		call, result string
	}{
		{made(t, amd64, "ioctl", 0, arguments(5, 0x8912, here), early(2, uint32(4096), 4, uint64(here)), late(2, uint32(80), 4, uint64(here)), attached(2, 1, false, list)),
			`ioctl(5, SIOCGIFCONF, {ifc_len=4096 => 80 /* 2 * sizeof(struct ifreq) */, ifc_buf=[{ifr_name="lo", ifr_addr={sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr("127.0.0.1")}}, {ifr_name="eth0", ifr_addr={sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr("192.0.2.2")}}]})`, "0"},
		{made(t, amd64, "ioctl", 0, arguments(5, 0x8912, here), early(2, uint32(4096), 4, uint64(here)), late(2, uint32(80), 4, uint64(here)), attached(2, 1, true, list[:64])),
			`ioctl(5, SIOCGIFCONF, {ifc_len=4096 => 80 /* 2 * sizeof(struct ifreq) */, ifc_buf=[{ifr_name="lo", ifr_addr={sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr("127.0.0.1")}}, ...]})`, "0"},
		{made(t, amd64, "ioctl", 0, arguments(5, 0x8912, here), early(2, uint32(0), 4, uint64(0)), late(2, uint32(80), 4, uint64(0))),
			`ioctl(5, SIOCGIFCONF, {ifc_len=80 /* 2 * sizeof(struct ifreq) */, ifc_buf=NULL})`, "0"},
		{made(t, amd64, "ioctl", 0, arguments(5, 0x8912, here), early(2, uint32(3), 4, uint64(here)), late(2, uint32(0), 4, uint64(here))),
			`ioctl(5, SIOCGIFCONF, {ifc_len=3 => 0, ifc_buf=[]})`, "0"},
		{made(t, amd64, "ioctl", -14, arguments(5, 0x8912, 8)), "ioctl(5, SIOCGIFCONF, 0x8)", "-1 EFAULT (Bad address)"},
		{made(t, amd64, "ioctl", -19, arguments(5, 0x8913, here), early(2, interfaceOf("nonexist", 24))),
			`ioctl(5, SIOCGIFFLAGS, {ifr_name="nonexist"})`, "-1 ENODEV (No such device)"},
		{made(t, i386, "ioctl", 0, arguments(5, 0x8927, here), early(2, interfaceOf("lo", 16)), late(2, interfaceOf("lo", uint16(1), "\x01\x02\x03\x04\x05\x06", 8))),
			`ioctl(5, SIOCGIFHWADDR, {ifr_name="lo", ifr_hwaddr={sa_family=ARPHRD_ETHER, sa_data=01:02:03:04:05:06}})`, "0"},

		{made(t, amd64, "ioctl", -16, arguments(7, 0x1269, here), late(2, uint32(1), uint32(0), uint32(152), 4, uint64(here)), attached(2, 1, false, partition)),
			`ioctl(7, BLKPG, {op=BLKPG_ADD_PARTITION, flags=0, datalen=152, data={start=0, length=512, pno=1, devname="dev", volname="vol"}})`, "-1 EBUSY (Device or resource busy)"},
		{made(t, amd64, "ioctl", -14, arguments(7, 0x1269, here), late(2, uint32(1), uint32(0), uint32(152), 4, uint64(8))),
			`ioctl(7, BLKPG, {op=BLKPG_ADD_PARTITION, flags=0, datalen=152, data=0x8})`, "-1 EFAULT (Bad address)"},

		{made(t, amd64, "ioctl", -22, arguments(7, 0x2285, here), late(2, scsi(0xfffffffd, 3, here)), attached(2, 1, false, bytes("\x12\x00\x00\x00\x24\x00", 10)), attached(2, 2, false, bytes("abc")), attached(2, 3, false, bytes(32))),
			`ioctl(7, SG_IO, {interface_id='S', dxfer_direction=SG_DXFER_FROM_DEV, cmd_len=6, cmdp="\x12\x00\x00\x00\x24\x00", mx_sb_len=32, iovec_count=0, dxfer_len=3, timeout=1000, flags=0, dxferp="\x61\x62\x63"` + scsiTail, "-1 EINVAL (Invalid argument)"},
		{made(t, amd64, "ioctl", -22, arguments(7, 0x2285, here), late(2, scsi(0xfffffffe, 3, 8)), attached(2, 1, false, bytes("\x12\x00\x00\x00\x24\x00", 10)), attached(2, 3, false, bytes(32))),
			`ioctl(7, SG_IO, {interface_id='S', dxfer_direction=SG_DXFER_TO_DEV, cmd_len=6, cmdp="\x12\x00\x00\x00\x24\x00", mx_sb_len=32, iovec_count=0, dxfer_len=3, timeout=1000, flags=0, dxferp=0x8` + scsiTail, "-1 EINVAL (Invalid argument)"},

		{made(t, amd64, "ioctl", 1073741824, arguments(16, 0xb703)), "ioctl(16, NS_GET_NSTYPE)", "1073741824 (CLONE_NEWNET)"},
		{made(t, amd64, "ioctl", 17, arguments(16, 0xb701)), "ioctl(16, NS_GET_USERNS)", "17"},
		{made(t, amd64, "ioctl", 11, arguments(9, 0xae01, 0)), "ioctl(9, KVM_CREATE_VM, 0)", "11"},
		{made(t, amd64, "ioctl", 0, arguments(13, 0xc018aa3f, here), early(2, uint64(0xaa), uint64(0), uint64(0)), late(2, uint64(0xaa), uint64(0x1e003), uint64(1<<63|3))),
			`ioctl(13, UFFDIO_API, {api=0xaa, features=0 => features=UFFD_FEATURE_PAGEFAULT_FLAG_WP|UFFD_FEATURE_EVENT_FORK|0x1e000, ioctls=1<<_UFFDIO_REGISTER|1<<_UFFDIO_UNREGISTER|1<<_UFFDIO_API})`, "0"},
		{made(t, amd64, "ioctl", 5, arguments(4, 0x81004506, here), late(2, "mouse")), `ioctl(4, EVIOCGNAME(256), "mouse")`, "5"},
		{made(t, amd64, "ioctl", 8, arguments(4, 0x80084520, here), late(2, uint64(0x120013))),
			`ioctl(4, EVIOCGBIT(0, 8), [EV_SYN, EV_KEY, EV_MSC, EV_LED, ...])`, "8"},
		{made(t, amd64, "ioctl", 8, arguments(4, 0x80084520, here), late(2, uint64(0))), `ioctl(4, EVIOCGBIT(0, 8), [ 0 ])`, "8"},
		{made(t, amd64, "ioctl", -25, arguments(4, 0x80084520, here)), `ioctl(4, EVIOCGBIT(0, 8), 0x7ffd323b17a0)`, "-1 ENOTTY (Inappropriate ioctl for device)"},

		// What the number of a request means depends on the ABI.
		{made(t, arm, "ioctl", -25, arguments(4, 0x545e, 0)), `ioctl(4, FIOQSIZE, 0)`, "-1 ENOTTY (Inappropriate ioctl for device)"},
		{made(t, arm64, "ioctl", -25, arguments(4, 0x5460, 0)), `ioctl(4, FIOQSIZE, 0)`, "-1 ENOTTY (Inappropriate ioctl for device)"},
		{made(t, arm64, "ioctl", -25, arguments(4, 0x4020aeae, 0)), `ioctl(4, KVM_ARM_VCPU_INIT, 0)`, "-1 ENOTTY (Inappropriate ioctl for device)"},
		{made(t, arm, "ioctl", -25, arguments(4, 0xc0481273, 0)), `ioctl(4, BLKTRACESETUP, NULL)`, "-1 ENOTTY (Inappropriate ioctl for device)"},
		{made(t, arm, "ioctl", -25, arguments(4, 0x80086601, 0)), `ioctl(4, _IOC(_IOC_READ, 0x66, 0x1, 0x8), NULL)`, "-1 ENOTTY (Inappropriate ioctl for device)"},
	}
	options := &Options{StringLimit: 64}
	for _, test := range tests {
		got := string(AppendCall(nil, test.event, options))
		if want := line(test.call, test.result); got != want {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
	}
}
