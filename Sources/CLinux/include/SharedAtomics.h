#pragma once
#include <stdint.h>

// Atomics on words in memory, of either width, with an order chosen at run time: Swift's atomics are values
// and need literal orders. The orders are C's.
enum clinux_order {
    CLINUX_RELAXED = __ATOMIC_RELAXED,
    CLINUX_ACQUIRE = __ATOMIC_ACQUIRE,
    CLINUX_RELEASE = __ATOMIC_RELEASE,
    CLINUX_ACQUIRE_RELEASE = __ATOMIC_ACQ_REL,
    CLINUX_SEQUENTIAL = __ATOMIC_SEQ_CST
};

#define CLINUX_ATOMICS(bits) \
    static inline uint##bits##_t clinux_load_##bits(const void *word, int order) { \
        return __atomic_load_n((const uint##bits##_t *)word, order); \
    } \
    static inline void clinux_store_##bits(void *word, uint##bits##_t value, int order) { \
        __atomic_store_n((uint##bits##_t *)word, value, order); \
    } \
    static inline uint##bits##_t clinux_exchange_##bits(void *word, uint##bits##_t value, int order) { \
        return __atomic_exchange_n((uint##bits##_t *)word, value, order); \
    } \
    static inline uint##bits##_t clinux_add_##bits(void *word, uint##bits##_t value, int order) { \
        return __atomic_fetch_add((uint##bits##_t *)word, value, order); \
    } \
    /* Returns the previous value, which is `expected` if exchanged. */ \
    static inline uint##bits##_t clinux_compare_exchange_##bits( \
        void *word, uint##bits##_t expected, uint##bits##_t desired, int order \
    ) { \
        int failure = order == CLINUX_RELEASE ? CLINUX_RELAXED : order == CLINUX_ACQUIRE_RELEASE ? CLINUX_ACQUIRE : order; \
        __atomic_compare_exchange_n((uint##bits##_t *)word, &expected, desired, 0, order, failure); \
        return expected; \
    }

CLINUX_ATOMICS(32)
CLINUX_ATOMICS(64)
#undef CLINUX_ATOMICS
