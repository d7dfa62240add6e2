package strace

// timexMembers are struct timex of longs of the ABI or, of 64 bits on every one,
// struct __kernel_timex, which says itself where there is padding
// (include/uapi/linux/timex.h).
func timexMembers(long int8) []member {
	members := []member{
		{name: "modes", size: 4, flags: &timexModes},
		{name: "offset", size: long},
		{name: "freq", size: long},
		{name: "maxerror", size: long},
		{name: "esterror", size: long},
		{name: "status", size: 4, flags: &timexStatus},
		{name: "constant", size: long},
		{name: "precision", size: long},
		{name: "tolerance", size: long},
		{name: "time={tv_sec", size: long},
		{name: "tv_usec", size: long, form: asUint, end: "}"},
		{name: "tick", size: long},
		{name: "ppsfreq", size: long},
		{name: "jitter", size: long},
		{name: "shift", size: 4},
		{name: "stabil", size: long},
		{name: "jitcnt", size: long},
		{name: "calcnt", size: long},
		{name: "errcnt", size: long},
		{name: "stbcnt", size: long},
		{name: "tai", size: 4},
	}
	if long == ofLong {
		return members
	}
	var padded []member
	for _, m := range members {
		if padded = append(padded, m); m.size == 4 {
			padded = append(padded, member{size: 4})
		}
	}
	return padded
}

// include/uapi/linux/timex.h
var timexModes = flags{unknown: "ADJ_???", names: []entry{
	{0xa001, "ADJ_OFFSET_SS_READ"},
	{0x8001, "ADJ_OFFSET_SINGLESHOT"},
	{0x1, "ADJ_OFFSET"},
	{0x2, "ADJ_FREQUENCY"},
	{0x4, "ADJ_MAXERROR"},
	{0x8, "ADJ_ESTERROR"},
	{0x10, "ADJ_STATUS"},
	{0x20, "ADJ_TIMECONST"},
	{0x80, "ADJ_TAI"},
	{0x100, "ADJ_SETOFFSET"},
	{0x1000, "ADJ_MICRO"},
	{0x2000, "ADJ_NANO"},
	{0x4000, "ADJ_TICK"},
}}

// include/uapi/linux/timex.h
var timexStatus = flags{unknown: "STA_???", names: []entry{
	{0x1, "STA_PLL"},
	{0x2, "STA_PPSFREQ"},
	{0x4, "STA_PPSTIME"},
	{0x8, "STA_FLL"},
	{0x10, "STA_INS"},
	{0x20, "STA_DEL"},
	{0x40, "STA_UNSYNC"},
	{0x80, "STA_FREQHOLD"},
	{0x100, "STA_PPSSIGNAL"},
	{0x200, "STA_PPSJITTER"},
	{0x400, "STA_PPSWANDER"},
	{0x800, "STA_PPSERROR"},
	{0x1000, "STA_CLOCKERR"},
	{0x2000, "STA_NANO"},
	{0x4000, "STA_MODE"},
	{0x8000, "STA_CLK"},
}}
