#pragma once

// Whether a descriptor is on tmpfs(5); statfs(2), which Swift's Glibc module leaves out.
int clinux_is_in_memory(int descriptor);

// Whether a file has an access control list, which may name more users or groups than its mode shows; acl(5),
// whose library needs another package.
int clinux_has_access_list(const char *path);
