#define _GNU_SOURCE
#include "Descriptors.h"
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

int clinux_event_descriptor(void) { return eventfd(0, EFD_CLOEXEC); }

int clinux_process_descriptor(int32_t process) { return (int)syscall(SYS_pidfd_open, process, 0); }

int clinux_poll_with_signals(int descriptor, int milliseconds, const void *held) {
    struct pollfd entry = {.fd = descriptor, .events = POLLIN};
    struct timespec limit = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000L};
    return ppoll(&entry, 1, milliseconds < 0 ? NULL : &limit, held);
}

_Static_assert(sizeof(struct clinux_event) == sizeof(struct epoll_event), "a twin of struct epoll_event");
_Static_assert(offsetof(struct clinux_event, token) == offsetof(struct epoll_event, data), "a twin of struct epoll_event");

int clinux_epoll_wait(int epoll, struct clinux_event *events, int capacity, int milliseconds) {
    return epoll_wait(epoll, (struct epoll_event *)events, capacity, milliseconds);
}

int clinux_epoll_control(int epoll, int operation, int descriptor, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data.u64 = token};
    return epoll_ctl(epoll, operation, descriptor, &event);
}

int clinux_epoll_descriptor(void) { return epoll_create1(EPOLL_CLOEXEC); }

int clinux_signal_descriptor(const void *signals) {
    return signalfd(-1, (const sigset_t *)signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

int clinux_next_signal(int descriptor) {
    struct signalfd_siginfo signal;
    return read(descriptor, &signal, sizeof signal) == sizeof signal ? (int)signal.ssi_signo : 0;
}

int clinux_timer_descriptor(void) { return timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK); }

int clinux_set_timer(int descriptor, long long nanoseconds) {
    struct itimerspec time = {.it_value = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000}};
    return timerfd_settime(descriptor, TFD_TIMER_ABSTIME, &time, NULL);
}
