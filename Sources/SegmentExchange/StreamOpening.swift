import POSIX

/// A side of a stream that has been taken, and waits for the other.
///
/// Two sides are bound once each has written the other's serial into its own words. A serial is random, so that what
/// an earlier opening left can never bind.
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
    /// From then on the side is let go by another.
    var isBound = false

    /// Takes a side that nobody has, or whose process has ended.
    ///
    /// Throws `taken`, `cannotBeWatched`, `timedOut`, `otherContents`, `segmentTooSmall`, `segmentRemoved`, `failed`.
    init(_ role: StreamRole, in memory: SharedBytes, timeLimit: Duration?) throws(ExchangeError) {
        guard memory.count >= StreamLayout.minimumSize else {
            throw .segmentTooSmall(size: memory.count, minimum: StreamLayout.minimumSize)
        }
        let process = try OpeningProcess()
        let claim = try Claim.own()
        let deadline = Deadline(timeLimit)
        let own = StreamPlace(role, in: memory)
        let other = StreamPlace(role.other, in: memory)
        try StreamLayout.magic.put(in: memory)
        let thread = try SideThread(waking: own.waiting)
        while try !own.take(claim, thread, from: other) {
            // Somebody will notice soon that the stream before is over.
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
        // In this order: who sees the new position or the new serial sees that the old serial is gone.
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
    /// Throws `timedOut`, `cannotBeWatched`, `segmentRemoved` and `failed`.
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
                // Nobody must wait for the end of a stream that never began.
                own.partner.store(0)
            case .hidden: throw .cannotBeWatched(processID: candidate.claim.processID)
            case .ended: dead = candidate.serial
            }
            // A stranger may open it again and again.
            guard !deadline.hasPassed else { throw .timedOut }
        }
    }

    /// An opening of the other side, and who made it.
    private struct Candidate {
        let claim: Claim
        let serial: UInt64
    }

    /// Whoever has opened the other side; `dead` is what one who has died has left.
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

    /// Whether a candidate binds to this opening; false once it has gone instead.
    ///
    /// One that has bound and let go at once has bound: its stream has ended with an error, which is to be told.
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
    fileprivate func take(
        _ claim: Claim,
        _ thread: SideThread,
        from other: StreamPlace
    ) throws(ExchangeError) -> Bool {
        try seat.take(claim, thread) { () throws(ExchangeError) -> Bool in
            try !other.isHeld(boundTo: serial.load(), seenBy: claim)
        }
    }

    /// Whether a live process is in a stream with that opening of the other side.
    private func isHeld(boundTo serial: UInt64, seenBy claim: Claim) throws(ExchangeError) -> Bool {
        guard serial != 0, partner.load() == serial else { return false }
        if case .ended = try seat.claimant(Claim(word: self.claim.load()), seenBy: claim) { return false }
        return true
    }
}
