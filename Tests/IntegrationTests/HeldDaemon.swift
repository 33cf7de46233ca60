import Glibc
import Segments
import SegmentModel
import SegmentTestSupport
import SystemVSharedMemory
import Testing
import SystemPackage

/// A daemon with an output that nobody reads, and with a segment that is created for each lease.
struct HeldDaemon {
    /// The requirement is 100 ms, but a machine that builds at the same time takes longer.
    static let longestAcquire = Duration.seconds(1)
    static let longestStop = Duration.seconds(5)

    let directory: String
    private let process: ChildProcess
    private var socket: String { "\(directory)/socket" }

    /// Runs `body`; if `held`, the reader's buffer is filled before the daemon starts.
    static func with(
        _ output: HeldOutput,
        held: Bool,
        files: [String: String] = ["segments.d/a.toml": "size = 4096\nkeep = \"while-used\""],
        awaits: Bool = true,
        _ body: (HeldDaemon, HeldReader) throws -> Void
    ) throws {
        try IPCNamespace.requireOwn()
        let directory = try DaemonFixture.makeDirectory()
        defer { DaemonFixture.remove(directory) }
        for (path, text) in files { try DaemonFixture.write(text, to: "\(directory)/config/\(path)") }
        let reader = try HeldReader(output, in: directory)
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
        switch reader.output {
        case .journal:
            // The path that sd_journal_sendv(3) writes to is fixed.
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
            errors: reader.output == .standardError ? reader.path : "\(directory)/log"
        )
    }

    func client() throws -> SegmentClient {
        try SegmentClient(socket: FilePath(socket), timeout: .seconds(10))
    }

    func write(_ text: String, to file: String) throws {
        try DaemonFixture.write(text, to: "\(directory)/config/\(file)")
    }

    /// Acquires and releases a lease, and expects that in time.
    func acquire(_ client: SegmentClient) throws {
        let start = ContinuousClock.now
        _ = try client.lease("a", access: .readWrite)
        #expect(ContinuousClock.now - start < Self.longestAcquire)
        // Release has no reply; the reply to this call follows it.
        _ = try client.daemonStatus()
    }

    /// Expects the daemon to end in time, by itself or after a signal.
    func expectEnd(_ signal: Int32?, exitStatus: Int32 = 0) throws {
        if let signal { process.signal(signal) }
        try #require(process.ends(within: Self.longestStop), "the daemon does not end")
        #expect(process.wait() == exitStatus)
    }
}
