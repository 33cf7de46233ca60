#pragma once
#include <stdint.h>
#include <sys/types.h>

// shmctl(2) with IPC_INFO, SHM_INFO and SHM_STAT_ANY takes structures that glibc declares only for
// _GNU_SOURCE, behind a cast that Swift cannot make; the layout of struct shmid_ds depends on the
// architecture.

struct clinux_shm_status {
    int32_t identifier;
    int32_t key;
    uint32_t owner_user;
    uint32_t owner_group;
    uint32_t creator_user;
    uint32_t creator_group;
    uint32_t mode; // with SHM_DEST
    int32_t creator_process;
    int32_t last_process;
    uint64_t size;
    uint64_t attachments;
    int64_t attach_time;
    int64_t detach_time;
    int64_t change_time;
};

struct clinux_shm_limits {
    uint64_t largest_segment;
    uint64_t segments;
    uint64_t total_pages;
    uint64_t page_size;
    uint64_t segments_in_use;
    uint64_t pages_in_use;
    int32_t highest_index;
};

// Each returns 0, or -1 with errno.
int clinux_shm_status(int32_t identifier, struct clinux_shm_status *status);
int clinux_shm_status_by_index(int32_t index, struct clinux_shm_status *status);
int clinux_shm_set(int32_t identifier, uint32_t user, uint32_t group, uint32_t mode);
int clinux_shm_limits(struct clinux_shm_limits *limits);
