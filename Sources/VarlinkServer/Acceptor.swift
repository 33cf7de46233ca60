import CLinux
import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// Accepts connections on a thread of its own.
///
/// Not by NIO's server channel, which calls listen(2) once more: from then on SO_PEERCRED of a socket that the
/// service manager made would show this process's user instead of root, by whom clients know what to believe.
struct Acceptor: Sendable {
    private let thread = NIOThreadPool(numberOfThreads: 1)
    /// Its writing end is closed once it is to stop.
    private let stopping: WakingPipe

    /// Hands the descriptor of each connection to `take`, on the event loop.
    init(
        _ listening: Int32,
        _ eventLoop: any EventLoop,
        _ nextPass: NIOLoopBound<NextPass>,
        take: @escaping @Sendable (Int32) -> Void
    ) throws(ListeningSocketError) {
        guard fcntl(listening, F_SETFL, O_NONBLOCK) == 0 else {
            throw .failed(call: "fcntl", path: "", errno: errno)
        }
        _ = clinux_refuse_descriptors(listening)
        stopping = try WakingPipe()
        let stop = stopping.readEnd
        thread.start()
        // It is never shut down: that would take threads of libdispatch, for which a stop may have no room.
        _ = unsafe Unmanaged.passRetained(thread)
        thread.submit { _ in
            defer { close(stop) }
            let taken = Counter()
            var handedOver = 0
            // Those come first that connected before the kernel was told to refuse descriptors.
            var mayBeTrap = true
            while Self.waitForConnection(listening, stop) {
                let connection = clinux_accept(listening)
                if connection >= 0 {
                    if mayBeTrap {
                        switch clinux_refuse_descriptors(connection) {
                        case 1 where clinux_holds_descriptors(connection) != 0:
                            Self.leave(connection)
                            continue
                        case 1: break
                        default: mayBeTrap = false
                        }
                    }
                    if taken.value.load(ordering: .relaxed) < handedOver {
                        Self.waitForPass(eventLoop, nextPass)
                    }
                    handedOver += 1
                    eventLoop.execute {
                        take(connection)
                        taken.value.add(1, ordering: .relaxed)
                    }
                } else if !Self.isPassing(errno), !Self.pause(250, stop) {
                    return
                }
            }
        }
    }

    /// Neither reads nor closes a connection, which could hold its reader up for days.
    ///
    /// A client may pass descriptors, and segmentd takes none: whoever drops the last one of a file closes that, and a
    /// TCP socket that lingers is closed when its peer has read all. Nothing lingers when the process ends.
    private static func leave(_ connection: Int32) { shutdown(connection, Int32(SHUT_RDWR)) }

    /// Counts what another thread has done.
    private final class Counter: Sendable {
        let value = Atomic(0)
    }

    /// Returns when the event loop has taken the last connection and looked at its sockets again.
    ///
    /// Each takes longer than most calls. More of them wait in the kernel's queue, which is bounded.
    private static func waitForPass(_ eventLoop: any EventLoop, _ nextPass: NIOLoopBound<NextPass>) {
        let looked = eventLoop.makePromise(of: Void.self)
        eventLoop.execute { nextPass.value.run { looked.succeed() } }
        try? looked.futureResult.wait()
    }

    /// Has the thread stop soon, and waits for nothing; the listening socket is left as it is.
    func stop() {
        close(stopping.writeEnd)
    }

    /// False once it is to stop.
    private static func waitForConnection(_ listening: Int32, _ stop: Int32) -> Bool {
        var entries = [
            pollfd(fd: listening, events: Int16(POLLIN), revents: 0),
            pollfd(fd: stop, events: Int16(POLLIN), revents: 0),
        ]
        while unsafe poll(&entries, 2, -1) < 0, errno == EINTR {}
        return entries[1].revents == 0
    }

    /// Whether somebody was faster or gave up.
    ///
    /// After any other failure, such as EMFILE, the kernel keeps saying that somebody waits: asking again at once
    /// would spin.
    private static func isPassing(_ errno: Int32) -> Bool {
        [EAGAIN, EINTR, ECONNABORTED].contains(errno)
    }

    /// False once it is to stop.
    private static func pause(_ milliseconds: Int32, _ stop: Int32) -> Bool {
        var entry = pollfd(fd: stop, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&entry, 1, milliseconds) <= 0
    }
}
