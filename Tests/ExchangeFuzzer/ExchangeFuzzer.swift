import Glibc
import SegmentExchange
import SegmentTestSupport
import Synchronization

/// Streams and latest values in memory that another thread corrupts at random.
///
///     exchange-fuzzer SECONDS [SEED]
///
/// Build it with the address sanitizer, which watches the end of the memory. It fails by crashing, or if an
/// exchange makes no progress at all.
@main
enum ExchangeFuzzer {
    static func main() throws {
        let arguments = CommandLine.arguments
        let seconds = arguments.count > 1 ? Int(arguments[1]) ?? 60 : 60
        let seed = arguments.count > 2 ? UInt64(arguments[2]) ?? 0 : UInt64.random(in: 0...UInt64.max)
        print("exchange-fuzzer \(seconds) \(seed)")
        let stream = Region(8192 + 1234)
        let latest = Region(4096 + 4 * 128)
        let counts = Counts()
        let work: [@Sendable () throws -> Void] = [
            { try Self.write(stream, counts) }, { try Self.read(stream, counts) },
            { try Self.publish(latest, counts) }, { try Self.observe(latest, counts) },
        ]
        let threads = work.map { work in
            Thread { while true { do { try work() } catch { counts.errors.add(1, ordering: .relaxed) } } }
        }
        var corruptor = MemoryCorruptor(seed)
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            corruptor.corrupt(stream)
            corruptor.corrupt(latest)
        }
        print(counts)
        Resilience.record(
            "a word or byte of a stream's memory spoilt, under AddressSanitizer",
            tries: corruptor.count,
            test: "make fuzz"
        )
        // The threads are still working and end with the process.
        _ = threads.count
        exit(counts.allMoved ? 0 : 1)
    }

    private static let limit = Duration.milliseconds(20)

    private static func write(_ region: Region, _ counts: Counts) throws {
        var writer = try SegmentStreamWriter(in: region.shared, timeout: limit)
        let bytes = [UInt8](repeating: 7, count: .random(in: 0...9000))
        for _ in 0..<Int.random(in: 0...20) {
            try writer.write(bytes.span.bytes)
            counts.written.add(bytes.count, ordering: .relaxed)
        }
        try writer.finish()
    }

    private static func read(_ region: Region, _ counts: Counts) throws {
        var reader = try SegmentStreamReader(in: region.shared, timeout: limit)
        var buffer = [UInt8](repeating: 0, count: .random(in: 1...9000))
        while true {
            var span = buffer.mutableSpan
            var bytes = span.mutableBytes
            let count = try reader.read(into: &bytes)
            guard count > 0 else { break }
            counts.read.add(count, ordering: .relaxed)
        }
        counts.whole.add(1, ordering: .relaxed)
    }

    private static func publish(_ region: Region, _ counts: Counts) throws {
        var writer = try LatestValue<SIMD8<UInt64>>.Publisher(in: region.shared)
        for _ in 0..<1000 {
            try writer.publish(SIMD8(repeating: 1))
            counts.published.add(1, ordering: .relaxed)
        }
    }

    private static func observe(_ region: Region, _ counts: Counts) throws {
        var reader = try LatestValue<SIMD8<UInt64>>.Subscriber(in: region.shared)
        for _ in 0..<100 {
            do throws(ExchangeError) {
                _ = try reader.next(timeout: .milliseconds(1))
                counts.observed.add(1, ordering: .relaxed)
            } catch {
                guard error == .timedOut else { throw error }
            }
        }
    }
}

/// Memory of exactly the given length, so that an access beyond it is noticed.
final class Region: @unchecked Sendable {
    let bytes: UnsafeMutableRawBufferPointer

    init(_ count: Int) {
        bytes = .allocate(byteCount: count, alignment: 128)
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
    }

    var shared: SharedBytes { SharedBytes(bytes) }
}

private final class Counts: Sendable, CustomStringConvertible {
    let written = Atomic(0), read = Atomic(0), whole = Atomic(0)
    let published = Atomic(0), observed = Atomic(0), errors = Atomic(0)

    private var values: [Int] {
        [
            written.load(ordering: .relaxed), read.load(ordering: .relaxed), whole.load(ordering: .relaxed),
            published.load(ordering: .relaxed), observed.load(ordering: .relaxed),
        ]
    }

    var allMoved: Bool { values.allSatisfy { $0 > 0 } }

    var description: String {
        let values = values
        return
            "\(values[0]) bytes written, \(values[1]) read, \(values[2]) streams whole, \(values[3]) values "
            + "published, \(values[4]) observed, \(errors.load(ordering: .relaxed)) errors"
    }
}
