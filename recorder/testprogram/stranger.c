/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program without a C library, whose data stand at 0x10000000 (-Tdata). The
 * kernel writes zeros behind them while it makes the image, so that their page
 * is there when the execve returns.
 */
char neighbour[] = "/the/stranger's/own/data";
char zeros[64];

void _start(void)
{
	__asm__ volatile("syscall"
			 :
			 : "a"(231), "D"(neighbour[0] == '/' && !zeros[0] ? 0 : 99)
			 : "rcx", "r11", "memory");
	__builtin_unreachable();
}
