#pragma once
#include <stdint.h>

// A number that tells this process from every one that it is a child of by fork(2), at the price of a load from memory:
// getpid(2) is a system call. 0, with errno, where there is none.
uint32_t clinux_process_mark(void);
