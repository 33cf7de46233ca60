import Synchronization

/// Publishes the bytes of values.
@usableFromInline
struct LatestPublisher: ~Copyable, Sendable {
    private let place: LatestPlace
    private let thread: SideThread
    private let process: OpeningProcess
    /// More tries to take the place than there are others who try.
    private static let tries = 1000

    init(_ memory: SharedBytes, valueSize: Int) throws(ExchangeError) {
        let place = try LatestPlace(memory, valueSize: valueSize)
        try LatestLayout.magic.put(in: memory)
        try place.checkSize(place.sizeWord.load())
        let process = try OpeningProcess()
        let own = try Claim.own()
        let thread = try SideThread()
        var tries = 0
        while try !place.seat.take(own, thread) {
            tries += 1
            guard tries < Self.tries else { throw .corrupted }
        }
        let found = place.sizeWord.replace(0, by: UInt64(valueSize))
        do throws(ExchangeError) {
            try place.checkSize(found)
        } catch {
            place.seat.leave(thread)
            throw error
        }
        self.place = place
        self.thread = thread
        self.process = process
        // A writer before may have ended between publishing and waking.
        place.waiting.wake()
    }

    deinit {
        // In the child of a fork(2) it is still the parent's.
        if process.isThis { place.seat.leave(thread) }
    }

    /// As many bytes as a value has.
    ///
    /// Throws `inherited`.
    @usableFromInline
    func publish(_ value: UnsafeRawBufferPointer) throws(ExchangeError) {
        try process.check()
        let next = place.sequence.load() &+ 1
        // Who sees a byte of what follows sees that the number before is out, and so that this slot is in use again.
        atomicMemoryFence(ordering: .releasing)
        unsafe place.memory.copyIn(value, at: place.slot(next).lowerBound)
        place.processor.note()
        place.sequence.store(next)
        place.waiting.wake()
    }
}
