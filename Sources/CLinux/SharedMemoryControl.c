#define _GNU_SOURCE
#include "SharedMemoryControl.h"
#include <stddef.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

#ifndef SHM_STAT_ANY
#define SHM_STAT_ANY 15
#endif

_Static_assert(sizeof(key_t) == 4, "key_t is 32 bits");
_Static_assert(sizeof(uid_t) == 4 && sizeof(gid_t) == 4, "user and group numbers are 32 bits");

static void copy(const struct shmid_ds *from, int32_t identifier, struct clinux_shm_status *to) {
    to->identifier = identifier;
    to->key = from->shm_perm.__key;
    to->owner_user = from->shm_perm.uid;
    to->owner_group = from->shm_perm.gid;
    to->creator_user = from->shm_perm.cuid;
    to->creator_group = from->shm_perm.cgid;
    to->mode = from->shm_perm.mode;
    to->creator_process = from->shm_cpid;
    to->last_process = from->shm_lpid;
    to->size = from->shm_segsz;
    to->attachments = from->shm_nattch;
    to->attach_time = from->shm_atime;
    to->detach_time = from->shm_dtime;
    to->change_time = from->shm_ctime;
}

int clinux_shm_status(int32_t identifier, struct clinux_shm_status *status) {
    struct shmid_ds kernel;
    if (shmctl(identifier, IPC_STAT, &kernel) != 0) return -1;
    copy(&kernel, identifier, status);
    return 0;
}

int clinux_shm_status_by_index(int32_t index, struct clinux_shm_status *status) {
    struct shmid_ds kernel;
    int identifier = shmctl(index, SHM_STAT_ANY, &kernel);
    if (identifier < 0) return -1;
    copy(&kernel, identifier, status);
    return 0;
}

int clinux_shm_set(int32_t identifier, uint32_t user, uint32_t group, uint32_t mode) {
    struct shmid_ds kernel = {0};
    kernel.shm_perm.uid = user;
    kernel.shm_perm.gid = group;
    kernel.shm_perm.mode = (unsigned short)mode;
    return shmctl(identifier, IPC_SET, &kernel);
}

int clinux_shm_limits(struct clinux_shm_limits *limits) {
    struct shminfo info;
    struct shm_info usage;
    if (shmctl(0, IPC_INFO, (struct shmid_ds *)&info) < 0) return -1;
    int highest = shmctl(0, SHM_INFO, (struct shmid_ds *)&usage);
    if (highest < 0) return -1;
    limits->largest_segment = info.shmmax;
    limits->segments = info.shmmni;
    limits->total_pages = info.shmall;
    limits->page_size = (uint64_t)sysconf(_SC_PAGESIZE);
    limits->segments_in_use = (uint64_t)usage.used_ids;
    limits->pages_in_use = usage.shm_tot;
    limits->highest_index = highest;
    return 0;
}
