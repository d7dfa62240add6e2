/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TRACELOOP_CAPTURE_H
#define TRACELOOP_CAPTURE_H

/* Reads the memory behind an argument into the record that is being made. */

#include "descriptor.h"

#define DATA_MAX PATH_LIMIT

/* Reads a number of 2, 4 or 8 bytes in the struct that was captured last; 0 if it was captured only up to there. */
static __always_inline __u64 number_in_struct(struct scratch *scratch, __u32 offset, __u32 width)
{
	__u32 at = scratch->base + offset;
	__u64 number;

	if (offset + width > scratch->base_length)
		return 0;
	barrier_var(at);
	if (at > RECORD_MAX)
		return 0;
	number = *(volatile __u64 *)&scratch->bytes[at];
	if (width == 2)
		return (__u16)number;
	return width == 4 ? (__u32)number : number;
}

/* An argument; the check stands by the access, or Linux 6.1 loses sight of the bound. */
static __always_inline __u64 argument_at(struct scratch *scratch, __u32 i)
{
	barrier_var(i);
	return i < 6 ? scratch->arguments[i] : 0;
}

/* How many bytes or elements the row's count amounts to. */
static __always_inline __u64 count_of(struct scratch *scratch, struct capture_row *row)
{
	__u64 argument;

	if (row->count == COUNT_STRUCT)
		return row->count_width ? number_in_struct(scratch, row->count_offset, row->count_width)
					: row->count_offset;
	if (row->count == COUNT_RETURN)
		return (__s64)scratch->result < 0 ? 0 : scratch->result;
	if (row->count == COUNT_SELF) {
		__u32 value = 0;

		/* What the call is yet to fill, or did not. */
		if (row->when == WHEN_AROUND && (scratch->phase || scratch->failed))
			return 0;
		argument = argument_at(scratch, row->argument) + row->count_offset;
		bpf_probe_read_user(&value, sizeof(value), (void *)argument);
		return value;
	}
	if (row->count >= COUNT_ARGUMENT_BELOW) {
		argument = argument_at(scratch, row->count - COUNT_ARGUMENT_BELOW);
		return argument ? ((__u32)argument - 1 + 63) / 64 * 8 : 0;
	}
	if (row->count >= COUNT_ARGUMENT_BITS) {
		argument = argument_at(scratch, row->count - COUNT_ARGUMENT_BITS);
		return ((__u32)argument + 63) / 64 * 8;
	}
	if (row->count >= COUNT_POINTED) {
		__u32 value = 0;

		argument = argument_at(scratch, row->count - COUNT_POINTED);
		if (bpf_probe_read_user(&value, sizeof(value), (void *)argument))
			return 0;
		/* The call may say that there was more than it had room for. */
		return value < scratch->room ? value : scratch->room;
	}
	return argument_at(scratch, row->count - COUNT_ARGUMENT);
}

/* Reads element i of a vector of the task's pointers or longs, of 4 or 8 bytes each. */
static __always_inline __u64 read_pointer(struct scratch *scratch, __u64 vector, __u32 i, long *error)
{
	__u32 size = scratch->pointer_size;
	__u64 pointer = 0;

	if (size > 8)
		size = 8;
	*error = bpf_probe_read_user(&pointer, size, (void *)(vector + i * size));
	return pointer;
}

/* Reads a string of at most limit bytes; returns its length with STRING_TRUNCATED, or an error. */
static __always_inline long read_string(__u8 *to, __u32 limit, __u64 address)
{
	long length;

	if (limit > DATA_MAX)
		limit = DATA_MAX;
	/* One byte beyond the limit tells a string that fits from one that was cut. */
	length = bpf_probe_read_user_str(to, limit + 2, (void *)address);
	if (length < 0)
		return length;
	if (length > 0)
		length--;
	if (length > limit)
		return limit | STRING_TRUNCATED;
	return length;
}

/*
 * The two captures of vectors keep their place in scratch->size and not in a
 * variable: the verifier forgets what memory held, so that it sees the same
 * state at every turn of the loop and not an ever wider one.
 */
#define VECTOR_END 3328

/*
 * Returns 0 if there is no room, an error if the string could not be read. Its
 * caller counts it: calls may nest only so deep, and their stacks add up.
 */
__noinline int capture_element(struct scratch *scratch, __u64 pointer)
{
	__u32 size, limit;
	long length;
	__u8 *to;

	if (!scratch)
		return 0;
	size = scratch->size;
	limit = scratch->string_limit;
	if (size > VECTOR_END)
		return 0;
	to = &scratch->bytes[size];
	if (limit > RECORD_MAX - VECTOR_END - 16)
		limit = RECORD_MAX - VECTOR_END - 16;
	/* At a call's entry it leaves room for a count or a struct behind it. */
	if (scratch->phase && size + limit > EARLY_MAX - 64)
		return 0;
	length = read_string(to + 2, limit, pointer);
	if (length < 0) {
		*(__u16 *)to = STRING_UNREADABLE;
		store_word(to + 2, pointer);
		scratch->size = size + 10;
		return length;
	}
	*(__u16 *)to = length;
	scratch->size = size + 2 + (length & 0x3fff);
	return 1;
}

__noinline int capture_strings(struct scratch *scratch, __u64 vector)
{
	if (!scratch)
		return -1;
	for (__u32 i = 0; i <= VECTOR_LIMIT; i++) {
		int captured;
		long error;
		__u64 pointer = read_pointer(scratch, vector, i, &error);

		if (error) {
			count_failure(PLACE_READ_VECTOR, error);
			return i ? 1 : -1;
		}
		if (!pointer)
			return 0;
		if (i == VECTOR_LIMIT)
			return 1;
		captured = capture_element(scratch, pointer);
		if (captured < 0)
			count_failure(PLACE_READ_STRING, captured);
		if (!captured)
			return 1;
	}
	return 1;
}

/* Returns as capture_element does. */
__noinline int capture_buffer(struct scratch *scratch, __u64 address, __u64 length, __u64 bytes)
{
	__u32 size, limit, captured;
	long error;
	__u8 *to;

	if (!scratch)
		return 0;
	size = scratch->size;
	limit = scratch->string_limit;
	if (size > VECTOR_END)
		return 0;
	if (length < limit)
		limit = length;
	if (bytes < limit)
		limit = bytes;
	/* Last and apart, or the verifier loses sight of the bound. */
	barrier_var(limit);
	if (limit > RECORD_MAX - VECTOR_END - 32)
		limit = RECORD_MAX - VECTOR_END - 32;
	to = &scratch->bytes[size];
	/* struct buffer, whose members stand at any address. */
	store_word(to, address);
	store_word(to + 8, length);
	size += sizeof(struct buffer);
	captured = limit;
	error = bpf_probe_read_user(to + sizeof(struct buffer), limit, (void *)address);
	if (error) {
		captured = BUFFER_UNREADABLE;
		limit = 0;
	}
	*(__u16 *)(to + 16) = captured;
	scratch->size = size + limit;
	return error ?: 1;
}

__noinline int capture_buffers(struct scratch *scratch, __u64 vector, __u64 count, __u64 bytes)
{
	if (!scratch)
		return -1;
	for (__u32 i = 0; i < VECTOR_LIMIT; i++) {
		__u64 address, length;
		int captured;
		long error;

		if (i >= count)
			return 0;
		address = read_pointer(scratch, vector, 2 * i, &error);
		if (!error)
			length = read_pointer(scratch, vector, 2 * i + 1, &error);
		if (error) {
			count_failure(PLACE_READ_VECTOR, error);
			return i ? 1 : -1;
		}
		captured = capture_buffer(scratch, address, length, bytes);
		if (captured < 0)
			count_failure(PLACE_READ_BYTES, captured);
		if (!captured)
			return 1;
		bytes -= length < bytes ? length : bytes;
	}
	return count > VECTOR_LIMIT;
}

/* From Linux 5.17 on. The verifier walks any other loop turn by turn. */
#define can_loop() bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_loop)

/* What is counted where, and how far the counting has come. */
struct counting {
	__u64 address;
	__u64 bytes; /* left, of entries */
	__u32 size;  /* of a pointer; where an entry has its length */
	__s32 result; /* -1 until the end was seen, then the count */
	__s32 error;
};

static long count_pointer(__u32 i, struct counting *counting)
{
	__u32 size = counting->size == 4 ? 4 : 8;
	__u64 pointer = 0;

	counting->error = bpf_probe_read_user(&pointer, size, (void *)(counting->address + i * size));
	if (counting->error)
		return 1;
	if (!pointer) {
		counting->result = i;
		return 1;
	}
	return 0;
}

__noinline int count_pointers(struct scratch *scratch, __u64 vector)
{
	struct counting counting = {.address = vector, .result = -1};

	if (!scratch)
		return -1;
	counting.size = scratch->pointer_size;
	if (can_loop()) {
		bpf_loop(COUNT_LIMIT, count_pointer, &counting, 0);
	} else {
		for (__u32 i = 0; i < 512; i++) {
			if (count_pointer(i, &counting))
				break;
		}
	}
	if (counting.error)
		count_failure(PLACE_READ_VECTOR, counting.error);
	return counting.result;
}

static long count_entry(__u32 i, struct counting *counting)
{
	__u16 length = 0;

	if (!counting->bytes) {
		counting->result = i;
		return 1;
	}
	counting->error = bpf_probe_read_user(&length, sizeof(length), (void *)(counting->address + counting->size));
	if (counting->error || !length || length > counting->bytes)
		return 1;
	counting->address += length;
	counting->bytes -= length;
	return 0;
}

/*
 * Counts the directory entries in a buffer. Each has its own length in it, at
 * an offset that the ABI decides: include/linux/dirent.h, fs/readdir.c.
 */
__noinline int count_entries(struct scratch *scratch, __u64 address, __u64 bytes, __u32 length_offset)
{
	struct counting counting = {.address = address, .bytes = bytes, .size = length_offset, .result = -1};

	if (can_loop()) {
		bpf_loop(ENTRIES_LIMIT, count_entry, &counting, 0);
	} else {
		for (__u32 i = 0; i < 1024; i++) {
			if (count_entry(i, &counting))
				break;
		}
	}
	if (counting.error)
		count_failure(PLACE_READ_BYTES, counting.error);
	return counting.result;
}

/*
 * Reads the elements before the end of the page that an array begins in: what is
 * beyond is not mapped. Returns their bytes.
 */
__noinline int read_to_page_end(struct scratch *scratch, __u32 at, __u64 address, __u32 size)
{
	__u64 rest = 4096 - (address & 4095);

	if (!scratch || !size)
		return 0;
	rest -= rest % size;
	if (!rest)
		return 0;
	barrier_var(at);
	barrier_var(rest);
	if (at > RECORD_MAX || rest > ARRAY_LIMIT)
		return 0;
	return bpf_probe_read_user(&scratch->bytes[at], rest, (void *)address) ? 0 : rest;
}

/*
 * Captures one argument's memory. Returns 1 if it did, 0 if there was nothing
 * to read or it could not be read. A function of its own for the verifier:
 * checked once, whatever its callers do; its row is in the scratch, for its stack is
 * one of many.
 */
__noinline int capture(struct scratch *scratch)
{
	struct capture_row *row;
	struct capture *header;
	__u32 size, limit;
	__u64 address, count;
	bool truncated = false;
	long length;
	__u8 *to;

	if (!scratch)
		return 0;
	row = &scratch->row;
	if (!(scratch->layouts >> (row->layout & 31) & 1))
		return 0;
	if (row->part)
		address = number_in_struct(scratch, row->pointer, scratch->pointer_size);
	else
		address = scratch->element ?: argument_at(scratch, row->argument);
	if (!address)
		return 0;
	/* Less than nothing is an error, and no memory. */
	if (row->count >= COUNT_ARGUMENT && row->count < COUNT_RETURN &&
	    scratch->negative >> (row->count - COUNT_ARGUMENT) & 1)
		return 0;
	limit = scratch->string_limit;
	count = row->count ? count_of(scratch, row) : 1;
	if (row->part) {
		/* What a call writes to the first part's length may be more than there was room for. */
		if (row->part == 1 && count > scratch->room)
			count = scratch->room;
	} else {
		if (row->limit) {
			__u64 most = argument_at(scratch, row->limit - 1);

			if (count > most)
				count = most;
		}
		if (row->count) {
			count = count + row->pointer < count ? ~0ULL : count + row->pointer;
			limit += row->pointer;
		}
	}
	/* Last, or Linux 6.1 loses sight of the bound on the way. */
	size = scratch->size;
	barrier_var(size);
	if (size > RECORD_MAX - sizeof(*header))
		return 0;
	header = (void *)&scratch->bytes[size];
	size += sizeof(*header);
	to = (void *)header + sizeof(*header);

	switch (row->layout) {
	case LAYOUT_PATH:
		limit = PATH_LIMIT;
	case LAYOUT_STRING:
		length = read_string(to, limit, address);
		if (length < 0) {
			count_failure(PLACE_READ_STRING, length);
			return 0;
		}
		truncated = length & STRING_TRUNCATED;
		length &= 0x3fff;
		break;
	case LAYOUT_BYTES:
	case LAYOUT_STRUCT:
	case LAYOUT_ARRAY: {
		__u64 wanted = row->size;

		if (row->layout == LAYOUT_BYTES) {
			wanted = count;
		} else {
			limit = ARRAY_LIMIT;
			if (row->layout == LAYOUT_ARRAY)
				wanted = count > ARRAY_LIMIT ? ARRAY_LIMIT + 1 : count * row->size;
			else if (row->count && count < wanted)
				wanted = count;
		}
		if (row->layout == LAYOUT_ARRAY && row->size && wanted > limit)
			limit = limit / row->size * row->size;
		if (limit > DATA_MAX)
			limit = DATA_MAX;
		truncated = wanted > limit;
		if (truncated)
			wanted = limit;
		barrier_var(wanted);
		if (wanted > DATA_MAX)
			return 0;
		if (wanted) {
			length = bpf_probe_read_user(to, wanted, (void *)address);
			if (length) {
				count_failure(PLACE_READ_BYTES, length);
				if (row->layout != LAYOUT_ARRAY || row->size < 2)
					return 0;
				length = read_to_page_end(scratch, size, address, row->size);
				if (length <= 0)
					return 0;
				break;
			}
		}
		length = wanted;
		break;
	}
	case LAYOUT_STRINGS:
	case LAYOUT_BUFFERS: {
		/* What a call moved is its return value; what it was to move is all. */
		__u64 bytes = ~0ULL;
		int more;

		if (row->part && row->limit && row->when != WHEN_IN)
			bytes = number_in_struct(scratch, row->limit, 4);
		else if (row->when == WHEN_OUT || (row->when == WHEN_IN_OUT && !scratch->phase))
			bytes = scratch->result;
		scratch->size = size;
		if (row->layout == LAYOUT_STRINGS)
			more = capture_strings(scratch, address);
		else
			more = capture_buffers(scratch, address, count, bytes);
		length = scratch->size - size;
		scratch->size = size - sizeof(*header);
		if (more < 0)
			return 0;
		truncated = more;
		break;
	}
	case LAYOUT_COUNT:
	case LAYOUT_ENTRIES:
		if (row->layout == LAYOUT_COUNT)
			length = count_pointers(scratch, address);
		else
			length = count_entries(scratch, address, count, row->size);
		if (length < 0)
			return 0;
		*(__u32 *)to = length;
		length = 4;
		break;
	default:
		return 0;
	}
	if (length < 0 || length > RECORD_MAX)
		return 0;
	if (size + length > RECORD_MAX) {
		length = RECORD_MAX - size;
		truncated = true;
	}
	header->argument = row->part ? PART_BIT + row->part - 1 : row->argument;
	header->argument |= (scratch->phase | (truncated ? CAPTURE_TRUNCATED : 0)) << 4;
	header->layout = row->layout;
	header->length = length;
	if (!row->part) {
		scratch->base = size;
		scratch->base_length = length;
	}
	scratch->size = size + length;
	return 1;
}

/* Describes the file descriptors in the memory that was captured last. */
__noinline int describe_memory(struct scratch *scratch, __u32 argument, __u32 stride, __u32 how)
{
	if (!scratch)
		return 0;
	for (__u32 i = 0; i < DESCRIPTORS; i++) {
		if (i * stride + 4 > scratch->base_length)
			break;
		scratch->captures += describe(scratch, argument, number_in_struct(scratch, i * stride, 4), how);
	}
	return 0;
}

/* include/uapi/linux/socket.h and include/linux/socket.h: of struct cmsghdr. */
#define SOL_SOCKET 1
#define SCM_RIGHTS 1

/* A number in the control messages that were captured last, at an offset of the record. */
static __always_inline __u32 number_in_control(struct scratch *scratch, __u32 at)
{
	if (at + 4 > scratch->control_end)
		return 0;
	barrier_var(at);
	if (at > RECORD_MAX - 4)
		return 0;
	return *(volatile __u32 *)&scratch->bytes[at];
}

/*
 * Finds the next descriptor that control messages carry: 1 if there is one, 0 at
 * their end, -1 if there may be one further on. Where it is stands in the
 * scratch, so that its caller need not have a stack for it.
 */
__noinline int next_control(struct scratch *scratch)
{
	__u32 size, header, length;

	if (!scratch)
		return 0;
	size = scratch->pointer_size == 8 ? 8 : 4;
	header = size + 8;
	length = number_in_control(scratch, scratch->control_at);
	if (length < header || length > ARRAY_LIMIT)
		return 0;
	if (number_in_control(scratch, scratch->control_at + size) != SOL_SOCKET ||
	    number_in_control(scratch, scratch->control_at + size + 4) != SCM_RIGHTS ||
	    header + 4 * scratch->control_index + 4 > length) {
		scratch->control_at += (length + size - 1) & ~(size - 1);
		scratch->control_index = 0;
		return -1;
	}
	scratch->control_number = number_in_control(scratch, scratch->control_at + header + 4 * scratch->control_index);
	scratch->control_index++;
	return 1;
}

#endif
