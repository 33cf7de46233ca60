import ArgumentParser

/// What segmentd costs before anybody asks it, beside a program that makes as many segments.
struct Starts: Part {
    static let configuration = CommandConfiguration(
        abstract: "Time from exec to ready, memory, and wake-ups while idle.",
        discussion: "Run it with at most 96 other segments in the IPC namespace: 4,000 are made."
    )

    @Option(help: "Starts of each kind.")
    var count = 9

    @Option(help: "For how long to count wake-ups, in seconds; 0 leaves it out.")
    var idle = 32

    @OptionGroup var output: OutputOptions

    func rows() throws -> [Row] {
        let starts = try [1, 100, 1000, 4000].map { try MeasuredStarts(segments: $0, count: count) }
        return starts.map(\.row) + zip(starts, starts.dropFirst()).map { $1.row(beyond: $0) }
            + (idle > 0 ? [try IdleTime.row(seconds: idle)] : [])
    }

    /// In bytes; a start must not depend on them.
    static let sizes: [UInt64] = [1 << 20, 1 << 24, 1 << 27, 1 << 30]
}
