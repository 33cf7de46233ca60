#pragma once

// secure_getenv(3), which needs _GNU_SOURCE, without which Swift's Glibc module is built: null in a setuid
// program.
const char *clinux_secure_getenv(const char *name);

// Makes all threads share one heap; mallopt(3), whose header Swift's Glibc module leaves out. Returns 1, or 0
// on failure.
int clinux_share_heap(void);

// Returns free heap memory to the kernel; malloc_trim(3).
void clinux_trim_heap(void);
