#include "ThreadText.h"

static _Thread_local char text[CLINUX_THREAD_TEXT_SIZE];
static _Thread_local int number;

char *clinux_thread_text(void) { return text; }

int *clinux_thread_number(void) { return &number; }
