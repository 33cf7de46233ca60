#pragma once

// secure_getenv(3) needs _GNU_SOURCE, which Swift's Glibc module is built without: null in a setuid program.
const char *clinux_secure_getenv(const char *name);

// mallopt(3), whose header Swift's Glibc module leaves out: all threads share one heap. Returns 1, or 0 on failure.
int clinux_share_heap(void);

// malloc_trim(3): gives back to the kernel what of the heap is free.
void clinux_trim_heap(void);
