#define _GNU_SOURCE
#include "Environment.h"
#include <malloc.h>
#include <stdlib.h>

const char *clinux_secure_getenv(const char *name) { return secure_getenv(name); }

int clinux_share_heap(void) { return mallopt(M_ARENA_MAX, 1); }

void clinux_trim_heap(void) { malloc_trim(0); }
