#include "baselines.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char *argv[]) {
    int result = 2;
    if (argc == 3 && strcmp(argv[1], "echo") == 0) {
        result = echo(argv[2]);
    } else if (argc >= 4 && strcmp(argv[1], "segments") == 0) {
        result = segments(atol(argv[2]), argv + 3, argc - 3);
    } else if (argc == 5 && strcmp(argv[1], "transfer") == 0) {
        result = transfer(argv[2], argv[3], argv[4]);
    } else if (argc == 3 && strcmp(argv[1], "messages") == 0) {
        result = messages(argv[2]);
    } else if (argc == 4 && strcmp(argv[1], "fan") == 0) {
        result = fan(atol(argv[2]), atol(argv[3]));
    } else {
        fprintf(
            stderr,
            "usage: %s echo PATH | segments COUNT SIZE... | transfer WAY FROM TO | messages relay|take|give | fan READERS COUNT\n",
            argv[0]
        );
        return result;
    }
    if (result == 0) return 0;
    perror(argv[1]);
    return result;
}
