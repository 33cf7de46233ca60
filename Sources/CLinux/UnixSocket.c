#define _GNU_SOURCE
#include "UnixSocket.h"
#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

_Static_assert(sizeof(gid_t) == sizeof(uint32_t), "group numbers are 32 bits");

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
    // With too little room the kernel says ERANGE and how much it needs.
    if (getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups, &length) != 0 && errno != ERANGE) return -1;
    return (int)(length / sizeof(uint32_t));
}

int clinux_is_listening_unix_stream(int socket) {
    int accepts = 0, type = 0, domain = 0;
    socklen_t length = sizeof accepts;
    if (getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &length) != 0) return -1;
    length = sizeof type;
    if (getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &length) != 0) return -1;
    length = sizeof domain;
    if (getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &length) != 0) return -1;
    return accepts && type == SOCK_STREAM && domain == AF_UNIX;
}

int clinux_accept(int socket) { return accept4(socket, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC); }
