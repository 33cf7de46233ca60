import Glibc
import SystemPackage
import SegmentTestSupport
import Testing

@testable import SegmentExchange

/// Both sides in one process: each sees the other's claim and a live process.
@Suite struct StreamTests {
    private let memory = ExchangeMemory(8192 + 1000)

    /// Bytes that encode their position.
    private static func pattern(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    }

    private func writer(
        _ memory: ExchangeMemory? = nil,
        _ body: @escaping (inout SegmentStreamWriter) throws -> Void = { _ in }
    ) -> Thread<Void> {
        let memory = memory ?? self.memory
        return Thread {
            var writer = try SegmentStreamWriter(in: memory.shared, timeout: .seconds(10))
            try body(&writer)
            try writer.finish()
        }
    }

    private func readAll(
        _ reader: inout SegmentStreamReader,
        by size: () -> Int = { 4096 }
    ) throws(ExchangeError) -> [UInt8] {
        var all: [UInt8] = []
        while true {
            var buffer = [UInt8](repeating: 0, count: size())
            var span = buffer.mutableSpan
            var bytes = span.mutableBytes
            let count = try reader.read(into: &bytes)
            guard count > 0 else { return all }
            all += buffer[..<count]
        }
    }

    @Test func `bytes are returned as appended, in pieces of any size`() throws {
        let bytes = Self.pattern(3_000_000)
        let writer = writer {
            var rest = bytes[...]
            while !rest.isEmpty {
                let piece = Array(rest.prefix(.random(in: 1...20_000)))
                try $0.write(piece.span.bytes)
                rest = rest.dropFirst(piece.count)
            }
        }
        var reader = try SegmentStreamReader(in: memory.shared, timeout: .seconds(10))
        let read = try readAll(&reader) { .random(in: 1...20_000) }
        try writer.value()
        #expect(read == bytes)
        #expect(reader.position == 3_000_000)
        #expect(reader.peerProcessID == getpid())
        var none: [UInt8] = [1]
        var span = none.mutableSpan
        var again = span.mutableBytes
        #expect(try reader.read(into: &again) == 0, "the end stays")
    }

    @Test func `files are written and read completely`() throws {
        let file = try FileDescriptor.open("/proc/self/exe", .readOnly)
        defer { try? file.close() }
        let length = try file.seek(offset: 0, from: .end)
        try file.seek(offset: 0, from: .start)
        let (input, output) = try FileDescriptor.pipe()
        let memory = ExchangeMemory(1_000_000)
        let writer = writer(memory) {
            let count = try $0.copy(from: file)
            #expect(count == UInt64(length))
        }
        let copier = Thread {
            var reader = try SegmentStreamReader(in: memory.shared, timeout: .seconds(10))
            defer { try? output.close() }
            return try reader.copy(to: output)
        }
        let end = try FileDescriptor.open("/proc/self/exe", .readOnly)
        defer { try? end.close() }
        var differs = false
        var got = [UInt8](repeating: 0, count: 1 << 16), expected = got
        while true {
            let count = try got.withUnsafeMutableBytes { try input.read(into: $0) }
            guard count > 0 else { break }
            var filled = 0
            while filled < count {
                filled += try expected.withUnsafeMutableBytes {
                    try end.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[filled..<count]))
                }
            }
            if got[..<count] != expected[..<count] { differs = true }
        }
        #expect(try copier.value() == UInt64(length))
        try writer.value()
        #expect(!differs)
    }

    @Test func `questions and answers are transferred at every fill level`() throws {
        // Two streams to a reader, which makes just enough room for the data of one and then waits for the
        // other.
        let questions = ExchangeMemory(8192), others = ExchangeMemory(8192)
        let capacity = 4096, size = 300
        let levels = Array(stride(from: capacity - size, through: capacity, by: 5))
        let asking = Thread {
            var writer = try SegmentStreamWriter(in: questions.shared, timeout: .seconds(10))
            var other = try SegmentStreamWriter(in: others.shared, timeout: .seconds(10))
            for level in levels {
                try writer.write(Self.pattern(level).span.bytes)
                try writer.write(Self.pattern(size).span.bytes)
                try other.write([UInt8(1)].span.bytes)
                // The ring is empty again, and the next level starts elsewhere.
                while StreamPlace(.reader, in: questions.shared).position.load() < writer.offset {
                    usleep(20)
                }
            }
            try writer.finish()
            try other.finish()
        }
        let answering = Thread {
            var reader = try SegmentStreamReader(in: questions.shared, timeout: .seconds(10))
            var other = try SegmentStreamReader(in: others.shared, timeout: .seconds(10))
            func take(_ count: Int, from reader: inout SegmentStreamReader) throws(ExchangeError) {
                var left = count
                while left > 0 {
                    var buffer = [UInt8](repeating: 0, count: left)
                    var span = buffer.mutableSpan
                    var bytes = span.mutableBytes
                    left -= try reader.read(into: &bytes)
                }
            }
            for level in levels {
                // Until the writer has filled the ring and sleeps.
                let place = StreamPlace(.writer, in: questions.shared)
                while place.position.load() - reader.offset < capacity { usleep(20) }
                let excess = level + size - capacity
                while excess > 0, questions.waiting(.writer) == 0 { usleep(20) }
                usleep(200)
                try take(excess, from: &reader)
                try take(1, from: &other)
                try take(level + size - excess, from: &reader)
            }
            return try reader.copy(to: .standardOutput) + other.copy(to: .standardOutput)
        }
        #expect(try answering.value(timeLimit: .seconds(5)) == 0)
        try asking.value()
    }

    @Test func `a pipe's last bytes arrive once there is room`() throws {
        let memory = ExchangeMemory(8192)
        let (input, output) = try FileDescriptor.pipe()
        defer { try? input.close() }
        let writer = writer(memory) { _ = try $0.copy(from: input) }
        func take(_ reader: inout SegmentStreamReader) throws {
            let place = StreamPlace(.writer, in: memory.shared)
            let start = reader.offset
            // A hundred bytes more than there is room for.
            #expect(try Self.pattern(4196).withUnsafeBytes { try output.write($0) } == 4196)
            while place.position.load() < start + 4096 || memory.waiting(.writer) == 0 { usleep(20) }
            usleep(200)
            var buffer = [UInt8](repeating: 0, count: 4196)
            var first = [UInt8](repeating: 0, count: 100)
            do {
                var span = first.mutableSpan
                var bytes = span.mutableBytes
                while reader.offset < start + 100 { _ = try reader.read(into: &bytes) }
            }
            // The rest arrives before anything else is read.
            while place.position.load() < start + 4196 { usleep(20) }
            while reader.offset < start + 4196 {
                var span = buffer.mutableSpan
                var bytes = span.mutableBytes
                _ = try reader.read(into: &bytes)
            }
        }
        let reading = Thread {
            var reader = try SegmentStreamReader(in: memory.shared, timeout: .seconds(10))
            for _ in 0..<100 { try take(&reader) }
            try output.close()
            return try reader.copy(to: .standardOutput)
        }
        #expect(try reading.value(timeLimit: .seconds(5)) == 0)
        try writer.value()
    }

    @Test func `an empty stream is whole`() throws {
        let writer = writer()
        var reader = try SegmentStreamReader(in: memory.shared, timeout: .seconds(10))
        #expect(try readAll(&reader) == [])
        try writer.value()
    }

    @Test func `a full ring makes the writer wait, and finish waits for the reader`() throws {
        let capacity = 8192 + 1000 - StreamLayout.headerSize
        let writer = writer { try $0.write(Self.pattern(2 * capacity).span.bytes) }
        var reader = try SegmentStreamReader(in: memory.shared, timeout: .seconds(10))
        let place = StreamPlace(.writer, in: memory.shared)
        while place.position.load() < UInt64(capacity) { usleep(1000) }
        usleep(50_000)
        #expect(place.position.load() == UInt64(capacity))
        #expect(place.end.load() == 0)
        #expect(try readAll(&reader) == Self.pattern(2 * capacity))
        try writer.value()
    }

    @Test func `a writer that releases before the end is an error, not an end`() throws {
        let bound = Latch()
        let writer = Thread { [memory] in
            var writer = try SegmentStreamWriter(in: memory.shared, timeout: .seconds(10))
            try writer.write(Self.pattern(10).span.bytes)
            bound.wait()
        }
        var reader = try SegmentStreamReader(in: memory.shared, timeout: .seconds(10))
        bound.raise()
        try writer.value()
        #expect(throws: ExchangeError.peerClosed) { _ = try readAll(&reader) }
    }

    @Test func `a reader's release is reported to a writer that has room, waits, or finishes`()
        throws
    {
        let works: [(inout SegmentStreamWriter) throws -> Void] = [
            { while true { try $0.write([1].span.bytes) } },
            { try $0.write(Self.pattern(100_000).span.bytes) },
            { _ in },
        ]
        for work in works {
            let begun = Latch()
            let writer = writer {
                begun.raise()
                try work(&$0)
            }
            do {
                let reader = try SegmentStreamReader(in: memory.shared, timeout: .seconds(10))
                begun.wait()
                _ = reader.offset
            }
            #expect(throws: ExchangeError.peerClosed) { try writer.value() }
        }
    }

    @Test func `a reader's release ends the wait for input`() throws {
        let (input, output) = try FileDescriptor.pipe()
        defer { try? output.close() }
        let begun = Latch()
        let writer = writer {
            begun.raise()
            _ = try $0.copy(from: input)
        }
        do {
            let reader = try SegmentStreamReader(in: memory.shared, timeout: .seconds(10))
            begun.wait()
            _ = reader.offset
        }
        #expect(throws: ExchangeError.peerClosed) { try writer.value() }
    }

    @Test func `a writer waits for its reader no longer than the timeout`() throws {
        let isOver = Latch()
        let reader = Thread { [memory] in
            let reader = try SegmentStreamReader(in: memory.shared, timeout: .seconds(10))
            isOver.wait()
            _ = reader.position
        }
        var writer = try SegmentStreamWriter(in: memory.shared, timeout: .seconds(10))
        try writer.write(Self.pattern(10).span.bytes)
        do throws(ExchangeError) {
            try writer.finish(timeout: .milliseconds(20))
            Issue.record("nobody has read it")
        } catch {
            #expect(error == .timedOut)
        }
        isOver.raise()
        try reader.value()
    }

    @Test func `a stream with a failed write never becomes complete`() throws {
        let reader = StreamPlace(.reader, in: memory.shared)
        let hasFailed = Latch()
        let writer = writer { writer in
            try writer.write(Self.pattern(100).span.bytes)
            reader.position.store(1 << 40)
            do throws(ExchangeError) { try writer.write(Self.pattern(10_000).span.bytes) } catch {
                guard error == .corrupted else { throw error }
            }
            reader.position.store(0)
            hasFailed.raise()
        }
        var own = try SegmentStreamReader(in: memory.shared, timeout: .seconds(10))
        hasFailed.wait()
        #expect(throws: ExchangeError.peerClosed) { try readAll(&own) }
        #expect(throws: ExchangeError.corrupted) { try writer.value() }
    }

    @Test func `several streams in a row use the same memory`() throws {
        for round in 1...50 {
            let writer = writer { try $0.write(Self.pattern(round * 100).span.bytes) }
            var reader = try SegmentStreamReader(in: memory.shared, timeout: .seconds(10))
            #expect(try readAll(&reader) == Self.pattern(round * 100))
            try writer.value()
        }
        #expect(StreamPlace(.writer, in: memory.shared).claim.load() == 0)
        #expect(StreamPlace(.reader, in: memory.shared).claim.load() == 0)
    }

    @Test func `two writers and two readers are refused`() throws {
        let first = writer { try $0.write(Self.pattern(10).span.bytes) }
        var reader = try SegmentStreamReader(in: memory.shared, timeout: .seconds(10))
        #expect(throws: ExchangeError.sideInUse(processID: getpid())) {
            _ = try SegmentStreamWriter(in: memory.shared)
        }
        #expect(throws: ExchangeError.sideInUse(processID: getpid())) {
            _ = try SegmentStreamReader(in: memory.shared)
        }
        #expect(try readAll(&reader) == Self.pattern(10), "the stream goes on")
        try first.value()
    }

    @Test func `a missing peer is reported in time, and the side is free again`() throws {
        for _ in 0..<2 {
            #expect(throws: ExchangeError.timedOut) {
                _ = try SegmentStreamWriter(in: memory.shared, timeout: .milliseconds(10))
            }
            #expect(throws: ExchangeError.timedOut) {
                _ = try SegmentStreamReader(in: memory.shared, timeout: .milliseconds(10))
            }
        }
    }

    @Test func `memory that is too small, or another's, is refused and not touched`() throws {
        let small = ExchangeMemory(8191)
        #expect(throws: ExchangeError.segmentTooSmall(size: 8191, minimum: 8192)) {
            _ = try SegmentStreamWriter(in: small.shared)
        }
        memory.bytes[0] = 7
        #expect(throws: ExchangeError.unrecognizedLayout(found: 7)) {
            _ = try SegmentStreamReader(in: memory.shared)
        }
        #expect(memory.bytes.dropFirst().allSatisfy { $0 == 0 })
    }
}
