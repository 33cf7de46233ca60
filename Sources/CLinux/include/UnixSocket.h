#pragma once
#include <stdint.h>

// struct ucred needs _GNU_SOURCE, which Swift's Glibc module is built without.

struct clinux_peer {
    int32_t process;
    uint32_t user;
    uint32_t group;
};

// What every user is shown as who has no number in this user namespace: the usual number, and what
// /proc/sys/kernel/overflowuid says, or the usual one where that cannot be read or is root's; user_namespaces(7).
#define CLINUX_UNMAPPED_USER 65534
uint32_t clinux_unmapped_user(void);

// SO_PEERCRED of unix(7): 0, or -1 with errno.
int clinux_peer_credentials(int socket, struct clinux_peer *peer);
// SO_PEERGROUPS of unix(7): the number of groups, at most `capacity` of which are written; or -1 with errno.
int clinux_peer_groups(int socket, uint32_t *groups, int capacity);
// accept4(2), also behind _GNU_SOURCE: a connection that is non-blocking and close-on-exec, or -1 with errno.
int clinux_accept(int socket);
// SO_PASSRIGHTS, since Linux 6.16 and newer than the headers: has the kernel refuse descriptors that are sent to a
// connection, or to those that a listening socket will accept. What has been sent before stays. Returns whether some
// could be sent until now: 0 or 1; or -1 with errno, ENOPROTOOPT where the kernel is older.
int clinux_refuse_descriptors(int socket);
// Whether descriptors wait to be received among what a connection holds: 0 or 1; or -1 with errno.
int clinux_holds_descriptors(int socket);
