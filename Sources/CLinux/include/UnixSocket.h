#pragma once
#include <stdint.h>

// struct ucred needs _GNU_SOURCE, without which Swift's Glibc module is built.

struct clinux_peer {
    int32_t process;
    uint32_t user;
    uint32_t group;
};

// The overflow uid, shown for every user that this user namespace does not map: the usual number, and the one
// of /proc/sys/kernel/overflowuid, or the usual one if that cannot be read or is root's; user_namespaces(7).
#define CLINUX_UNMAPPED_USER 65534
uint32_t clinux_unmapped_user(void);

// SO_PEERCRED of unix(7): 0, or -1 with errno.
int clinux_peer_credentials(int socket, struct clinux_peer *peer);
// SO_PEERGROUPS of unix(7): the number of groups, at most `capacity` of which are written; or -1 with errno.
int clinux_peer_groups(int socket, uint32_t *groups, int capacity);
// accept4(2), which needs _GNU_SOURCE as well: a connection that is non-blocking and close-on-exec, or -1
// with errno.
int clinux_accept(int socket);
// SO_PASSRIGHTS, since Linux 6.16 and newer than the headers: makes the kernel refuse descriptors sent to a
// connection, or to those that a listening socket will accept. Descriptors sent before stay. Returns whether
// any could be sent until now, 0 or 1; or -1 with errno, ENOPROTOOPT on older kernels.
int clinux_refuse_descriptors(int socket);
// Whether descriptors are waiting to be received on a connection: 0 or 1; or -1 with errno.
int clinux_holds_descriptors(int socket);
