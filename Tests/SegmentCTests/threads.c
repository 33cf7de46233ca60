// One client, several threads, and the two sides of a stream; $SEGMENTD_SOCKET is a broker with the segment a, 1 MiB.
#include <errno.h>
#include <pthread.h>
#include <segmentd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static segmentd_client *client;

// Attaches repeatedly, and fails with a text of its own.
static void *attach(void *number) {
    char name[16];
    snprintf(name, sizeof name, "none-%d", *(int *)number);
    for (int round = 0; round < 50; round++) {
        segmentd_segment *segment;
        CHECK(segmentd_attach(client, name, SEGMENTD_READ_ONLY, &segment) == SEGMENTD_ERROR_NO_SUCH_SEGMENT);
        CHECK(segmentd_attach(client, "a", SEGMENTD_READ_WRITE, &segment) == 0);
        CHECK(segmentd_segment_is_current(segment) == 1);
        ((volatile char *)segmentd_segment_memory(segment))[8192 + *(int *)number] = 1;
        segmentd_detach(segment);
        CHECK(strstr(segmentd_last_error(), name) != NULL);
    }
    return NULL;
}

static void *open_writer(void *writer) {
    CHECK(segmentd_writer_open(client, "a", 10000, writer) == 0);
    return NULL;
}

static void open_both(segmentd_writer **writer, segmentd_reader **reader) {
    pthread_t thread;
    pthread_create(&thread, NULL, open_writer, writer);
    CHECK(segmentd_reader_open(client, "a", 10000, reader) == 0);
    pthread_join(thread, NULL);
}

enum { STREAM_SIZE = 5000000 };
static unsigned char byte(size_t position) { return (unsigned char)(position * 2654435761u >> 13); }

static void *write_stream(void *argument) {
    segmentd_writer *writer = argument;
    unsigned char *bytes = malloc(STREAM_SIZE);
    for (size_t position = 0; position < STREAM_SIZE; position++) bytes[position] = byte(position);
    for (size_t position = 0, count = 1; position < STREAM_SIZE; position += count, count = count * 3 + 1) {
        if (count > STREAM_SIZE - position) count = STREAM_SIZE - position;
        CHECK(segmentd_write(writer, bytes + position, count) == 0);
    }
    free(bytes);
    CHECK(segmentd_write(writer, NULL, 0) == 0);
    CHECK(segmentd_write(writer, NULL, 1) == SEGMENTD_ERROR_INVALID_ARGUMENT);
    CHECK(segmentd_send(writer, -1) == SEGMENTD_ERROR_INVALID_ARGUMENT);
    CHECK(segmentd_send(writer, 12345) == SEGMENTD_ERROR_SYSTEM);
    CHECK(segmentd_last_errno() == EBADF);
    CHECK(segmentd_finish(writer) == 0);
    CHECK(segmentd_finish(writer) == SEGMENTD_ERROR_FINISHED);
    CHECK(segmentd_write(writer, "x", 1) == SEGMENTD_ERROR_FINISHED);
    segmentd_writer_close(writer);
    return NULL;
}

// Everything arrives, followed by the end.
static void whole_stream(void) {
    segmentd_writer *writer;
    segmentd_reader *reader;
    pthread_t thread;
    unsigned char bytes[7001];
    size_t position = 0;
    int64_t count;
    open_both(&writer, &reader);
    segmentd_reader *other;
    CHECK(segmentd_reader_open(client, "a", 0, &other) == SEGMENTD_ERROR_SIDE_TAKEN);
    pthread_create(&thread, NULL, write_stream, writer);
    CHECK(segmentd_read(reader, bytes, 0) == SEGMENTD_ERROR_INVALID_ARGUMENT);
    CHECK(segmentd_read(reader, NULL, 1) == SEGMENTD_ERROR_INVALID_ARGUMENT);
    while ((count = segmentd_read(reader, bytes, sizeof bytes)) > 0) {
        for (int64_t index = 0; index < count; index++) {
            if (bytes[index] != byte(position + (size_t)index)) failures++;
        }
        position += (size_t)count;
    }
    CHECK(count == 0 && position == STREAM_SIZE);
    CHECK(segmentd_read(reader, bytes, sizeof bytes) == 0);
    segmentd_reader_close(reader);
    pthread_join(thread, NULL);
}

// A pipe without a reader causes an error, not a signal, and the writer is informed.
static void broken_pipe(void) {
    segmentd_writer *writer;
    segmentd_reader *reader;
    int pipe_ends[2];
    sigset_t waiting;
    open_both(&writer, &reader);
    signal(SIGPIPE, SIG_DFL);
    CHECK(pipe(pipe_ends) == 0);
    close(pipe_ends[0]);
    CHECK(segmentd_write(writer, "x", 1) == 0);
    CHECK(segmentd_receive_some(reader, pipe_ends[1]) == SEGMENTD_ERROR_SYSTEM);
    CHECK(segmentd_last_errno() == EPIPE);
    CHECK(segmentd_receive(reader, pipe_ends[1]) == SEGMENTD_ERROR_SYSTEM);
    close(pipe_ends[1]);
    CHECK(sigpending(&waiting) == 0 && sigismember(&waiting, SIGPIPE) == 0);
    pthread_sigmask(SIG_BLOCK, NULL, &waiting);
    CHECK(sigismember(&waiting, SIGPIPE) == 0);
    segmentd_reader_close(reader);
    CHECK(segmentd_write(writer, "x", 1) == SEGMENTD_ERROR_PEER_CLOSED);
    segmentd_writer_close(writer);
}

static void *read_byte(void *reader) {
    char byte;
    CHECK(segmentd_read(reader, &byte, 1) == 1);
    return NULL;
}

// A second thread is refused while the first is in a call.
static void two_at_once(void) {
    segmentd_writer *writer;
    segmentd_reader *reader;
    pthread_t thread;
    char byte;
    open_both(&writer, &reader);
    pthread_create(&thread, NULL, read_byte, reader);
    usleep(200000);
    CHECK(segmentd_read(reader, &byte, 1) == SEGMENTD_ERROR_BUSY);
    CHECK(segmentd_write(writer, "x", 1) == 0);
    pthread_join(thread, NULL);
    segmentd_writer_close(writer);
    CHECK(segmentd_read(reader, &byte, 1) == SEGMENTD_ERROR_PEER_CLOSED);
    segmentd_reader_close(reader);
}

// A child closes what it inherited, and the parent still has it.
static void forked(void) {
    segmentd_writer *writer;
    segmentd_reader *reader;
    segmentd_segment *segment;
    char byte;
    int status;
    CHECK(segmentd_attach(client, "a", SEGMENTD_READ_WRITE, &segment) == 0);
    open_both(&writer, &reader);
    pid_t child = fork();
    if (child == 0) {
        segmentd_segment *own;
        segmentd_reader_close(reader);
        segmentd_writer_close(writer);
        segmentd_detach(segment);
        CHECK(segmentd_attach(client, "a", SEGMENTD_READ_ONLY, &own) == 0);
        segmentd_detach(own);
        segmentd_disconnect(client);
        _exit(failures != 0);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(segmentd_write(writer, "x", 1) == 0);
    CHECK(segmentd_read(reader, &byte, 1) == 1 && byte == 'x');
    CHECK(segmentd_segment_is_current(segment) == 1);
    segmentd_writer_close(writer);
    segmentd_reader_close(reader);
    segmentd_detach(segment);
}

static void *finish(void *writer) {
    CHECK(segmentd_finish(writer) == 0);
    return NULL;
}

// A child can neither use nor change the streams that it inherited.
static void inherited(void) {
    segmentd_writer *writer;
    segmentd_reader *reader;
    pthread_t thread;
    char bytes[6] = "";
    int ends[2], status;
    open_both(&writer, &reader);
    CHECK(pipe(ends) == 0 && write(ends[1], "y", 1) == 1);
    CHECK(segmentd_write(writer, "ab", 2) == 0);
    pid_t child = fork();
    if (child == 0) {
        // The parent would wait for a child that waits in a call.
        alarm(20);
        CHECK(segmentd_write(writer, "child", 5) == SEGMENTD_ERROR_INHERITED);
        CHECK(strstr(segmentd_last_error(), "fork") != NULL);
        CHECK(segmentd_write(writer, NULL, 0) == SEGMENTD_ERROR_INHERITED);
        CHECK(segmentd_send(writer, ends[0]) == SEGMENTD_ERROR_INHERITED);
        CHECK(segmentd_send_some(writer, ends[0]) == SEGMENTD_ERROR_INHERITED);
        CHECK(segmentd_finish(writer) == SEGMENTD_ERROR_INHERITED);
        CHECK(segmentd_read(reader, bytes, 1) == SEGMENTD_ERROR_INHERITED);
        CHECK(segmentd_receive(reader, ends[1]) == SEGMENTD_ERROR_INHERITED);
        CHECK(segmentd_receive_some(reader, ends[1]) == SEGMENTD_ERROR_INHERITED);
        segmentd_writer_close(writer);
        segmentd_reader_close(reader);
        fflush(stdout);
        _exit(failures != 0);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(segmentd_write(writer, "cd", 2) == 0);
    // The byte in the pipe is still there, and no other was added.
    CHECK(segmentd_send_some(writer, ends[0]) == 1);
    CHECK(segmentd_read(reader, bytes, sizeof bytes) == 5 && memcmp(bytes, "abcdy", 5) == 0);
    pthread_create(&thread, NULL, finish, writer);
    CHECK(segmentd_read(reader, bytes, sizeof bytes) == 0);
    pthread_join(thread, NULL);
    segmentd_writer_close(writer);
    segmentd_reader_close(reader);
    close(ends[0]);
    close(ends[1]);
}

int main(void) {
    pthread_t threads[8];
    int numbers[8];
    CHECK(segmentd_connect(NULL, SEGMENTD_DEFAULT_LIMIT, &client) == 0);
    for (int index = 0; index < 8; index++) {
        numbers[index] = index;
        pthread_create(&threads[index], NULL, attach, &numbers[index]);
    }
    for (int index = 0; index < 8; index++) pthread_join(threads[index], NULL);
    whole_stream();
    broken_pipe();
    two_at_once();
    forked();
    inherited();
    segmentd_disconnect(client);
    return failures != 0;
}
