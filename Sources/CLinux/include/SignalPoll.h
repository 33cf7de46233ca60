#pragma once

// ppoll(2) of one descriptor for reading, which Glibc's module does not show: for so many milliseconds, or without end
// if negative, while only the signals of `held`, a sigset_t, are held back.
int clinux_poll_with_signals(int descriptor, int milliseconds, const void *held);
