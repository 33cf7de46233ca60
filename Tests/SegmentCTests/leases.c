// Six threads attach and detach on one client; $SEGMENTD_SOCKET is a broker with the segment a. Runs until its standard
// input ends.
#include <poll.h>
#include <pthread.h>
#include <segmentd.h>
#include <stdatomic.h>
#include <unistd.h>

#include "check.h"

static segmentd_client *client;
static atomic_int is_over;

static void *attach(void *nothing) {
    while (!is_over) {
        segmentd_segment *segment = NULL;
        CHECK(segmentd_attach(client, "a", SEGMENTD_READ_WRITE, &segment) == 0);
        segmentd_detach(segment);
    }
    return nothing;
}

int main(void) {
    pthread_t threads[6];
    char byte;
    CHECK(segmentd_connect(NULL, SEGMENTD_DEFAULT_LIMIT, &client) == 0);
    for (int index = 0; index < 6; index++) pthread_create(&threads[index], NULL, attach, NULL);
    while (read(STDIN_FILENO, &byte, 1) > 0) {}
    is_over = 1;
    for (int index = 0; index < 6; index++) pthread_join(threads[index], NULL);
    segmentd_disconnect(client);
    return failures != 0;
}
