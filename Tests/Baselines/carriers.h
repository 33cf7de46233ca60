#pragma once
#include <stddef.h>

// Means to transfer bytes from one process to another, each used as well as possible.

struct carrier {
    const char *name;
    // Creates the reading and the writing end: 0, or -1 with errno.
    int (*open)(int ends[2]);
    // Both return at the end of the file or of what the other end wrote: 0, or -1 with errno.
    int (*send)(int file, int end);
    int (*receive)(int end, int file);
    // Releases what outlives the processes.
    void (*remove)(int ends[2]);
};

extern const struct carrier carriers[];
extern const size_t carrier_count;

// Copies through a buffer to the end: 0, or -1 with errno.
int copy(int from, int to);
