import Glibc
import Synchronization
import SegmentTestSupport
import Testing

@testable import SegmentExchange

/// Every word is derived from the first, so that a torn value shows.
private struct Sample: Equatable {
    var words: SIMD8<UInt64>
    var tail: UInt32

    init(_ number: UInt64) {
        words = SIMD8(repeating: number) ^ SIMD8(0, 1, 2, 3, 4, 5, 6, 7)
        tail = UInt32(truncatingIfNeeded: number)
    }

    var number: UInt64 { words[0] }

}

@Suite struct LatestTests {
    private let memory = ExchangeMemory(8192)

    @Test func `the newest value is read any number of times, and nothing before the first`() throws {
        var reader = try LatestValue<Sample>.Subscriber(in: memory.shared)
        #expect(try reader.value() == nil)
        var writer = try LatestValue<Sample>.Publisher(in: memory.shared)
        #expect(try reader.value() == nil)
        for number in UInt64(1)...20 {
            try writer.publish(Sample(number))
            #expect(try reader.value() == Sample(number))
            #expect(try reader.value() == Sample(number))
        }
    }

    @Test func `values of any size round-trip`() throws {
        func check<Value: BitwiseCopyable & Equatable>(_ value: Value) throws {
            let memory = ExchangeMemory(8192)
            var writer = try LatestValue<Value>.Publisher(in: memory.shared)
            try writer.publish(value)
            var reader = try LatestValue<Value>.Subscriber(in: memory.shared)
            #expect(try reader.value() == value)
        }
        try check(UInt8(200))
        try check(Int32(-5))
        try check(1.5)
        try check(SIMD4<Float>(1, 2, 3, 4))
        try check(SIMD64<UInt16>(repeating: 7))
        try check(Sample(9))
    }

    @Test func `a decreasing count of values ends a wait with an error, not a timeout`() throws {
        let stop = Atomic(false)
        try withExtendedLifetime(stop) {
            var writer = try LatestValue<Sample>.Publisher(in: memory.shared)
            try writer.publish(Sample(1))
            let stranger = Thread { [memory] in
                let sequence = memory.shared.word(at: 256)
                var number: UInt64 = 1
                while !stop.load(ordering: .relaxed) {
                    number += 1
                    sequence.store(number)
                    sequence.store(0)
                }
            }
            var reader = try LatestValue<Sample>.Subscriber(in: memory.shared)
            #expect(throws: ExchangeError.corrupted) {
                // Occasionally by one value, never by none.
                while true { _ = try reader.next() }
            }
            stop.store(true, ordering: .relaxed)
            try stranger.value(timeLimit: .seconds(10))
        }
    }

    @Test func `no reader ever sees a torn value, or an older one after a newer`() throws {
        let stop = Atomic(false)
        try withExtendedLifetime(stop) {
            var writer = try LatestValue<Sample>.Publisher(in: memory.shared)
            try writer.publish(Sample(1))
            let readers = (0..<3).map { index in
                Thread { [memory] in
                    var reader = try LatestValue<Sample>.Subscriber(in: memory.shared)
                    var reads = 0, last: UInt64 = 0
                    while !stop.load(ordering: .relaxed) {
                        // One of them sleeps until there is a new value.
                        let next =
                            try index == 0 ? reader.newer(within: .milliseconds(100)) : reader.value()
                        guard let value = next else { continue }
                        guard value == Sample(value.number) else { throw Torn(value: value.number) }
                        guard value.number >= last else { throw Torn(value: last) }
                        last = value.number
                        reads += 1
                    }
                    return reads
                }
            }
            let last = UInt64(Sanitizer.tries(3_000_000, sanitized: 300_000))
            for number in 2..<last { try writer.publish(Sample(number)) }
            stop.store(true, ordering: .relaxed)
            for reader in readers { #expect(try reader.value() > 0) }
        }
    }

    private struct Torn: Error { let value: UInt64 }

    @Test func `a reader waits for a change, up to the limit`() throws {
        for readOnly in [false, true] {
            var reader = try LatestValue<Int>.Subscriber(in: memory.shared, readOnly: readOnly)
            let last = try reader.value() ?? 0
            #expect(throws: ExchangeError.timedOut) { try reader.next(timeout: .milliseconds(20)) }
            let writer = Thread { [memory] in
                var writer = try LatestValue<Int>.Publisher(in: memory.shared)
                usleep(20_000)
                try writer.publish(last + 1)
            }
            #expect(try reader.next(timeout: .seconds(10)) == last + 1)
            #expect(throws: ExchangeError.timedOut) { try reader.next(timeout: .milliseconds(1)) }
            try writer.value()
        }
    }

    @Test func `a waiter that missed a wake-up does not sleep because another waits for the next`() throws {
        let waiting = try LatestPlace(memory.shared, valueSize: 8).waiting
        waiting.announce(.init(after: 1))
        // The second value is published; another reader has it already.
        waiting.wake()
        waiting.announce(.init(after: 2))
        #expect(!waiting.sleep(.init(after: 1), milliseconds: 10_000))
        #expect(waiting.sleep(.init(after: 2), milliseconds: 1))
    }

    @Test func `an announced wait that was already over makes no other side sleep`() throws {
        let place = try LatestPlace(memory.shared, valueSize: 8), word = memory.shared.half(at: 384)
        var waiter = Waiter(memory.shared, on: place.waiting, for: place.processor)
        // The value arrives between the last check and the announcement.
        _ = try waiter.await(for: .init(after: 1)) { () -> Look<Void> in
            word.load() == 0 ? .notYet : .found(())
        }
        #expect(word.load() == 0)
    }

    @Test func `a writer that ended midway leaves the newest complete value, and the next one continues`()
        throws
    {
        do {
            var writer = try LatestValue<Int>.Publisher(in: memory.shared)
            try writer.publish(1)
            try writer.publish(2)
        }
        // The state after a death: the next slot half written, and the slot still claimed.
        let place = try LatestPlace(memory.shared, valueSize: 8)
        place.seat.claim.store(try Claim.own().word ^ 1 << 40)
        memory.bytes.storeBytes(of: 77, toByteOffset: place.slot(3).lowerBound, as: Int.self)
        var reader = try LatestValue<Int>.Subscriber(in: memory.shared)
        #expect(try reader.value() == 2)
        var writer = try LatestValue<Int>.Publisher(in: memory.shared)
        #expect(try reader.value() == 2)
        try writer.publish(3)
        #expect(try reader.value() == 3)
    }

    @Test func `a reader writes nothing into unused memory`() throws {
        var reader = try LatestValue<Int>.Subscriber(in: memory.shared)
        #expect(throws: ExchangeError.timedOut) { try reader.next(timeout: .milliseconds(20)) }
        #expect(memory.bytes.allSatisfy { $0 == 0 })
        memory.bytes[0] = 7
        #expect(throws: ExchangeError.unrecognizedLayout(found: 7)) { try reader.next(timeout: .seconds(10)) }
    }

    @Test func `a writer wakes readers that the previous one did not`() throws {
        do {
            var writer = try LatestValue<Int>.Publisher(in: memory.shared)
            try writer.publish(1)
        }
        let place = try LatestPlace(memory.shared, valueSize: 8)
        let waiting = Thread { [memory] in
            var reader = try LatestValue<Int>.Subscriber(in: memory.shared)
            _ = try reader.value()
            return try reader.next(timeout: .seconds(10))
        }
        usleep(50_000)
        // It published the second value and ended before waking anyone.
        memory.bytes.storeBytes(of: 2, toByteOffset: place.slot(2).lowerBound, as: Int.self)
        place.sequence.store(2)
        let start = ContinuousClock.now
        _ = try LatestValue<Int>.Publisher(in: memory.shared)
        #expect(try waiting.value() == 2)
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    @Test func `a type without bytes has a value too`() throws {
        struct Nothing: BitwiseCopyable {}
        let small = ExchangeMemory(4096 + 4 * 128)
        var writer = try LatestValue<Nothing>.Publisher(in: small.shared)
        try writer.publish(Nothing())
        var reader = try LatestValue<Nothing>.Subscriber(in: small.shared)
        #expect(try reader.value() != nil)
    }

    @Test func `a second writer, another type and another's memory are refused`() throws {
        do {
            let writer = try LatestValue<Int>.Publisher(in: memory.shared)
            #expect(throws: ExchangeError.sideInUse(processID: getpid())) {
                _ = try LatestValue<Int>.Publisher(in: memory.shared)
            }
            _ = writer
        }
        #expect(throws: ExchangeError.valueSizeMismatch(found: 8, own: 4)) {
            _ = try LatestValue<Int32>.Publisher(in: memory.shared)
        }
        var writer = try LatestValue<Int>.Publisher(in: memory.shared)
        try writer.publish(1)
        #expect(throws: ExchangeError.valueSizeMismatch(found: 8, own: 4)) {
            _ = try LatestValue<Int32>.Subscriber(in: memory.shared)
        }
        #expect(throws: ExchangeError.unrecognizedLayout(found: LatestLayout.magic.word)) {
            _ = try SegmentStreamReader(in: memory.shared, timeout: .zero)
        }
        #expect(throws: ExchangeError.segmentTooSmall(size: 4096, minimum: 4096 + 4 * 128)) {
            _ = try LatestValue<Int>.Subscriber(in: ExchangeMemory(4096).shared)
        }
    }

    @Test func `a child of fork(2) publishes nothing and releases nothing`() throws {
        let bytes = try #require(
            mmap(nil, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)
        )
        defer { munmap(bytes, 8192) }
        let shared = SharedBytes(UnsafeMutableRawBufferPointer(start: bytes, count: 8192))
        var writer = try LatestValue<Int>.Publisher(in: shared)
        var reader = try LatestValue<Int>.Subscriber(in: shared)
        try writer.publish(1)
        // Swift does not export fork(2).
        typealias Fork = @convention(c) () -> Int32
        let fork = try unsafeBitCast(#require(dlsym(nil, "fork")), to: Fork.self)
        let child = fork()
        if child == 0 {
            do throws(ExchangeError) { try writer.publish(2) } catch { _exit(error == .inherited ? 7 : 1) }
            _exit(0)
        }
        var status: Int32 = 0
        #expect(waitpid(child, &status, 0) == child)
        #expect(status == 7 << 8)
        #expect(try reader.value() == 1)
        try writer.publish(3)
        #expect(try reader.value() == 3)
    }

    @Test func `impossible numbers crash no client`() throws {
        var reader = try LatestValue<Sample>.Subscriber(in: memory.shared)
        do {
            var writer = try LatestValue<Sample>.Publisher(in: memory.shared)
            try writer.publish(Sample(1))
        }
        let place = try LatestPlace(memory.shared, valueSize: MemoryLayout<Sample>.size)
        for number in [UInt64.max, 1 << 63, 5, 0] {
            place.sequence.store(number)
            place.sizeWord.store(number)
            _ = try? reader.value()
            if var writer = try? LatestValue<Sample>.Publisher(in: memory.shared) {
                try writer.publish(Sample(2))
            }
        }
    }
}

extension LatestValue.Subscriber {
    /// The next value; nil if none comes in time.
    fileprivate mutating func newer(within timeout: Duration) throws(ExchangeError) -> Value? {
        do throws(ExchangeError) { return try next(timeout: timeout) } catch {
            guard error == .timedOut else { throw error }
            return nil
        }
    }
}
