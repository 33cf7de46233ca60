#pragma once
#include <stdint.h>

// futex(2), which has no function in glibc. These words are shared between processes, so FUTEX_PRIVATE_FLAG
// is not set.

// Sleeps while the word has this value, for up to so many milliseconds if not negative; returns at once if it
// has another. Returns whether the time has passed.
int clinux_futex_wait(const void *word, uint32_t value, int32_t milliseconds);
// Sets the word to 0 and wakes all sleepers in one call: a process killed in between would leave a sleeper
// that nothing wakes.
void clinux_futex_clear_and_wake(void *word);
// The number of processors that this thread may run on, 1 if unknown; sched_getaffinity(2), whose set type
// only macros can read.
int clinux_usable_processors(void);
// The number of the processor that this thread runs on, counted from 1, 0 if unknown; sched_getcpu(3).
uint32_t clinux_processor(void);
// Restricts this thread and the programs that it starts to the processors of a mask of the first 64;
// sched_setaffinity(2). Returns 0, or -1 with errno.
int clinux_use_processors(uint64_t mask);
// The processors of the first 64 that this thread may run on, as a mask; 0 if unknown.
uint64_t clinux_processors(void);
// sched_yield(2). Returns the nanoseconds during which this thread did not run.
int64_t clinux_yield(void);

// Tells the processor that this is a spin loop; Swift's own hint is not public.
static inline void clinux_spin_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("isb");
#endif
}
