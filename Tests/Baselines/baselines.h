#pragma once

// The simplest programs for each task, which segmentd is measured against.

// Serves any number of connections at `path` and echoes what they send. Returns on failure.
int echo(const char *path);
// Creates and attaches `count` segments, with the given sizes in bytes in turn. Returns on failure.
int segments(long count, char *const sizes[], int size_count);
// Copies one file to another, which is not emptied first, by the named means, or `copy` for a single process
// that reads and writes; prints the time in ns. Returns 0, or 1 on failure.
int transfer(const char *name, const char *from, const char *to);
// Messages of 64 bytes, each in a separate call: `relay` copies them from standard input to standard output,
// `take` reads them from one, `give` writes them to the other, endlessly. Returns 0 at the end of the file,
// or 1 on failure.
int messages(const char *what);
// Messages of 64 bytes to several readers, each through its own ring and futex: the next one is sent when all
// readers have read the last; prints the time for `count` messages in ns. Returns 0, or 1 on failure.
int fan(long readers, long count);
// Notifies $NOTIFY_SOCKET as sd_notify(3) does: 0, or -1 with errno.
int notify_ready(void);
