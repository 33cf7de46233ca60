#pragma once

// Whether a descriptor is of tmpfs(5); statfs(2), which Swift's Glibc module leaves out.
int clinux_is_in_memory(int descriptor);
