package strace

import (
	"bufio"
	"encoding/hex"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"traceloop/event"
	"traceloop/ring"
	"traceloop/syscalls"
)

// golden calls check for every line of a file of strace's own words: what was
// given to the call and, as the last of the columns, what strace 6.1 wrote.
func golden(t *testing.T, name string, check func(columns []string, want string)) {
	t.Helper()
	file, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for scanner := bufio.NewScanner(file); scanner.Scan(); {
		if strings.HasPrefix(scanner.Text(), "#") {
			continue
		}
		columns := strings.Split(scanner.Text(), "\t")
		check(columns[:len(columns)-1], columns[len(columns)-1])
	}
}

// unhex reads bytes in hexadecimal; none are a dash.
func unhex(t *testing.T, text string) []byte {
	t.Helper()
	if text == "-" {
		return nil
	}
	data, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func numberOf(t *testing.T, text string) uint64 {
	t.Helper()
	value, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// argumentsText are the call's arguments from first to last as they are written.
func argumentsText(e *event.Event, first, last int) string {
	var text []byte
	for i := first; i <= last; i++ {
		if i > first {
			text = append(text, ", "...)
		}
		text = AppendArgument(text, e, i, nil)
	}
	return string(text)
}

// at is where the memory of the golden calls was.
const at = 0x7f0000000000

func TestAddresses(t *testing.T) {
	golden(t, "addresses.txt", func(columns []string, want string) {
		data := unhex(t, columns[0])
		e := made(t, syscalls.AMD64, "bind", -9, arguments(minus(1), at, uint64(len(data))), late(1, data))
		if got := argumentsText(e, 1, 1); got != want {
			t.Errorf("%s\n got %s\nwant %s", columns[0], got, want)
		}
	})
}

func TestSocketValues(t *testing.T) {
	golden(t, "socketvalues.txt", func(columns []string, want string) {
		level, option, data := numberOf(t, columns[0]), numberOf(t, columns[1]), unhex(t, columns[2])
		length := uint64(len(data))
		e := made(t, syscalls.AMD64, "setsockopt", -9, arguments(minus(1), level, option, at, length))
		if len(data) > 0 { // the recorder captures no more than the kind's size
			captured(3, false, len(data) > 136, data[:min(len(data), 136)])(e)
		}
		if got := argumentsText(e, 1, 3); got != want {
			t.Errorf("%v\n got %s\nwant %s", columns, got, want)
		}
	})
}

// TestControls checks control messages, as they are and cut to every length.
func TestControls(t *testing.T) {
	golden(t, "controls.txt", func(columns []string, want string) {
		data := unhex(t, columns[0])
		length := uint64(len(data))
		header := bytes(uint64(0), uint32(0), 4, uint64(0), uint64(0), uint64(at), length, uint32(0), 4)
		for cut := len(data); cut >= 0; cut-- {
			e := made(t, syscalls.AMD64, "sendmsg", -9, arguments(minus(1), at, 0), late(1, header), attached(1, partControl, cut < len(data), data[:cut]))
			got := argumentsText(e, 1, 1)
			whole := "{msg_name=NULL, msg_namelen=0, msg_iov=NULL, msg_iovlen=0, msg_control=" + want + ", msg_controllen=" + strconv.Itoa(len(data)) + ", msg_flags=0}"
			if cut == len(data) && got != whole {
				t.Errorf("%s\n got %s\nwant %s", columns[0], got, whole)
			}
		}
	})
}

// attached is a part of the memory that was captured last.
func attached(index int, number uint8, truncated bool, data []byte) part {
	return func(e *event.Event) {
		captured(index, false, truncated, data)(e)
		e.Call.Captures[len(e.Call.Captures)-1].Part = number
	}
}

// TestNetlink checks netlink messages, as they are and cut to every length.
func TestNetlink(t *testing.T) {
	golden(t, "netlink.txt", func(columns []string, want string) {
		protocol, data := uint16(numberOf(t, columns[0])), unhex(t, columns[1])
		e := made(t, syscalls.AMD64, "sendto", -95)
		for cut := len(data); cut >= 0; cut-- {
			got := string(appendNetlink(nil, e, protocol, data[:cut], uint64(len(data)), nil))
			if cut == len(data) && got != want {
				t.Errorf("%v\n got %s\nwant %s", columns, got, want)
			}
		}
	})
}

// TestMessages checks what messages point to: names, buffers, control messages.
func TestMessages(t *testing.T) {
	name := bytes(uint16(2), "\xc0\x13\x7f\x00\x00\x01", 8)
	const address = `{sa_family=AF_INET, sin_port=htons(49171), sin_addr=inet_addr("127.0.0.1")}`
	header := func(namelen uint32, buffers uint64) []byte {
		return bytes(uint64(at), namelen, 4, uint64(at), buffers, uint64(0), uint64(0), uint32(0), 4)
	}
	narrowHeader := bytes(uint32(0x1000), uint32(16), uint32(0x2000), uint32(1), uint32(0x3000), uint32(16), uint32(0x40))
	both := pieces(at, 3, "abc", at, 4, "defg")
	filled := pieces(at, 10, "abcdefg...", at, 10, "..........")
	elements := func(length uint32, parts ...[]byte) part {
		return func(e *event.Event) {
			captured(1, false, false, bytes(header(16, 2), length, 4))(e)
			for i, data := range parts {
				attached(1, uint8(i+1), false, data)(e)
			}
		}
	}
	tests := []struct {
		event        *event.Event
		call, result string
	}{
		{made(t, syscalls.AMD64, "sendmsg", 7, arguments(3, at, 0), late(1, header(16, 2)), attached(1, 1, false, name), attached(1, 2, false, both)),
			`sendmsg(3, {msg_name=` + address + `, msg_namelen=16, msg_iov=[{iov_base="abc", iov_len=3}, {iov_base="defg", iov_len=4}], msg_iovlen=2, msg_controllen=0, msg_flags=0}, 0)`, "7"},
		{made(t, syscalls.AMD64, "recvmsg", 7, arguments(3, at, 0), early(1, header(128, 2)), late(1, header(16, 2)), attached(1, 1, false, name), attached(1, 2, false, filled)),
			`recvmsg(3, {msg_name=` + address + `, msg_namelen=128 => 16, msg_iov=[{iov_base="abcdefg", iov_len=10}, {iov_base="", iov_len=10}], msg_iovlen=2, msg_controllen=0, msg_flags=0}, 0)`, "7"},
		{made(t, syscalls.AMD64, "recvmsg", 4, arguments(3, at, 0), early(1, header(8, 2)), late(1, header(16, 2)), attached(1, 1, false, name), attached(1, 2, false, pieces(at, 10, "defg......"))),
			`recvmsg(3, {msg_name={sa_family=AF_INET, sa_data="\300\23\177\0\0\1"}, msg_namelen=8 => 16, msg_iov=[{iov_base="defg", iov_len=10}], msg_iovlen=2, msg_controllen=0, msg_flags=0}, 0)`, "4"},
		{made(t, syscalls.AMD64, "sendmsg", -14, arguments(3, at, 0), late(1, header(16, 2))),
			"sendmsg(3, {msg_name=0x7f0000000000, msg_namelen=16, msg_iov=0x7f0000000000, msg_iovlen=2, msg_controllen=0, msg_flags=0}, 0)", "-1 EFAULT (Bad address)"},
		{made(t, syscalls.AMD64, "recvmsg", -11, arguments(3, at, 0x40), early(1, header(16, 2))), "recvmsg(3, {msg_namelen=16}, MSG_DONTWAIT)", "-1 EAGAIN (Resource temporarily unavailable)"},
		{made(t, syscalls.AMD64, "sendmsg", -14, arguments(3, 1, 0)), "sendmsg(3, 0x1, 0)", "-1 EFAULT (Bad address)"},
		{made(t, syscalls.I386, "sendmsg", 3, arguments(3, 0x1000, 0), late(1, narrowHeader), attached(1, 1, false, name), attached(1, 2, false, pieces(0x2000, 3, "abc")),
			attached(1, 3, false, bytes(uint32(16), uint32(1), uint32(1), uint32(5)))),
			`sendmsg(3, {msg_name=` + address + `, msg_namelen=16, msg_iov=[{iov_base="abc", iov_len=3}], msg_iovlen=1, msg_control=[{cmsg_len=16, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[5]}], msg_controllen=16, msg_flags=MSG_DONTWAIT}, 0)`, "3"},
		{made(t, syscalls.AMD64, "sendmmsg", 1, arguments(3, at, 2, 0), elements(7, name, both), elements(4, name, pieces(at, 4, "defg"))),
			`sendmmsg(3, [{msg_hdr={msg_name=` + address + `, msg_namelen=16, msg_iov=[{iov_base="abc", iov_len=3}, {iov_base="defg", iov_len=4}], msg_iovlen=2, msg_controllen=0, msg_flags=0}, msg_len=7}, {msg_hdr={msg_name=` + address +
				`, msg_namelen=16, msg_iov=[{iov_base="defg", iov_len=4}], msg_iovlen=2, msg_controllen=0, msg_flags=0}}], 2, 0)`, "1"},
		{made(t, syscalls.AMD64, "sendmmsg", 0, arguments(3, at, 0, 0)), "sendmmsg(3, [], 0, 0)", "0"},
		{made(t, syscalls.AMD64, "recvmmsg", 1, arguments(3, at, 2, 0x40, 0), elements(7, name, filled)),
			`recvmmsg(3, [{msg_hdr={msg_name=` + address + `, msg_namelen=16, msg_iov=[{iov_base="abcdefg", iov_len=10}, {iov_base="", iov_len=10}], msg_iovlen=2, msg_controllen=0, msg_flags=0}, msg_len=7}], 2, MSG_DONTWAIT, NULL)`, "1"},
		{made(t, syscalls.AMD64, "recvmmsg", -9, arguments(minus(1), at, 2, 0, 0)), "recvmmsg(-1, 0x7f0000000000, 2, 0, NULL)", "-1 EBADF (Bad file descriptor)"},
		{made(t, syscalls.AMD64, "recvfrom", 1, arguments(3, at, 8, 0, 0, at), late(1, "x"), early(5, uint32(9)), late(5, uint32(9))), `recvfrom(3, "x", 8, 0, NULL, 0x7f0000000000)`, "1"},
	}
	for _, test := range tests {
		got := string(AppendCall(nil, test.event, nil))
		if want := line(test.call, test.result); got != want {
			t.Errorf("%s:\n got %s\nwant %s", test.event.Row.Name, got, want)
		}
	}
}

// TestHostileNetwork decodes random bytes as all that this file's decoders know.
func TestHostileNetwork(t *testing.T) {
	source := rand.New(rand.NewPCG(3, 4))
	for range 20000 {
		data := make([]byte, source.IntN(120))
		for i := range data {
			if source.IntN(3) == 0 {
				data[i] = byte(source.Uint32())
			}
		}
		length := source.Uint64() >> source.IntN(64)
		e := made(t, syscalls.AMD64, "sendmsg", 1, arguments(0, at))
		appendNetlink(nil, e, uint16(source.IntN(20)), data, length, nil)
		c := &ring.Capture{Data: data, Truncated: source.IntN(2) == 0}
		appendControl(nil, e, c, at, length, nil)
		if len(data) >= 2 {
			data[0], data[1] = byte(source.IntN(48)), 0
			appendSocketAddress(nil, e, data, nil)
		}
	}
}

// TestNetworkAllocations checks that addresses and messages need no memory but the text's.
func TestNetworkAllocations(t *testing.T) {
	header := bytes(uint64(at), uint32(16), 4, uint64(at), uint64(1), uint64(at), uint64(20), uint32(0), 4)
	e := made(t, syscalls.AMD64, "sendmsg", 3, arguments(3, at, 0), late(1, header),
		attached(1, partName, false, bytes(uint16(2), "\xc0\x13\x7f\x00\x00\x01", 8)),
		attached(1, partBuffers, false, pieces(at, 3, "abc")),
		attached(1, partControl, false, bytes(uint64(20), uint32(1), uint32(1), uint32(5))))
	buffer := make([]byte, 0, 4096)
	if count := testing.AllocsPerRun(100, func() { buffer = AppendCall(buffer[:0], e, nil) }); count != 0 {
		t.Errorf("%v allocations for %s", count, buffer)
	}
}
