#define _GNU_SOURCE
#include "Futex.h"
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// A spurious return is harmless: the caller checks the word again.
int clinux_futex_wait(const void *word, uint32_t value, int32_t milliseconds) {
    struct timespec limit = {milliseconds / 1000, (long)(milliseconds % 1000) * 1000000};
    long result = syscall(SYS_futex, word, FUTEX_WAIT, value, milliseconds < 0 ? NULL : &limit, NULL, 0);
    return result != 0 && errno == ETIMEDOUT;
}

void clinux_futex_clear_and_wake(void *word) {
    // The comparison is for waking a second word, which is not used.
    long nobody = 0;
    syscall(SYS_futex, word, FUTEX_WAKE_OP, INT_MAX, nobody, word, FUTEX_OP(FUTEX_OP_SET, 0, FUTEX_OP_CMP_EQ, 0));
}

int clinux_usable_processors(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    return CPU_COUNT(&set);
}

uint32_t clinux_processor(void) {
    int processor = sched_getcpu();
    return processor < 0 ? 0 : (uint32_t)processor + 1;
}

int clinux_use_processors(uint64_t mask) {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (int processor = 0; processor < 64; processor++) {
        if (mask >> processor & 1) CPU_SET(processor, &set);
    }
    return sched_setaffinity(0, sizeof set, &set);
}

uint64_t clinux_processors(void) {
    cpu_set_t set;
    uint64_t mask = 0;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 0;
    for (int processor = 0; processor < 64; processor++) {
        if (CPU_ISSET(processor, &set)) mask |= (uint64_t)1 << processor;
    }
    return mask;
}

int64_t clinux_yield(void) {
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    sched_yield();
    clock_gettime(CLOCK_MONOTONIC, &end);
    return (end.tv_sec - start.tv_sec) * 1000000000LL + end.tv_nsec - start.tv_nsec;
}
