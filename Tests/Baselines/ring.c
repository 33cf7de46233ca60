#define _GNU_SOURCE
#include "ring.h"
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

// As large as the ring it is compared with, with transfers of the same size.
enum { capacity = 2 << 20, chunk = 256 << 10 };

// Each position has its own cache lines, and never decreases.
static struct ring {
    _Alignas(128) _Atomic uint64_t written;
    _Alignas(128) _Atomic uint64_t read;
    _Alignas(128) atomic_bool ended;
    atomic_bool failed;
    _Alignas(4096) char bytes[capacity];
} *ring;

int open_ring(int ends[2]) {
    ends[0] = ends[1] = -1;
    ring = mmap(NULL, sizeof *ring, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return ring == MAP_FAILED ? -1 : 0;
}

// The number of bytes that are contiguous.
static size_t piece(size_t count, uint64_t position) {
    size_t to_end = capacity - position % capacity;
    return count < to_end ? count : to_end;
}

int send_ring(int file, int end) {
    (void)end;
    for (uint64_t position = 0;;) {
        while (position + chunk - atomic_load_explicit(&ring->read, memory_order_acquire) > capacity) {
            if (ring->failed) return -1;
        }
        ssize_t count = read(file, ring->bytes + position % capacity, piece(chunk, position));
        if (count <= 0) {
            ring->ended = true;
            return (int)count;
        }
        position += (size_t)count;
        atomic_store_explicit(&ring->written, position, memory_order_release);
    }
}

int receive_ring(int end, int file) {
    (void)end;
    // A killed writer leaves no mark, so end with it.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (uint64_t position = 0;;) {
        // Read before the position, so that data written before the end counts.
        bool ended = ring->ended;
        size_t filled = atomic_load_explicit(&ring->written, memory_order_acquire) - position;
        if (filled == 0) {
            if (ended) return 0;
            continue;
        }
        if (filled > chunk) filled = chunk;
        ssize_t count = write(file, ring->bytes + position % capacity, piece(filled, position));
        if (count < 0) {
            ring->failed = true;
            return -1;
        }
        position += (size_t)count;
        atomic_store_explicit(&ring->read, position, memory_order_release);
    }
}
