import EventLoop
import Glibc
import Varlink

/// The connections of a server, on its event loop.
///
/// Replies are sent together when the calls that were there have been answered: a client that is woken by the first
/// then finds its others, instead of being put to sleep and woken for each.
@safe final class OpenConnections {
    let turns: Turns
    let loop: EventLoop
    private var connections: [ObjectIdentifier: VarlinkConnection] = [:]
    /// Those whose calls have come in this pass and are not taken up yet.
    private var calling: [VarlinkConnection] = []
    /// Those with replies that have not been sent.
    private var waiting: [VarlinkConnection] = []
    /// Those with replies that are sent after the others', a few in each pass: a change may be told to many.
    private var waitingBehind = Queue<VarlinkConnection>()
    private var isSendingBehind = false
    /// Runs what answers calls that have all come in by then.
    private let answerTogether: (() -> Void) -> Void
    private var isInPass = false
    /// When replies were sent last in this pass, or its first calls were taken up; nil before.
    private var lastSent: MonotonicTime?
    /// Little is read at a time: what many clients send and do not read is held for each of them.
    private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 12, alignment: 16)

    /// How many connections' calls may wait for each other.
    private static let mostCalling = 64
    /// How many replies may wait for each other.
    private static let mostWaiting = 64
    /// How long.
    private static let longest = Duration.microseconds(200)
    /// How many are sent to in one pass after the others.
    private static let behind = 8

    init(_ loop: EventLoop, answerTogether: @escaping (() -> Void) -> Void) {
        self.loop = loop
        self.answerTogether = answerTogether
        turns = Turns(loop)
    }

    deinit { unsafe input.deallocate() }

    func add(_ connection: VarlinkConnection) {
        connections[ObjectIdentifier(connection)] = connection
    }

    func remove(_ connection: VarlinkConnection) {
        connections[ObjectIdentifier(connection)] = nil
    }

    func closeAll() {
        for connection in Array(connections.values) { connection.close() }
    }

    /// Has a connection's calls taken up soon; to be called once until they are.
    ///
    /// The code for reading, answering and sending does not fit into a processor's nearest cache together: each is
    /// quicker when done for many connections one after the other.
    func takeUpSoon(_ connection: VarlinkConnection) {
        calling.append(connection)
        if calling.count >= Self.mostCalling { takeUp() } else { endPassSoon() }
    }

    private func takeUp() {
        var time = turns.now
        while !calling.isEmpty {
            let taking = calling
            calling = []
            answerTogether {
                for connection in taking {
                    connection.state.othersAreRead()
                    time = connection.takeCalls(since: time)
                }
            }
        }
    }

    /// Has a connection's replies sent soon; to be called once until they are.
    func sendSoon(_ connection: VarlinkConnection) {
        waiting.append(connection)
        endPassSoon()
    }

    /// Has a connection's replies sent when all others are; to be called once until they are.
    func sendAfterOthers(_ connection: VarlinkConnection) {
        waitingBehind.append(connection)
        endPassSoon()
    }

    /// Something that the event loop found at its sockets has been taken up until `time`.
    ///
    /// Where the server is overrun, who called once is answered without waiting for the others.
    func takenUp(until time: MonotonicTime) {
        endPassSoon()
        let start = lastSent ?? time
        guard turns.areTaken || waiting.count >= Self.mostWaiting || time - start > Self.longest else {
            return lastSent = start
        }
        lastSent = time
        sendAll()
    }

    private func endPassSoon() {
        guard !isInPass else { return }
        isInPass = true
        loop.afterThisTurn { [weak self] in self?.endPass() }
    }

    private func endPass() {
        takeUp()
        isInPass = false
        lastSent = nil
        turns.endPass()
        sendAll()
        if !isSendingBehind { sendBehind() }
    }

    private func sendBehind() {
        // Who is lost by what is sent may have more told to the others.
        let sending = waitingBehind.popFirst(Self.behind)
        for connection in sending {
            connection.isSentSoon = false
            connection.send()
            // Not all that there was to tell may have found room before.
            connection.pullWhileWritable()
        }
        isSendingBehind = !waitingBehind.isEmpty
        if isSendingBehind { loop.afterTheNextTurn { [weak self] in self?.sendBehind() } }
    }

    /// Reads what there is, if not too much; recv(2), which says how many bytes that were, or -1 with errno.
    func receive(on socket: Int32, into frames: FrameDecoder) -> Int {
        let count = unsafe recv(socket, input.baseAddress, input.count, Int32(MSG_DONTWAIT))
        if count > 0 {
            let bytes = unsafe UnsafeRawBufferPointer(rebasing: input[..<count])
            frames.append(unsafe Span(_unsafeBytes: bytes))
        }
        return count
    }

    /// Sends what waits, before something that takes its time.
    func sendAll() {
        let sending = waiting
        waiting = []
        for connection in sending {
            connection.isSentSoon = false
            connection.send()
        }
    }
}
