import Glibc
import SystemPackage
import SegmentTestSupport
import Testing

@testable import SegmentExchange

/// The contents of the memory are untrusted input.
@Suite struct CorruptMemoryTests {
    private final class HeldWriter {
        let writer: LatestValue<Int>.Publisher

        init(_ writer: consuming LatestValue<Int>.Publisher) { self.writer = writer }
    }

    private let memory = ExchangeMemory(8192)

    private func place(_ role: StreamRole) -> StreamPlace { StreamPlace(role, in: memory.shared) }

    /// Binds to this process without doing anything else.
    private func bind(_ role: StreamRole, to other: StreamRole) {
        while place(other).serial.load() == 0 { usleep(100) }
        place(role).partner.store(place(other).serial.load())
        place(other).waiting.wake()
    }

    /// Claims a side directly, as a program in another language would.
    private func open(_ role: StreamRole, _ claim: Claim? = nil) throws {
        place(role).claim.store(try (claim ?? Claim.own()).word)
        place(role).serial.store(99)
        place(role == .writer ? .reader : .writer).waiting.wake()
    }

    @Test(arguments: [UInt64(5000), UInt64.max])
    func `an impossible reader position corrupts the stream`(_ position: UInt64) throws {
        let writer = Thread { [memory] in
            var writer = try SegmentStreamWriter(in: memory.shared, timeout: .seconds(10))
            try writer.write([UInt8](repeating: 1, count: 10).span.bytes)
            try writer.write([UInt8](repeating: 1, count: 4096).span.bytes)
        }
        try open(.reader)
        bind(.reader, to: .writer)
        while place(.writer).position.load() < 10 { usleep(100) }
        place(.reader).position.store(position)
        place(.writer).waiting.wake()
        #expect(throws: ExchangeError.corrupted) { try writer.value() }
    }

    @Test(arguments: [UInt64(4097), UInt64.max])
    func `an impossible writer position corrupts the stream`(_ position: UInt64) throws {
        let reader = Thread { [memory] in
            var reader = try SegmentStreamReader(in: memory.shared, timeout: .seconds(10))
            var buffer = [UInt8](repeating: 0, count: 10)
            var span = buffer.mutableSpan
            var bytes = span.mutableBytes
            return try reader.read(into: &bytes)
        }
        try open(.writer)
        place(.writer).position.store(position)
        bind(.writer, to: .reader)
        #expect(throws: ExchangeError.corrupted) { try reader.value() }
    }

    @Test func `a writer that moves backwards corrupts the stream`() throws {
        let reader = Thread { [memory] in
            var reader = try SegmentStreamReader(in: memory.shared, timeout: .seconds(10))
            var buffer = [UInt8](repeating: 0, count: 100)
            for _ in 0..<2 {
                var span = buffer.mutableSpan
                var bytes = span.mutableBytes
                _ = try reader.read(into: &bytes)
            }
        }
        try open(.writer)
        place(.writer).position.store(50)
        bind(.writer, to: .reader)
        while place(.reader).position.load() < 50 { usleep(100) }
        place(.writer).position.store(49)
        place(.reader).waiting.wake()
        #expect(throws: ExchangeError.corrupted) { try reader.value() }
    }

    @Test func `a later opening is not mistaken for the bound one`() throws {
        let bound = Latch()
        let reader = Thread { [memory] in
            var reader = try SegmentStreamReader(in: memory.shared, timeout: .seconds(10))
            bound.raise()
            return try reader.copyAvailable(to: .standardOutput)
        }
        try open(.writer)
        bind(.writer, to: .reader)
        bound.wait()
        place(.writer).serial.store(0)
        place(.writer).position.store(40)
        place(.writer).serial.store(100)
        place(.reader).waiting.wake()
        #expect(throws: ExchangeError.peerClosed) { try reader.value() }
    }

    @Test func `the slot of an ended process can be claimed, whatever it left`() throws {
        let own = try Claim.own()
        try open(.writer, Claim(word: own.word ^ 1 << 40))
        place(.writer).position.store(12345)
        place(.writer).end.store(99)
        place(.writer).partner.store(98)
        let writer = Thread { [memory] in
            let writer = try SegmentStreamWriter(in: memory.shared, timeout: .seconds(10))
            try writer.finish()
        }
        var reader = try SegmentStreamReader(in: memory.shared, timeout: .seconds(10))
        #expect(try reader.copy(to: .standardOutput) == 0)
        try writer.value()
    }

    @Test func `a side that ends before it is bound leaves no peer waiting`() throws {
        // The reader answers an opening that disappears; nobody may wait for the end of that stream.
        let reader = Thread { [memory] in
            var reader = try SegmentStreamReader(in: memory.shared, timeout: .seconds(10))
            return try reader.copy(to: .standardOutput)
        }
        try open(.writer)
        while place(.reader).partner.load() != 99 { usleep(100) }
        // The state after a death, as seen by a reader.
        place(.writer).claim.store(try Claim.own().word ^ 1 << 40)
        place(.writer).serial.store(98)
        place(.reader).waiting.wake()
        let writer = try SegmentStreamWriter(in: memory.shared, timeout: .seconds(10))
        try writer.finish()
        #expect(try reader.value() == 0)
    }

    @Test func `a side that binds and releases at once has ended the stream`() throws {
        for _ in 0..<200 {
            let reader = Thread { [memory] in
                var reader = try SegmentStreamReader(in: memory.shared, timeout: .seconds(10))
                return try reader.copy(to: .standardOutput)
            }
            do {
                _ = try SegmentStreamWriter(in: memory.shared, timeout: .seconds(10))
            }
            #expect(throws: ExchangeError.peerClosed) { try reader.value() }
        }
    }

    @Test func `an unreachable time limit means no limit`() throws {
        let writer = Thread { [memory] in
            try SegmentStreamWriter(in: memory.shared, timeout: .seconds(Int64.max)).finish()
        }
        var reader = try SegmentStreamReader(in: memory.shared, timeout: .seconds(Int64.max))
        #expect(try reader.copy(to: .standardOutput) == 0)
        try writer.value()
        #expect(throws: ExchangeError.timedOut) {
            _ = try SegmentStreamReader(in: memory.shared, timeout: .seconds(Int64.min))
        }
    }

    @Test func `an invalid descriptor is an error`() throws {
        let writer = Thread { [memory] in
            var writer = try SegmentStreamWriter(in: memory.shared, timeout: .seconds(10))
            return try writer.copyAvailable(from: FileDescriptor(rawValue: -1))
        }
        var reader = try SegmentStreamReader(in: memory.shared, timeout: .seconds(10))
        #expect(throws: ExchangeError.systemCall("poll", .badFileDescriptor)) { try writer.value() }
        #expect(throws: ExchangeError.peerClosed) { try reader.copy(to: .standardOutput) }
    }

    @Test func `an ended writer's slot is not claimed while its reader has data left`() throws {
        let own = try Claim.own()
        try open(.writer, Claim(word: own.word ^ 1 << 40))
        try open(.reader)
        place(.reader).partner.store(99)
        #expect(throws: ExchangeError.timedOut) {
            _ = try SegmentStreamWriter(in: memory.shared, timeout: .milliseconds(20))
        }
        #expect(place(.writer).serial.load() == 99)
    }

    @Test func `a process that cannot be watched is refused at the start`() throws {
        let foreign = Claim(word: try Claim.own().word ^ 1 << 22)
        try open(.writer, foreign)
        #expect(throws: ExchangeError.peerNotVisible(processID: getpid())) {
            _ = try SegmentStreamReader(in: memory.shared, timeout: .seconds(10))
        }
        #expect(throws: ExchangeError.peerNotVisible(processID: getpid())) {
            _ = try SegmentStreamWriter(in: memory.shared, timeout: .seconds(10))
        }
        #expect(place(.writer).claim.load() == foreign.word)
        #expect(place(.reader).claim.load() == 0)
    }

    @Test func `a side that is opened repeatedly keeps no peer beyond the time limit`() throws {
        let isOver = Latch()
        let stranger = Thread { [memory] in
            let place = StreamPlace(.writer, in: memory.shared)
            let ended = try Claim.own().word ^ 1 << 40
            while !isOver.isRaised {
                place.claim.store(ended)
                place.serial.store(.random(in: 1...UInt64.max))
                sched_yield()
            }
        }
        let reader = Thread { [memory] in
            _ = try SegmentStreamReader(in: memory.shared, timeout: .milliseconds(50))
        }
        #expect(throws: ExchangeError.timedOut) { try reader.value(timeLimit: .seconds(10)) }
        isOver.raise()
        try stranger.value()
    }

    @Test func `a writer's life word marked dead ends the stream; one marked alive does not keep the side`()
        throws
    {
        let reader = Thread { [memory] in
            var reader = try SegmentStreamReader(in: memory.shared, timeout: .seconds(10))
            return try reader.copy(to: .standardOutput)
        }
        try open(.writer)
        bind(.writer, to: .reader)
        while place(.reader).partner.load() != 99 { usleep(100) }
        memory.bytes.storeBytes(of: 0xffff_ffff, toByteOffset: 1024 + 40, as: UInt32.self)
        memory.bytes.storeBytes(of: try Claim.own().tag, toByteOffset: 1024 + 44, as: UInt32.self)
        #expect(throws: ExchangeError.peerDied(processID: getpid())) {
            try reader.value(timeLimit: .seconds(10))
        }
        let own = try Claim.own()
        place(.writer).claim.store(own.word ^ 1 << 40)
        memory.bytes.storeBytes(of: 5, toByteOffset: 1024 + 40, as: UInt32.self)
        let writer = Thread { [memory] in
            try SegmentStreamWriter(in: memory.shared, timeout: .seconds(10)).finish()
        }
        var next = try SegmentStreamReader(in: memory.shared, timeout: .seconds(10))
        #expect(try next.copy(to: .standardOutput) == 0)
        try writer.value()
        #expect(memory.bytes.load(fromByteOffset: 1024 + 40, as: UInt32.self) == 0)
    }

    @Test func `a program replaced by execve leaves a slot that exactly one of two can claim`() throws {
        for _ in 0..<200 {
            let memory = ExchangeMemory(8192), own = try Claim.own()
            // The state after execve(2), in this very process.
            memory.shared.word(at: 128).store(own.word)
            memory.bytes.storeBytes(of: 0x4000_0000, toByteOffset: 136, as: UInt32.self)
            memory.bytes.storeBytes(of: own.tag, toByteOffset: 140, as: UInt32.self)
            let start = Latch()
            let writers = (0..<2).map { _ in
                Thread {
                    while !start.isRaised { sched_yield() }
                    do throws(ExchangeError) {
                        return HeldWriter(try LatestValue<Int>.Publisher(in: memory.shared))
                    } catch {
                        #expect(error == .sideInUse(processID: getpid()))
                        return nil
                    }
                } as Thread<HeldWriter?>
            }
            start.raise()
            let held = try writers.map { try $0.value() }
            #expect(held.count { $0 != nil } == 1)
        }
    }
}
