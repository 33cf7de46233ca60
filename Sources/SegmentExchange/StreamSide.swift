import Glibc

/// One side of a stream that is bound to the other: its words, and the process on the other side.
///
/// It knows nothing of bytes. Its end lets go of the side; the other side sees that, as it sees a death.
struct StreamSide: ~Copyable, Sendable {
    let own: StreamPlace
    let other: StreamPlace
    /// Names this opening.
    let serial: UInt64
    /// Names the other side's opening.
    let partner: UInt64
    let peer: PeerWatch
    private let process = getpid()
    private var isOpen = true

    init(_ opening: consuming StreamOpening, bound partner: UInt64, to peer: consuming PeerWatch) {
        own = opening.own
        other = opening.other
        serial = opening.serial
        self.partner = partner
        self.peer = peer
        opening.isBound = true
    }

    deinit {
        // In the child of a fork(2) the side is still the parent's.
        if isOpen, process == getpid() { own.letGo(waking: other) }
    }

    /// Lets the next one have this side, before this value ends.
    mutating func letGo() {
        own.letGo(waking: other)
        peer.stop()
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
        return peer.hasEnded
    }

    /// Waits until a look finds something.
    ///
    /// Throws what the look fails with, and `peerDied` if it still finds nothing once the peer's process has ended.
    func await<Found>(_ look: () -> Look<Found>) throws(ExchangeError) -> Found {
        let found = try own.waiting.await { () -> Look<Found> in
            // In this order: what the process did before its end counts.
            let hasEnded = peer.hasEnded
            let found = look()
            guard hasEnded, case .notYet = found else { return found }
            return .failed(.peerDied(processID: peer.processID))
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
    func letGo(waking other: StreamPlace) {
        serial.store(0)
        claim.store(0)
        other.waiting.wake()
    }
}
