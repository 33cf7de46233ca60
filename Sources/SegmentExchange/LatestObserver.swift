import Glibc
import SegmentClient
import Synchronization

/// Reads the bytes of values.
@usableFromInline
struct LatestObserver: Sendable {
    private let place: LatestPlace
    /// Whether it may write into the memory that it waits.
    private let canAnnounce: Bool
    /// Whether the memory has been seen to be for such values.
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
        try hasWriterBegun() && place.sequence.load() != 0
    }

    /// Before that the memory may become somebody else's, and nothing is to be written into it.
    private mutating func hasWriterBegun() throws(ExchangeError) -> Bool {
        if hasBegun { return true }
        guard try LatestLayout.magic.isPut(in: place.memory) else { return false }
        let size = place.sizeWord.load()
        try place.checkSize(size)
        hasBegun = size != 0
        return hasBegun
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
    mutating func awaitChange(_ timeLimit: Duration?) throws(ExchangeError) -> Bool {
        let deadline = Deadline(timeLimit), sequence = place.sequence, seen = seen
        let look = { () -> Look<Void> in
            let number = sequence.load()
            return number != seen && number != 0 ? .found(()) : .notYet
        }
        while true {
            let hasBegun = try hasWriterBegun()
            if hasBegun, canAnnounce { return try place.waiting.await(until: deadline, look) != nil }
            if hasBegun, case .found = look() { return true }
            guard !deadline.hasPassed else { return false }
            usleep(1000)
        }
    }
}
