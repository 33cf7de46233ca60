#define _GNU_SOURCE
#include "baselines.h"
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { message_size = 64, slots = 64, readers_at_most = 64 };

// One for each reader; each has at least a 64-bit word.
struct ring {
    _Alignas(128) _Atomic uint64_t written;
    _Alignas(128) _Atomic uint32_t waiting;
    _Alignas(128) char messages[slots][message_size];
};

static struct shared {
    // The number of messages read by all readers together, and the word that the publisher sleeps on.
    _Alignas(128) _Atomic uint64_t read;
    _Alignas(128) _Atomic uint32_t publisher;
    struct ring rings[readers_at_most];
} *shared;

static void sleep_on(_Atomic uint32_t *word) { syscall(SYS_futex, word, FUTEX_WAIT, 1, NULL, NULL, 0); }

static void wake(_Atomic uint32_t *word) {
    if (atomic_exchange(word, 0) != 0) syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static void read_messages(struct ring *ring, long readers) {
    char message[message_size];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (uint64_t position = 0;;) {
        while (atomic_load(&ring->written) == position) {
            atomic_store(&ring->waiting, 1);
            if (atomic_load(&ring->written) == position) sleep_on(&ring->waiting);
        }
        memcpy(message, ring->messages[position++ % slots], message_size);
        if ((atomic_fetch_add(&shared->read, 1) + 1) % (uint64_t)readers == 0) wake(&shared->publisher);
    }
}

static void publish(long readers, uint64_t position) {
    char message[message_size];
    memset(message, (int)position, message_size);
    atomic_store(&shared->publisher, 1);
    for (long index = 0; index < readers; index++) {
        struct ring *ring = &shared->rings[index];
        memcpy(ring->messages[position % slots], message, message_size);
        atomic_store(&ring->written, position + 1);
        wake(&ring->waiting);
    }
    while (atomic_load(&shared->read) < (position + 1) * (uint64_t)readers) sleep_on(&shared->publisher);
}

int fan(long readers, long count) {
    pid_t children[readers_at_most];
    if (readers < 1 || readers > readers_at_most || count < 1) return 1;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) return 1;
    for (long index = 0; index < readers; index++) {
        children[index] = fork();
        if (children[index] < 0) return 1;
        if (children[index] == 0) read_messages(&shared->rings[index], readers);
    }
    // All readers are ready once they have read.
    uint64_t position = 0;
    while (position < 100) publish(readers, position++);
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (long index = 0; index < count; index++) publish(readers, position++);
    clock_gettime(CLOCK_MONOTONIC, &end);
    for (long index = 0; index < readers; index++) {
        kill(children[index], SIGKILL);
        waitpid(children[index], NULL, 0);
    }
    printf("%lld\n", (end.tv_sec - start.tv_sec) * 1000000000LL + end.tv_nsec - start.tv_nsec);
    return 0;
}
