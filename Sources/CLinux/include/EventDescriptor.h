#pragma once

// eventfd(2), whose header Swift's Glibc module leaves out: a descriptor that is close-on-exec, or -1 with errno.
int clinux_event_descriptor(void);
