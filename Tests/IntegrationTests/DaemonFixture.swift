import Glibc
import SegmentClient
import SegmentModel
import SegmentTestSupport
import SystemVSharedMemory
import Testing

/// The real daemon on a directory of its own; afterwards the kernel holds nothing.
final class DaemonFixture {
    let directory: String
    let notify: NotifyListener
    private(set) var process: ChildProcess
    private let environment: [String: String]
    /// What the daemon is started by, such as `prlimit --nofile=128`.
    private let prefix: [String]

    var socket: String { "\(directory)/socket" }
    var state: String { Self.state(of: directory) }
    var segmentFiles: String { "\(directory)/config/segments.d" }
    /// What the daemon has logged, and all its predecessors of this test.
    var log: String { (try? Programs.run("cat '\(directory)/log'").output) ?? "" }

    /// Runs `body` beside a daemon that is ready, with these files, by their path below the configuration.
    ///
    /// `prefix` is a command that starts the daemon.
    static func with(
        _ files: [String: String] = ["segments.d/a.toml": "size = 4096"],
        environment: [String: String] = [:],
        prefix: [String] = [],
        _ body: (DaemonFixture) throws -> Void
    ) throws {
        try IPCNamespace.requireOwn()
        try #require(try LinuxKernel().allSegments().isEmpty, "segments are left from an earlier test")
        let fixture = try DaemonFixture(files, environment, prefix)
        defer { Self.remove(fixture.directory) }
        do {
            _ = try fixture.notify.expect("READY=1")
            try body(fixture)
        } catch {
            print(fixture.log)
            fixture.end()
            throw error
        }
        // A sanitizer's report is an exit status, too.
        #expect(fixture.end() == 0, "the daemon ends badly: \(fixture.log)")
        #expect(try LinuxKernel().allSegments().isEmpty, "the daemon has left segments in the kernel")
    }

    private init(_ files: [String: String], _ environment: [String: String], _ prefix: [String]) throws {
        directory = try Self.makeDirectory()
        self.environment = environment
        self.prefix = prefix
        for (path, text) in files { try Self.write(text, to: "\(directory)/config/\(path)") }
        notify = try NotifyListener("\(directory)/notify")
        process = try Self.daemon(in: directory, environment, prefix)
    }

    private static func daemon(
        in directory: String,
        _ environment: [String: String],
        _ prefix: [String]
    ) throws -> ChildProcess {
        try ChildProcess(
            prefix + [
                Programs.path("segmentd"), "--config", "\(directory)/config", "--socket",
                "\(directory)/socket", "--state", state(of: directory),
            ],
            environment: environment.merging(["NOTIFY_SOCKET": "\(directory)/notify"]) { $1 },
            errors: "\(directory)/log"
        )
    }

    static func makeDirectory() throws -> String {
        var template = Array("/tmp/segmentd-test.XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let directory = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        chmod(directory, 0o755)
        mkdir("\(directory)/config", 0o755)
        mkdir("\(directory)/config/segments.d", 0o755)
        return directory
    }

    /// Where the records of the daemon in `directory` are: in memory, as a service's, because a disk takes its time
    /// where others keep it busy.
    static func state(of directory: String) -> String {
        let memory = "/dev/shm"
        return access(memory, W_OK) == 0
            ? memory + directory.dropFirst("/tmp".count) : "\(directory)/state"
    }

    static func remove(_ directory: String) { system("rm -rf '\(directory)' '\(state(of: directory))'") }

    static func write(_ text: String, to path: String) throws {
        let file = try #require(fopen(path, "w"))
        fputs(text, file)
        fclose(file)
        chmod(path, 0o644)
    }

    func write(_ text: String, to file: String) throws {
        try Self.write(text, to: "\(directory)/config/\(file)")
    }

    func client(timeLimit: Duration = .seconds(5)) throws -> SegmentClient {
        try SegmentClient(socket: socket, timeLimit: timeLimit)
    }

    /// Runs segmentctl.
    func segmentctl(_ arguments: String) throws -> (status: Int32, output: String) {
        try Programs.run("SEGMENTD_SOCKET='\(socket)' '\(Programs.path("segmentctl"))' \(arguments)")
    }

    /// Kill -9, as nobody expects it.
    func kill() {
        process.signal(SIGKILL)
        process.wait()
    }

    /// Starts the daemon again, on what it left.
    func start() throws {
        try spawn()
        _ = try notify.expect("READY=1")
    }

    /// Starts the daemon and does not wait.
    func spawn() throws {
        // What the last one said is not what this one says.
        notify.drain()
        process = try Self.daemon(in: directory, environment, prefix)
    }

    /// Ends the daemon by a signal; returns its exit status.
    @discardableResult
    func stop(_ signal: Int32 = SIGTERM) -> Int32 {
        notify.drain()
        process.signal(signal)
        return process.wait()
    }

    @discardableResult
    private func end() -> Int32 {
        notify.drain()
        if process.exitStatus != nil { try? start() }
        // The connections of the test may still count against a limit.
        for _ in 0..<100 {
            do {
                let client = try client()
                // A key that comes free may be what another segment waits for.
                for _ in 0..<2 {
                    for segment in try client.list() { try client.remove(segment.name.string, when: .now) }
                }
                break
            } catch {
                usleep(20_000)
            }
        }
        return stop()
    }
}
