// A handled signal every millisecond interrupts no call; $SEGMENTD_SOCKET is a broker with the segment a, and
// the optional first argument a socket whose queue is full.
#include <segmentd.h>
#include <signal.h>
#include <sys/time.h>

#include "check.h"

static volatile sig_atomic_t signals;
static void count(int number) { signals += number > 0; }

int main(int arguments, char **argument) {
    struct sigaction action = {.sa_handler = count};
    struct itimerval timer = {{0, 1000}, {0, 1000}};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
    if (arguments > 1) {
        segmentd_client *client = NULL;
        CHECK(segmentd_connect(argument[1], 100, &client) == SEGMENTD_ERROR_TIMED_OUT);
        CHECK(signals > 20);
    }
    do {
        segmentd_client *client = NULL;
        segmentd_segment *segment = NULL;
        segmentd_reader *reader = NULL;
        CHECK(segmentd_connect(NULL, SEGMENTD_DEFAULT_LIMIT, &client) == 0);
        CHECK(segmentd_attach(client, "a", SEGMENTD_READ_WRITE, &segment) == 0);
        CHECK(segmentd_segment_is_current(segment) == 1);
        segmentd_detach(segment);
        CHECK(segmentd_reader_open(client, "a", 50, &reader) == SEGMENTD_ERROR_TIMED_OUT);
        segmentd_disconnect(client);
    } while (signals < 300 && failures == 0);
    return failures != 0;
}
