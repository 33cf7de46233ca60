import POSIX
import SystemPackage

/// One side of a stream that is bound to the other: its words, and the process on the other side.
///
/// It knows no positions and no ring. Its end lets go of the side; the other side sees that, as it sees a death.
struct StreamSide: ~Copyable, Sendable {
    let own: StreamPlace
    let other: StreamPlace
    /// Names this opening.
    let serial: UInt64
    /// Names the other side's opening.
    let partner: UInt64
    /// Who has the other side.
    private let peer: Claim
    private let thread: SideThread
    private let memory: SharedBytes
    private var waiter: Waiter
    /// Only it may do anything with the side.
    let process: OpeningProcess
    private var isOpen = true

    init(_ opening: consuming StreamOpening, to peer: Claim, bound partner: UInt64) {
        own = opening.own
        other = opening.other
        serial = opening.serial
        self.partner = partner
        self.peer = peer
        memory = opening.memory
        waiter = opening.waiter
        process = opening.process
        opening.isBound = true
        thread = opening.thread
    }

    deinit {
        // In the child of a fork(2) the side is still the parent's.
        if isOpen, process.isThis { own.letGo(thread, waking: other) }
    }

    /// Lets the next one have this side, before this value ends.
    mutating func letGo() {
        own.letGo(thread, waking: other)
        thread.stop()
        isOpen = false
    }

    /// Whether the other side is still the one that this one is bound to.
    ///
    /// What was loaded from its words before is its own if this is true after.
    var isBound: Bool { other.serial.load() == partner }

    /// Whether the other side's process has ended; throws `peerClosed` if it has let go.
    ///
    /// To be asked before each piece of work that does not wait.
    func peerHasEnded() throws(ExchangeError) -> Bool {
        guard isBound else { throw .peerClosed }
        return isPeerOver
    }

    /// Whether the other side's process has ended, or its program by execve(2).
    private var isPeerOver: Bool { thread.peerHasEnded || other.seat.life.end(of: peer) != nil }

    var peerProcessID: Int32 { peer.processID }

    /// For poll(2): readable once the other side's process has ended.
    var peerDescriptor: FileDescriptor? { thread.peerDescriptor }

    /// Throws `peerDied`, `peerClosed` and `segmentRemoved`, of which no descriptor tells.
    func checkWait() throws(ExchangeError) {
        if try peerHasEnded() { throw .peerDied(processID: peerProcessID) }
        if memory.isRemoved { throw .segmentRemoved }
    }

    /// Waits until a look finds something.
    ///
    /// Throws what the look fails with, `peerDied` if it still finds nothing once the peer's process has ended, and
    /// `segmentRemoved`.
    mutating func await<Found>(_ look: () -> Look<Found>) throws(ExchangeError) -> Found {
        var waiter = waiter
        defer { self.waiter = waiter }
        let found = try waiter.await { () -> Look<Found> in
            // In this order: what the process did before its end counts.
            let hasEnded = isPeerOver
            let found = look()
            guard hasEnded, case .notYet = found else { return found }
            return .failed(.peerDied(processID: peerProcessID))
        }
        // Without a deadline something is found.
        guard let found else { throw .timedOut }
        return found
    }
}

extension StreamPlace {
    /// Nobody has this side any more.
    ///
    /// Whom it was bound to stays, for that one to see.
    func letGo(_ thread: SideThread, waking other: StreamPlace) {
        serial.store(0)
        seat.leave(thread)
        other.waiting.wake()
    }
}

extension FileDescriptor {
    /// Whether it is a file that is always ready to be read and written.
    fileprivate var isRegular: Bool { (try? stat())?.type == .regular }
}

extension StreamSide {
    /// How often to look for what no descriptor tells, in milliseconds: the peer has let go or is another program, the
    /// segment has been removed.
    private static let boundCheck: Int32 = 100

    /// The number of bytes that read(2) or write(2) gives, once the file is ready for it; `call` is its name.
    ///
    /// Throws `failed` with its errno, and what `wait` throws.
    func count(
        _ call: String,
        of file: FileDescriptor,
        _ event: PollEvents,
        hasEnd: Bool = false,
        _ body: () throws(Errno) -> Int
    ) throws(ExchangeError) -> Int {
        while true {
            try wait(for: file, event, hasEnd: hasEnd)
            do throws(Errno) { return try body() } catch {
                guard error == .interrupted || error == .wouldBlock else {
                    throw .failed(call: call, errno: error.rawValue)
                }
            }
        }
    }

    /// Waits until a pipe, socket or terminal can be read or written without waiting; a regular file always can.
    ///
    /// Throws `peerDied` and `peerClosed` where the other side ends meanwhile, and `segmentRemoved`, unless `hasEnd` says
    /// that the stream is over for it.
    private func wait(for file: FileDescriptor, _ event: PollEvents, hasEnd: Bool) throws(ExchangeError) {
        guard !file.isRegular else { return }
        // poll(2) takes a negative descriptor for none.
        guard file.rawValue >= 0 else {
            throw .failed(call: "poll", errno: Errno.badFileDescriptor.rawValue)
        }
        let peer = hasEnd ? nil : peerDescriptor
        while true {
            let ready: (isReady: Bool, otherIsReady: Bool)
            do throws(Errno) {
                ready = try file.wait(for: event, or: peer, milliseconds: hasEnd ? -1 : Self.boundCheck)
            } catch {
                throw .failed(call: "poll", errno: error.rawValue)
            }
            // A file that has an error or a hang-up is ready too: the call that follows tells.
            if ready.isReady { return }
            if ready.otherIsReady { throw .peerDied(processID: peerProcessID) }
            if !hasEnd { try checkWait() }
        }
    }
}
