import EventLoop
import POSIX
package import Varlink

/// A client's connection: calls in, replies out, strictly in order.
///
/// A client that sends something other than calls, or more than allowed, loses its connection, with no other
/// effect. If a client does not read, its input is not read either. Calls of a user who exceeds the allowance
/// wait for rounds; see `FairScheduler`.
package final class VarlinkConnection {
    let application: any VarlinkApplication
    let connections: OpenConnections
    let scheduler: OpenConnections.Scheduler
    /// Nil before it is served and after it is closed.
    var socket: EventSource?
    var state = ConnectionState()
    var session: (any VarlinkSession)?
    let frames: FrameDecoder
    /// The pending replies that the socket has not accepted.
    let writer = JSONWriter()
    /// Pending replies behind those of `writer`, sharing their bytes with other connections.
    let shared = Queue<SharedReply>()
    /// Their total length, in bytes.
    var sharedBytes = 0
    /// The mode of the call that waits for its final reply.
    var current: Call.Mode?
    /// Makes the next reply to the current call; returns true when there is none for now.
    var source: (() -> Bool)?
    /// The budget shared by all connections of the user.
    var budget: UserBudget?
    /// The approximate number of bytes left in the kernel of what the client sent before it hung up.
    var left = 0
    /// The part of the budget's buffered bytes that belongs to this connection.
    var charged = BufferedBytes()

    init(
        _ session: any VarlinkSession,
        of application: any VarlinkApplication,
        userID: UInt32,
        among connections: OpenConnections
    ) {
        self.session = session
        self.application = application
        self.connections = connections
        scheduler = connections.scheduler
        budget = scheduler.join(userID, at: connections.now)
        frames = FrameDecoder(maximumLength: application.longestMessage)
    }

    /// Replies to the current call; with `continues`, more replies follow.
    package func reply(_ parameters: some JSONEncodable, continues: Bool = false) {
        guard let mode = current else { return }
        if mode != .oneway {
            takeOverShared()
            let start = writer.count
            Reply.write(parameters, continues: continues && mode == .more, to: writer)
            scheduleFlush(from: start)
        }
        if !continues { finish() }
    }

    /// Sends a reply to the current call that is shared with other connections.
    package func reply(alike reply: SharedReply) {
        guard current == .more else { return }
        shared.append(reply)
        sharedBytes += reply.count
        if state.queueFlush() { connections.perform(scheduler.queueEventFlush(self)) }
    }

    /// Replies to the current call with an error.
    package func fail(_ error: some VarlinkError) {
        guard let mode = current else { return }
        if mode != .oneway {
            takeOverShared()
            let start = writer.count
            Reply.write(error: error, to: writer)
            scheduleFlush(from: start)
        }
        finish()
    }

    /// Replies to the current call at the client's pace: `source` makes one reply per call, and returns true
    /// when it has none for now.
    package func pull(_ source: @escaping () -> Bool) {
        self.source = source
        pullWhileWritable()
    }

    /// Returns the supplementary groups that the client had when it connected; empty if it has disconnected.
    ///
    /// Reading 65,536 groups takes the kernel 3 ms, so they are read when a call needs them and charged like
    /// a call of that length.
    package func supplementaryGroupIDs() -> [UInt32] {
        let groups = socket.flatMap { try? PeerCredentials.supplementaryGroupIDs(of: $0.descriptor) } ?? []
        budget?.charge(call: groups.count * MemoryLayout<UInt32>.size, at: connections.now)
        return groups
    }

    /// The bytes that the client has not read yet.
    package var bufferedBytes: Int { writer.count + sharedBytes }

    /// Whether replies have been written since sending was last attempted.
    package var isFlushQueued: Bool { state.flush != .none }

    /// Closes the connection, dropping pending calls and replies.
    func close() {
        end()
        socket?.end()
        socket = nil
    }

    /// Ends the session when the socket is closed or about to be.
    func end() {
        current = nil
        source = nil
        frames.removeAll()
        connections.remove(self)
        if let budget {
            budget.buffered.change(from: charged, to: BufferedBytes())
            scheduler.leave(budget)
            self.budget = nil
        }
        guard let session else { return }
        self.session = nil
        session.close()
    }

    /// Closes the connection when the current work is done, since the session must not be closed while it is
    /// running.
    package func closeSoon() {
        if state.closeSoon() { connections.perform(scheduler.queueFlush(self)) }
    }

    private func finish() {
        current = nil
        source = nil
        if !state.isRunning { processCalls(since: connections.now) }
    }
}
