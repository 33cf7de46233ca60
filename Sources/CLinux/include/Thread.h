#pragma once
#include <pthread.h>
#include <stddef.h>

// Starts a thread with all signals blocked, which are left to the program's own threads. The thread is
// detached if `thread` is null. A stack of 0 bytes means the default size. Returns 0, or an errno;
// pthread_create(3).
int clinux_start_thread(pthread_t *thread, size_t stack, void *(*run)(void *), void *argument);

// Thread-local variables, which Swift lacks: a text, initially empty, and a number, initially 0.
#define CLINUX_THREAD_TEXT_SIZE 1024
char *clinux_thread_text(void);
int *clinux_thread_number(void);
