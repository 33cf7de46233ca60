#include "baselines.h"
#include "carriers.h"
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

// Transfers between processes: the child reads, the parent writes and waits for it.
static bool carry(const struct carrier *carrier, int from, int to, int64_t *start) {
    int ends[2];
    if (carrier->open(ends) != 0) return false;
    pid_t child = fork();
    if (child == 0) {
        if (ends[1] != ends[0]) close(ends[1]);
        _exit(carrier->receive(ends[0], to) == 0 ? 0 : 1);
    }
    *start = now();
    if (ends[1] != ends[0]) close(ends[0]);
    bool sent = child > 0 && carrier->send(from, ends[1]) == 0;
    if (ends[1] != ends[0]) close(ends[1]);
    int status = 1;
    bool received = child > 0 && waitpid(child, &status, 0) == child && status == 0;
    if (carrier->remove) carrier->remove(ends);
    return sent && received;
}

int transfer(const char *name, const char *from_path, const char *to_path) {
    int from = open(from_path, O_RDONLY), to = open(to_path, O_WRONLY);
    if (from < 0 || to < 0) return 1;
    int64_t start = now();
    bool done = false;
    if (strcmp(name, "copy") == 0) {
        done = copy(from, to) == 0;
    } else {
        for (size_t index = 0; index < carrier_count; index++) {
            if (strcmp(name, carriers[index].name) == 0) done = carry(&carriers[index], from, to, &start);
        }
    }
    if (!done) return 1;
    printf("%lld\n", (long long)(now() - start));
    return 0;
}
