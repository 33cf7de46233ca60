import ArgumentParser
import Glibc
import SegmentTestSupport

/// How long one waits for the broker while another user does it harm, beside the same without.
///
/// The broker and its client are where this program was put, the enemy has a CPU for itself: what is measured is how
/// the broker shares its time, not how the kernel does.
struct Neighbours: Part {
    static let configuration = CommandConfiguration(
        abstract: "Times of one client's requests while another user does harm; as root."
    )

    @Option(help: "Exchanges of Acquire and Release beside each enemy.")
    var count = 5000

    @Option(help: "Newcomers of each user beside each enemy.")
    var newcomers = 500

    @Option(parsing: .upToNextOption, help: "What the enemies do.")
    var ways = [
        "slow-senders", "half-closed", "partial-messages", "gibibyte", "long-messages", "deep-nesting",
        "deaf-subscribers", "deaf-callers", "deaf-viewers", "deaf-listers", "unhearing-callers", "byte-flood",
        "pipelining",
        "many-callers", "leases", "told-leases", "crowd", "connector", "connectors", "visitors",
    ]

    @Option(help: "The CPU that the enemies run on.")
    var cpu = 1

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard geteuid() == 0 else { throw ValidationError("root alone can be another user: run it as root") }
    }

    func rows() throws -> [Row] { try ways.flatMap(rows) }

    /// What is measured of the broker, with an enemy or without.
    private struct Measured {
        var acquire: Samples
        /// In KiB.
        var peak: Double
        /// From connect(2) to the reply to Acquire.
        var newcomers: [(title: String, name: String, times: Samples)]
    }

    private func rows(_ way: String) throws -> [Row] {
        try WorkingDirectory.with { directory in
            try directory.declare(1, sizes: [1 << 20])
            try directory.declareForAll("a")
            return try RunningProgram.with(directory.broker, in: directory) { broker in
                func load() throws -> Measured {
                    try ProcessStatus(broker.process).forgetPeak()
                    let load = try Load(on: broker, at: directory.brokerSocket, clients: 1, .warm)
                    try load.run(count, records: true)
                    return Measured(
                        acquire: load.times.acquire,
                        peak: Double(ProcessStatus(broker.process).peak),
                        newcomers: [
                            ("Another user's connect, Acquire", "newcomer", try newcomer(64011)),
                            ("Root's connect, Acquire", "newcomerRoot", try newcomer(0)),
                        ]
                    )
                }
                func newcomer(_ userID: UInt32) throws -> Samples {
                    try Newcomer(userID: userID, directory.brokerSocket).times(newcomers)
                }
                _ = try load()
                let alone = try load()
                let enemy = try Enemy(way, cpu: cpu, in: directory)
                let attacked = try withExtendedLifetime(enemy) { try load() }
                let row = Row(
                    name: way,
                    title: "Acquire beside \(way)",
                    size: ("exchanges", count),
                    baseline: "without",
                    figures: .percentiles(
                        attacked.acquire,
                        baseline: alone.acquire,
                        p99: .ratioAtMost(5)
                    ) + [Figure(.peak, attacked.peak, baseline: alone.peak, goal: .atMost(64 * 1024))]
                )
                return [row]
                    + zip(attacked.newcomers, alone.newcomers).map { attacked, alone in
                        Row(
                            name: "\(attacked.name):\(way)",
                            title: "\(attacked.title) beside \(way)",
                            size: ("newcomers", newcomers),
                            baseline: "without",
                            figures: .percentiles(
                                attacked.times,
                                baseline: alone.times,
                                p50: .ratioAtMost(10)
                            )
                        )
                    }
            }
        }
    }
}

extension Quantity {
    fileprivate static let peak = Quantity(name: "peakKibibytes", heading: "peak KiB", digits: 0)
}
