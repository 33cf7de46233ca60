#pragma once
#include <stdint.h>

// A word in shared memory in which the kernel clears this thread's number when the thread ends, which
// includes the end of its process and execve(2): a robust list of one entry, see get_robust_list(2). The
// thread must not use robust mutexes, for which the C library needs its list.

struct clinux_sign {
    // Like struct robust_list_head of linux/futex.h, whose types Swift cannot import.
    struct {
        void *first;
        long offset;
        void *pending;
    } list;
    void *entry;
    // The thread's number, or CLINUX_NO_SIGN; 0 until it is known.
    uint32_t thread;
};

// The kernel has no robust lists, or does not let this thread have one.
#define CLINUX_NO_SIGN UINT32_MAX

// Registers the calling thread, whose number is then known.
void clinux_sign_begin(struct clinux_sign *sign);
// Waits until the thread's number is known.
uint32_t clinux_sign_thread(struct clinux_sign *sign);
// From now on, the kernel reports the end of that thread in this word, if the word contains the thread's
// number then.
void clinux_sign_bind(struct clinux_sign *sign, void *word);
// The end of the thread is no longer reported.
void clinux_sign_unbind(struct clinux_sign *sign);
