// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Compiled only for its BTF, from which internal/generate/layout writes ring/layout.go. */
#include <linux/types.h>
#include "layout.h"

enum chunk_constant chunk_constant;
enum capture_constant capture_constant;
enum argument_constant argument_constant;
enum descriptor_flag descriptor_flag;
enum type type;
enum record_flag record_flag;
enum call_flag call_flag;
enum exit_flag exit_flag;
enum layout layout;
enum when when;
enum count count;
struct head head;
struct cursor cursor;
struct chunk chunk;
struct record record;
struct record_task record_task;
struct record_time record_time;
struct record_call record_call;
struct call_long call_long;
struct capture capture;
struct buffer buffer;
struct descriptor descriptor;
struct descriptor_socket descriptor_socket;
struct record_signal record_signal;
struct record_exec record_exec;
struct record_fork record_fork;
struct record_exit record_exit;
