#define _GNU_SOURCE
#include "SignOfLife.h"
#include "Futex.h"
#include <limits.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

_Static_assert(
    sizeof ((struct clinux_sign *)0)->list == sizeof(struct robust_list_head) &&
        offsetof(struct clinux_sign, list.offset) == offsetof(struct robust_list_head, futex_offset) &&
        offsetof(struct clinux_sign, list.pending) == offsetof(struct robust_list_head, list_op_pending),
    "the kernel's list"
);

void clinux_sign_begin(struct clinux_sign *sign) {
    clinux_sign_unbind(sign);
    uint32_t thread = CLINUX_NO_SIGN;
    if (syscall(SYS_set_robust_list, &sign->list, sizeof sign->list) == 0) thread = (uint32_t)syscall(SYS_gettid);
    __atomic_store_n(&sign->thread, thread, __ATOMIC_RELEASE);
    syscall(SYS_futex, &sign->thread, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

uint32_t clinux_sign_thread(struct clinux_sign *sign) {
    for (;;) {
        uint32_t thread = __atomic_load_n(&sign->thread, __ATOMIC_ACQUIRE);
        if (thread != 0) return thread;
        (void)clinux_futex_wait(&sign->thread, 0, -1);
    }
}

// The kernel reads the list when the thread ends, whichever thread last wrote it.
void clinux_sign_bind(struct clinux_sign *sign, void *word) {
    sign->entry = &sign->list;
    sign->list.offset = (char *)word - (char *)&sign->entry;
    __atomic_store_n(&sign->list.first, &sign->entry, __ATOMIC_SEQ_CST);
}

void clinux_sign_unbind(struct clinux_sign *sign) { __atomic_store_n(&sign->list.first, &sign->list, __ATOMIC_SEQ_CST); }
