// Prints the line that `put` has written into a segment.
//
//     cc -o get get.c $(pkg-config --cflags --libs segmentd)
//     ./get NAME
#include <segmentd.h>
#include <stdio.h>

int main(int count, char **arguments) {
    if (count != 2) return fputs("usage: get NAME\n", stderr), 2;
    segmentd_client *client;
    segmentd_segment *segment = NULL;
    int status = segmentd_connect(NULL, SEGMENTD_DEFAULT_LIMIT, &client);
    if (status == 0) status = segmentd_attach(client, arguments[1], SEGMENTD_READ_ONLY, &segment);
    if (status == 0) {
        // Other processes may write at the same time: the line may lack its end.
        const char *line = segmentd_segment_memory(segment);
        printf("%.*s\n", (int)segmentd_segment_size(segment), line);
    } else {
        fprintf(stderr, "get: %s\n", segmentd_last_error());
    }
    segmentd_detach(segment);
    segmentd_disconnect(client);
    return status == 0 ? 0 : 1;
}
