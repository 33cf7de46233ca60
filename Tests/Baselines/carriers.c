#define _GNU_SOURCE
#include "carriers.h"
#include "ring.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_pipe(int ends[2]) { return pipe(ends); }

static int open_fifo(int ends[2]) {
    char directory[] = "/tmp/fifo.XXXXXX", path[sizeof directory + 2];
    if (!mkdtemp(directory)) return -1;
    for (size_t index = 0; index < sizeof directory; index++) path[index] = directory[index];
    path[sizeof directory - 1] = '/';
    path[sizeof directory] = 'f';
    path[sizeof directory + 1] = 0;
    if (mkfifo(path, 0600) != 0) return -1;
    // Without O_NONBLOCK, each end would wait for the other here.
    ends[0] = open(path, O_RDONLY | O_NONBLOCK);
    ends[1] = open(path, O_WRONLY);
    unlink(path);
    rmdir(directory);
    return ends[0] < 0 || ends[1] < 0 ? -1 : fcntl(ends[0], F_SETFL, 0);
}

static int open_socket(int ends[2]) { return socketpair(AF_UNIX, SOCK_STREAM, 0, ends); }

static int open_queue(int ends[2]) {
    ends[0] = ends[1] = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
    return ends[0] < 0 ? -1 : 0;
}

static void remove_queue(int ends[2]) { msgctl(ends[0], IPC_RMID, NULL); }

// msgmax, unless an administrator has changed it.
struct message {
    long type;
    char bytes[8192];
};

static int send_messages(int file, int queue) {
    struct message message = {.type = 1};
    for (;;) {
        ssize_t count = read(file, message.bytes, sizeof message.bytes);
        if (count < 0 || msgsnd(queue, &message, (size_t)count, 0) != 0) return -1;
        // An empty message marks the end.
        if (count == 0) return 0;
    }
}

static int receive_messages(int queue, int file) {
    struct message message;
    for (;;) {
        ssize_t count = msgrcv(queue, &message, sizeof message.bytes, 0, 0);
        if (count <= 0) return (int)count;
        if (write(file, message.bytes, (size_t)count) != count) return -1;
    }
}

static int splice_all(int from, int to) {
    for (;;) {
        ssize_t count = splice(from, NULL, to, NULL, 1 << 20, SPLICE_F_MOVE);
        if (count <= 0) return (int)count;
    }
}

// The largest pipe that an unprivileged process may create; with the default of 64 KiB, splice(2) is several
// times slower.
static int open_large_pipe(int ends[2]) {
    return pipe(ends) != 0 || fcntl(ends[1], F_SETPIPE_SZ, 1 << 20) < 0 ? -1 : 0;
}

const struct carrier carriers[] = {
    {"pipe", open_pipe, copy, copy, NULL},
    {"fifo", open_fifo, copy, copy, NULL},
    {"queue", open_queue, send_messages, receive_messages, remove_queue},
    {"socket", open_socket, copy, copy, NULL},
    {"splice", open_large_pipe, splice_all, splice_all, NULL},
    {"ring", open_ring, send_ring, receive_ring, NULL},
};
const size_t carrier_count = sizeof carriers / sizeof *carriers;
