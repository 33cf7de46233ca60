// A thread cancelled in a call ends after it, and the client stays usable. The first argument is a socket
// that accepts connections and does not answer.
#include <pthread.h>
#include <segmentd.h>
#include <unistd.h>

#include "check.h"

static segmentd_client *client;
static volatile int has_returned;

static void *attach(void *nothing) {
    segmentd_segment *segment = NULL;
    CHECK(segmentd_attach(client, "a", SEGMENTD_READ_WRITE, &segment) == SEGMENTD_ERROR_TIMED_OUT);
    has_returned = 1;
    pthread_testcancel();
    has_returned = 2;
    return nothing;
}

int main(int count, char **arguments) {
    pthread_t thread;
    void *result = NULL;
    segmentd_segment *segment = NULL;
    CHECK(count == 2);
    CHECK(segmentd_connect(arguments[1], 500, &client) == 0);
    pthread_create(&thread, NULL, attach, NULL);
    usleep(100000);
    pthread_cancel(thread);
    pthread_join(thread, &result);
    CHECK(result == PTHREAD_CANCELED);
    CHECK(has_returned == 1);
    CHECK(segmentd_attach(client, "a", SEGMENTD_READ_WRITE, &segment) == SEGMENTD_ERROR_TIMED_OUT);
    segmentd_disconnect(client);
    return failures != 0;
}
