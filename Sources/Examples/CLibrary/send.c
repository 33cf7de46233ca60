// Sends standard input through a segment, to `receive` or `segmentctl receive`.
//
//     cc -o send send.c $(pkg-config --cflags --libs segmentd)
//     ./send NAME < FILE
#include <segmentd.h>
#include <stdio.h>

int main(int count, char **arguments) {
    if (count != 2) return fputs("usage: send NAME < FILE\n", stderr), 2;
    segmentd_client *client;
    segmentd_writer *writer = NULL;
    int64_t status = segmentd_connect(NULL, SEGMENTD_DEFAULT_LIMIT, &client);
    if (status == 0) status = segmentd_writer_open(client, arguments[1], SEGMENTD_NO_LIMIT, &writer);
    if (status == 0) status = segmentd_send(writer, 0);
    // Without this the receiver gets an error instead of an end.
    if (status >= 0) status = segmentd_finish(writer);
    if (status < 0) fprintf(stderr, "send: %s\n", segmentd_last_error());
    segmentd_writer_close(writer);
    segmentd_disconnect(client);
    return status < 0 ? 1 : 0;
}
