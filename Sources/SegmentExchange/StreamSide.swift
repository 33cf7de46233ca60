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
    let peer: PeerProcess
    private let process = getpid()
    private var isOpen = true
    /// When to look next whether the peer lives, by `Patience.coarseMilliseconds`.
    private var nextCheck: Int64 = 0

    init(_ opening: consuming StreamOpening, bound partner: UInt64, to peer: consuming PeerProcess) {
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
        isOpen = false
    }

    /// Whether the other side is still the one that this one is bound to.
    ///
    /// What was loaded from its words before is its own if this is true after.
    var isBound: Bool { other.serial.load() == partner }

    /// To be called before each piece of work that does not wait: from time to time it looks whether the peer lives.
    ///
    /// Returns whether it has died. Throws `peerClosed`.
    mutating func checkPeer() throws(ExchangeError) -> Bool {
        guard isBound else { throw .peerClosed }
        let now = Patience.coarseMilliseconds()
        guard now >= nextCheck else { return false }
        nextCheck = now + Int64(Patience.sleep)
        return peer.hasEnded
    }

    /// Waits until a look finds something.
    ///
    /// Throws what the look fails with, and `peerDied` if it has found nothing once the peer's process has ended.
    func await<Found>(_ look: () -> Look<Found>) throws(ExchangeError) -> Found {
        while true {
            if let found = try own.waiting.await(look) { return found }
            guard peer.hasEnded else { continue }
            switch look() {
            case .found(let found): return found
            case .failed(let error): throw error
            case .notYet: throw .peerDied(processID: peer.processID)
            }
        }
    }
}

extension StreamPlace {
    /// Nobody has this side any more.
    func letGo(waking other: StreamPlace) {
        serial.store(0)
        partner.store(0)
        claim.store(0)
        other.waiting.wake()
    }
}
