import ArgumentParser
import Glibc
import SegmentTestSupport

/// The cost of segmentd before any request, compared with a program that creates as many segments.
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

    /// In bytes; the cost of a start must not depend on them.
    static let sizes: [UInt64] = [1 << 20, 1 << 24, 1 << 27, 1 << 30]
}

/// Starts with one number of segments.
struct MeasuredStarts {
    let segments: Int
    private var broker = StartCosts()
    private var bare = StartCosts()

    init(segments: Int, count: Int) throws {
        self.segments = segments
        var (broker, bare) = (StartCosts(), StartCosts())
        try WorkingDirectory.with { directory in
            try directory.declare(segments, sizes: Starts.sizes)
            let calls = directory.segments(segments, sizes: Starts.sizes)
            try interleave(
                rounds: count,
                [
                    { try broker.add(directory.broker, in: directory, records: $0) },
                    { try bare.add(calls, in: directory, records: $0) },
                ]
            )
        }
        self.broker = broker
        self.bare = bare
    }

    /// The row with the total cost.
    var row: Row {
        let isPromised = segments == 100
        return Row(
            name: "start",
            title: "Start",
            size: ("segments", segments),
            baseline: "shmget, shmat",
            figures: [
                figure(.ready, \.milliseconds, goal: isPromised ? .atMost(15) : nil),
                figure(.slowestReady, \.slowestMilliseconds),
                figure(.readyTime, \.processorMilliseconds),
                figure(.resident, \.resident, goal: isPromised ? .atMost(18_000_000 / 1024) : nil),
                figure(.anonymous, \.anonymous, goal: isPromised ? .atMost(4_000_000 / 1024) : nil),
            ]
        )
    }

    /// Returns a row with the cost per segment beyond a start with fewer.
    func row(beyond fewer: MeasuredStarts) -> Row {
        func figure(_ quantity: Quantity, _ cost: (StartCosts) -> Double) -> Figure {
            let more = Double(segments - fewer.segments)
            return Figure(
                quantity,
                (cost(broker) - cost(fewer.broker)) / more,
                baseline: (cost(bare) - cost(fewer.bare)) / more
            )
        }
        return Row(
            name: "eachSegment",
            title: "Each segment more",
            size: ("segments", segments),
            baseline: "shmget, shmat",
            figures: [
                figure(.readyPerSegment) { $0.milliseconds * 1000 },
                figure(.readyTimePerSegment) { $0.processorMilliseconds * 1000 },
                figure(.residentPerSegment, \.resident),
                figure(.anonymousPerSegment, \.anonymous),
            ]
        )
    }

    private func figure(_ quantity: Quantity, _ cost: (StartCosts) -> Double, goal: Goal? = nil) -> Figure {
        Figure(quantity, cost(broker), baseline: cost(bare), goal: goal)
    }
}

extension Quantity {
    static let ready = Quantity(name: "readyMilliseconds", heading: "ready ms", digits: 1)
    static let slowestReady = Quantity(name: "slowestReadyMilliseconds", heading: "slowest ms", digits: 1)
    static let readyTime = Quantity(name: "readyProcessorMilliseconds", heading: "CPU ms", digits: 1)
    static let resident = Quantity(name: "residentKibibytes", heading: "RSS KiB", digits: 0)
    static let anonymous = Quantity(name: "anonymousKibibytes", heading: "RssAnon KiB", digits: 0)
    static let readyPerSegment = Quantity(name: "readyMicroseconds", heading: "ready µs", digits: 1)
    static let readyTimePerSegment = Quantity(
        name: "readyProcessorMicroseconds",
        heading: "CPU µs",
        digits: 1
    )
    static let residentPerSegment = Quantity(name: "residentKibibytes", heading: "RSS KiB", digits: 1)
    static let anonymousPerSegment = Quantity(name: "anonymousKibibytes", heading: "RssAnon KiB", digits: 1)
}

/// The costs of the starts of one program.
struct StartCosts {
    private var ready = Samples()
    private var processorTime = Samples()
    /// The resident memory after the last start, in KiB.
    private(set) var resident = 0.0
    private(set) var anonymous = 0.0

    /// From exec to READY=1: the median, the slowest, and the CPU time of the median, which other work does
    /// not affect.
    var milliseconds: Double { ready.microseconds(50) / 1000 }
    var slowestMilliseconds: Double { ready.microseconds(100) / 1000 }
    var processorMilliseconds: Double { processorTime.microseconds(50) / 1000 }

    mutating func add(_ program: [String], in directory: WorkingDirectory, records: Bool) throws {
        try RunningProgram.with(program, in: directory) { program in
            if records {
                ready.record(nanoseconds: program.readyAfter)
                processorTime.record(nanoseconds: program.processorTime)
            }
            let status = ProcessStatus(program.process)
            (resident, anonymous) = (Double(status.resident), Double(status.anonymous))
        }
    }
}

/// The number of wake-ups of an idle broker, compared with a program that never wakes up.
enum IdleTime {
    /// Measures both at the same time, with 100 segments each.
    static func row(seconds: Int) throws -> Row {
        try WorkingDirectory.with { directory in
            try directory.declare(100, sizes: Starts.sizes)
            return try RunningProgram.with(directory.broker, in: directory) { broker in
                try RunningProgram.with(directory.segments(100, sizes: Starts.sizes), in: directory) { bare in
                    let programs = [broker, bare].map { ProcessStatus($0.process) }
                    // The work left over by a start is done.
                    sleep(2)
                    let before = programs.map(\.wakeUps)
                    sleep(UInt32(seconds))
                    try Interruption.check()
                    let wakeUps = zip(programs, before).map { Double($0.wakeUps - $1) }
                    return Row(
                        name: "idle",
                        title: "Wake-ups with 100 segments",
                        size: ("seconds", seconds),
                        baseline: "shmget, shmat, pause",
                        figures: [
                            Figure(
                                .wakeUps,
                                wakeUps[0],
                                baseline: wakeUps[1],
                                // One check every 15 s.
                                goal: .atMost(Double((seconds + 14) / 15))
                            )
                        ]
                    )
                }
            }
        }
    }
}

extension Quantity {
    static let wakeUps = Quantity(name: "wakeUps", heading: "wake-ups", digits: 0)
}
