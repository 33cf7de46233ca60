#define _GNU_SOURCE
#include "Environment.h"
#include <stdlib.h>

const char *clinux_secure_getenv(const char *name) { return secure_getenv(name); }
