import Glibc
import Synchronization

/// Reads the bytes of values.
@usableFromInline
struct LatestObserver: Sendable {
    private let place: LatestPlace
    /// Whether it may write into the memory that it waits.
    private let canAnnounce: Bool
    /// Whether the memory has been seen to hold such values.
    private var hasBegun = false
    /// The number of the last value that was given.
    private var seen: UInt64 = 0

    init(_ memory: SharedBytes, valueSize: Int, canAnnounce: Bool) throws(ExchangeError) {
        place = try LatestPlace(memory, valueSize: valueSize)
        self.canAnnounce = canAnnounce
        _ = try isReadable()
    }

    /// Whether a value has been published.
    @usableFromInline
    mutating func isReadable() throws(ExchangeError) -> Bool {
        if hasBegun { return place.sequence.load() != 0 }
        guard try LatestLayout.magic.isPut(in: place.memory), place.sequence.load() != 0 else { return false }
        try place.checkSize(place.sizeWord.load())
        hasBegun = true
        return true
    }

    /// Copies the newest value; false if there is none.
    @usableFromInline
    mutating func read(into value: UnsafeMutableRawBufferPointer) -> Bool {
        while true {
            let number = place.sequence.load()
            guard number != 0 else { return false }
            unsafe place.memory.copyOut(at: place.slot(number).lowerBound, into: value)
            atomicMemoryFence(ordering: .acquiring)
            // The slot is written again once all others have been.
            if place.sequence.loadRelaxed() &- number < UInt64(LatestLayout.slots) - 1 {
                seen = number
                return true
            }
        }
    }

    /// False once the time limit has passed without a newer value than the last.
    @usableFromInline
    func awaitChange(_ timeLimit: Duration?) throws(ExchangeError) -> Bool {
        let deadline = Deadline(timeLimit), sequence = place.sequence, seen = seen
        let look = { () -> Look<Void> in
            let number = sequence.load()
            return number != seen && number != 0 ? .found(()) : .notYet
        }
        if canAnnounce { return try place.waiting.await(until: deadline, look) != nil }
        while true {
            if case .found = look() { return true }
            guard !deadline.hasPassed else { return false }
            usleep(1000)
        }
    }
}
