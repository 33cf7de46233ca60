import EventLoop
import POSIX
package import Varlink

/// One client's connection: calls in, replies out, strictly in order.
///
/// A client that sends what is no call, or more than it may, loses its connection and nothing else happens. One that
/// does not read is not read from either. Calls of a user who exceeds the allowance wait for rounds: `FairScheduler`.
package final class VarlinkConnection {
    let application: any VarlinkApplication
    let connections: OpenConnections
    let scheduler: OpenConnections.Scheduler
    /// Nil before it is served and once it is closed.
    var socket: EventSource?
    var state = ConnectionState()
    var session: (any VarlinkSession)?
    let frames: FrameDecoder
    /// Holds the replies that have not been sent, in bytes that the socket has not taken.
    let writer = JSONWriter()
    /// Replies behind those, whose bytes all connections share that are told the same.
    let shared = Queue<SharedReply>()
    /// How long they are together.
    var sharedBytes = 0
    /// The call that waits for its final reply.
    var current: Call.Mode?
    /// Makes the next reply of the current call while the client reads; true when there is nothing to make for now.
    var source: (() -> Bool)?
    /// What all connections of the user have together.
    var budget: UserBudget?
    /// About how many bytes are left in the kernel of what the client sent before it hung up.
    var left = 0
    /// What the budget counts of this connection's buffers.
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

    /// Answers the current call; with `continues`, more replies follow.
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

    /// Sends one of the replies to the current call, written before for all connections that are told the same.
    package func reply(alike reply: SharedReply) {
        guard current == .more else { return }
        shared.append(reply)
        sharedBytes += reply.count
        if state.queueFlush() { connections.perform(scheduler.queueEventFlush(self)) }
    }

    /// Answers the current call with an error.
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

    /// Answers the current call at the client's pace: `source` makes one reply each time it is called, and says true
    /// when it has none for now.
    package func pull(_ source: @escaping () -> Bool) {
        self.source = source
        pullWhileWritable()
    }

    /// The supplementary groups that the client had when it connected; empty where it has gone.
    ///
    /// The kernel takes 3 ms for 65,536: they are asked for when a call needs them, and charged like as long a call.
    package func supplementaryGroupIDs() -> [UInt32] {
        let groups = socket.flatMap { try? PeerCredentials.supplementaryGroupIDs(of: $0.descriptor) } ?? []
        budget?.charge(call: groups.count * MemoryLayout<UInt32>.size, at: connections.now)
        return groups
    }

    /// What the client has not read yet, in bytes.
    package var bufferedBytes: Int { writer.count + sharedBytes }

    /// Whether replies have been written since the client was last offered what waits.
    package var isFlushQueued: Bool { state.flush != .none }

    /// Closes without taking up what waits.
    func close() {
        end()
        socket?.end()
        socket = nil
    }

    /// Forgets the client, when its socket is closed or about to be, and tells the session.
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

    /// Closes when whatever runs now is over: the session is told of it, and must not be while it is at work.
    package func closeSoon() {
        if state.closeSoon() { connections.perform(scheduler.queueFlush(self)) }
    }

    private func finish() {
        current = nil
        source = nil
        if !state.isRunning { processCalls(since: connections.now) }
    }
}
