#pragma once
#include <stdint.h>

// A number that distinguishes this process from its ancestors by fork(2) at the cost of a load from memory;
// getpid(2) is a system call. 0, with errno, if there is none.
uint32_t clinux_process_mark(void);
