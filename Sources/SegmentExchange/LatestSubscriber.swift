import POSIX
import Synchronization

/// Reads the bytes of values.
@usableFromInline
struct LatestSubscriber: Sendable {
    private let place: LatestPlace
    /// Whether it may announce in the memory that it waits.
    private let canAnnounce: Bool
    /// Whether the memory is known to be in use for values of this type.
    private var hasBegun = false
    /// The number of the last value that was returned.
    private var seen: UInt64 = 0
    private var waiter: Waiter

    init(_ memory: SharedBytes, valueSize: Int, canAnnounce: Bool) throws(ExchangeError) {
        place = try LatestPlace(memory, valueSize: valueSize)
        self.canAnnounce = canAnnounce
        waiter = Waiter(memory, on: place.waiting, for: place.processor)
        _ = try isReadable()
    }

    /// Whether a value has been published.
    @usableFromInline
    mutating func isReadable() throws(ExchangeError) -> Bool {
        try hasWriterBegun() && place.sequence.load() != 0
    }

    /// Whether a publisher has begun to use the memory; until then nothing may be written into it.
    private mutating func hasWriterBegun() throws(ExchangeError) -> Bool {
        if hasBegun { return true }
        guard try LatestLayout.magic.isPut(in: place.memory) else { return false }
        let size = place.sizeWord.load()
        try place.checkSize(size)
        hasBegun = size != 0
        return hasBegun
    }

    /// How long to keep trying to copy a value that is overwritten meanwhile.
    private static let patience = Duration.seconds(1)
    private static let triesBetweenClocks = 1000

    /// Copies the newest value; false if there is none.
    ///
    /// Throws `overrun`.
    @usableFromInline
    mutating func read(into value: UnsafeMutableRawBufferPointer) throws(ExchangeError) -> Bool {
        // The first attempt nearly always succeeds, and reads no clock.
        if let isThere = unsafe copy(into: value) { return isThere }
        return unsafe try readAgain(into: value)
    }

    @inline(never)
    private mutating func readAgain(
        into value: UnsafeMutableRawBufferPointer
    ) throws(ExchangeError) -> Bool {
        let deadline = Deadline(Self.patience)
        while true {
            for _ in 0..<Self.triesBetweenClocks {
                if let isThere = unsafe copy(into: value) { return isThere }
            }
            if deadline.hasPassed { throw .overrun }
        }
    }

    /// Returns false if there is no value, nil if it was overwritten meanwhile.
    @inline(__always)
    private mutating func copy(into value: UnsafeMutableRawBufferPointer) -> Bool? {
        let number = place.sequence.load()
        guard number != 0 else { return false }
        unsafe place.memory.copyOut(at: place.slot(number).lowerBound, into: value)
        atomicMemoryFence(ordering: .acquiring)
        // A slot is written again only once all others have been.
        guard place.sequence.loadRelaxed() &- number < UInt64(LatestLayout.slots) - 1 else { return nil }
        seen = number
        return true
    }

    /// Waits for a value newer than the last; returns false once the timeout has passed.
    @usableFromInline
    mutating func awaitChange(_ timeout: Duration?) throws(ExchangeError) -> Bool {
        let deadline = Deadline(timeout), sequence = place.sequence, seen = seen
        let look = { () -> Look<Void> in
            let number = sequence.load()
            return number != seen && number != 0 ? .found(()) : .notYet
        }
        var check = Deadline(.milliseconds(Int64(Waiter.longestSleep)))
        while true {
            let hasBegun = try hasWriterBegun()
            if hasBegun, canAnnounce {
                return try waiter.await(until: deadline, for: .init(after: seen), look) != nil
            }
            if hasBegun, case .found = look() { return true }
            guard !deadline.hasPassed else { return false }
            if check.hasPassed {
                if place.memory.isRemoved { throw .segmentRemoved }
                check = Deadline(.milliseconds(Int64(Waiter.longestSleep)))
            }
            Thread.sleep(.milliseconds(1))
        }
    }
}
