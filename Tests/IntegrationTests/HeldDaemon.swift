import Glibc
import Segments
import SegmentModel
import SegmentTestSupport
import SystemVSharedMemory
import Testing
import SystemPackage

/// A daemon one of whose readers does not read, with a segment that is made for each lease.
struct HeldDaemon {
    /// Asked for are 100 ms; a machine that builds beside the tests takes more by itself.
    static let longestAcquire = Duration.seconds(1)
    static let longestStop = Duration.seconds(5)

    let directory: String
    private let process: ChildProcess
    private var socket: String { "\(directory)/socket" }

    /// `held` fills the reader's room before the daemon starts.
    static func with(
        _ world: HeldWorld,
        held: Bool,
        files: [String: String] = ["segments.d/a.toml": "size = 4096\nkeep = \"while-used\""],
        awaits: Bool = true,
        _ body: (HeldDaemon, HeldReader) throws -> Void
    ) throws {
        try IPCNamespace.requireOwn()
        let directory = try DaemonFixture.makeDirectory()
        defer { DaemonFixture.remove(directory) }
        for (path, text) in files { try DaemonFixture.write(text, to: "\(directory)/config/\(path)") }
        let reader = try HeldReader(world, in: directory)
        if held { try reader.fill() }
        let daemon = HeldDaemon(directory: directory, process: try start(in: directory, reader))
        if awaits {
            var attempts = 1000
            while (try? daemon.client().daemonStatus()) == nil, attempts > 0 {
                attempts -= 1
                usleep(10_000)
            }
        }
        try body(daemon, reader)
        #expect(try LinuxKernel().allSegments().isEmpty, "the daemon has left segments in the kernel")
    }

    private static func start(in directory: String, _ reader: HeldReader) throws -> ChildProcess {
        var prefix: [String] = []
        var environment: [String: String] = [:]
        switch reader.world {
        case .journal:
            // What sd_journal_sendv(3) writes to is a fixed path.
            let script = """
                mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/journal &&
                mount --bind '\(directory)/journal' /run/systemd/journal &&
                export JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) && exec "$@"
                """
            prefix = ["unshare", "--mount", "sh", "-c", script, "sh"]
        case .notify: environment = ["NOTIFY_SOCKET": reader.path]
        case .standardError: break
        }
        return try ChildProcess(
            prefix + DaemonFixture.command(in: directory),
            environment: environment,
            errors: reader.world == .standardError ? reader.path : "\(directory)/log"
        )
    }

    func client() throws -> SegmentClient {
        try SegmentClient(socket: FilePath(socket), timeout: .seconds(10))
    }

    func write(_ text: String, to file: String) throws {
        try DaemonFixture.write(text, to: "\(directory)/config/\(file)")
    }

    /// Takes a lease and gives it back, in time.
    func acquire(_ client: SegmentClient) throws {
        let start = ContinuousClock.now
        _ = try client.lease("a", access: .readWrite)
        #expect(ContinuousClock.now - start < Self.longestAcquire)
        // The lease is given back without an answer; this one comes after that.
        _ = try client.daemonStatus()
    }

    /// The daemon ends in time, by itself or by a signal.
    func expectEnd(_ signal: Int32?, exitStatus: Int32 = 0) throws {
        if let signal { process.signal(signal) }
        try #require(process.ends(within: Self.longestStop), "the daemon does not end")
        #expect(process.wait() == exitStatus)
    }
}
