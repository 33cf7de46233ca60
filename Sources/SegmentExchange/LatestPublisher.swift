import Synchronization

/// Publishes the bytes of values.
@usableFromInline
struct LatestPublisher: ~Copyable, Sendable {
    private let place: LatestPlace
    private let thread: SideThread
    private let process: OpeningProcess
    /// The most attempts to take the place, more than there are competitors.
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
        // An earlier publisher may have ended between publishing and waking.
        place.waiting.wake()
    }

    deinit {
        // In a child of fork(2) the place is still the parent's.
        if process.isThis { place.seat.leave(thread) }
    }

    /// Publishes the bytes of one value.
    ///
    /// Throws `inherited`.
    @usableFromInline
    func publish(_ value: UnsafeRawBufferPointer) throws(ExchangeError) {
        try process.check()
        let next = place.sequence.load() &+ 1
        // A subscriber that sees a byte of the new value also sees the previous number, and so that this slot is reused.
        atomicMemoryFence(ordering: .releasing)
        unsafe place.memory.copyIn(value, at: place.slot(next).lowerBound)
        place.processor.note()
        place.sequence.store(next)
        place.waiting.wake()
    }
}
