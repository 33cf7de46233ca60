#define _GNU_SOURCE
#include "ProcessDescriptor.h"
#include <sys/syscall.h>
#include <unistd.h>

int clinux_process_descriptor(int32_t process) { return (int)syscall(SYS_pidfd_open, process, 0); }
