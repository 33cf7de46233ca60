#include "FileSystem.h"

#include <linux/magic.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

int clinux_is_in_memory(int descriptor) {
    struct statfs system;
    return fstatfs(descriptor, &system) == 0 && system.f_type == TMPFS_MAGIC;
}

int clinux_has_access_list(const char *path) {
    return getxattr(path, "system.posix_acl_access", 0, 0) > 0;
}
