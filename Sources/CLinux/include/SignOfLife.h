#pragma once
#include <stdint.h>

// A word in shared memory from which the kernel takes this thread's number when the thread ends, and so also when its
// process ends or calls execve(2): a robust list of one entry, see get_robust_list(2). The thread must take no robust
// mutex, for which the C library needs its list.

struct clinux_sign {
    // As struct robust_list_head of linux/futex.h, whose types are not for Swift.
    struct {
        void *first;
        long offset;
        void *pending;
    } list;
    void *entry;
    // The thread's number, or CLINUX_NO_SIGN; 0 before it is known.
    uint32_t thread;
};

// The kernel has no such lists, or does not let this thread have one.
#define CLINUX_NO_SIGN UINT32_MAX

// Makes the calling thread the one whose end is told, and its number known.
void clinux_sign_begin(struct clinux_sign *sign);
// Waits until it is known.
uint32_t clinux_sign_thread(struct clinux_sign *sign);
// From now on that thread's end is told in this word, if the word has the thread's number then.
void clinux_sign_bind(struct clinux_sign *sign, void *word);
// It is told nowhere any more.
void clinux_sign_unbind(struct clinux_sign *sign);
