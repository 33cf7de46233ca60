import POSIX

/// One side of a stream that is open and waits for the other.
///
/// Two sides are bound once each has written the other's serial into its own words. A serial is random, so that words
/// left by an earlier opening never bind.
struct StreamOpening: ~Copyable {
    let own: StreamPlace
    let other: StreamPlace
    let serial = UInt64.random(in: 1...UInt64.max)
    let thread: SideThread
    var waiter: Waiter
    let memory: SharedBytes
    let process: OpeningProcess
    private let claim: Claim
    private let deadline: Deadline
    /// Whether the side has passed to a `StreamSide`, which then releases it.
    var isBound = false

    /// Takes a side that is free, or whose process has ended.
    ///
    /// Throws `sideInUse`, `peerNotVisible`, `timedOut`, `unrecognizedLayout`, `segmentTooSmall`, `segmentRemoved`, `failed`.
    init(_ role: StreamRole, in memory: SharedBytes, timeout: Duration?) throws(ExchangeError) {
        guard memory.count >= StreamLayout.minimumSize else {
            throw .segmentTooSmall(size: memory.count, minimum: StreamLayout.minimumSize)
        }
        let process = try OpeningProcess()
        let claim = try Claim.own()
        let deadline = Deadline(timeout)
        let own = StreamPlace(role, in: memory)
        let other = StreamPlace(role.other, in: memory)
        try StreamLayout.magic.put(in: memory)
        let thread = try SideThread(waking: own.waiting)
        while try !own.take(claim, thread, from: other) {
            // The other side of the previous stream will notice soon that it is over.
            guard !deadline.hasPassed else { throw .timedOut }
            if memory.isRemoved { throw .segmentRemoved }
            Thread.sleep(.milliseconds(10))
        }
        self.own = own
        self.other = other
        self.process = process
        self.claim = claim
        self.deadline = deadline
        self.thread = thread
        self.memory = memory
        waiter = Waiter(memory, on: own.waiting, for: other.processor)
        // In this order, a process that sees the new position or serial also sees that the old serial is gone.
        own.serial.store(0)
        own.partner.store(0)
        own.processor.note()
        own.position.store(0)
        own.serial.store(serial)
        other.waiting.wake()
    }

    deinit {
        if !isBound { own.letGo(thread, waking: other) }
    }

    /// Waits for the other side.
    ///
    /// Throws `timedOut`, `peerNotVisible`, `segmentRemoved` and `failed`.
    consuming func bind() throws(ExchangeError) -> StreamSide {
        var dead: UInt64 = 0
        while true {
            let candidate = try candidate(except: dead)
            switch try other.seat.claimant(candidate.claim, seenBy: claim) {
            case .alive(let process):
                thread.watch(process)
                own.partner.store(candidate.serial)
                other.waiting.wake()
                if try isAnswered(by: candidate) {
                    return StreamSide(self, to: candidate.claim, bound: candidate.serial)
                }
                // Otherwise a process would wait for the end of a stream that never began.
                own.partner.store(0)
            case .hidden: throw .peerNotVisible(processID: candidate.claim.processID)
            case .ended: dead = candidate.serial
            }
            // Other processes may open the side again and again.
            guard !deadline.hasPassed else { throw .timedOut }
        }
    }

    /// An opening of the other side, and the claim of the process that made it.
    private struct Candidate {
        let claim: Claim
        let serial: UInt64
    }

    /// Waits for an opening of the other side other than `dead`, which a dead process left.
    private mutating func candidate(except dead: UInt64) throws(ExchangeError) -> Candidate {
        let other = other
        let candidate = try waiter.await(until: deadline) { () -> Look<Candidate> in
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

    /// Waits until a candidate binds to this opening; returns false if it goes away instead.
    ///
    /// A candidate that has bound and released its side at once counts as bound: its stream has ended with an error, which
    /// must be reported.
    private mutating func isAnswered(by candidate: Candidate) throws(ExchangeError) -> Bool {
        let other = other, serial = serial
        var waiter = waiter
        defer { self.waiter = waiter }
        let answer = try waiter.await(until: deadline) { () -> Look<Bool> in
            let hasEnded = thread.peerHasEnded || other.seat.life.end(of: candidate.claim) != nil
            let isPartner = other.partner.load() == serial
            switch other.serial.load() {
            case candidate.serial where isPartner: return .found(true)
            case candidate.serial: return hasEnded ? .found(false) : .notYet
            // It may have bound after the first look at its partner, and before it released the side.
            case 0: return .found(other.partner.load() == serial)
            default: return .found(false)
            }
        }
        guard let answer else { throw .timedOut }
        return answer
    }
}

extension StreamPlace {
    /// Takes the side for this process; returns false while a living process is still bound to its previous holder.
    fileprivate func take(
        _ claim: Claim,
        _ thread: SideThread,
        from other: StreamPlace
    ) throws(ExchangeError) -> Bool {
        try seat.take(claim, thread) { () throws(ExchangeError) -> Bool in
            try !other.isHeld(boundTo: serial.load(), seenBy: claim)
        }
    }

    /// Whether a living process has this side and is bound to that opening of the other.
    private func isHeld(boundTo serial: UInt64, seenBy claim: Claim) throws(ExchangeError) -> Bool {
        guard serial != 0, partner.load() == serial else { return false }
        if case .ended = try seat.claimant(Claim(word: self.claim.load()), seenBy: claim) { return false }
        return true
    }
}
