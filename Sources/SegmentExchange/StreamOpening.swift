import Glibc
import SegmentClient

/// A side of a stream that has been taken, and waits for the other.
///
/// Two sides are bound once each has written the other's serial into its own words. A serial is random, so that what
/// an earlier opening left can never bind.
struct StreamOpening: ~Copyable {
    let own: StreamPlace
    let other: StreamPlace
    let serial = UInt64.random(in: 1...UInt64.max)
    private let claim: Claim
    private let deadline: Deadline
    /// From then on the side is let go by another.
    var isBound = false

    /// Takes a side that nobody has, or whose process has ended.
    ///
    /// Throws `taken`, `cannotBeWatched`, `timedOut`, `otherContents`, `segmentTooSmall`.
    init(_ role: StreamRole, in memory: SharedBytes, timeLimit: Duration?) throws(ExchangeError) {
        guard memory.count >= StreamLayout.minimumSize else {
            throw .segmentTooSmall(size: memory.count, minimum: StreamLayout.minimumSize)
        }
        let claim = try Claim.own()
        let deadline = Deadline(timeLimit)
        let own = StreamPlace(role, in: memory)
        let other = StreamPlace(role.other, in: memory)
        try StreamLayout.magic.put(in: memory)
        while try !own.take(claim, from: other) {
            // Somebody will notice soon that the stream before is over.
            guard !deadline.hasPassed else { throw .timedOut }
            usleep(10_000)
        }
        self.own = own
        self.other = other
        self.claim = claim
        self.deadline = deadline
        // In this order: who sees the new position or the new serial sees that the old serial is gone.
        own.serial.store(0)
        own.partner.store(0)
        own.position.store(0)
        own.serial.store(serial)
        other.waiting.wake()
    }

    deinit {
        if !isBound { own.letGo(waking: other) }
    }

    /// Waits for the other side.
    ///
    /// Throws `timedOut` and `cannotBeWatched`.
    consuming func bind() throws(ExchangeError) -> StreamSide {
        var dead: UInt64 = 0
        while true {
            let candidate = try candidate(except: dead)
            switch try candidate.claim.claimant(seenBy: claim) {
            case .alive(let process):
                let peer = try PeerWatch(process, waking: own.waiting)
                own.partner.store(candidate.serial)
                other.waiting.wake()
                if try isAnswered(by: candidate, peer) {
                    return StreamSide(self, bound: candidate.serial, to: peer)
                }
                // Nobody must wait for the end of a stream that never began.
                own.partner.store(0)
            case .hidden: throw .cannotBeWatched(processID: candidate.claim.processID)
            case .ended: dead = candidate.serial
            }
        }
    }

    /// An opening of the other side, and who made it.
    private struct Candidate {
        let claim: Claim
        let serial: UInt64
    }

    /// Whoever has opened the other side; `dead` is what one who has died has left.
    private func candidate(except dead: UInt64) throws(ExchangeError) -> Candidate {
        let other = other
        let candidate = try own.waiting.await(until: deadline) { () -> Look<Candidate> in
            let serial = other.serial.load()
            let claim = Claim(word: other.claim.load())
            guard serial != 0, serial != dead, claim != .nobody, other.serial.load() == serial else {
                return .notYet
            }
            return .found(Candidate(claim: claim, serial: serial))
        }
        guard let candidate else { throw .timedOut }
        return candidate
    }

    /// Whether a candidate binds to this opening; false once it has gone instead.
    ///
    /// One that has bound and let go at once has bound: its stream has ended with an error, which is to be told.
    private func isAnswered(
        by candidate: Candidate,
        _ peer: borrowing PeerWatch
    ) throws(ExchangeError) -> Bool {
        let other = other, serial = serial
        let answer = try own.waiting.await(until: deadline) { () -> Look<Bool> in
            let hasEnded = peer.hasEnded
            let isPartner = other.partner.load() == serial
            switch other.serial.load() {
            case candidate.serial where isPartner: return .found(true)
            case candidate.serial: return hasEnded ? .found(false) : .notYet
            // It may have bound after the first look at its partner, and before it let go.
            case 0: return .found(other.partner.load() == serial)
            default: return .found(false)
            }
        }
        guard let answer else { throw .timedOut }
        return answer
    }
}

extension StreamPlace {
    /// Whether the side is now this process's; false while a live process is still bound to whoever had it.
    fileprivate func take(_ claim: Claim, from other: StreamPlace) throws(ExchangeError) -> Bool {
        try self.claim.take(claim) { () throws(ExchangeError) -> Bool in
            try !other.isHeld(boundTo: serial.load(), seenBy: claim)
        }
    }

    /// Whether a live process is in a stream with that opening of the other side.
    private func isHeld(boundTo serial: UInt64, seenBy claim: Claim) throws(ExchangeError) -> Bool {
        guard serial != 0, partner.load() == serial else { return false }
        if case .ended = try Claim(word: self.claim.load()).claimant(seenBy: claim) { return false }
        return true
    }
}
