package strace

import (
	"traceloop/event"
)

// keySerial appends the number of a key, or the name of one that every process has.
func keySerial(dst []byte, e *event.Event, index int, o *Options) []byte {
	return slotKey(dst, e, register(e, index), o)
}

func slotKey(dst []byte, e *event.Event, value uint64, o *Options) []byte {
	number := int64(int32(value))
	if name, ok := keySpecials.lookup(uint64(-number)); ok {
		return appendConstant(dst, uint64(number), asInt, name, o)
	}
	return appendInt(dst, number)
}

// keyText appends a buffer that the call filled with a string and its NUL.
func keyText(dst []byte, e *event.Event, index int, o *Options) []byte {
	c := after(e, index)
	if c == nil || !succeeded(e) {
		return appendEmpty(dst, e, index)
	}
	data := c.Data
	if n := len(data); n > 0 && data[n-1] == 0 && !c.Truncated {
		data = data[:n-1]
	}
	return appendLimited(dst, data, c.Truncated, o)
}

// keyDefault appends where request_key(2) links keys to.
func keyDefault(dst []byte, e *event.Event, index int, o *Options) []byte {
	number := int64(int32(register(e, index)))
	// The first of the names is that of -1.
	if name, ok := keyDefaults.lookup(uint64(number + 1)); ok {
		return appendConstant(dst, uint64(number), asInt, name, o)
	}
	return appendComment(appendInt(dst, number), keyDefaults.unknown)
}

// keyError appends the error with which a key is rejected.
func keyError(dst []byte, e *event.Event, index int, o *Options) []byte {
	value := uint64(uint32(register(e, index)))
	if name, _ := Errno(int64(value)); name != "" {
		return appendConstant(dst, value, asUint, name, o)
	}
	return appendUint(dst, value)
}

// keyDerivation appends struct keyctl_kdf_params: a hash's name, and data that
// goes with it. On 32-bit ABIs it is compat_keyctl_kdf_params of include/linux/compat.h.
func keyDerivation(dst []byte, e *event.Event, index int, o *Options) []byte {
	const hash, other = 1, 2
	size := pointerSize(e)
	c := memory(e, index)
	if c == nil || len(c.Data) < 2*size+36 {
		return appendPointer(dst, register(e, index))
	}
	length := load(c.Data, 2*size, 4)
	dst = append(dst, "{hashname="...)
	dst = appendPartText(dst, e, c, hash, long(c.Data, 0, size), o)
	dst = append(dst, ", otherinfo="...)
	if length == 0 {
		// The kernel does not look at it then.
		dst = appendHex(dst, long(c.Data, size, size))
	} else {
		dst = appendPartBytes(dst, e, c, other, long(c.Data, size, size), length, o)
	}
	dst = append(dst, ", otherinfolen="...)
	dst = appendUint(dst, length)
	dst = appendSpare(dst, "__spare", c.Data[2*size+4:2*size+36], 4)
	return append(dst, '}')
}

// appendSpare appends an array of numbers that have no meaning yet, if one is not zero.
func appendSpare(dst []byte, name string, data []byte, size int) []byte {
	if allZero(data) {
		return dst
	}
	dst = append(dst, ", "...)
	dst = append(dst, name...)
	dst = append(dst, "=["...)
	for i := 0; i+size <= len(data); i += size {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = appendNumber(dst, data[i:], size, asHex)
	}
	return append(dst, ']')
}

// keyQuery appends struct keyctl_pkey_query of include/uapi/linux/keyctl.h.
func keyQuery(dst []byte, e *event.Event, index int, o *Options) []byte {
	const spare = 16
	data := structure(e, index, spare+32)
	if data == nil || !succeeded(e) {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, '{')
	dst = appendSlots(dst, e, data, keyQueryMembers, o)
	dst = appendSpare(dst, "__spare", data[spare:spare+32], 4)
	return append(dst, '}')
}

// keyOperation appends struct keyctl_pkey_params of include/uapi/linux/keyctl.h.
func keyOperation(dst []byte, e *event.Event, index int, o *Options) []byte {
	const verify, spare = 28, 12
	data := structure(e, index, spare+28)
	if data == nil {
		return appendPointer(dst, register(e, index))
	}
	members := keyOperationMembers
	if uint32(register(e, 0)) == verify {
		members = keyVerifyMembers
	}
	dst = append(dst, '{')
	dst = appendSlots(dst, e, data, members, o)
	dst = appendSpare(dst, "__spare", data[spare:spare+28], 4)
	return append(dst, '}')
}

// keyCapabilities appends bytes of flags, a table a byte.
func keyCapabilities(dst []byte, e *event.Event, index int, o *Options) []byte {
	c := after(e, index)
	if c == nil || !succeeded(e) {
		return appendPointer(dst, register(e, index))
	}
	dst = append(dst, '[')
	shown := min(len(c.Data), o.elements())
	for i, value := range c.Data[:shown] {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		if i < len(keyCapabilityFlags) {
			dst = keyCapabilityFlags[i].appendTo(dst, uint64(value), o)
		} else {
			dst = appendHex(dst, uint64(value))
		}
	}
	return appendArrayEnd(dst, shown, c.Truncated || shown < len(c.Data))
}

var keyDiffieHellman = []slot{ // struct keyctl_dh_params
	{"private", 0, 4, slotKey, 0},
	{"prime", 4, 4, slotKey, 0},
	{"base", 8, 4, slotKey, 0},
}

var keyQueryMembers = []slot{
	{"supported_ops", 0, 4, keySupports.slot, 0},
	{"key_size", 4, 4, slotUint, 0},
	{"max_data_size", 8, 2, slotUint, 0},
	{"max_sig_size", 10, 2, slotUint, 0},
	{"max_enc_size", 12, 2, slotUint, 0},
	{"max_dec_size", 14, 2, slotUint, 0},
}

var keyOperationMembers = []slot{
	{"key_id", 0, 4, slotKey, 0},
	{"in_len", 4, 4, slotUint, 0},
	{"out_len", 8, 4, slotUint, 0},
}

var keyVerifyMembers = []slot{
	{"key_id", 0, 4, slotKey, 0},
	{"in_len", 4, 4, slotUint, 0},
	{"in2_len", 8, 4, slotUint, 0},
}

// include/uapi/linux/keyctl.h, by the number without its sign.
var keySpecials = names{names: []entry{
	{1, "KEY_SPEC_THREAD_KEYRING"},
	{2, "KEY_SPEC_PROCESS_KEYRING"},
	{3, "KEY_SPEC_SESSION_KEYRING"},
	{4, "KEY_SPEC_USER_KEYRING"},
	{5, "KEY_SPEC_USER_SESSION_KEYRING"},
	{6, "KEY_SPEC_GROUP_KEYRING"},
	{7, "KEY_SPEC_REQKEY_AUTH_KEY"},
	{8, "KEY_SPEC_REQUESTOR_KEYRING"},
}}

// include/uapi/linux/keyctl.h, by the number that is one larger.
var keyDefaults = names{unknown: "KEY_REQKEY_DEFL_???", names: []entry{
	{0, "KEY_REQKEY_DEFL_NO_CHANGE"},
	{1, "KEY_REQKEY_DEFL_DEFAULT"},
	{2, "KEY_REQKEY_DEFL_THREAD_KEYRING"},
	{3, "KEY_REQKEY_DEFL_PROCESS_KEYRING"},
	{4, "KEY_REQKEY_DEFL_SESSION_KEYRING"},
	{5, "KEY_REQKEY_DEFL_USER_KEYRING"},
	{6, "KEY_REQKEY_DEFL_USER_SESSION_KEYRING"},
	{7, "KEY_REQKEY_DEFL_GROUP_KEYRING"},
	{8, "KEY_REQKEY_DEFL_REQUESTOR_KEYRING"},
}}

// include/linux/key.h
var keyPermissions = flags{unknown: "KEY_???", names: []entry{
	{0x01000000, "KEY_POS_VIEW"},
	{0x02000000, "KEY_POS_READ"},
	{0x04000000, "KEY_POS_WRITE"},
	{0x08000000, "KEY_POS_SEARCH"},
	{0x10000000, "KEY_POS_LINK"},
	{0x20000000, "KEY_POS_SETATTR"},
	{0x00010000, "KEY_USR_VIEW"},
	{0x00020000, "KEY_USR_READ"},
	{0x00040000, "KEY_USR_WRITE"},
	{0x00080000, "KEY_USR_SEARCH"},
	{0x00100000, "KEY_USR_LINK"},
	{0x00200000, "KEY_USR_SETATTR"},
	{0x00000100, "KEY_GRP_VIEW"},
	{0x00000200, "KEY_GRP_READ"},
	{0x00000400, "KEY_GRP_WRITE"},
	{0x00000800, "KEY_GRP_SEARCH"},
	{0x00001000, "KEY_GRP_LINK"},
	{0x00002000, "KEY_GRP_SETATTR"},
	{0x00000001, "KEY_OTH_VIEW"},
	{0x00000002, "KEY_OTH_READ"},
	{0x00000004, "KEY_OTH_WRITE"},
	{0x00000008, "KEY_OTH_SEARCH"},
	{0x00000010, "KEY_OTH_LINK"},
	{0x00000020, "KEY_OTH_SETATTR"},
}}

// include/uapi/linux/keyctl.h
var keyMoveFlags = flags{unknown: "KEYCTL_MOVE_???", names: []entry{
	{0x1, "KEYCTL_MOVE_EXCL"},
}}

// include/uapi/linux/keyctl.h
var keySupports = flags{unknown: "KEYCTL_SUPPORTS_???", names: []entry{
	{0x1, "KEYCTL_SUPPORTS_ENCRYPT"},
	{0x2, "KEYCTL_SUPPORTS_DECRYPT"},
	{0x4, "KEYCTL_SUPPORTS_SIGN"},
	{0x8, "KEYCTL_SUPPORTS_VERIFY"},
}}

// include/uapi/linux/keyctl.h
var keyCapabilityFlags = [...]flags{
	{unknown: "KEYCTL_CAPS0_???", names: []entry{
		{0x01, "KEYCTL_CAPS0_CAPABILITIES"},
		{0x02, "KEYCTL_CAPS0_PERSISTENT_KEYRINGS"},
		{0x04, "KEYCTL_CAPS0_DIFFIE_HELLMAN"},
		{0x08, "KEYCTL_CAPS0_PUBLIC_KEY"},
		{0x10, "KEYCTL_CAPS0_BIG_KEY"},
		{0x20, "KEYCTL_CAPS0_INVALIDATE"},
		{0x40, "KEYCTL_CAPS0_RESTRICT_KEYRING"},
		{0x80, "KEYCTL_CAPS0_MOVE"},
	}},
	{unknown: "KEYCTL_CAPS1_???", names: []entry{
		{0x01, "KEYCTL_CAPS1_NS_KEYRING_NAME"},
		{0x02, "KEYCTL_CAPS1_NS_KEY_TAG"},
		{0x04, "KEYCTL_CAPS1_NOTIFICATIONS"},
	}},
}

// include/uapi/linux/keyctl.h
var keyCommands = names{unknown: "KEYCTL_???", names: []entry{
	{0, "KEYCTL_GET_KEYRING_ID"},
	{1, "KEYCTL_JOIN_SESSION_KEYRING"},
	{2, "KEYCTL_UPDATE"},
	{3, "KEYCTL_REVOKE"},
	{4, "KEYCTL_CHOWN"},
	{5, "KEYCTL_SETPERM"},
	{6, "KEYCTL_DESCRIBE"},
	{7, "KEYCTL_CLEAR"},
	{8, "KEYCTL_LINK"},
	{9, "KEYCTL_UNLINK"},
	{10, "KEYCTL_SEARCH"},
	{11, "KEYCTL_READ"},
	{12, "KEYCTL_INSTANTIATE"},
	{13, "KEYCTL_NEGATE"},
	{14, "KEYCTL_SET_REQKEY_KEYRING"},
	{15, "KEYCTL_SET_TIMEOUT"},
	{16, "KEYCTL_ASSUME_AUTHORITY"},
	{17, "KEYCTL_GET_SECURITY"},
	{18, "KEYCTL_SESSION_TO_PARENT"},
	{19, "KEYCTL_REJECT"},
	{20, "KEYCTL_INSTANTIATE_IOV"},
	{21, "KEYCTL_INVALIDATE"},
	{22, "KEYCTL_GET_PERSISTENT"},
	{23, "KEYCTL_DH_COMPUTE"},
	{24, "KEYCTL_PKEY_QUERY"},
	{25, "KEYCTL_PKEY_ENCRYPT"},
	{26, "KEYCTL_PKEY_DECRYPT"},
	{27, "KEYCTL_PKEY_SIGN"},
	{28, "KEYCTL_PKEY_VERIFY"},
	{29, "KEYCTL_RESTRICT_KEYRING"},
	{30, "KEYCTL_MOVE"},
	{31, "KEYCTL_CAPABILITIES"},
	{32, "KEYCTL_WATCH_KEY"},
}}
