#define _GNU_SOURCE
#include "Futex.h"
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// An early return is as good as a late one: whoever waits looks again.
void clinux_futex_wait(const void *word, uint32_t value, int32_t milliseconds) {
    struct timespec limit = {milliseconds / 1000, (long)(milliseconds % 1000) * 1000000};
    syscall(SYS_futex, word, FUTEX_WAIT, value, milliseconds < 0 ? NULL : &limit, NULL, 0);
}

void clinux_futex_clear_and_wake(void *word) {
    // The comparison is for a second word to wake on, of which there is none.
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
