#pragma once

// Swift has no variables of a thread: a text of each thread's own, empty at first, and a number, 0 at first.
#define CLINUX_THREAD_TEXT_SIZE 1024
char *clinux_thread_text(void);
int *clinux_thread_number(void);
