#pragma once
#include <stddef.h>

// Ways to carry bytes from one process to another, each used as well as it can be.

struct carrier {
    const char *name;
    // Makes the end to read from and the end to write to: 0, or -1 with errno.
    int (*open)(int ends[2]);
    // Both return once the file, or what the other end has written, has ended: 0, or -1 with errno.
    int (*send)(int file, int end);
    int (*receive)(int end, int file);
    // Ends what the processes' end does not.
    void (*remove)(int ends[2]);
};

extern const struct carrier carriers[];
extern const size_t carrier_count;

// Copies to the end through a buffer: 0, or -1 with errno.
int copy(int from, int to);
