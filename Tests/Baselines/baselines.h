#pragma once

// The least that a program can do for the same end: what segmentd is measured against.

// Serves any number of connections at `path`: what comes in goes out. Returns on failure.
int echo(const char *path);
// Makes and attaches `count` segments, whose sizes in bytes are those given, in turn. Returns on failure.
int segments(long count, char *const sizes[], int size_count);
// Carries one file to another, which is not emptied first, by the way of that name, or `copy` for one process that reads
// and writes by itself; prints how long it took, in ns. Returns 0, or 1 on failure.
int transfer(const char *name, const char *from, const char *to);
// Messages of 64 bytes, each by a call of its own: `relay` from standard input to standard output, `take` them from one,
// `give` them to the other, without end. Returns 0 at the end of the file, or 1 on failure.
int messages(const char *what);
// Messages of 64 bytes to so many readers, each through a ring of its own, by a futex for each: one after another, each when
// all readers have read the one before; prints how long `count` took, in ns. Returns 0, or 1 on failure.
int fan(long readers, long count);
// Tells $NOTIFY_SOCKET, as sd_notify(3) does: 0, or -1 with errno.
int notify_ready(void);
