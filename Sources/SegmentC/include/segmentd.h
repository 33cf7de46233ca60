/*
 * segmentd.h – named System V shared memory segments, and byte streams through them
 *
 * A program connects to the broker, segmentd(8), and attaches segments by name; from then on bytes go through memory
 * alone, without the broker and without a system call. A stream carries bytes from one process to one other through a
 * segment, and each side learns if the other dies.
 *
 *     cc program.c $(pkg-config --cflags --libs segmentd)
 *
 * RESULTS. A function that can fail returns a negative number of enum segmentd_error, and 0 or a count otherwise;
 * segmentd_last_error() has the text. What is handed out through `ret` is NULL after a failure. No function exits,
 * aborts, prints, or raises a signal because of what happens in the world, SIGPIPE included; only memory running out
 * ends the process, as it ends every program on Linux that touches memory it was promised.
 *
 * TEXT is UTF-8 and ends with a zero byte. TIME LIMITS are int, in milliseconds; SEGMENTD_NO_LIMIT waits for ever. A
 * signal that is handled does not end a wait.
 *
 * OWNERSHIP. What segmentd_connect(), segmentd_attach(), segmentd_writer_open() and segmentd_reader_open() hand out is
 * the caller's, to be given to the function that ends it once, in any order: the connection lives until its last
 * segment and stream have ended. All functions that end something accept NULL and then do nothing; the others answer
 * NULL with SEGMENTD_ERROR_INVALID_ARGUMENT, or with NULL or 0 where they return no error.
 *
 * THREADS. A client may be used by several threads at once; its calls wait for each other. A segment and a stream have
 * one owner at a time and may be handed to another thread; a stream that two threads use at once answers the second
 * with SEGMENTD_ERROR_BUSY. Nothing may be ended while another thread still uses it. The memory of a segment is
 * everybody's: words that two sides change need atomics.
 *
 * CANCELLATION. No call is a cancellation point: a thread that pthread_cancel(3) is asked to end in a call ends at its
 * next cancellation point after it, and loses nothing of the client, segments and streams. A long wait should have a
 * time limit.
 *
 * FORK. The child of fork(2) may read and write the memory of attached segments, and may end what it inherited: the
 * leases and streams stay the parent's. An inherited stream answers every call with SEGMENTD_ERROR_INHERITED. A client
 * makes a connection of its own in the child; in a program with several threads the child may call nothing before
 * execve(2). No descriptor of this library outlives execve(2), and no attachment does.
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
/* Far more than a broker on the same machine ever needs, in milliseconds. */
#define SEGMENTD_DEFAULT_LIMIT 5000

/* Why a function failed. The numbers never change; later versions may add some. */
enum segmentd_error {
    /* A pointer is NULL that may not be, or a number is out of its range: a mistake of the program. */
    SEGMENTD_ERROR_INVALID_ARGUMENT = -1,
    /* A system call failed; segmentd_last_errno() has its errno. */
    SEGMENTD_ERROR_SYSTEM = -2,
    /* The broker did not answer, or nobody came to the other side of a stream, within the time limit. */
    SEGMENTD_ERROR_TIMED_OUT = -3,
    /* Another thread is using this stream. */
    SEGMENTD_ERROR_BUSY = -4,

    /* No broker listens; segmentd_last_errno() has the errno of connect(2): ENOENT, ECONNREFUSED, EACCES… */
    SEGMENTD_ERROR_UNREACHABLE = -10,
    /* The process that listens belongs neither to root nor to the caller's user, nor to one that is trusted. */
    SEGMENTD_ERROR_UNTRUSTED = -11,
    /* The broker closed the connection. The next call connects again. */
    SEGMENTD_ERROR_DISCONNECTED = -12,
    /* What the broker answered is not what its interface says. */
    SEGMENTD_ERROR_PROTOCOL = -13,
    /* The broker lives in another IPC namespace: its segments cannot be attached here. */
    SEGMENTD_ERROR_OTHER_NAMESPACE = -14,

    /* No segment of this name is declared. */
    SEGMENTD_ERROR_NO_SUCH_SEGMENT = -20,
    /* The segment's mode does not let this user attach it so. */
    SEGMENTD_ERROR_ACCESS_DENIED = -21,
    /* The segment is declared but cannot be made; the text says why, and what to do about it. */
    SEGMENTD_ERROR_SEGMENT_BLOCKED = -22,
    /* The segment is on its way out, until its last user has gone. */
    SEGMENTD_ERROR_SEGMENT_REMOVING = -23,
    /* The user has as many leases or connections as the broker's configuration allows. */
    SEGMENTD_ERROR_LIMIT_REACHED = -24,
    /* The kernel shows another segment than the broker described. */
    SEGMENTD_ERROR_IDENTITY_DIFFERS = -25,

    /* The segment has less than the 8192 bytes that a stream needs. */
    SEGMENTD_ERROR_SEGMENT_TOO_SMALL = -30,
    /* The segment's memory is in use for something else. */
    SEGMENTD_ERROR_OTHER_CONTENTS = -31,
    /* Another process, or another stream of this one, has this side already. */
    SEGMENTD_ERROR_SIDE_TAKEN = -32,
    /* The other side's process is in another PID namespace or hidden in /proc, and cannot be watched. */
    SEGMENTD_ERROR_PEER_HIDDEN = -33,
    /* The other side's process ended, or became another program, before the stream was whole. */
    SEGMENTD_ERROR_PEER_DIED = -34,
    /* The other side let go before the stream was whole. */
    SEGMENTD_ERROR_PEER_CLOSED = -35,
    /* What the other side says of its position cannot be true. */
    SEGMENTD_ERROR_CORRUPTED = -36,
    /* segmentd_finish() has ended this side already. */
    SEGMENTD_ERROR_FINISHED = -37,
    /* The segment was removed while this side waited: nobody else will come to its memory. */
    SEGMENTD_ERROR_SEGMENT_REMOVED = -38,
    /* The stream was opened by another process, of which this one is a child by fork(2). */
    SEGMENTD_ERROR_INHERITED = -39
};

/* The library's version, such as "0.1.0"; never freed. */
const char *segmentd_version(void);

/*
 * What the last failure in this thread was, in one line for people, without a newline; "" before the first.
 *
 * A success leaves it as it is. The text is the library's, and is overwritten by the thread's next failure; at most
 * 1023 bytes.
 */
const char *segmentd_last_error(void);

/* The errno of the system call that the last failure in this thread came from; 0 if it came from none. */
int segmentd_last_errno(void);

/*
 * Connects to the broker.
 *
 * socket is the path of its socket. NULL: $SEGMENTD_SOCKET if set, else
 * $XDG_RUNTIME_DIR/segmentd/io.segmentd.Broker if it exists, else /run/segmentd/io.segmentd.Broker; a setuid program
 * does not follow the environment. time_limit_ms, 1 or more or SEGMENTD_NO_LIMIT, is how long this and every later
 * call on this client may wait for the broker, including for one that is being restarted.
 *
 * A broker of root or of the caller's user is believed, and one of the user whose number $SEGMENTD_TRUSTED_UID is; a
 * setuid program does not follow it. Where it is set and no number, no broker is believed: UNTRUSTED.
 *
 * Returns 0, or INVALID_ARGUMENT, UNREACHABLE, UNTRUSTED, TIMED_OUT, SYSTEM.
 */
int segmentd_connect(const char *socket, int time_limit_ms, segmentd_client **ret);

/*
 * Connects to the broker, and believes one of the user with this number, too; else as segmentd_connect().
 *
 * The overflow user, 65534, is everybody who has no number in this user namespace, host root included. It is believed
 * only with a socket that is given, here or by $SEGMENTD_SOCKET, in a directory that others cannot write.
 */
int segmentd_connect_trusting(const char *socket, uint32_t user, int time_limit_ms, segmentd_client **ret);

/* Ends a client; NULL is allowed. Its segments and streams stay as they are, and keep the connection. */
void segmentd_disconnect(segmentd_client *client);

/*
 * Attaches a segment by name; it is made first if it is declared and absent.
 *
 * Returns 0, or INVALID_ARGUMENT, NO_SUCH_SEGMENT, ACCESS_DENIED, SEGMENT_BLOCKED, SEGMENT_REMOVING, LIMIT_REACHED,
 * OTHER_NAMESPACE, IDENTITY_DIFFERS, SYSTEM with the errno of shmat(2) or shmctl(2), or what keeps the broker from
 * answering: UNREACHABLE, UNTRUSTED, TIMED_OUT, DISCONNECTED, PROTOCOL.
 */
int segmentd_attach(segmentd_client *client, const char *name, segmentd_access access, segmentd_segment **ret);

/*
 * Detaches the memory and gives the lease back, without waiting for the broker; NULL is allowed.
 *
 * The pointer that segmentd_segment_memory() returned is of no use after that.
 */
void segmentd_detach(segmentd_segment *segment);

/*
 * The memory, aligned to a page and valid until segmentd_detach(); NULL for NULL. shmdt(2) is not to be called with it.
 *
 * A broker that is killed, upgraded or restarted changes nothing of it. Other processes write at will: what is read
 * is input from strangers.
 */
void *segmentd_segment_memory(const segmentd_segment *segment);

/* The size in bytes, 1 or more, as the kernel has it; 0 for NULL. */
size_t segmentd_segment_size(const segmentd_segment *segment);

/* What programs give to shmget(2) to find the segment, a key_t; 0, which is never a segment's, for NULL. */
int32_t segmentd_segment_key(const segmentd_segment *segment);

/* What programs give to shmat(2), 0 or more; INVALID_ARGUMENT for NULL. */
int segmentd_segment_identifier(const segmentd_segment *segment);

/*
 * Whether the name still means this memory: 1, or 0 once the segment has been removed or made again.
 *
 * Asks the broker. After its restart this takes the lease again, and fails as segmentd_attach() does if that is not
 * granted; the memory stays attached in every case.
 */
int segmentd_segment_is_current(const segmentd_segment *segment);

/*
 * Opens the writing side of the stream through a segment, and waits for a reader.
 *
 * The two sides may be opened in either order, in C, in Swift, or by segmentctl send and receive. A segment carries
 * one stream at a time, and is then used for nothing else; it must be attachable for reading and writing.
 * time_limit_ms, 0 or more or SEGMENTD_NO_LIMIT, is how long to wait for the reader.
 *
 * Returns 0, or what segmentd_attach() returns, or SEGMENT_TOO_SMALL, OTHER_CONTENTS, SIDE_TAKEN, PEER_HIDDEN,
 * TIMED_OUT, SEGMENT_REMOVED, SYSTEM.
 */
int segmentd_writer_open(segmentd_client *client, const char *name, int time_limit_ms, segmentd_writer **ret);

/*
 * Writes all of count bytes, waiting for room as often as needed; bytes may be NULL if count is 0.
 *
 * Returns 0, or INVALID_ARGUMENT, BUSY, FINISHED, PEER_DIED, PEER_CLOSED, CORRUPTED, SEGMENT_REMOVED, INHERITED. The
 * reader's death is told within 200 ms, to a call that waits or to the next one. After PEER_DIED, PEER_CLOSED, CORRUPTED
 * or SEGMENT_REMOVED the stream cannot be whole: later calls return the same.
 */
int segmentd_write(segmentd_writer *writer, const void *bytes, size_t count);

/*
 * Writes a whole file, or a pipe or socket up to its end, straight from the descriptor into the segment.
 *
 * Returns the number of bytes, or what segmentd_write() returns, or SYSTEM with the errno of read(2). A descriptor
 * that does not block is waited for. segmentd_finish() is still to be called.
 */
int64_t segmentd_send(segmentd_writer *writer, int file_descriptor);

/* One step of segmentd_send(): reads once. Returns the number of bytes, 0 at the end of the file, or an error. */
int64_t segmentd_send_some(segmentd_writer *writer, int file_descriptor);

/*
 * Says that the stream is whole, and waits until the reader has read all of it, without limit.
 *
 * Without this the reader gets an error instead of an end. The side is over then, whatever is returned: there remains
 * segmentd_writer_close(). Returns 0, or INVALID_ARGUMENT, BUSY, FINISHED, PEER_DIED, PEER_CLOSED,
 * CORRUPTED, SEGMENT_REMOVED, INHERITED; what a write failed with before, if one did.
 */
int segmentd_finish(segmentd_writer *writer);

/* Lets go of the side, detaches the memory and gives the lease back; NULL is allowed. */
void segmentd_writer_close(segmentd_writer *writer);

/* Opens the reading side, and waits for a writer; the rest is as for segmentd_writer_open(). */
int segmentd_reader_open(segmentd_client *client, const char *name, int time_limit_ms, segmentd_reader **ret);

/*
 * Reads what there is, up to count bytes, waiting until there is at least one.
 *
 * Returns the number of bytes, 0 at the end of a stream that is whole, or INVALID_ARGUMENT (count is 0 too), BUSY,
 * PEER_DIED, PEER_CLOSED, CORRUPTED, SEGMENT_REMOVED, INHERITED. Read up to the 0: only then the writer knows that
 * everything has arrived. The writer's death is told within 200 ms.
 */
int64_t segmentd_read(segmentd_reader *reader, void *bytes, size_t count);

/*
 * Writes the whole stream to a descriptor, straight out of the segment.
 *
 * Returns the number of bytes, or what segmentd_read() returns, or SYSTEM with the errno of write(2): EPIPE where
 * nobody reads a pipe or socket. What had been written before an error stays written.
 */
int64_t segmentd_receive(segmentd_reader *reader, int file_descriptor);

/* One step of segmentd_receive(): writes once. Returns the number of bytes, 0 at the end of the stream, or an error. */
int64_t segmentd_receive_some(segmentd_reader *reader, int file_descriptor);

/* Lets go of the side, detaches the memory and gives the lease back; NULL is allowed. */
void segmentd_reader_close(segmentd_reader *reader);

#ifdef __cplusplus
}
#endif

#endif
