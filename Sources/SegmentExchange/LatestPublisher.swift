import Glibc
import Synchronization

/// Publishes the bytes of values.
@usableFromInline
struct LatestPublisher: ~Copyable, Sendable {
    private let place: LatestPlace
    private let process = getpid()

    init(_ memory: SharedBytes, valueSize: Int) throws(ExchangeError) {
        let place = try LatestPlace(memory, valueSize: valueSize)
        try LatestLayout.magic.put(in: memory)
        try place.checkSize(place.sizeWord.load())
        let own = try Claim.own()
        while try !place.claim.take(own) {}
        let found = place.sizeWord.replace(0, by: UInt64(valueSize))
        do throws(ExchangeError) {
            try place.checkSize(found)
        } catch {
            place.claim.store(0)
            throw error
        }
        self.place = place
        // A writer before may have ended between publishing and waking.
        place.waiting.wake()
    }

    deinit {
        // In the child of a fork(2) it is still the parent's.
        if process == getpid() { place.claim.store(0) }
    }

    /// As many bytes as a value has.
    @usableFromInline
    func publish(_ value: UnsafeRawBufferPointer) {
        let next = place.sequence.load() &+ 1
        // Who sees a byte of what follows sees that the number before is out, and so that this slot is in use again.
        atomicMemoryFence(ordering: .releasing)
        unsafe place.memory.copyIn(value, at: place.slot(next).lowerBound)
        place.sequence.store(next)
        place.waiting.wake()
    }
}
