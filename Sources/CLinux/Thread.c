#include "Thread.h"
#include <signal.h>

int clinux_start_thread(pthread_t *thread, size_t stack, void *(*run)(void *), void *argument) {
    pthread_attr_t attributes;
    int error = pthread_attr_init(&attributes);
    if (error != 0)
        return error;
    if (stack != 0)
        error = pthread_attr_setstacksize(&attributes, stack);
    if (error == 0 && thread == NULL)
        error = pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    if (error == 0) {
        sigset_t all, before;
        pthread_t started;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        error = pthread_create(thread != NULL ? thread : &started, &attributes, run, argument);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    pthread_attr_destroy(&attributes);
    return error;
}

static _Thread_local char text[CLINUX_THREAD_TEXT_SIZE];
static _Thread_local int number;

char *clinux_thread_text(void) { return text; }

int *clinux_thread_number(void) { return &number; }
