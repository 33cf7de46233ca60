#pragma once

// secure_getenv(3) needs _GNU_SOURCE, which Swift's Glibc module is built without: null in a setuid program.
const char *clinux_secure_getenv(const char *name);
