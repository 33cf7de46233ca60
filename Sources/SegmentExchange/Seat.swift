/// A place in shared memory that one process has at a time: whose it is, and whether that one's program still runs.
struct Seat: Sendable {
    let claim: SharedWord
    let life: LifeSign

    /// What has become of a process that has, or had, this place.
    func claimant(_ claim: Claim, seenBy own: Claim) throws(ExchangeError) -> Claimant {
        if life.end(of: claim) != nil { return .ended }
        return try claim.claimant(seenBy: own)
    }

    /// Takes a place that nobody has, or whose program has ended, if `mayReplace` says so then.
    ///
    /// `thread` lives as long as this program. Returns whether it did; false also where another process was faster.
    /// Throws `taken` and `cannotBeWatched`.
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
                case .alive: throw .taken(processID: holder.processID)
                case .hidden: throw .cannotBeWatched(processID: holder.processID)
                case .ended: break
                }
            }
            guard try mayReplace() else { return false }
        }
        let number = thread.number ?? 0
        thread.bind(to: life)
        // Of a process that has become another program, only one may take the place: its claim is still true, and can
        // be that of the process that now takes it.
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

    /// Nobody has the place any more.
    func leave(_ thread: SideThread) {
        if let number = thread.number { _ = life.replace(number, by: 0) }
        thread.unbind()
        claim.store(0)
    }
}

/// Two words of 32 bits from which the kernel takes the life when the program of a place ends.
///
/// The first is the number of a thread of that program, until the kernel sets FUTEX_OWNER_DIED in its stead; 0 says
/// nothing. The second tells of whose claim that is said.
@safe
struct LifeSign: @unchecked Sendable {
    private let thread: SharedHalf
    private let tag: SharedHalf

    init(_ memory: SharedBytes, at offset: Int) {
        thread = memory.half(at: offset)
        tag = memory.half(at: offset + 4)
    }

    /// For the kernel.
    var address: UnsafeMutableRawPointer { unsafe thread.unsafeAddress }

    /// What the first word holds if the program that made the claim has ended; nil where nothing says so.
    func end(of claim: Claim) -> UInt32? {
        guard tag.load() == claim.tag else { return nil }
        let word = thread.load()
        return word & Self.died != 0 ? word : nil
    }

    /// FUTEX_OWNER_DIED of futex(2).
    private static let died: UInt32 = 0x4000_0000

    /// Whether the first word held `old`; it holds `new` then.
    func replace(_ old: UInt32, by new: UInt32) -> Bool { thread.replace(old, by: new) == old }

    /// In this order: nobody may take the end of the one before for this one's.
    func put(_ number: UInt32, of claim: Claim) {
        tag.store(0)
        thread.store(number)
        tag.store(claim.tag)
    }
}
