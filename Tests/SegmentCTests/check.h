// A check that prints where it failed; main returns `failures`.
#include <stdio.h>

static int failures;

#define CHECK(expression) \
    do { \
        if (!(expression)) { \
            printf("%s:%d: not %s (last error: %s)\n", __FILE__, __LINE__, #expression, segmentd_last_error()); \
            failures++; \
        } \
    } while (0)
