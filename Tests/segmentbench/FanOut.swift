import CLinux
import Glibc
import Segments
import SegmentExchange
import SegmentTestSupport
import Synchronization
import SystemPackage

/// Values for which several processes wait, compared with a ring with a futex for each of them.
struct FanOut {
    let readers: Int
    /// The number of values per turn.
    let count: Int

    private static let rounds = 20

    func row(_ directory: WorkingDirectory) throws -> Row {
        var values = Samples(), messages = Samples()
        let client = try SegmentClient(socket: FilePath(directory.brokerSocket))
        let answers = try Answers(try client.attach("segment-1"))
        answers.clear()
        var writer = try LatestValue<Sample>.Publisher(try client.attach("segment-0"))
        let partners = try (0..<readers).map { _ in
            try ChildProcess(
                [
                    CommandLine.arguments[0], "latest-peer", directory.brokerSocket,
                    LatestPeer.Work.count.rawValue, "\(readers)",
                ]
            )
        }
        defer { withExtendedLifetime(partners) {} }
        try answers.awaitReaders(readers)
        var value = Sample()
        var published: UInt64 = 0
        try interleave(
            rounds: Self.rounds,
            [
                { records in
                    let start = Instant.now
                    for _ in 0..<count {
                        answers.announce()
                        value &+= 1
                        try writer.publish(value)
                        published += 1
                        try answers.wait(for: published * UInt64(readers))
                    }
                    if records { values.record(nanoseconds: (Instant.now - start) / UInt64(count)) }
                },
                { records in
                    let time = try BaselineTime.run(["fan", "\(readers)", "\(count)"])
                    if records { messages.record(nanoseconds: time / UInt64(count)) }
                },
            ]
        )
        return Row(
            name: "fanOut",
            title: "Publish to processes that wait, until all have read",
            size: ("readers", readers),
            baseline: "a futex ring for each",
            figures: [
                Figure(
                    .p50,
                    values.microseconds(50),
                    baseline: messages.microseconds(50),
                    goal: .ratioAtMost(0.9)
                )
            ]
        )
    }
}

/// The number of values read by all readers together, in a segment of its own.
final class Answers {
    private var segment: AttachedSegment
    private let ready: UnsafeMutablePointer<Atomic<UInt64>>
    private let read: UnsafeMutablePointer<Atomic<UInt64>>
    /// The word that the publisher sleeps on: 1 meanwhile.
    private let bell: UnsafeMutablePointer<Atomic<UInt32>>

    init(_ segment: consuming AttachedSegment) throws {
        self.segment = segment
        let start = self.segment.withMutableBytes { bytes in bytes.withUnsafeMutableBytes { $0.baseAddress } }
        guard let start else { throw BenchmarkError.refused("a segment without memory") }
        ready = (start + 1024).assumingMemoryBound(to: Atomic<UInt64>.self)
        read = (start + 1152).assumingMemoryBound(to: Atomic<UInt64>.self)
        bell = (start + 1280).assumingMemoryBound(to: Atomic<UInt32>.self)
    }

    func clear() {
        ready.pointee.store(0, ordering: .sequentiallyConsistent)
        read.pointee.store(0, ordering: .sequentiallyConsistent)
    }

    func isReady() { ready.pointee.add(1, ordering: .sequentiallyConsistent) }

    func awaitReaders(_ count: Int) throws {
        while ready.pointee.load(ordering: .sequentiallyConsistent) < UInt64(count) {
            usleep(1000)
            try Interruption.check()
        }
    }

    /// Counts a value; wakes the publisher if it is the last reader's.
    func add(of readers: UInt64) {
        let before = read.pointee.add(1, ordering: .sequentiallyConsistent).oldValue
        if (before + 1) % readers == 0, bell.pointee.load(ordering: .sequentiallyConsistent) != 0 {
            clinux_futex_clear_and_wake(bell)
        }
    }

    /// Call before a value is published.
    func announce() { bell.pointee.store(1, ordering: .sequentiallyConsistent) }

    func wait(for count: UInt64) throws {
        while read.pointee.load(ordering: .sequentiallyConsistent) < count {
            _ = clinux_futex_wait(bell, 1, -1)
            try Interruption.check()
        }
    }
}
