#pragma once
#include <stdint.h>
#include <sys/epoll.h>

// Descriptors that Swift's Glibc module leaves out. Each is close-on-exec, or -1 with errno.

// eventfd(2).
int clinux_event_descriptor(void);

// pidfd_open(2), which has no function in the glibc of Debian 12: readable once the process has ended.
int clinux_process_descriptor(int32_t process);

// ppoll(2) of one descriptor for reading, which Glibc's module does not export: waits for up to so many
// milliseconds, or forever if negative, with only the signals of `held`, a sigset_t, blocked.
int clinux_poll_with_signals(int descriptor, int milliseconds, const void *held);

// epoll(7), timerfd_create(2) and signalfd(2).

// Like struct epoll_event, whose union contains a pointer, which would make it unsafe in Swift.
struct clinux_event {
    uint32_t events;
    uint64_t token;
} __EPOLL_PACKED;

// epoll_wait(2).
int clinux_epoll_wait(int epoll, struct clinux_event *events, int capacity, int milliseconds);
// epoll_ctl(2).
int clinux_epoll_control(int epoll, int operation, int descriptor, uint32_t events, uint64_t token);

int clinux_epoll_descriptor(void);
// Creates a descriptor for the signals of a sigset_t.
int clinux_signal_descriptor(const void *signals);
// Returns the number of the next signal pending on a descriptor, or 0 if there is none.
int clinux_next_signal(int descriptor);
// Creates a timer of CLOCK_MONOTONIC.
int clinux_timer_descriptor(void);
// Sets a timer to expire at a time in nanoseconds, or disarms it if that is 0. Returns 0, or -1 with errno.
int clinux_set_timer(int descriptor, long long nanoseconds);
