// Informs the thread sanitizer about the mutex of Swift's Synchronization library when threads wait for it.
//
// The library's own code is not instrumented. The inlined part of `withLock` is, and shows the sanitizer a
// free mutex; a contended one is handed over by futex(2) in the three functions below, and the sanitizer
// would consider what it guards unguarded. These preloaded functions call the library's and report what
// happened. If a later library names them differently, nothing is reported, and the sanitizer reports too
// much, never too little.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

// Absent in programs that are not instrumented.
void __tsan_acquire(void *address) __attribute__((weak));
void __tsan_release(void *address) __attribute__((weak));

#define SWIFT __attribute__((swiftcall))
#define MUTEX __attribute__((swift_context)) void *mutex

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

SWIFT void lock(uint32_t thread, MUTEX) __asm__(LOCK);
SWIFT bool try_lock(MUTEX) __asm__(TRY_LOCK);
SWIFT void unlock(MUTEX) __asm__(UNLOCK);

static SWIFT void (*real_lock)(uint32_t, MUTEX);
static SWIFT bool (*real_try_lock)(MUTEX);
static SWIFT void (*real_unlock)(MUTEX);

__attribute__((constructor)) static void find(void) {
    real_lock = dlsym(RTLD_NEXT, LOCK);
    real_try_lock = dlsym(RTLD_NEXT, TRY_LOCK);
    real_unlock = dlsym(RTLD_NEXT, UNLOCK);
}

SWIFT void lock(uint32_t thread, MUTEX) {
    real_lock(thread, mutex);
    if (__tsan_acquire) __tsan_acquire(mutex);
}

SWIFT bool try_lock(MUTEX) {
    bool is_locked = real_try_lock(mutex);
    if (is_locked && __tsan_acquire) __tsan_acquire(mutex);
    return is_locked;
}

SWIFT void unlock(MUTEX) {
    if (__tsan_release) __tsan_release(mutex);
    real_unlock(mutex);
}
