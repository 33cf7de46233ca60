import ArgumentParser
import Glibc
import POSIX
import SegmentTestSupport
import Varlink

/// Waiting times for the broker while another user misbehaves, compared with those without.
///
/// The broker and its client run where this program was placed, and the abusive client has a CPU of its own:
/// this measures how the broker shares its time, not how the kernel does.
struct Neighbours: Part {
    static let configuration = CommandConfiguration(
        abstract: "Times of one client's requests while another user does harm; as root."
    )

    @Option(help: "Exchanges of Acquire and Release beside each abusive client.")
    var count = 5000

    @Option(help: "Newcomers of each user beside each abusive client.")
    var newcomers = 500

    @Option(parsing: .upToNextOption, help: "What the abusive clients do.")
    var ways = [
        "slow-senders", "half-closed", "partial-messages", "gibibyte", "long-messages", "deep-nesting",
        "deaf-subscribers", "deaf-callers", "deaf-viewers", "deaf-listers", "unhearing-callers", "byte-flood",
        "pipelining",
        "many-callers", "leases", "told-leases", "crowd", "connector", "connectors", "visitors",
    ]

    @Option(help: "The CPU that the abusive clients run on.")
    var cpu = 1

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard geteuid() == 0 else { throw ValidationError("root alone can be another user: run it as root") }
    }

    func rows() throws -> [Row] { try ways.flatMap(rows) }

    /// The measurements of the broker, with an abusive client or without.
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
                let abuser = try AbusiveNeighbour(way, cpu: cpu, in: directory)
                let attacked = try withExtendedLifetime(abuser) { try load() }
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

/// A client of another user that misbehaves in one of the ways of the tests; ends with this object.
struct AbusiveNeighbour {
    /// A user number without an account.
    private static let userID = 64010
    private let process: ChildProcess

    /// Starts the client and waits until it is at work.
    init(_ way: String, cpu: Int, in directory: WorkingDirectory) throws {
        guard let conversation = Conversation() else { throw BenchmarkError.call("pipe", errno: errno) }
        process = try ChildProcess(
            [
                "taskset", "-c", "\(cpu)", "setpriv", "--reuid=\(Self.userID)", "--regid=\(Self.userID)",
                "--clear-groups", try directory.copyForAll("abusive-client"), directory.brokerSocket, way,
            ],
            conversation: conversation
        )
        guard conversation.answer() == "ready" else {
            throw BenchmarkError.noReply(from: "abusive-client \(way)")
        }
    }
}

/// A client that connects anew each time, acquires a lease and disconnects.
struct Newcomer {
    /// The user that it connects as, which the kernel remembers.
    let userID: UInt32
    private let path: String
    private let acquire = RequestBytes.acquire("a")

    init(userID: UInt32, _ path: String) { (self.userID, self.path) = (userID, path) }

    /// Returns the times from connect(2) to the reply.
    func times(_ count: Int) throws -> Samples {
        guard seteuid(userID) == 0 else { throw BenchmarkError.call("seteuid", errno: errno) }
        defer { seteuid(0) }
        var times = Samples()
        for _ in 0..<count {
            // A client that reconnects at once would find others still asleep behind it.
            usleep(1000)
            let start = Instant.now
            try visit()
            times.record(nanoseconds: .now - start)
            try Interruption.check()
        }
        return times
    }

    private func visit() throws {
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(socket) }
        guard UnixAddress(path)?.withPointer({ connect(socket, $0, $1) }) == 0 else {
            throw BenchmarkError.call("connect", errno: errno)
        }
        guard send(socket, acquire, acquire.count, Int32(MSG_NOSIGNAL)) == acquire.count else {
            throw BenchmarkError.call("send", errno: errno)
        }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(socket, &buffer, buffer.count, 0)
        guard count > 0 else { throw BenchmarkError.noReply(from: path) }
        guard !RequestBytes.isError(buffer[..<count]) else {
            throw BenchmarkError.refused(String(decoding: buffer[..<count], as: UTF8.self))
        }
    }
}
