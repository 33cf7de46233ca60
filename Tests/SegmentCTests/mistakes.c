// Misuse is reported; $SEGMENTD_SOCKET is a broker with the segments a, 1 MiB, and small, 100 bytes.
#include <errno.h>
#include <limits.h>
#include <segmentd.h>
#include <string.h>
#include <sys/resource.h>

#include "check.h"

static int begins(const char *text, const char *start) { return strncmp(text, start, strlen(start)) == 0; }

static void nothing(void) {
    char bytes[8];
    segmentd_client *client = (segmentd_client *)bytes;
    CHECK(segmentd_connect(NULL, 1000, NULL) == SEGMENTD_ERROR_INVALID_ARGUMENT);
    CHECK(strcmp(segmentd_last_error(), "ret is NULL") == 0);
    CHECK(segmentd_attach(NULL, "a", SEGMENTD_READ_ONLY, (segmentd_segment **)&client) == SEGMENTD_ERROR_INVALID_ARGUMENT);
    CHECK(client == NULL);
    CHECK(segmentd_segment_memory(NULL) == NULL);
    CHECK(segmentd_segment_size(NULL) == 0);
    CHECK(segmentd_segment_key(NULL) == 0);
    CHECK(segmentd_segment_identifier(NULL) == SEGMENTD_ERROR_INVALID_ARGUMENT);
    CHECK(segmentd_segment_is_current(NULL) == SEGMENTD_ERROR_INVALID_ARGUMENT);
    CHECK(segmentd_writer_open(NULL, "a", 0, NULL) == SEGMENTD_ERROR_INVALID_ARGUMENT);
    CHECK(segmentd_write(NULL, bytes, 1) == SEGMENTD_ERROR_INVALID_ARGUMENT);
    CHECK(segmentd_send(NULL, 0) == SEGMENTD_ERROR_INVALID_ARGUMENT);
    CHECK(segmentd_send_some(NULL, 0) == SEGMENTD_ERROR_INVALID_ARGUMENT);
    CHECK(segmentd_finish(NULL) == SEGMENTD_ERROR_INVALID_ARGUMENT);
    CHECK(segmentd_reader_open(NULL, "a", 0, NULL) == SEGMENTD_ERROR_INVALID_ARGUMENT);
    CHECK(segmentd_read(NULL, bytes, 1) == SEGMENTD_ERROR_INVALID_ARGUMENT);
    CHECK(segmentd_receive(NULL, 1) == SEGMENTD_ERROR_INVALID_ARGUMENT);
    CHECK(segmentd_receive_some(NULL, 1) == SEGMENTD_ERROR_INVALID_ARGUMENT);
    segmentd_disconnect(NULL);
    segmentd_detach(NULL);
    segmentd_writer_close(NULL);
    segmentd_reader_close(NULL);
}

static void sockets(void) {
    segmentd_client *client = NULL;
    char path[5000] = "/";
    memset(path + 1, 'x', sizeof path - 2);
    path[sizeof path - 1] = 0;
    CHECK(segmentd_connect("/nowhere", 1000, &client) == SEGMENTD_ERROR_UNREACHABLE);
    CHECK(segmentd_last_errno() == ENOENT);
    CHECK(segmentd_connect("\xff", 1000, &client) == SEGMENTD_ERROR_INVALID_ARGUMENT);
    CHECK(segmentd_last_errno() == 0);
    CHECK(segmentd_connect(path, 1000, &client) == SEGMENTD_ERROR_UNREACHABLE);
    CHECK(strlen(segmentd_last_error()) == 1023);
    CHECK(segmentd_connect("", 1000, &client) == SEGMENTD_ERROR_UNREACHABLE);
    CHECK(segmentd_connect(NULL, 0, &client) == SEGMENTD_ERROR_INVALID_ARGUMENT);
    CHECK(segmentd_connect_trusting(NULL, UINT32_MAX, 1000, &client) == SEGMENTD_ERROR_INVALID_ARGUMENT);
    CHECK(segmentd_connect_trusting("/nowhere", 65534, 1000, &client) == SEGMENTD_ERROR_UNREACHABLE);
    CHECK(segmentd_connect(NULL, -2, &client) == SEGMENTD_ERROR_INVALID_ARGUMENT);
    CHECK(client == NULL);
    CHECK(segmentd_connect(NULL, INT_MAX, &client) == 0);
    segmentd_disconnect(client);
    CHECK(segmentd_connect_trusting(NULL, 4000, INT_MAX, &client) == 0);
    segmentd_disconnect(client);
}

// Running out of descriptors is reported as such, not as a missing broker.
static void descriptors(void) {
    segmentd_client *client = NULL;
    struct rlimit before, none = {3, 3};
    getrlimit(RLIMIT_NOFILE, &before);
    none.rlim_max = before.rlim_max;
    setrlimit(RLIMIT_NOFILE, &none);
    CHECK(segmentd_connect(NULL, 1000, &client) == SEGMENTD_ERROR_SYSTEM);
    CHECK(segmentd_last_errno() == EMFILE);
    CHECK(strstr(segmentd_last_error(), "no descriptors left (RLIMIT_NOFILE is 3)") != NULL);
    setrlimit(RLIMIT_NOFILE, &before);
}

static void segments(segmentd_client *client) {
    segmentd_segment *segment = NULL;
    static char name[2 << 20];
    memset(name, 'x', sizeof name - 1);
    CHECK(segmentd_attach(client, NULL, SEGMENTD_READ_ONLY, &segment) == SEGMENTD_ERROR_INVALID_ARGUMENT);
    CHECK(segmentd_attach(client, "a", (segmentd_access)7, &segment) == SEGMENTD_ERROR_INVALID_ARGUMENT);
    CHECK(segmentd_attach(client, "\xc3(", SEGMENTD_READ_ONLY, &segment) == SEGMENTD_ERROR_INVALID_ARGUMENT);
    CHECK(segmentd_attach(client, "", SEGMENTD_READ_ONLY, &segment) == SEGMENTD_ERROR_NO_SUCH_SEGMENT);
    CHECK(segmentd_attach(client, "\"}\n", SEGMENTD_READ_ONLY, &segment) == SEGMENTD_ERROR_NO_SUCH_SEGMENT);
    // Longer than the broker accepts.
    CHECK(segmentd_attach(client, name, SEGMENTD_READ_ONLY, &segment) == SEGMENTD_ERROR_DISCONNECTED);
    CHECK(segmentd_attach(client, "b", SEGMENTD_READ_ONLY, &segment) == SEGMENTD_ERROR_NO_SUCH_SEGMENT);
    CHECK(begins(segmentd_last_error(), "there is no segment b"));
    CHECK(segment == NULL);
    CHECK(segmentd_attach(client, "a", SEGMENTD_READ_ONLY, &segment) == 0);
    CHECK(segmentd_segment_size(segment) == 1 << 20);
    CHECK(segmentd_segment_key(segment) != 0);
    CHECK(segmentd_segment_identifier(segment) >= 0);
    CHECK(segmentd_segment_is_current(segment) == 1);
    segmentd_detach(segment);
}

static void streams(segmentd_client *client) {
    segmentd_writer *writer = NULL;
    segmentd_reader *reader = NULL;
    CHECK(segmentd_writer_open(client, "a", -2, &writer) == SEGMENTD_ERROR_INVALID_ARGUMENT);
    CHECK(segmentd_writer_open(client, NULL, 0, &writer) == SEGMENTD_ERROR_INVALID_ARGUMENT);
    CHECK(segmentd_writer_open(client, "b", 0, &writer) == SEGMENTD_ERROR_NO_SUCH_SEGMENT);
    CHECK(segmentd_writer_open(client, "small", 0, &writer) == SEGMENTD_ERROR_SEGMENT_TOO_SMALL);
    CHECK(segmentd_reader_open(client, "small", 0, &reader) == SEGMENTD_ERROR_SEGMENT_TOO_SMALL);
    CHECK(segmentd_writer_open(client, "a", 0, &writer) == SEGMENTD_ERROR_TIMED_OUT);
    CHECK(segmentd_reader_open(client, "a", 50, &reader) == SEGMENTD_ERROR_TIMED_OUT);
    CHECK(writer == NULL && reader == NULL);
}

int main(void) {
    segmentd_client *client = NULL;
    segmentd_segment *segment = NULL;
    CHECK(strcmp(segmentd_last_error(), "") == 0);
    CHECK(segmentd_last_errno() == 0);
    CHECK(strcmp(segmentd_version(), VERSION) == 0);
    nothing();
    sockets();
    descriptors();
    CHECK(segmentd_connect(NULL, SEGMENTD_NO_LIMIT, &client) == 0);
    segments(client);
    streams(client);
    // A segment keeps its connection open.
    CHECK(segmentd_attach(client, "small", SEGMENTD_READ_WRITE, &segment) == 0);
    segmentd_disconnect(client);
    CHECK(segmentd_segment_is_current(segment) == 1);
    ((char *)segmentd_segment_memory(segment))[99] = 1;
    segmentd_detach(segment);
    return failures != 0;
}
