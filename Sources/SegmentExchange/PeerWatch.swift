import CLinux
import Glibc
import Synchronization

/// Watches the other side's process from a thread of its own, which sleeps until that process ends.
///
/// So its end is told at once, also to a side that sleeps on a word in memory, and costs nothing until then: neither a
/// system call nor a wake-up.
struct PeerWatch: ~Copyable, Sendable {
    private let watched: Watched
    private let thread: pthread_t
    private let owner = getpid()

    /// `waiting` is what this side sleeps on; it has to outlive the watch.
    init(_ process: consuming PeerProcess, waking waiting: WaitingWord) throws(ExchangeError) {
        let watched = try Watched(process, waiting)
        thread = try Self.start(watched)
        self.watched = watched
    }

    deinit {
        // The child of a fork(2) has no such thread.
        guard owner == getpid() else { return }
        watched.stop()
        pthread_join(thread, nil)
    }

    /// Before its end.
    func stop() { watched.stop() }

    var processID: Int32 { watched.process.processID }

    /// For poll(2): readable once the process has ended.
    var descriptor: Int32 { watched.process.descriptor }

    var hasEnded: Bool { watched.hasEnded.load(ordering: .acquiring) }

    /// In bytes: little, for programs that lock all their memory.
    private static let stackSize = 128 << 10

    /// Signals are for the program's own threads.
    private static func start(_ watched: Watched) throws(ExchangeError) -> pthread_t {
        var thread = pthread_t()
        var all = sigset_t()
        var before = sigset_t()
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        unsafe pthread_attr_setstacksize(&attributes, stackSize)
        defer { unsafe pthread_attr_destroy(&attributes) }
        let argument = unsafe Unmanaged.passRetained(watched)
        let error = unsafe pthread_create(
            &thread,
            &attributes,
            { argument in
                if let argument = unsafe argument {
                    unsafe Unmanaged<Watched>.fromOpaque(argument).takeRetainedValue().watch()
                }
                return nil
            },
            argument.toOpaque()
        )
        guard error == 0 else {
            unsafe argument.release()
            throw .failed(call: "pthread_create", errno: error)
        }
        return thread
    }
}

/// What the watching thread and its owner share.
private final class Watched: Sendable {
    let process: PeerProcess
    let hasEnded = Atomic(false)
    private let waiting: WaitingWord
    /// An eventfd(2), readable once the watch is over.
    private let stopping: Int32

    init(_ process: consuming PeerProcess, _ waiting: WaitingWord) throws(ExchangeError) {
        let stopping = clinux_event_descriptor()
        guard stopping >= 0 else { throw .failed(call: "eventfd", errno: errno) }
        self.stopping = stopping
        self.process = process
        self.waiting = waiting
    }

    deinit { close(stopping) }

    func stop() {
        var one: UInt64 = 1
        _ = unsafe write(stopping, &one, 8)
    }

    /// Wakes its side again and again once the process has ended: a stranger may write into the word meanwhile.
    func watch() {
        var entries = [
            pollfd(fd: stopping, events: Int16(POLLIN), revents: 0),
            pollfd(fd: process.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            let hasEnded = hasEnded.load(ordering: .relaxed)
            let ready = unsafe poll(&entries, hasEnded ? 1 : 2, hasEnded ? 100 : -1)
            if ready > 0, entries[0].revents != 0 { return }
            guard hasEnded || ready > 0 else { continue }
            self.hasEnded.store(true, ordering: .sequentiallyConsistent)
            waiting.wakeRegardless()
        }
    }
}
