import POSIX
import SystemPackage

/// One side of a stream that is bound to the other: its words in memory, and the process on the other side.
///
/// It knows neither positions nor the ring. Its end releases the side; the other side notices that, as it notices a death.
struct StreamSide: ~Copyable, Sendable {
    let own: StreamPlace
    let other: StreamPlace
    /// Names this opening.
    let serial: UInt64
    /// Names the other side's opening.
    let partner: UInt64
    /// The claim of the process on the other side.
    private let peer: Claim
    private let thread: SideThread
    private let memory: SharedBytes
    private var waiter: Waiter
    /// The only process that may use the side.
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
        // In a child of fork(2) the side is still the parent's.
        if isOpen, process.isThis { own.letGo(thread, waking: other) }
    }

    /// Releases the side to the next process before this value ends.
    mutating func letGo() {
        own.letGo(thread, waking: other)
        thread.stop()
        isOpen = false
    }

    /// Whether the other side is still the opening that this one is bound to.
    ///
    /// If so, the words that were loaded before this check are that opening's.
    var isBound: Bool { other.serial.load() == partner }

    /// Whether the other side's process has ended; throws `peerClosed` if it has released its side.
    ///
    /// Checked before each piece of work that does not wait.
    func peerHasEnded() throws(ExchangeError) -> Bool {
        guard isBound else { throw .peerClosed }
        return isPeerOver
    }

    /// Whether the other side's process has ended, or runs another program since execve(2).
    private var isPeerOver: Bool { thread.peerHasEnded || other.seat.life.end(of: peer) != nil }

    var peerProcessID: Int32 { peer.processID }

    /// A descriptor for poll(2), readable once the other side's process has ended.
    var peerDescriptor: FileDescriptor? { thread.peerDescriptor }

    /// Throws `peerDied`, `peerClosed` or `segmentRemoved`, which no descriptor reports.
    func checkWait() throws(ExchangeError) {
        if try peerHasEnded() { throw .peerDied(processID: peerProcessID) }
        if memory.isRemoved { throw .segmentRemoved }
    }

    /// Waits until a look finds something.
    ///
    /// Throws what the look fails with, `peerDied` if it still finds nothing once the peer's process has ended,
    /// `segmentRemoved`, and `timedOut` once the deadline has passed.
    mutating func await<Found>(
        until deadline: Deadline = .never,
        _ look: () -> Look<Found>
    ) throws(ExchangeError) -> Found {
        var waiter = waiter
        defer { self.waiter = waiter }
        let found = try waiter.await(until: deadline) { () -> Look<Found> in
            // In this order: what the process did before its end counts.
            let hasEnded = isPeerOver
            let found = look()
            guard hasEnded, case .notYet = found else { return found }
            return .failed(.peerDied(processID: peerProcessID))
        }
        guard let found else { throw .timedOut }
        return found
    }
}

extension StreamPlace {
    /// Releases this side; the serial of its partner stays, for the partner to see.
    func letGo(_ thread: SideThread, waking other: StreamPlace) {
        serial.store(0)
        seat.leave(thread)
        other.waiting.wake()
    }
}

extension FileDescriptor {
    /// Whether the file is always ready to be read and written.
    fileprivate var isRegular: Bool { (try? stat())?.type == .regular }
}

extension StreamSide {
    /// How often to check, in milliseconds, for what no descriptor reports: a peer that released its side or runs another
    /// program, and a segment that was removed.
    private static let boundCheck: Int32 = 100

    /// The number of bytes that read(2) or write(2) returns once the file is ready; `call` is the call's name.
    ///
    /// Throws `systemCall` with its errno, and what `wait` throws.
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
                    throw .systemCall(call, error)
                }
            }
        }
    }

    /// Waits until a pipe, socket or terminal is ready; a regular file always is.
    ///
    /// Throws `peerDied`, `peerClosed` or `segmentRemoved` if the stream ends meanwhile, unless `hasEnd` says that the
    /// other side has finished.
    private func wait(for file: FileDescriptor, _ event: PollEvents, hasEnd: Bool) throws(ExchangeError) {
        guard !file.isRegular else { return }
        // poll(2) ignores a negative descriptor.
        guard file.rawValue >= 0 else {
            throw .systemCall("poll", .badFileDescriptor)
        }
        let peer = hasEnd ? nil : peerDescriptor
        while true {
            let ready: (isReady: Bool, otherIsReady: Bool)
            do throws(Errno) {
                ready = try file.wait(for: event, or: peer, milliseconds: hasEnd ? -1 : Self.boundCheck)
            } catch {
                throw .systemCall("poll", error)
            }
            // A file with an error or a hang-up is ready, too: the call that follows reports it.
            if ready.isReady { return }
            if ready.otherIsReady { throw .peerDied(processID: peerProcessID) }
            if !hasEnd { try checkWait() }
        }
    }
}
