#define _GNU_SOURCE
#include "ProcessMark.h"
#include <sys/mman.h>
#include <unistd.h>

// A page that the kernel zeroes in a child, however it is created: MADV_WIPEONFORK of madvise(2).
static uint32_t *page;
// The last mark of this process, or of its parent.
static uint32_t last;

static uint32_t *make_page(void) {
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    uint32_t *made = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (made == MAP_FAILED) return NULL;
    uint32_t *found = NULL;
    if (madvise(made, size, MADV_WIPEONFORK) != 0) {
        (void)munmap(made, size);
        return NULL;
    }
    if (__atomic_compare_exchange_n(&page, &found, made, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) return made;
    (void)munmap(made, size);
    return found;
}

uint32_t clinux_process_mark(void) {
    uint32_t *word = __atomic_load_n(&page, __ATOMIC_ACQUIRE);
    if (word == NULL) word = make_page();
    if (word == NULL) return 0;
    uint32_t mark = __atomic_load_n(word, __ATOMIC_RELAXED);
    if (mark != 0) return mark;
    uint32_t next = __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
    return __atomic_compare_exchange_n(word, &mark, next, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED) ? next : mark;
}
