package strace

// diagnosisByFamily is SOCK_DIAG_BY_FAMILY, which asks for sockets and is the
// type of the answers (include/uapi/linux/sock_diag.h).
const diagnosisByFamily = 20

// unixDiagnosis is what NETLINK_SOCK_DIAG tells of a unix socket: struct
// unix_diag_msg of include/uapi/linux/unix_diag.h.
var unixDiagnosis = familyMessage{"udiag_family", 16, appendUnixDiagnosis, &unixAttributes, unixAttributeForms[:]}

func appendUnixDiagnosis(dst, data []byte, o *Options) []byte {
	dst = append(dst, "udiag_type="...)
	dst = socketTypes.appendTo(dst, uint64(data[1]), o)
	dst = append(dst, ", udiag_state="...)
	dst = connectionStates.appendTo(dst, uint64(data[2]), o)
	dst = append(dst, ", udiag_ino="...)
	dst = appendNumber(dst, data[4:], 4, asUint)
	dst = append(dst, ", udiag_cookie=["...)
	dst = appendNumber(dst, data[8:], 4, asUint)
	dst = append(dst, ", "...)
	dst = appendNumber(dst, data[12:], 4, asUint)
	return append(dst, ']')
}

// include/uapi/linux/unix_diag.h
var unixAttributes = names{unknown: "UNIX_DIAG_???", names: []entry{
	{0, "UNIX_DIAG_NAME"},
	{1, "UNIX_DIAG_VFS"},
	{2, "UNIX_DIAG_PEER"},
	{3, "UNIX_DIAG_ICONS"},
	{4, "UNIX_DIAG_RQLEN"},
	{5, "UNIX_DIAG_MEMINFO"},
	{6, "UNIX_DIAG_SHUTDOWN"},
	{7, "UNIX_DIAG_UID"},
}}

var unixAttributeForms = [...]attributeForm{0: attributeText, 2: attributeUint, 6: attributeByte}

// include/net/tcp_states.h, which sockets of all families share
var connectionStates = names{unknown: "TCP_???", names: []entry{
	{1, "TCP_ESTABLISHED"},
	{2, "TCP_SYN_SENT"},
	{3, "TCP_SYN_RECV"},
	{4, "TCP_FIN_WAIT1"},
	{5, "TCP_FIN_WAIT2"},
	{6, "TCP_TIME_WAIT"},
	{7, "TCP_CLOSE"},
	{8, "TCP_CLOSE_WAIT"},
	{9, "TCP_LAST_ACK"},
	{10, "TCP_LISTEN"},
	{11, "TCP_CLOSING"},
	{12, "TCP_NEW_SYN_RECV"},
}}
