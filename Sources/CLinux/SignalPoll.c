#define _GNU_SOURCE
#include "SignalPoll.h"
#include <poll.h>
#include <signal.h>
#include <stddef.h>

int clinux_poll_with_signals(int descriptor, int milliseconds, const void *held) {
    struct pollfd entry = {.fd = descriptor, .events = POLLIN};
    struct timespec limit = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000L};
    return ppoll(&entry, 1, milliseconds < 0 ? NULL : &limit, held);
}
