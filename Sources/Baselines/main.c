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
    } else {
        fprintf(stderr, "usage: %s echo PATH | segments COUNT SIZE...\n", argv[0]);
        return result;
    }
    perror(argv[1]);
    return result;
}
