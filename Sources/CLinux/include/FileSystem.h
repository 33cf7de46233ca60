#pragma once

// Whether a descriptor is of tmpfs(5); statfs(2), which Swift's Glibc module leaves out.
int clinux_is_in_memory(int descriptor);

// Whether an access control list names more users or groups than a file's mode shows; acl(5), whose library needs a package of its own.
int clinux_has_access_list(const char *path);
