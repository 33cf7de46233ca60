// Writes a line into a segment, and prints the key by which other programs find it.
//
//     cc -o put put.c $(pkg-config --cflags --libs segmentd)
//     ./put NAME TEXT
#include <segmentd.h>
#include <stdio.h>

int main(int count, char **arguments) {
    if (count != 3) return fputs("usage: put NAME TEXT\n", stderr), 2;
    segmentd_client *client;
    segmentd_segment *segment = NULL;
    int status = segmentd_connect(NULL, SEGMENTD_DEFAULT_LIMIT, &client);
    if (status == 0) status = segmentd_attach(client, arguments[1], SEGMENTD_READ_WRITE, &segment);
    if (status == 0) {
        size_t size = segmentd_segment_size(segment);
        snprintf(segmentd_segment_memory(segment), size, "%s", arguments[2]);
        printf("%zu bytes, key 0x%08x\n", size, (unsigned)segmentd_segment_key(segment));
    } else {
        fprintf(stderr, "put: %s\n", segmentd_last_error());
    }
    segmentd_detach(segment);
    segmentd_disconnect(client);
    return status == 0 ? 0 : 1;
}
