#include "baselines.h"
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int watch(int epoll, int descriptor) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

int echo(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listening, (struct sockaddr *)&address, sizeof address) != 0) return 1;
    if (listen(listening, SOMAXCONN) != 0) return 1;
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (watch(epoll, listening) != 0 || notify_ready() != 0) return 1;

    struct epoll_event events[64];
    char buffer[4096];
    for (;;) {
        int ready = epoll_wait(epoll, events, 64, -1);
        for (int index = 0; index < ready; index++) {
            int descriptor = events[index].data.fd;
            if (descriptor == listening) {
                if (watch(epoll, accept(listening, NULL, NULL)) != 0) return 1;
                continue;
            }
            ssize_t count = recv(descriptor, buffer, sizeof buffer, 0);
            // A message always fits in the socket's buffer: it is sent completely or not at all.
            if (count <= 0 || send(descriptor, buffer, (size_t)count, MSG_NOSIGNAL) != count) close(descriptor);
        }
    }
}
