package strace

// include/uapi/asm-generic/fcntl.h
var deleteModuleFlags = flags{unknown: "O_???", names: []entry{
	{0o4000, "O_NONBLOCK"},
	{0o1000, "O_TRUNC"},
}}

// include/uapi/linux/module.h
var moduleInitFlags = flags{unknown: "MODULE_INIT_???", names: []entry{
	{0x1, "MODULE_INIT_IGNORE_MODVERSIONS"},
	{0x2, "MODULE_INIT_IGNORE_VERMAGIC"},
	{0x4, "MODULE_INIT_COMPRESSED_FILE"},
}}
