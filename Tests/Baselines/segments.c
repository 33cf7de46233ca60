#include "baselines.h"
#include <stdbool.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

static bool attach_new(size_t size, int *identifier) {
    *identifier = shmget(IPC_PRIVATE, size, IPC_CREAT | 0660);
    return *identifier >= 0 && shmat(*identifier, NULL, SHM_RDONLY) != (void *)-1;
}

int segments(long count, char *const sizes[], int size_count) {
    int *identifiers = calloc((size_t)count, sizeof *identifiers);
    if (!identifiers) return 1;
    long made = 0;
    while (made < count && attach_new(strtoull(sizes[made % size_count], NULL, 10), &identifiers[made])) made++;
    bool ready = made == count && notify_ready() == 0;
    // Marked for removal, they end with this process, however it ends.
    for (long index = 0; index < made; index++) shmctl(identifiers[index], IPC_RMID, NULL);
    while (ready) pause();
    return 1;
}
