#pragma once
#include <pthread.h>
#include <stddef.h>

// Starts a thread to which no signal is delivered: those are for the program's own. It ends alone where `thread` is
// null. A stack of 0 bytes is one of the usual size. Returns 0, or an errno; pthread_create(3).
int clinux_start_thread(pthread_t *thread, size_t stack, void *(*run)(void *), void *argument);

// Swift has no variables of a thread: a text of each thread's own, empty at first, and a number, 0 at first.
#define CLINUX_THREAD_TEXT_SIZE 1024
char *clinux_thread_text(void);
int *clinux_thread_number(void);
