/// A place in shared memory that one process has at a time: its claim, and a sign of whether its program still runs.
struct Seat: Sendable {
    let claim: SharedWord
    let life: LifeSign

    /// The fate of the process that has, or had, this place.
    func claimant(_ claim: Claim, seenBy own: Claim) throws(ExchangeError) -> Claimant {
        if life.end(of: claim) != nil { return .ended }
        return try claim.claimant(seenBy: own)
    }

    /// Takes a place that is free, or whose program has ended and `mayReplace` agrees.
    ///
    /// `thread` lives as long as this program. Returns false if it did not take the place, also because another process
    /// was faster. Throws `sideInUse` or `peerNotVisible`.
    func take(
        _ own: Claim,
        _ thread: SideThread,
        _ mayReplace: () throws(ExchangeError) -> Bool = { true }
    ) throws(ExchangeError) -> Bool {
        let holder = Claim(word: claim.load())
        let end = holder == .nobody ? nil : life.end(of: holder)
        if holder != .nobody {
            if end == nil {
                switch try holder.claimant(seenBy: own) {
                case .alive: throw .sideInUse(processID: holder.processID)
                case .hidden: throw .peerNotVisible(processID: holder.processID)
                case .ended: break
                }
            }
            guard try mayReplace() else { return false }
        }
        let number = thread.number ?? 0
        thread.bind(to: life)
        // If a process runs another program by now, its claim is still true and may even be that of the process that takes
        // the place, so the sign decides who does.
        if let end, !life.replace(end, by: number) {
            thread.unbind()
            return false
        }
        guard claim.replace(holder.word, by: own.word) == holder.word else {
            if let end { _ = life.replace(number, by: end) }
            thread.unbind()
            return false
        }
        life.put(number, of: own)
        return true
    }

    /// Gives the place up.
    func leave(_ thread: SideThread) {
        if let number = thread.number { _ = life.replace(number, by: 0) }
        thread.unbind()
        claim.store(0)
    }
}

/// Two words of 32 bits through which the kernel reports that the program of a place has ended.
///
/// The first is the ID of a thread of that program, until the kernel sets FUTEX_OWNER_DIED in it; 0 says nothing. The
/// second says which claim the first belongs to.
@safe
struct LifeSign: @unchecked Sendable {
    private let thread: SharedHalf
    private let tag: SharedHalf

    init(_ memory: SharedBytes, at offset: Int) {
        thread = memory.half(at: offset)
        tag = memory.half(at: offset + 4)
    }

    /// The address of the first word, for the kernel.
    var address: UnsafeMutableRawPointer { unsafe thread.unsafeAddress }

    /// The first word, if it reports that the program that made the claim has ended; nil otherwise.
    func end(of claim: Claim) -> UInt32? {
        guard tag.load() == claim.tag else { return nil }
        let word = thread.load()
        return word & Self.died != 0 ? word : nil
    }

    /// FUTEX_OWNER_DIED of futex(2).
    private static let died: UInt32 = 0x4000_0000

    /// Replaces the first word if it holds `old`; returns whether it did.
    func replace(_ old: UInt32, by new: UInt32) -> Bool { thread.replace(old, by: new) == old }

    /// Reports a thread for a claim; in this order no process mistakes an earlier end for this claim's.
    func put(_ number: UInt32, of claim: Claim) {
        tag.store(0)
        thread.store(number)
        tag.store(claim.tag)
    }
}
