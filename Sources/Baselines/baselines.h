#pragma once

// The least that a program can do for the same end: what segmentd is measured against.

// Serves any number of connections at `path`: what comes in goes out. Returns on failure.
int echo(const char *path);
// Makes and attaches `count` segments, whose sizes in bytes are those given, in turn. Returns on failure.
int segments(long count, char *const sizes[], int size_count);
// Tells $NOTIFY_SOCKET, as sd_notify(3) does: 0, or -1 with errno.
int notify_ready(void);
