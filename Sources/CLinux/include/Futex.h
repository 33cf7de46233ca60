#pragma once
#include <stdint.h>

// futex(2) has no function in glibc. These words are shared between processes, so that FUTEX_PRIVATE_FLAG is not set.

// Sleeps while the word has this value, and not at all if it has another; at most so many milliseconds, if not negative.
// Returns whether these have passed.
int clinux_futex_wait(const void *word, uint32_t value, int32_t milliseconds);
// Sets the word to 0 and wakes everybody who sleeps on it, in one call: a process that is killed in between would leave
// a sleeper behind whom nobody sees.
void clinux_futex_clear_and_wake(void *word);
// The number of processors that this thread may run on (sched_getaffinity(2), whose set type only macros read); 1 if it is not known.
int clinux_usable_processors(void);
// The number of the processor that this thread runs on, counted from 1, as sched_getcpu(3) has it; 0 if it is not known.
uint32_t clinux_processor(void);
// Lets this thread and the programs that it starts run on those of the first 64 processors that a mask has; sched_setaffinity(2), likewise. Returns 0, or -1 with errno.
int clinux_use_processors(uint64_t mask);
// The first 64 that this thread may run on, as a mask; 0 if it is not known.
uint64_t clinux_processors(void);
// sched_yield(2). Returns for how many nanoseconds this thread did not run.
int64_t clinux_yield(void);

// Tells the processor that this is a loop that waits for another one; Swift's own hint is not public.
static inline void clinux_spin_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("isb");
#endif
}
