#pragma once
#include <stdint.h>

// pidfd_open(2) has no function in the glibc of Debian 12: a descriptor, readable once the process has ended, or -1 with errno.
int clinux_process_descriptor(int32_t process);
