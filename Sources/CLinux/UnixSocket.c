#define _GNU_SOURCE
#include "UnixSocket.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

_Static_assert(sizeof(gid_t) == sizeof(uint32_t), "group numbers are 32 bits");

uint32_t clinux_unmapped_user(void) {
    char text[16] = {0};
    int file = open("/proc/sys/kernel/overflowuid", O_RDONLY | O_CLOEXEC);
    if (file < 0) return CLINUX_UNMAPPED_USER;
    ssize_t count = read(file, text, sizeof text - 1);
    close(file);
    unsigned long number = count > 0 ? strtoul(text, NULL, 10) : 0;
    return number > 0 && number < UINT32_MAX ? (uint32_t)number : CLINUX_UNMAPPED_USER;
}

int clinux_peer_credentials(int socket, struct clinux_peer *peer) {
    struct ucred credentials;
    socklen_t length = sizeof credentials;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return -1;
    peer->process = credentials.pid;
    peer->user = credentials.uid;
    peer->group = credentials.gid;
    return 0;
}

int clinux_peer_groups(int socket, uint32_t *groups, int capacity) {
    socklen_t length = (socklen_t)capacity * sizeof(uint32_t);
    // If the buffer is too small, the kernel fails with ERANGE and returns the size it needs.
    if (getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups, &length) != 0 && errno != ERANGE) return -1;
    return (int)(length / sizeof(uint32_t));
}

int clinux_accept(int socket) { return accept4(socket, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC); }

#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif

int clinux_refuse_descriptors(int socket) {
    int passed = 0, refused = 0;
    socklen_t length = sizeof passed;
    if (getsockopt(socket, SOL_SOCKET, SO_PASSRIGHTS, &passed, &length) != 0) return -1;
    if (passed && setsockopt(socket, SOL_SOCKET, SO_PASSRIGHTS, &refused, sizeof refused) != 0) return -1;
    return passed != 0;
}

int clinux_holds_descriptors(int socket) {
    // Peeking at data skips or stops at out-of-band data, which no client has a reason to send.
    char urgent;
    if (recv(socket, &urgent, 1, MSG_OOB | MSG_PEEK | MSG_DONTWAIT) > 0) return 1;
    int unread = 0;
    if (ioctl(socket, SIOCINQ, &unread) != 0) return -1;
    // Peeking at the last byte peeks at all before it, and stops at the first descriptors.
    char *bytes = malloc((size_t)unread + 1);
    if (bytes == NULL) return -1;
    struct iovec part = {bytes, (size_t)unread + 1};
    // Without a buffer for descriptors, the kernel reports that there are some and keeps them.
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    ssize_t count = recvmsg(socket, &message, MSG_PEEK | MSG_DONTWAIT);
    free(bytes);
    if (count < 0) {
        if (errno != EAGAIN) return -1;
        count = 0;
    }
    // What cannot be peeked at may contain anything.
    return count < unread || (message.msg_flags & MSG_CTRUNC) != 0;
}
