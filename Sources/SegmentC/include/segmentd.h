/*
 * segmentd.h – named System V shared memory segments, and byte streams through them
 *
 * A program connects to the broker, segmentd(8), and attaches segments by name. From then on it uses plain memory,
 * without the broker and without system calls. A stream carries bytes from one process to one other through a segment,
 * and each side learns if the other dies.
 *
 *     cc program.c $(pkg-config --cflags --libs segmentd)
 *
 * RESULTS. A function that can fail returns a negative number of enum segmentd_error, otherwise 0 or a count;
 * segmentd_last_error() returns the text. After a failure, `ret` points to NULL. No function exits, aborts, prints or
 * raises a signal, not even SIGPIPE, because of what happens outside the program. Only running out of memory can end the
 * process, as for any program under Linux's overcommit.
 *
 * TEXT is UTF-8 and ends with a zero byte. TIME LIMITS are int, in milliseconds; SEGMENTD_NO_LIMIT waits for ever. A
 * handled signal does not end a wait.
 *
 * OWNERSHIP. The caller owns what segmentd_connect(), segmentd_attach(), segmentd_writer_open() and
 * segmentd_reader_open() return through `ret`, and passes it once to the function that ends it, in any order: the
 * connection lives until its last segment and stream have ended. segmentd_disconnect(), segmentd_detach() and the two
 * close functions accept NULL and do nothing; the others return SEGMENTD_ERROR_INVALID_ARGUMENT for NULL, or NULL or 0
 * where they return no error.
 *
 * THREADS. Several threads may use a client at the same time; their calls wait for each other. A segment and a stream
 * have one owner at a time and may be handed to another thread; if two threads use a stream at the same time, the second
 * gets SEGMENTD_ERROR_BUSY. Do not end anything that another thread still uses. The memory of a segment is shared by
 * all: words that two sides change need atomics.
 *
 * CANCELLATION. No call is a cancellation point. A thread that is cancelled by pthread_cancel(3) during a call ends at
 * its next cancellation point afterwards, and nothing of the client, segments and streams is lost. Give long waits a
 * time limit.
 *
 * FORK. If the parent has several threads, a child of fork(2) may call nothing here before execve(2). Otherwise it may
 * read and write the memory of attached segments, and may end what it inherited: the leases and streams stay the
 * parent's. An inherited stream returns SEGMENTD_ERROR_INHERITED from every call. A client makes a connection of its own
 * in the child. Neither descriptors of this library nor attachments survive execve(2).
 *
 * The library cannot be unloaded; dlclose(3) leaves it in memory.
 */
#ifndef SEGMENTD_H
#define SEGMENTD_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A connection to the broker. */
typedef struct segmentd_client segmentd_client;
/* A segment's memory in this process, with the lease that keeps it. */
typedef struct segmentd_segment segmentd_segment;
/* The writing side of a stream. */
typedef struct segmentd_writer segmentd_writer;
/* The reading side of a stream. */
typedef struct segmentd_reader segmentd_reader;

/* How a segment is attached. */
typedef enum segmentd_access {
    /* Writing to the memory raises SIGSEGV. */
    SEGMENTD_READ_ONLY = 0,
    SEGMENTD_READ_WRITE = 1
} segmentd_access;

/* Waits for ever. */
#define SEGMENTD_NO_LIMIT (-1)
/* In milliseconds; far more than a broker on the same host ever needs. */
#define SEGMENTD_DEFAULT_LIMIT 5000

/* Why a function failed. The numbers never change; later versions may add some. */
enum segmentd_error {
    /* A pointer must not be NULL, or a number is out of range: a mistake of the program. */
    SEGMENTD_ERROR_INVALID_ARGUMENT = -1,
    /* A system call failed; segmentd_last_errno() has its errno. */
    SEGMENTD_ERROR_SYSTEM = -2,
    /* The broker did not answer, or the other side of a stream did not come, within the time limit. */
    SEGMENTD_ERROR_TIMED_OUT = -3,
    /* Another thread is using this stream. */
    SEGMENTD_ERROR_BUSY = -4,

    /* No broker listens; segmentd_last_errno() has the errno of connect(2): ENOENT, ECONNREFUSED, EACCES… */
    SEGMENTD_ERROR_UNREACHABLE = -10,
    /* The process that listens belongs neither to root, nor to the caller, nor to a trusted user. */
    SEGMENTD_ERROR_UNTRUSTED = -11,
    /* The broker closed the connection. The next call connects again. */
    SEGMENTD_ERROR_DISCONNECTED = -12,
    /* The broker's answer breaks its interface, or is an error that this library does not know. */
    SEGMENTD_ERROR_PROTOCOL = -13,
    /* The broker runs in another IPC namespace: its segments cannot be attached here. */
    SEGMENTD_ERROR_OTHER_NAMESPACE = -14,

    /* No segment of this name is declared. */
    SEGMENTD_ERROR_NO_SUCH_SEGMENT = -20,
    /* The segment's mode does not grant this user the access asked for. */
    SEGMENTD_ERROR_ACCESS_DENIED = -21,
    /* The segment is declared but cannot be created; the text says why, and what to do about it. */
    SEGMENTD_ERROR_SEGMENT_BLOCKED = -22,
    /* The segment is being removed, until its last user has gone. */
    SEGMENTD_ERROR_SEGMENT_REMOVING = -23,
    /* The user has as many leases or connections as the broker's configuration allows. */
    SEGMENTD_ERROR_LIMIT_REACHED = -24,
    /* The kernel shows another segment than the broker described. */
    SEGMENTD_ERROR_IDENTITY_DIFFERS = -25,

    /* The segment is smaller than the 8192 bytes that a stream needs. */
    SEGMENTD_ERROR_SEGMENT_TOO_SMALL = -30,
    /* The segment's memory is in use for something else. */
    SEGMENTD_ERROR_OTHER_CONTENTS = -31,
    /* Another process, or another stream of this process, already has this side. */
    SEGMENTD_ERROR_SIDE_TAKEN = -32,
    /* The other side's process is in another PID namespace or hidden in /proc, and cannot be watched. */
    SEGMENTD_ERROR_PEER_HIDDEN = -33,
    /* The other side's process ended, or became another program, before the stream was complete. */
    SEGMENTD_ERROR_PEER_DIED = -34,
    /* The other side closed before the stream was complete. */
    SEGMENTD_ERROR_PEER_CLOSED = -35,
    /* The other side's position is impossible: something has overwritten the memory. */
    SEGMENTD_ERROR_CORRUPTED = -36,
    /* segmentd_finish() has already ended this side. */
    SEGMENTD_ERROR_FINISHED = -37,
    /* The segment was removed while this side waited, so no other process can attach its memory any more. */
    SEGMENTD_ERROR_SEGMENT_REMOVED = -38,
    /* The stream was opened by another process, of which this one is a child by fork(2). */
    SEGMENTD_ERROR_INHERITED = -39
};

/* The library's version, such as "0.1.0"; never freed. */
const char *segmentd_version(void);

/*
 * Returns the text of this thread's last failure: one line for people, without a newline, at most 1023 bytes; ""
 * before the first failure.
 *
 * A success does not change it. The library owns the text, and the thread's next failure overwrites it.
 */
const char *segmentd_last_error(void);

/* Returns the errno of the system call that caused this thread's last failure; 0 if none did. */
int segmentd_last_errno(void);

/*
 * Connects to the broker.
 *
 * socket is the path of its socket; NULL means $SEGMENTD_SOCKET if set, else
 * $XDG_RUNTIME_DIR/segmentd/io.segmentd.Broker if it exists, else /run/segmentd/io.segmentd.Broker. A setuid program
 * ignores the environment. time_limit_ms, at least 1 or SEGMENTD_NO_LIMIT, is how long each
 * exchange with the broker may take, connecting and waiting for one that restarts included. segmentd_attach() makes four
 * at most. Waiting for another thread's call counts, too, but is not cut short.
 *
 * The broker must belong to root, to the caller, or to the user whose ID is in $SEGMENTD_TRUSTED_UID, which a setuid
 * program ignores. If that variable is set but not a number, no broker is trusted: UNTRUSTED.
 *
 * Returns 0, or INVALID_ARGUMENT, UNREACHABLE, UNTRUSTED, TIMED_OUT, SYSTEM.
 */
int segmentd_connect(const char *socket, int time_limit_ms, segmentd_client **ret);

/*
 * Connects to the broker like segmentd_connect(), and also trusts a broker of this user.
 *
 * The overflow user, 65534, stands for every user without an ID in this user namespace, host root included. It is
 * trusted only at a socket that is given, here or in $SEGMENTD_SOCKET, in a directory that others cannot write.
 */
int segmentd_connect_trusting(const char *socket, uint32_t user, int time_limit_ms, segmentd_client **ret);

/* Ends a client; NULL is allowed. Its segments and streams stay open, and keep the connection. */
void segmentd_disconnect(segmentd_client *client);

/*
 * Attaches a segment by name; the broker creates it first if it is declared and absent.
 *
 * Returns 0, or INVALID_ARGUMENT, NO_SUCH_SEGMENT, ACCESS_DENIED, SEGMENT_BLOCKED, SEGMENT_REMOVING, LIMIT_REACHED,
 * OTHER_NAMESPACE, IDENTITY_DIFFERS, SYSTEM with the errno of shmat(2) or shmctl(2), or what keeps the broker from
 * answering: UNREACHABLE, UNTRUSTED, TIMED_OUT, DISCONNECTED, PROTOCOL.
 */
int segmentd_attach(segmentd_client *client, const char *name, segmentd_access access, segmentd_segment **ret);

/*
 * Detaches the memory and gives the lease back, without waiting for the broker; NULL is allowed.
 *
 * The pointer that segmentd_segment_memory() returned is invalid afterwards.
 */
void segmentd_detach(segmentd_segment *segment);

/*
 * Returns the memory, aligned to a page and valid until segmentd_detach(); NULL for NULL. Do not pass it to shmdt(2).
 *
 * A broker that is killed, upgraded or restarted does not affect it. Other processes may write at any time: treat what
 * you read as untrusted input.
 */
void *segmentd_segment_memory(const segmentd_segment *segment);

/* Returns the size in bytes, at least 1, as the kernel has it; 0 for NULL. */
size_t segmentd_segment_size(const segmentd_segment *segment);

/* Returns the key, a key_t, that programs pass to shmget(2); 0, which is no segment's key, for NULL. */
int32_t segmentd_segment_key(const segmentd_segment *segment);

/* Returns the identifier that programs pass to shmat(2), at least 0; INVALID_ARGUMENT for NULL. */
int segmentd_segment_identifier(const segmentd_segment *segment);

/*
 * Asks the broker whether the name still means this memory: returns 1, or 0 once the segment has been removed or
 * created again.
 *
 * After a restart of the broker this takes the lease again, and fails like segmentd_attach() if it is not granted. The
 * memory stays attached in every case.
 */
int segmentd_segment_is_current(const segmentd_segment *segment);

/*
 * Opens the writing side of the stream through a segment, and waits for a reader.
 *
 * The two sides may be opened in either order, in C, in Swift, or by segmentctl send and receive. A segment carries one
 * stream at a time, and nothing else meanwhile; the caller must be able to attach it for reading and writing.
 * time_limit_ms, at least 0 or SEGMENTD_NO_LIMIT, is how long to wait for the reader.
 *
 * Returns 0, or what segmentd_attach() returns, or SEGMENT_TOO_SMALL, OTHER_CONTENTS, SIDE_TAKEN, PEER_HIDDEN,
 * TIMED_OUT, SEGMENT_REMOVED, SYSTEM.
 */
int segmentd_writer_open(segmentd_client *client, const char *name, int time_limit_ms, segmentd_writer **ret);

/*
 * Writes all of count bytes, waiting for room as often as needed; bytes may be NULL if count is 0.
 *
 * Returns 0, or INVALID_ARGUMENT, BUSY, FINISHED, PEER_DIED, PEER_CLOSED, CORRUPTED, SEGMENT_REMOVED, INHERITED. If the
 * reader dies, a call that waits returns within 200 ms, otherwise the next call fails. After PEER_DIED, PEER_CLOSED,
 * CORRUPTED or SEGMENT_REMOVED the stream can no longer be complete: later calls return the same.
 */
int segmentd_write(segmentd_writer *writer, const void *bytes, size_t count);

/*
 * Copies a file, pipe or socket up to its end, straight from the descriptor into the segment.
 *
 * Returns the number of bytes, or an error of segmentd_write(), or SYSTEM with the errno of read(2). If the
 * descriptor is non-blocking, waits until it is ready. Call segmentd_finish() afterwards.
 */
int64_t segmentd_send(segmentd_writer *writer, int file_descriptor);

/* One step of segmentd_send(): reads once. Returns the number of bytes, 0 at the end of the file, or an error. */
int64_t segmentd_send_some(segmentd_writer *writer, int file_descriptor);

/*
 * Marks the stream as complete, and waits without limit until the reader has read all of it.
 *
 * Without this the reader gets an error instead of an end. Whatever it returns, only segmentd_writer_close() remains to
 * be called. Returns 0, or INVALID_ARGUMENT, BUSY, FINISHED, PEER_DIED, PEER_CLOSED, CORRUPTED, SEGMENT_REMOVED,
 * INHERITED; if a write has failed before, its error.
 */
int segmentd_finish(segmentd_writer *writer);

/* Releases the side, detaches the memory and gives the lease back; NULL is allowed. */
void segmentd_writer_close(segmentd_writer *writer);

/* Opens the reading side, and waits for a writer; otherwise like segmentd_writer_open(). */
int segmentd_reader_open(segmentd_client *client, const char *name, int time_limit_ms, segmentd_reader **ret);

/*
 * Reads the bytes that are there, up to count, waiting for at least one.
 *
 * Returns the number of bytes, 0 at the end of a complete stream, or INVALID_ARGUMENT (also if count is 0), BUSY,
 * PEER_DIED, PEER_CLOSED, CORRUPTED, SEGMENT_REMOVED, INHERITED. Read on until it returns 0: only then does the writer
 * know that everything has arrived. If the writer dies, the call returns within 200 ms.
 */
int64_t segmentd_read(segmentd_reader *reader, void *bytes, size_t count);

/*
 * Copies the whole stream to a descriptor, straight out of the segment.
 *
 * Returns the number of bytes, or an error of segmentd_read(), or SYSTEM with the errno of write(2), such as EPIPE if no
 * process reads the pipe or socket. Bytes that were written before an error stay written.
 */
int64_t segmentd_receive(segmentd_reader *reader, int file_descriptor);

/* One step of segmentd_receive(): writes once. Returns the number of bytes, 0 at the end of the stream, or an error. */
int64_t segmentd_receive_some(segmentd_reader *reader, int file_descriptor);

/* Releases the side, detaches the memory and gives the lease back; NULL is allowed. */
void segmentd_reader_close(segmentd_reader *reader);

#ifdef __cplusplus
}
#endif

#endif
