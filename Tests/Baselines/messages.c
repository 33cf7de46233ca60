#include "baselines.h"
#include <string.h>
#include <unistd.h>

enum { message_size = 64 };

int messages(const char *what) {
    char message[message_size] = {0};
    if (strcmp(what, "relay") == 0) {
        while (read(0, message, message_size) == message_size && write(1, message, message_size) == message_size) {}
    } else if (strcmp(what, "take") == 0) {
        while (read(0, message, message_size) > 0) {}
    } else if (strcmp(what, "give") == 0) {
        while (write(1, message, message_size) == message_size) {}
    } else {
        return 1;
    }
    return 0;
}
