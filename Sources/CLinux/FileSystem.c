#include "FileSystem.h"

#include <linux/magic.h>
#include <sys/vfs.h>

int clinux_is_in_memory(int descriptor) {
    struct statfs system;
    return fstatfs(descriptor, &system) == 0 && system.f_type == TMPFS_MAGIC;
}
