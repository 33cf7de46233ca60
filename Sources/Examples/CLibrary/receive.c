// Receives a stream from `send` or `segmentctl send`, and writes it to standard output.
//
//     cc -o receive receive.c $(pkg-config --cflags --libs segmentd)
//     ./receive NAME > FILE
#include <segmentd.h>
#include <stdio.h>

int main(int count, char **arguments) {
    if (count != 2) return fputs("usage: receive NAME > FILE\n", stderr), 2;
    segmentd_client *client;
    segmentd_reader *reader = NULL;
    int64_t status = segmentd_connect(NULL, SEGMENTD_DEFAULT_LIMIT, &client);
    if (status == 0) status = segmentd_reader_open(client, arguments[1], SEGMENTD_NO_LIMIT, &reader);
    if (status == 0) status = segmentd_receive(reader, 1);
    if (status < 0) fprintf(stderr, "receive: %s\n", segmentd_last_error());
    segmentd_reader_close(reader);
    segmentd_disconnect(client);
    return status < 0 ? 1 : 0;
}
